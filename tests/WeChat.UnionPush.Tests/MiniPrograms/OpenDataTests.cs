using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.MiniPrograms;

public sealed class OpenDataTests
{
    private const string SessionKey = "tiihtNczf5v6AKRyjwEUhQ==";
    private const string Iv = "r7BXXKkLb8qrSNn05n0qiA==";
    private const string Data =
        "CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC+oNPdbB+3hVbJSRgv+4lGOETKUQz6OYStslQ142dNCuabNPGBzlooOmB231qMM85d2/fV6Ch"
            + "evvXvQP8Hkue1poOFtnEtpyxVLW1zAo6/1Xx1COxFvrc2d7UL/lmHInNlxuacJXwu0fjpXfz/YqYzBIBzD6WUfTIF9GRHpOn/Hz7saL8xz+W//FRAUid1OksQaQx4CMs8LOddcQhULW4ucetDf96JcR3g0gfRK4P"
            + "C7E/r7Z6xNrXd2UIeorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns/8wR2SiRS7MNACwTyrGvt9ts8p12PKFdlqYTopNHR1Vf7XjfhQlVsAJdNiKdYmYVoKlaRv85IfVunYzO0IKXsyl7JCUjCpoG"
            + "20f0a04COwfneQAGGwd5oa+T8yO5hzuyDb/XcxxmK01EpqOyuxINew==";

    [Fact]
    public async Task The_official_sample_decrypts()
    {
        await using var services = BuildHost("wx4f4bc4dec97d474b");

        var data = services.GetRequiredService<IMiniProgramSession>().Decrypt(SessionKey, new EncryptedOpenData(Data, Iv));

        Assert.Equal("ocMvos6NjeKLIBqg5Mr9QjxrP1FA", data.UnionId);
        Assert.Equal("oGZUI0egBJY1zhBYw2KhdUfwVJJE", data.OpenId);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1477314187), data.CreatedAt);
    }

    [Fact]
    public async Task Data_of_another_Mini_Program_is_refused()
    {
        await using var services = BuildHost(Town.MiniProgramAppId);

        var exception = Assert.Throws<OpenDataException>(() => services.GetRequiredService<IMiniProgramSession>().Decrypt(SessionKey, new EncryptedOpenData(Data, Iv)));

        Assert.Contains(Town.MiniProgramAppId, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not base64", Iv, Data, "sessionKey")]
    [InlineData("AAAA", Iv, Data, "sessionKey")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", Iv, Data, "sessionKey")]
    [InlineData(SessionKey, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", Data, "Iv")]
    [InlineData(SessionKey, "AAAA", Data, "Iv")]
    [InlineData(SessionKey, "", Data, "Iv")]
    [InlineData(SessionKey, Iv, "AAAA", "EncryptedData")]
    [InlineData(SessionKey, Iv, "", "EncryptedData")]
    [InlineData(SessionKey, Iv, "é", "EncryptedData")]
    public async Task Malformed_input_is_named(string sessionKey, string iv, string encrypted, string name)
    {
        await using var services = BuildHost("wx4f4bc4dec97d474b");

        var exception = Assert.Throws<ArgumentException>(() => services.GetRequiredService<IMiniProgramSession>().Decrypt(sessionKey, new EncryptedOpenData(encrypted, iv)));

        Assert.Equal(name, exception.ParamName);
    }

    [Fact]
    public async Task A_wrong_session_key_and_changed_data_are_refused_without_a_word_of_the_data()
    {
        await using var services = BuildHost("wx4f4bc4dec97d474b");
        var session = services.GetRequiredService<IMiniProgramSession>();
        var otherKey = Convert.ToBase64String(new byte[16]);

        Assert.Throws<OpenDataException>(() => session.Decrypt(otherKey, new EncryptedOpenData(Data, Iv)));
        for (var i = 0; i < Data.Length; i += 37)
        {
            var changed = Data.ToCharArray();
            changed[i] = changed[i] == 'A' ? 'B' : 'A';
            try
            {
                var read = session.Decrypt(SessionKey, new EncryptedOpenData(new string(changed), Iv));

                // A flipped block garbles text, but never the watermark's app id without notice.
                Assert.Contains("wx4f4bc4dec97d474b", read.Json, StringComparison.Ordinal);
            }
            catch (OpenDataException exception)
            {
                Assert.DoesNotContain("oGZUI0", exception.ToString(), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_signature_is_checked_with_its_session_key()
    {
        await using var town = new Town();
        var person = town.Platform.AddPerson();
        var session = town.Services.GetRequiredService<IMiniProgramSession>();
        var user = await session.SignInAsync(person.CreateLoginCode(town.MiniProgram));
        var info = person.GetUserInfo(town.MiniProgram);

        Assert.True(session.VerifySignature(user.SessionKey, info.RawData, info.Signature));
        Assert.True(session.VerifySignature(user.SessionKey, info.RawData, info.Signature.ToUpperInvariant()));
        Assert.False(session.VerifySignature(user.SessionKey, info.RawData + " ", info.Signature));
        Assert.False(session.VerifySignature(Convert.ToBase64String(new byte[16]), info.RawData, info.Signature));
        Assert.False(session.VerifySignature(user.SessionKey, info.RawData, ""));
        Assert.Throws<OpenDataException>(() => session.Decrypt(user.SessionKey, new EncryptedOpenData(info.EncryptedData, info.Iv) { RawData = info.RawData, Signature = "00" }));
    }

    [Fact]
    public async Task A_sign_in_without_a_UnionID_takes_it_from_open_data()
    {
        await using var town = new Town();
        town.MiniProgram.WithholdsUnionIdFrom = _ => true;
        var person = town.Platform.AddPerson();
        person.Follow(town.Account);
        await town.Push.SyncFollowersAsync();
        var first = await town.SignInAsync(person);
        Assert.Null(first.UnionId);
        Assert.Equal(PushStatus.NotLinked, (await town.Push.PushAsync(first.OpenId, town.Message())).Status);

        // wx.login first, then wx.getUserInfo: the data belongs to the session that the code opens.
        var code = person.CreateLoginCode(town.MiniProgram);
        var info = person.GetUserInfo(town.MiniProgram);
        var user = await town.Push.SignInAsync(code, new EncryptedOpenData(info.EncryptedData, info.Iv) { RawData = info.RawData, Signature = info.Signature });

        Assert.Equal(person.UnionIdUnder(Town.OpenPlatform), user.UnionId);
        Assert.True((await town.Push.PushAsync(user.OpenId, town.Message())).IsSent);

        // A later sign-in that comes without one takes nothing away.
        await town.SignInAsync(person);
        Assert.True((await town.Push.PushAsync(user.OpenId, town.Message("又一次"))).IsSent);
    }

    [Theory]
    [InlineData("\"u1\"", "u1")]
    [InlineData("\" u1 \"", "u1")]
    [InlineData("\"\"", null)]
    [InlineData("\"  \"", null)]
    [InlineData("null", null)]
    public async Task An_empty_UnionID_in_open_data_is_none(string written, string? read)
    {
        await using var services = BuildHost("wx4f4bc4dec97d474b");
        using var aes = Aes.Create();
        aes.Key = Convert.FromBase64String(SessionKey);
        var json = $$$"""{"openId":"o1","unionId":{{{written}}},"watermark":{"appid":"wx4f4bc4dec97d474b","timestamp":1477314187}}""";
        var encrypted = Convert.ToBase64String(aes.EncryptCbc(Encoding.UTF8.GetBytes(json), Convert.FromBase64String(Iv)));
        Assert.Equal(read, services.GetRequiredService<IMiniProgramSession>().Decrypt(SessionKey, new EncryptedOpenData(encrypted, Iv)).UnionId);
    }

    [Theory]
    [InlineData("""{"openid":"m1","session_key":"k1","unionid":"u1"}""", "m1", "u1")]
    [InlineData("""{"openid":"m1","session_key":"k1","unionid":" u1 "}""", "m1", "u1")]
    [InlineData("""{"openid":"m1","session_key":"k1"}""", "m1", null)]
    [InlineData("""{"openid":"m1","session_key":"k1","unionid":""}""", "m1", null)]
    [InlineData("""{"openid":"m1","session_key":"k1","unionid":"a\u0000b"}""", "m1", null)]
    [InlineData("""{"openid":"a\u0000b","session_key":"k1","unionid":"u1"}""", null, null)]
    [InlineData("""{"openid":"a\u0000b","session_key":""}""", null, null)]
    [InlineData("""{"openid":"","session_key":"k1"}""", null, null)]
    [InlineData("""{"session_key":"k1"}""", null, null)]
    [InlineData("""{"openid":"m1","session_key":" "}""", null, null)]
    [InlineData("""{"openid":"m1"}""", null, null)]
    public async Task A_sign_in_needs_an_openid_and_a_session_key_and_takes_a_UnionID_that_is_one(string answer, string? openId, string? unionId)
    {
        await using var town = new Town();
        town.Platform.Faults.Add(SimulatedFault.Body(_ => Encoding.UTF8.GetBytes(answer)).On("/sns/jscode2session"));
        var session = town.Services.GetRequiredService<IMiniProgramSession>();
        if (openId is null)
        {
            var told = await Assert.ThrowsAsync<WeChatApiException>(() => session.SignInAsync("code"));
            Assert.Contains("openid and session_key", told.Message, StringComparison.Ordinal);
            return;
        }

        var user = await session.SignInAsync("code");
        Assert.Equal((openId, unionId, "k1"), (user.OpenId, user.UnionId, user.SessionKey.Reveal()));
    }

    [Theory]
    [InlineData("""{"session_key":"k2"}""", "m1")]
    [InlineData("""{"openid":"","session_key":"k2"}""", "m1")]
    [InlineData("""{"openid":"m2","session_key":"k2"}""", "m2")]
    public async Task A_reset_that_names_nobody_is_that_of_whom_it_was_asked_for(string answer, string openId)
    {
        await using var town = new Town();
        town.Platform.Faults.Add(SimulatedFault.Body(_ => Encoding.UTF8.GetBytes(answer)).On("/wxa/resetusersessionkey"));
        var user = await town.Services.GetRequiredService<IMiniProgramSession>().ResetAsync("m1", "k1");
        Assert.Equal((openId, "k2"), (user.OpenId, user.SessionKey.Reveal()));
    }

    [Fact]
    public async Task A_session_key_can_be_checked_and_reset()
    {
        await using var town = new Town();
        var person = town.Platform.AddPerson();
        var session = town.Services.GetRequiredService<IMiniProgramSession>();
        var user = await session.SignInAsync(person.CreateLoginCode(town.MiniProgram));

        Assert.True(await session.CheckAsync(user.OpenId, user.SessionKey));
        Assert.False(await session.CheckAsync(user.OpenId, Convert.ToBase64String(new byte[16])));
        var reset = await session.ResetAsync(user.OpenId, user.SessionKey);
        Assert.NotEqual(user.SessionKey, reset.SessionKey);
        Assert.False(await session.CheckAsync(user.OpenId, user.SessionKey));
        Assert.True(await session.CheckAsync(reset.OpenId, reset.SessionKey));
    }

    [Fact]
    public async Task A_code_works_once_and_for_five_minutes()
    {
        await using var town = new Town();
        var person = town.Platform.AddPerson();
        var code = person.CreateLoginCode(town.MiniProgram);
        await town.Push.SignInAsync(code);

        var used = await Assert.ThrowsAsync<WeChatApiException>(() => town.Push.SignInAsync(code));
        Assert.Equal(40163, used.ErrorCode!.Value.Value);
        var late = person.CreateLoginCode(town.MiniProgram);
        town.Time.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(1));
        var expired = await Assert.ThrowsAsync<WeChatApiException>(() => town.Push.SignInAsync(late));
        Assert.Equal(40029, expired.ErrorCode!.Value.Value);
        Assert.Equal(WeChatErrorClass.Request, expired.ErrorClass);
    }

    private static ServiceProvider BuildHost(string appId)
    {
        var services = new ServiceCollection();
        services.AddWeChatUnionPush(options =>
        {
            Town.SetCredentials(options);
            options.MiniProgram.AppId = appId;
        });
        return services.BuildServiceProvider();
    }
}
