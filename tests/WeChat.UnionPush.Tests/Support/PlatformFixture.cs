using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests;

/// <summary>A platform with one Official Account and one Mini Program of the same brand, called by a plain <see cref="HttpClient"/>.</summary>
internal sealed class PlatformFixture : IDisposable
{
    public const string Secret = "0123456789abcdef0123456789abcdef";

    public PlatformFixture(int seed = 7)
    {
        Platform = new SimulatedPlatform(Time, seed);
        Account = Platform.AddOfficialAccount("wx00000000000000aa", Secret, "brand");
        MiniProgram = Platform.AddMiniProgram("wx00000000000000bb", Secret, "brand");
        Client = new HttpClient(Platform.CreateHandler()) { BaseAddress = new Uri("https://api.weixin.qq.com") };
    }

    public ManualTimeProvider Time { get; } = new();

    public SimulatedPlatform Platform { get; }

    public SimulatedOfficialAccount Account { get; }

    public SimulatedMiniProgram MiniProgram { get; }

    public HttpClient Client { get; }

    public static int ErrorCode(JsonElement answer) => answer.TryGetProperty("errcode", out var code) ? code.GetInt32() : 0;

    public static string ErrorText(JsonElement answer) => answer.GetProperty("errmsg").GetString()!;

    public static string Sign(string sessionKey) =>
        Convert.ToHexString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(sessionKey), Array.Empty<byte>())).ToLowerInvariant();

    public async Task<JsonElement> GetAsync(string pathAndQuery) => await ReadAsync(await Client.GetAsync(pathAndQuery));

    public async Task<JsonElement> PostAsync(string pathAndQuery, string json)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await ReadAsync(await Client.PostAsync(pathAndQuery, content));
    }

    public Task<JsonElement> ClassicTokenAsync() =>
        GetAsync($"/cgi-bin/token?grant_type=client_credential&appid={Account.AppId}&secret={Secret}");

    public Task<JsonElement> StableTokenAsync(bool force = false, string? appId = null) => PostAsync(
        "/cgi-bin/stable_token",
        $$"""{"grant_type":"client_credential","appid":"{{appId ?? Account.AppId}}","secret":"{{Secret}}","force_refresh":{{(force ? "true" : "false")}}}""");

    public async Task<string> TokenAsync(string? appId = null) => (await StableTokenAsync(appId: appId)).GetProperty("access_token").GetString()!;

    public async Task<int> TryTokenAsync(string token) => ErrorCode(await GetAsync($"/cgi-bin/get_api_domain_ip?access_token={token}"));

    public async Task<JsonElement> LoginAsync(string code) =>
        await GetAsync($"/sns/jscode2session?appid={MiniProgram.AppId}&secret={Secret}&js_code={code}&grant_type=authorization_code");

    public async Task<JsonElement> SendAsync(string openId, string templateId, string data, string more = "") => await PostAsync(
        $"/cgi-bin/message/template/send?access_token={await TokenAsync()}",
        $$"""{"touser":"{{openId}}","template_id":"{{templateId}}","data":{{data}}{{more}}}""");

    public void Dispose() => Client.Dispose();

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        using (response)
        {
            Assert.Equal(System.Net.HttpStatusCode.OK, response.StatusCode);
            return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync()).RootElement;
        }
    }
}
