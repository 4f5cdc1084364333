using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Tests.AccessTokens;

public sealed class RefusedCredentialsTests
{
    private const string Stable = "/cgi-bin/stable_token";

    [Fact]
    public async Task A_changed_secret_lifts_a_remembered_refusal_at_once_and_no_other_change_does()
    {
        var source = new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["OfficialAccount:AppId"] = Town.OfficialAccountAppId,
                ["OfficialAccount:AppSecret"] = "a-secret-that-was-reset-0123456789",
                ["MiniProgram:AppId"] = Town.MiniProgramAppId,
                ["MiniProgram:AppSecret"] = Secrets.MiniProgram,
            },
        };
        await using var town = new Town();
        var configuration = (Microsoft.Extensions.Configuration.IConfigurationRoot)new Microsoft.Extensions.Configuration.ConfigurationBuilder().Add(source).Build();
        var services = new ServiceCollection();
        services.AddWeChatUnionPush(configuration).UseSimulator(town.Platform);
        await using var host = services.BuildServiceProvider();
        var tokens = host.GetRequiredService<IAccessTokenProvider>();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(WeChatErrorClass.Config, (await Assert.ThrowsAsync<WeChatApiException>(async () => await tokens.GetAsync(Town.OfficialAccountAppId))).ErrorClass);
        }

        Assert.Equal(1, town.Platform.Calls.Count(Stable));
        configuration["Http:MaxRetries"] = "3";
        configuration.Reload();
        await Assert.ThrowsAsync<WeChatApiException>(async () => await tokens.GetAsync(Town.OfficialAccountAppId));
        Assert.Equal(1, town.Platform.Calls.Count(Stable));

        configuration["OfficialAccount:AppSecret"] = "another-one-that-is-wrong-0123456789";
        configuration.Reload();
        await Assert.ThrowsAsync<WeChatApiException>(async () => await tokens.GetAsync(Town.OfficialAccountAppId));
        await Assert.ThrowsAsync<WeChatApiException>(async () => await tokens.GetAsync(Town.OfficialAccountAppId));
        Assert.Equal(2, town.Platform.Calls.Count(Stable));

        configuration["OfficialAccount:AppSecret"] = Secrets.OfficialAccount;
        configuration.Reload();
        Assert.NotNull(await tokens.GetAsync(Town.OfficialAccountAppId));
        Assert.Equal(3, town.Platform.Calls.Count(Stable));
    }

    [Theory]
    [InlineData(40125, "Check the AppSecret")]
    [InlineData(40164, "Add 203.0.113.7 to the API IP whitelist (API IP白名单) of the Official Account on developers.weixin.qq.com/platform")]
    [InlineData(40243, "nfreeze")]
    public async Task The_exception_says_what_to_do_and_ten_thousand_pushes_of_a_minute_cost_one_token_call(int code, string advice)
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        var (openId, message) = (person.OpenIdIn(town.MiniProgram), town.Message());
        await using var host = town.Build(builder => builder.UseRepository(_ => town.Repository));
        var push = host.GetRequiredService<IUnionPush>();
        var mend = Break(town, code);
        town.Platform.Calls.Clear();

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => push.PushAsync(openId, message));
        Assert.Equal(code, failure.ErrorCode!.Value.Value);
        Assert.Equal(WeChatErrorClass.Config, failure.ErrorClass);
        Assert.Equal(Stable, failure.ApiPath);
        Assert.Contains(advice, failure.Message, StringComparison.Ordinal);
        Assert.Contains(code.ToString(CultureInfo.InvariantCulture), failure.Message, StringComparison.Ordinal);
        Assert.NotNull(failure.RequestId);
        Assert.Equal(code == 40164 ? "203.0.113.7" : null, failure.IpAddress);

        for (var i = 0; i < (Runs.IsFull ? 10_000 : 500); i++)
        {
            var again = await Assert.ThrowsAsync<WeChatApiException>(() => push.PushAsync(openId, message));
            Assert.Equal((failure.ErrorCode, failure.IpAddress, failure.RequestId), (again.ErrorCode, again.IpAddress, again.RequestId));
            town.Time.Advance(TimeSpan.FromMilliseconds(5));
        }

        // What a push asks first, without the cost of ten thousand stack traces.
        var tokens = host.GetRequiredService<IAccessTokenProvider>();
        for (var i = 0; i < 10_000; i++)
        {
            Assert.True(tokens.GetAsync(Town.OfficialAccountAppId).IsFaulted);
        }

        Assert.Equal(1, town.Platform.Calls.Count(Stable));
        Assert.Equal(0, town.Platform.Calls.Count("/cgi-bin/message/template/send"));

        // Still broken after the pause: asked once more. Mended: it works after the next pause.
        town.Time.Advance(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<WeChatApiException>(() => push.PushAsync(openId, message));
        Assert.Equal(2, town.Platform.Calls.Count(Stable));
        mend();
        await Assert.ThrowsAsync<WeChatApiException>(() => push.PushAsync(openId, message));
        town.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await push.PushAsync(openId, message)).IsSent);
        Assert.Equal(3, town.Platform.Calls.Count(Stable));
    }

    [Fact]
    public async Task A_wrong_setting_found_at_the_early_refresh_stops_nobody_before_the_token_ends()
    {
        const int EarlyRefreshFailed = 12;
        var log = new LogBook();
        await using var town = new Town(services: services => services.AddSingleton<ILoggerProvider>(log));
        var person = await town.AddReachablePersonAsync();
        town.Account.AccessTokens.AppSecretFrozen = true;
        town.Platform.Calls.Clear();
        town.Time.Advance(TimeSpan.FromMinutes(117));
        for (var attempt = 1; attempt <= 6; attempt++)
        {
            Assert.True(await PushAsync($"{attempt}"));
            await Runs.UntilAsync(() => log.Count(EarlyRefreshFailed) == attempt, "the early refresh failed");
            town.Time.Advance(TimeSpan.FromSeconds(29));
            Assert.True(await PushAsync($"{attempt} again"));
            Assert.Equal(attempt, town.Platform.Calls.Count(Stable));
            town.Time.Advance(TimeSpan.FromSeconds(1));
        }

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => PushAsync("end"));
        Assert.Equal(40243, failure.ErrorCode!.Value.Value);

        async Task<bool> PushAsync(string thing) => (await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message(thing))).IsSent;
    }

    private static Action Break(Town town, int code)
    {
        switch (code)
        {
            case 40125:
                town.Account.AppSecret = Secrets.Marker + "cc0123456789abcdef01234567";
                return () => town.Account.AppSecret = Secrets.OfficialAccount;
            case 40164:
                town.Account.IpWhitelist = ["198.51.100.0/24"];
                return () => town.Account.IpWhitelist = null;
            default:
                town.Account.AccessTokens.AppSecretFrozen = true;
                return () => town.Account.AccessTokens.AppSecretFrozen = false;
        }
    }
}
