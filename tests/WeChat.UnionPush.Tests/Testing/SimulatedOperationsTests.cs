using System.Text.Json;
using static WeChat.UnionPush.Tests.PlatformFixture;

namespace WeChat.UnionPush.Tests.Testing;

public sealed class SimulatedOperationsTests
{
    private const string Send = "/cgi-bin/message/template/send";

    private static async Task<JsonElement> PostAsync(PlatformFixture fixture, string path, string body, string? appId = null) =>
        await fixture.PostAsync($"{path}?access_token={await fixture.TokenAsync(appId)}", body);

    [Fact]
    public async Task Quotas_can_be_read()
    {
        using var fixture = new PlatformFixture();
        fixture.Account.Quotas.SetMinuteLimit(Send, 600);
        await fixture.SendAsync("x", "y", "{}");
        var answer = await PostAsync(fixture, "/cgi-bin/openapi/quota/get", $$"""{"cgi_path":"{{Send}}"}""");
        Assert.Equal("ok", ErrorText(answer));
        var quota = answer.GetProperty("quota");
        Assert.Equal((100_000, 1, 99_999), (quota.GetProperty("daily_limit").GetInt32(), quota.GetProperty("used").GetInt32(), quota.GetProperty("remain").GetInt32()));
        Assert.Equal(600, answer.GetProperty("rate_limit").GetProperty("call_count").GetInt32());
        Assert.Equal(76021, ErrorCode(await PostAsync(fixture, "/cgi-bin/openapi/quota/get", """{"cgi_path":"cgi-bin/user/get"}""")));
        Assert.Equal(76022, ErrorCode(await PostAsync(fixture, "/cgi-bin/openapi/quota/get", """{"cgi_path":"/sns/jscode2session"}""")));
        Assert.Equal(76022, ErrorCode(await PostAsync(fixture, "/cgi-bin/openapi/quota/get", $$"""{"cgi_path":"{{Send}}"}""", fixture.MiniProgram.AppId)));
    }

    [Fact]
    public async Task Quotas_can_be_cleared_ten_times_a_month_with_token_or_secret()
    {
        using var fixture = new PlatformFixture();
        fixture.Account.Quotas.SetDailyLimit(Send, 1);
        Assert.Equal(40036, ErrorCode(await fixture.SendAsync("x", "", "{}")));
        Assert.Equal(45009, ErrorCode(await fixture.SendAsync("x", "", "{}")));
        Assert.Equal(40013, ErrorCode(await PostAsync(fixture, "/cgi-bin/clear_quota", """{"appid":"wxother"}""")));
        Assert.Equal(0, ErrorCode(await PostAsync(fixture, "/cgi-bin/clear_quota", $$"""{"appid":"{{fixture.Account.AppId}}"}""")));
        Assert.Equal(40036, ErrorCode(await fixture.SendAsync("x", "", "{}")));
        Assert.Equal(0, ErrorCode(await PostAsync(fixture, "/cgi-bin/openapi/quota/clear", $$"""{"cgi_path":"{{Send}}"}""")));
        Assert.Equal(40036, ErrorCode(await fixture.SendAsync("x", "", "{}")));
        var credentials = $$"""{"appid":"{{fixture.Account.AppId}}","appsecret":"{{Secret}}"}""";
        for (var i = 0; i < 9; i++)
        {
            Assert.Equal(0, ErrorCode(await fixture.PostAsync("/cgi-bin/clear_quota/v2", credentials)));
        }

        Assert.Equal(48006, ErrorCode(await fixture.PostAsync("/cgi-bin/clear_quota/v2", credentials)));
        fixture.Time.Advance(TimeSpan.FromDays(31));
        Assert.Equal(0, ErrorCode(await fixture.PostAsync($"/cgi-bin/clear_quota/v2?appid={fixture.Account.AppId}&appsecret={Secret}", "{}")));
    }

    [Fact]
    public async Task Addresses_and_the_callback_check_have_no_errcode()
    {
        using var fixture = new PlatformFixture();
        var token = await fixture.TokenAsync();
        foreach (var path in new[] { "/cgi-bin/get_api_domain_ip", "/cgi-bin/getcallbackip" })
        {
            var answer = await fixture.GetAsync($"{path}?access_token={token}");
            Assert.False(answer.TryGetProperty("errcode", out _));
            Assert.NotEqual(0, answer.GetProperty("ip_list").GetArrayLength());
        }

        var check = await PostAsync(fixture, "/cgi-bin/callback/check", """{"action":"all","check_operator":"DEFAULT"}""");
        Assert.Equal("0%", check.GetProperty("ping")[0].GetProperty("package_loss").GetString());
        Assert.Equal(40202, ErrorCode(await PostAsync(fixture, "/cgi-bin/callback/check", """{"action":"x","check_operator":"DEFAULT"}""")));
        Assert.Equal(40203, ErrorCode(await PostAsync(fixture, "/cgi-bin/callback/check", """{"action":"all","check_operator":"x"}""")));
    }
}
