using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Diagnostics;

public sealed class DiagnosticsTests
{
    private const string Send = "/cgi-bin/message/template/send";

    [Fact]
    public async Task The_quota_of_an_API_is_told()
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        town.Account.Quotas.SetMinuteLimit(Send, 1000);
        await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message());

        var quota = await Diagnostics(town).GetQuotaAsync(Send);

        Assert.Equal((100_000, 1, 99_999), (quota.DailyLimit, quota.Used, quota.Remaining));
        Assert.Equal((1000, TimeSpan.FromMinutes(1)), (quota.CallsPerWindow, quota.Window));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => Diagnostics(town).GetQuotaAsync("/cgi-bin/no/such/path"));
        Assert.Equal(76021, failure.ErrorCode!.Value.Value);
    }

    [Fact]
    public async Task The_quota_is_cleared_ten_times_a_month()
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        town.Account.Quotas.SetDailyLimit(Send, 1);
        for (var i = 0; i < 10; i++)
        {
            Assert.True((await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message($"{i}"))).IsSent);
            var used = await Assert.ThrowsAsync<WeChatApiException>(() => town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message($"{i}+")));
            Assert.Equal((45009, WeChatErrorClass.Quota), (used.ErrorCode!.Value.Value, used.ErrorClass));
            await Diagnostics(town).ClearQuotaAsync();
        }

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => Diagnostics(town).ClearQuotaAsync());
        Assert.Equal(48006, failure.ErrorCode!.Value.Value);
    }

    [Fact]
    public async Task A_failed_call_is_looked_up_by_its_rid_and_shows_no_secret()
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        var failed = await Assert.ThrowsAsync<WeChatApiException>(
            () => town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), TemplateMessage.Create("no-such-template").Set("a", "商品").Build()));
        var token = town.Platform.Calls.Recent(Send)[^1].Address.Query.Split('=')[1];

        var record = await Diagnostics(town).FindRequestAsync(failed.RequestId!);

        Assert.Equal(town.Time.GetUtcNow(), record.InvokedAt);
        Assert.Contains("\"template_id\":\"no-such-template\"", record.RequestBody, StringComparison.Ordinal);
        Assert.Contains("40037", record.ResponseBody, StringComparison.Ordinal);
        Assert.NotEmpty(record.ClientIp);
        Assert.DoesNotContain(token, $"{record.Url}{record.RequestBody}{record.ResponseBody}{record}", StringComparison.Ordinal);
        Assert.DoesNotContain("商品", record.ToString(), StringComparison.Ordinal);

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => Diagnostics(town).FindRequestAsync("00000000-00000000-00000000"));
        Assert.InRange(failure.ErrorCode!.Value.Value, 76001, 76004);
    }

    [Fact]
    public async Task The_callback_address_is_checked_and_the_platforms_addresses_listed()
    {
        await using var town = new Town();
        var reachability = await Diagnostics(town).CheckCallbackAsync();
        Assert.NotEmpty(reachability.Resolved);
        Assert.NotEmpty(reachability.Pinged);
        Assert.All(reachability.Pinged, ping => Assert.EndsWith("ms", ping.Time, StringComparison.Ordinal));
        Assert.NotEmpty(await Diagnostics(town).GetApiAddressesAsync());

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => Diagnostics(town).CheckCallbackAsync(CallbackCheck.Ping, "NOBODY"));
        Assert.Equal(40203, failure.ErrorCode!.Value.Value);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Diagnostics(town).CheckCallbackAsync((CallbackCheck)7));
    }

    [Fact]
    public async Task A_refused_token_is_renewed_here_too()
    {
        await using var town = new Town();
        await Diagnostics(town).GetApiAddressesAsync();
        town.Account.AccessTokens.Replace();
        Assert.NotEmpty(await Diagnostics(town).GetApiAddressesAsync());
        Assert.Equal(2, town.Platform.Calls.Count("/cgi-bin/stable_token"));
    }

    private static IWeChatDiagnostics Diagnostics(Town town) => town.Services.GetRequiredService<IWeChatDiagnostics>();
}
