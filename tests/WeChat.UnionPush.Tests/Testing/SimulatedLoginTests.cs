using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using WeChat.UnionPush.Testing;
using static WeChat.UnionPush.Tests.PlatformFixture;

namespace WeChat.UnionPush.Tests.Testing;

public sealed class SimulatedLoginTests
{
    private const string VectorKey = "tiihtNczf5v6AKRyjwEUhQ==";
    private const string VectorIv = "r7BXXKkLb8qrSNn05n0qiA==";

    private const string VectorData =
        "CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC+oNPdbB+3hVbJSRgv+4lGOETKUQz6OYStslQ142dNCuabNPGBzlooOmB231qMM85d2/fV6Ch"
            + "evvXvQP8Hkue1poOFtnEtpyxVLW1zAo6/1Xx1COxFvrc2d7UL/lmHInNlxuacJXwu0fjpXfz/YqYzBIBzD6WUfTIF9GRHpOn/Hz7saL8xz+W//FRAUid1OksQaQx4CMs8LOddcQhULW4ucetDf96JcR3g0gfRK4P"
            + "C7E/r7Z6xNrXd2UIeorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns/8wR2SiRS7MNACwTyrGvt9ts8p12PKFdlqYTopNHR1Vf7XjfhQlVsAJdNiKdYmYVoKlaRv85IfVunYzO0IKXsyl7JCUjCpoG"
            + "20f0a04COwfneQAGGwd5oa+T8yO5hzuyDb/XcxxmK01EpqOyuxINew==";

    private static byte[] Decrypt(string data, string key, string iv)
    {
        using var aes = Aes.Create();
        aes.Key = Convert.FromBase64String(key);
        return aes.DecryptCbc(Convert.FromBase64String(data), Convert.FromBase64String(iv), PaddingMode.PKCS7);
    }

    [Fact]
    public async Task A_code_works_once_and_for_five_minutes()
    {
        using var fixture = new PlatformFixture();
        var person = fixture.Platform.AddPerson();
        var code = person.CreateLoginCode(fixture.MiniProgram);
        var session = await fixture.LoginAsync(code);
        Assert.Equal(person.OpenIdIn(fixture.MiniProgram), session.GetProperty("openid").GetString());
        Assert.Equal(person.UnionIdUnder("brand"), session.GetProperty("unionid").GetString());
        Assert.Equal(16, Convert.FromBase64String(session.GetProperty("session_key").GetString()!).Length);
        Assert.False(session.TryGetProperty("errcode", out _));
        Assert.Equal(40163, ErrorCode(await fixture.LoginAsync(code)));
        Assert.Equal(40029, ErrorCode(await fixture.LoginAsync("nonsense")));

        var late = person.CreateLoginCode(fixture.MiniProgram);
        var justInTime = person.CreateLoginCode(fixture.MiniProgram);
        fixture.Time.Advance(TimeSpan.FromSeconds(299));
        Assert.Equal(0, ErrorCode(await fixture.LoginAsync(justInTime)));
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(40029, ErrorCode(await fixture.LoginAsync(late)));
    }

    [Fact]
    public async Task The_answer_is_called_plain_text()
    {
        using var fixture = new PlatformFixture();
        var code = fixture.Platform.AddPerson().CreateLoginCode(fixture.MiniProgram);
        foreach (var query in new[] { $"appid={fixture.MiniProgram.AppId}&secret={Secret}&js_code={code}&grant_type=authorization_code", "" })
        {
            using var response = await fixture.Client.GetAsync($"/sns/jscode2session?{query}");
            Assert.Equal("text/plain", response.Content.Headers.ContentType!.ToString());
        }
    }

    [Fact]
    public async Task A_code_of_another_Mini_Program_is_unknown()
    {
        using var fixture = new PlatformFixture();
        var other = fixture.Platform.AddMiniProgram("wx00000000000000dd", Secret);
        Assert.Equal(40029, ErrorCode(await fixture.LoginAsync(fixture.Platform.AddPerson().CreateLoginCode(other))));
    }

    [Theory]
    [InlineData("secret=s&js_code=c&grant_type=authorization_code", 41002)]
    [InlineData("appid=wx00000000000000bb&js_code=c&grant_type=authorization_code", 41004)]
    [InlineData($"appid=wx00000000000000bb&secret={Secret}&grant_type=authorization_code", 41008)]
    [InlineData("appid=wx00000000000000bb&secret=wrong&js_code=c&grant_type=authorization_code", 40125)]
    [InlineData("appid=wxother&secret=s&js_code=c&grant_type=authorization_code", 40013)]
    [InlineData($"appid=wx00000000000000aa&secret={Secret}&js_code=c&grant_type=authorization_code", 40013)]
    public async Task Bad_login_calls_get_their_codes(string query, int errorCode)
    {
        using var fixture = new PlatformFixture();
        Assert.Equal(errorCode, ErrorCode(await fixture.GetAsync($"/sns/jscode2session?{query}")));
    }

    [Fact]
    public async Task The_UnionID_at_login_depends_on_binding_rule_and_person()
    {
        using var fixture = new PlatformFixture();
        var people = fixture.Platform.AddPeople(2);
        people[0].Follow(fixture.Account);
        async Task<string?> UnionId(SimulatedPerson person) =>
            (await fixture.LoginAsync(person.CreateLoginCode(fixture.MiniProgram))).TryGetProperty("unionid", out var value) ? value.GetString() : null;

        Assert.Equal(people[1].UnionIdUnder("brand"), await UnionId(people[1]));
        fixture.MiniProgram.UnionIdNeedsFollow = true;
        Assert.Equal(people[0].UnionIdUnder("brand"), await UnionId(people[0]));
        Assert.Null(await UnionId(people[1]));
        fixture.MiniProgram.UnionIdNeedsFollow = false;
        fixture.MiniProgram.WithholdsUnionIdFrom = person => person.Index == people[0].Index;
        Assert.Null(await UnionId(people[0]));
        fixture.MiniProgram.WithholdsUnionIdFrom = null;
        fixture.MiniProgram.OpenPlatform = null;
        Assert.Null(await UnionId(people[0]));
    }

    [Fact]
    public async Task One_person_logs_in_a_hundred_times_a_minute_and_a_risky_one_never()
    {
        using var fixture = new PlatformFixture();
        var person = fixture.Platform.AddPerson();
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(0, ErrorCode(await fixture.LoginAsync(person.CreateLoginCode(fixture.MiniProgram))));
        }

        var code = person.CreateLoginCode(fixture.MiniProgram);
        Assert.Equal(45011, ErrorCode(await fixture.LoginAsync(code)));
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, ErrorCode(await fixture.LoginAsync(code)));
        person.SetLoginBlocked(fixture.MiniProgram);
        Assert.Equal(40226, ErrorCode(await fixture.LoginAsync(person.CreateLoginCode(fixture.MiniProgram))));
    }

    [Fact]
    public async Task A_session_is_checked_and_reset_by_its_signature()
    {
        using var fixture = new PlatformFixture();
        var person = fixture.Platform.AddPerson();
        var openId = person.OpenIdIn(fixture.MiniProgram);
        var token = await fixture.TokenAsync(fixture.MiniProgram.AppId);
        async Task<JsonElement> Call(string api, string signature, string method = "hmac_sha256") =>
            await fixture.GetAsync($"/wxa/{api}?access_token={token}&openid={openId}&signature={signature}&sig_method={method}");

        Assert.Equal(87007, ErrorCode(await Call("checksession", "x")));
        var key = (await fixture.LoginAsync(person.CreateLoginCode(fixture.MiniProgram))).GetProperty("session_key").GetString()!;
        var checkedSession = await Call("checksession", Sign(key));
        Assert.Equal("ok", ErrorText(checkedSession));
        Assert.Equal(87009, ErrorCode(await Call("checksession", Sign("another"))));
        Assert.Equal(87008, ErrorCode(await Call("checksession", Sign(key), "md5")));
        var reset = await Call("resetusersessionkey", Sign(key));
        Assert.Equal(openId, reset.GetProperty("openid").GetString());
        Assert.Equal(87009, ErrorCode(await Call("checksession", Sign(key))));
        Assert.Equal(0, ErrorCode(await Call("checksession", Sign(reset.GetProperty("session_key").GetString()!))));
    }

    [Fact]
    public async Task User_info_is_encrypted_under_the_key_of_the_last_login()
    {
        using var fixture = new PlatformFixture();
        var person = fixture.Platform.AddPerson();
        Assert.Throws<InvalidOperationException>(() => person.GetUserInfo(fixture.MiniProgram));
        fixture.MiniProgram.WithholdsUnionIdFrom = _ => true;
        var key = (await fixture.LoginAsync(person.CreateLoginCode(fixture.MiniProgram))).GetProperty("session_key").GetString()!;
        var info = person.GetUserInfo(fixture.MiniProgram);
        var profile = JsonDocument.Parse(Decrypt(info.EncryptedData, key, info.Iv)).RootElement;
        Assert.Equal(person.OpenIdIn(fixture.MiniProgram), profile.GetProperty("openId").GetString());
        Assert.Equal(person.UnionIdUnder("brand"), profile.GetProperty("unionId").GetString());
        Assert.Equal(fixture.MiniProgram.AppId, profile.GetProperty("watermark").GetProperty("appid").GetString());
        Assert.Equal(fixture.Time.GetUtcNow().ToUnixTimeSeconds(), profile.GetProperty("watermark").GetProperty("timestamp").GetInt64());
        Assert.Equal("微信用户", JsonDocument.Parse(info.RawData).RootElement.GetProperty("nickName").GetString());
        Assert.DoesNotContain("openId", info.RawData, StringComparison.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.UTF8.GetBytes(info.RawData + key));
        Assert.Equal(Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant(), info.Signature);
        person.CreateLoginCode(fixture.MiniProgram);
        var later = person.GetUserInfo(fixture.MiniProgram);
        Assert.NotEqual(info.Signature, later.Signature);
    }

    [Fact]
    public void The_official_sample_of_encrypted_data_comes_out_of_this_encryption()
    {
        var plain = Decrypt(VectorData, VectorKey, VectorIv);
        Assert.Equal("ocMvos6NjeKLIBqg5Mr9QjxrP1FA", JsonDocument.Parse(plain).RootElement.GetProperty("unionId").GetString());
        Assert.Equal(VectorData, SimulatedUserInfo.Encrypt(plain, VectorKey, Convert.FromBase64String(VectorIv), out var iv));
        Assert.Equal(VectorIv, iv);
    }
}
