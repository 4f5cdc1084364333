using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using NSubstitute;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.AccessTokens;

namespace WeChat.UnionPush.Tests.Diagnostics;

public sealed class HealthCheckTests
{
    private const string Stable = "/cgi-bin/stable_token";
    private const string Quota = "/cgi-bin/openapi/quota/get";

    [Fact]
    public async Task A_host_that_has_done_nothing_yet_is_healthy_and_nothing_is_asked()
    {
        await using var town = new Town(choose: builder => builder.AddHealthCheck(includeQuota: true));
        var report = await CheckAsync(town);
        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal("ok", report.Data["token_store"]);
        Assert.Equal(0, town.Platform.Calls.Total);
    }

    [Fact]
    public async Task The_age_of_the_tokens_is_told_without_a_call()
    {
        await using var town = new Town(choose: builder => builder.AddHealthCheck());
        await town.AddReachablePersonAsync();
        town.Time.Advance(TimeSpan.FromMinutes(30));
        town.Platform.Calls.Clear();

        var report = await CheckAsync(town);
        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal(1800L, report.Data["official_account.token_age_seconds"]);
        Assert.Equal(5400L, report.Data["official_account.token_seconds_left"]);
        Assert.False(report.Data.ContainsKey("mini_program.token_age_seconds"));
        Assert.Equal(0, town.Platform.Calls.Total);
    }

    [Fact]
    public async Task A_refusal_that_stands_is_unhealthy_and_lets_calls_back_in_when_its_pause_is_over()
    {
        await using var town = new Town(choose: builder => builder.AddHealthCheck());
        var sender = town.Services.GetRequiredService<ITemplateMessageSender>();
        town.Account.IpWhitelist = ["198.51.100.0/24"];
        await Assert.ThrowsAsync<WeChatApiException>(() => sender.SendAsync("o1", town.Message()));

        var refused = await CheckAsync(town);
        Assert.Equal(HealthStatus.Unhealthy, refused.Status);
        Assert.Contains("203.0.113.7", refused.Description, StringComparison.Ordinal);
        Assert.Equal(town.Time.GetUtcNow(), refused.Data["official_account.last_refusal_at"]);

        // A check that stayed unhealthy would keep the very calls away that could end it.
        town.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(HealthStatus.Degraded, (await CheckAsync(town)).Status);
        town.Account.IpWhitelist = null;
        Assert.Equal(PushStatus.NotFollowing, (await sender.SendAsync("o1", town.Message())).Status);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(town)).Status);
        Assert.Equal(2, town.Platform.Calls.Count(Stable));
    }

    [Theory]
    [InlineData("throws")]
    [InlineData("cancels")]
    [InlineData("hangs")]
    public async Task A_store_that_does_not_answer_is_degraded_and_holds_nobody_up(string how)
    {
        var asked = new TaskCompletionSource();
        await using var town = new Town(
            choose: builder => builder.AddHealthCheck().UseAccessTokenStore(services => new MoodyStore(new InMemoryAccessTokenStore(services.GetRequiredService<TimeProvider>()))
            {
                Before = (_, _) =>
                {
                    asked.TrySetResult();
                    return how switch
                    {
                        "throws" => throw new IOException("the store is down"),
                        "cancels" => throw new TaskCanceledException("the driver gave up"),
                        _ => Task.Delay(Timeout.Infinite),
                    };
                },
            }));
        var check = CheckAsync(town);
        await asked.Task;
        town.Time.Advance(TimeSpan.FromSeconds(2));

        var report = await check;
        Assert.Equal(HealthStatus.Degraded, report.Status);
        Assert.Equal("failed", report.Data["token_store"]);
    }

    [Fact]
    public async Task A_storage_that_gives_no_answer_for_five_seconds_is_unhealthy()
    {
        await using var town = new Town();
        var store = new BrokenSyncStore(new InMemoryFollowerSyncStore(town.Time)) { Hangs = true };
        var storage = Substitute.For<IUnionPushStorage>();
        storage.FollowerSyncs.Returns(store);
        await using var host = town.Build(builder => builder.AddHealthCheck().UseStorage(_ => storage));
        var check = host.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        await store.Hanging;
        town.Time.Advance(TimeSpan.FromSeconds(5));

        var entry = Assert.Single((await check).Entries).Value;
        Assert.Equal((HealthStatus.Unhealthy, "failed"), (entry.Status, entry.Data["storage"]));
        Assert.Contains("longer than 5 s", entry.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_quota_is_asked_for_with_the_token_at_hand()
    {
        await using var town = new Town(choose: builder => builder.AddHealthCheck(includeQuota: true));
        await town.AddReachablePersonAsync();
        town.Platform.Calls.Clear();
        var report = await CheckAsync(town);
        Assert.Equal(100_000L, report.Data["template_sends_left_today"]);
        Assert.Equal((1, 0), (town.Platform.Calls.Count(Quota), town.Platform.Calls.Count(Stable)));

        town.Account.Quotas.SetDailyLimit("/cgi-bin/message/template/send", 0);
        var used = await CheckAsync(town);
        Assert.Equal(HealthStatus.Degraded, used.Status);
        Assert.Contains("used up", used.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_tokens_of_the_hosts_own_the_quota_can_still_be_asked_for()
    {
        await using var source = new Town();
        var tokens = source.Services.GetRequiredService<IAccessTokenProvider>();
        await using var host = source.Build(builder => builder
            .UseAccessTokenProvider(
                (_, appId, refused, cancellationToken) => refused is null ? tokens.GetAsync(appId, cancellationToken) : tokens.RenewAsync(appId, refused, cancellationToken))
            .AddHealthCheck(includeQuota: true));
        var report = (await host.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries.Single().Value;
        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal(100_000L, report.Data["template_sends_left_today"]);
        Assert.False(report.Data.ContainsKey("token_store"));
    }

    private static async Task<HealthReportEntry> CheckAsync(Town town)
    {
        var report = await town.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        var entry = Assert.Single(report.Entries);
        Assert.Equal("WeChat.UnionPush", entry.Key);
        Assert.Contains("wechat", entry.Value.Tags);
        return entry.Value;
    }
}
