using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Followers;

public sealed class FollowerSyncServiceTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public async Task Of_three_instances_on_one_store_one_walks_in_each_span()
    {
        await using var town = new Town(choose: builder => builder.AddFollowerSync(Day));
        town.Account.AddFollowers(town.Platform.AddPeople(10));
        await using var second = town.Build(Share(town));
        await using var third = town.Build(Share(town));
        var services = new[] { Service(town.Services), Service(second), Service(third) };
        foreach (var service in services)
        {
            await service.StartAsync(default);
        }

        for (var day = 1; day <= 3; day++)
        {
            // Whichever comes first walks: a page and the empty one behind it.
            await FireNextAsync(town, waiting: 3);
            await Runs.UntilAsync(() => Completed(town) == day, $"the walk of day {day}");

            // The others find it done.
            await FireNextAsync(town, waiting: 3);
            await FireNextAsync(town, waiting: 3);
            await Runs.UntilAsync(() => IsIdle(town, 3), "every instance waits for its next time");
            Assert.Equal(2 * day, town.Platform.Calls.Count("/cgi-bin/user/get"));
        }

        foreach (var service in services)
        {
            await service.StopAsync(default);
        }
    }

    [Fact]
    public async Task A_failed_sync_comes_again_within_minutes_and_waits_longer_each_time()
    {
        await using var town = new Town(configure: options => options.Http.MaxRetries = 0, choose: builder => builder.AddFollowerSync(Day));
        town.Account.AddFollowers(town.Platform.AddPeople(10));
        town.Account.IsVerified = false;

        // A token that is replaced in the background would have timers of its own.
        town.Account.AccessTokens.Lifetime = Day;
        var service = Service(town.Services);
        await service.StartAsync(default);
        await FireNextAsync(town, waiting: 1);
        await Runs.UntilAsync(() => town.Platform.Calls.Count("/cgi-bin/user/get", 48001) == 1, "the first try");

        var waits = new List<TimeSpan>();
        for (var failures = 2; failures <= 12; failures++)
        {
            await Runs.UntilAsync(() => IsIdle(town, 1), "the wait for the next time");
            waits.Add(town.Time.NextTimerDue!.Value - town.Time.GetUtcNow());
            await FireNextAsync(town, waiting: 1);
            await Runs.UntilAsync(() => town.Platform.Calls.Count("/cgi-bin/user/get", 48001) == failures, "the next try");
        }

        Assert.InRange(waits[0], TimeSpan.FromSeconds(50), TimeSpan.FromMinutes(1));
        Assert.InRange(waits[1], TimeSpan.FromSeconds(100), TimeSpan.FromMinutes(2));
        Assert.All(waits, wait => Assert.InRange(wait, TimeSpan.FromSeconds(50), TimeSpan.FromHours(1)));

        town.Account.IsVerified = true;
        await FireNextAsync(town, waiting: 1);
        await Runs.UntilAsync(() => Completed(town) == 1, "the walk that succeeds");
        await Runs.UntilAsync(() => IsIdle(town, 1) && town.Time.NextTimerDue - town.Time.GetUtcNow() > Day / 2, "the wait for the next span");
        await service.StopAsync(default);
    }

    [Fact]
    public async Task The_first_walk_begins_within_seconds_whatever_the_span()
    {
        await using var town = new Town(choose: builder => builder.AddFollowerSync(TimeSpan.FromDays(30)));
        town.Account.AddFollowers(town.Platform.AddPeople(10));
        var service = Service(town.Services);
        await service.StartAsync(default);
        await Runs.UntilAsync(() => IsIdle(town, 1), "the wait for the first walk");
        Assert.InRange(town.Time.NextTimerDue!.Value - town.Time.GetUtcNow(), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        await FireNextAsync(town, waiting: 1);
        await Runs.UntilAsync(() => Completed(town) == 1, "the first walk");
        await service.StopAsync(default);

        // A host that starts again within the span waits for its end.
        await using var again = town.Build(Share(town));
        service = Service(again);
        await service.StartAsync(default);
        await FireNextAsync(town, waiting: 1);
        await Runs.UntilAsync(() => IsIdle(town, 1) && town.Time.NextTimerDue - town.Time.GetUtcNow() > TimeSpan.FromDays(28), "the wait for the end of the span");
        await service.StopAsync(default);
        Assert.Equal(2, town.Platform.Calls.Count("/cgi-bin/user/get"));
    }

    [Fact]
    public async Task After_a_doubted_walk_another_instance_does_not_agree_at_once()
    {
        await using var town = new Town(choose: builder => builder.AddFollowerSync(Day));
        town.Account.AddFollowers(town.Platform.AddPeople(100));
        await town.Push.SyncFollowersAsync();
        town.Time.Advance(2 * Day);
        town.Platform.Faults.Add(SimulatedFault.Body(_ => "{\"total\":0,\"count\":0,\"next_openid\":\"\"}"u8.ToArray()).On("/cgi-bin/user/get").Times(1));
        Assert.Equal(FollowerSyncOutcome.Incomplete, (await town.Push.SyncFollowersAsync()).Outcome);
        var service = Service(town.Services);
        await service.StartAsync(default);
        await FireNextAsync(town, waiting: 1);
        await Runs.UntilAsync(() => IsIdle(town, 1) && town.Time.NextTimerDue - town.Time.GetUtcNow() > TimeSpan.FromMinutes(9), "the wait for the second opinion");
        Assert.True(town.Time.NextTimerDue - town.Time.GetUtcNow() <= TimeSpan.FromMinutes(10));
        await service.StopAsync(default);
    }

    [Theory]
    [InlineData(0.75)]
    [InlineData(0.85)]
    [InlineData(0.89)]
    public async Task A_host_that_starts_within_the_span_waits_for_what_is_left_of_it(double passed)
    {
        await using var town = new Town(choose: builder => builder.AddFollowerSync(Day));
        town.Account.AddFollowers(town.Platform.AddPeople(10));
        await town.Push.SyncFollowersAsync();
        town.Time.Advance(Day * passed);
        var service = Service(town.Services);
        await service.StartAsync(default);
        await FireNextAsync(town, waiting: 1);
        await Runs.UntilAsync(() => IsIdle(town, 1) && town.Time.NextTimerDue - town.Time.GetUtcNow() > TimeSpan.FromMinutes(1), "the wait for the end of the span");
        Assert.InRange(town.Time.NextTimerDue!.Value - town.Time.GetUtcNow(), Day * (0.94 - passed), Day * (1 - passed));
        await service.StopAsync(default);
        Assert.Equal(2, town.Platform.Calls.Count("/cgi-bin/user/get"));
    }

    [Fact]
    public async Task Near_the_end_of_the_span_a_host_that_starts_walks_at_once()
    {
        await using var town = new Town(choose: builder => builder.AddFollowerSync(Day));
        town.Account.AddFollowers(town.Platform.AddPeople(10));
        await town.Push.SyncFollowersAsync();
        town.Time.Advance(Day * 0.905);
        var service = Service(town.Services);
        await service.StartAsync(default);
        await FireNextAsync(town, waiting: 1);
        await Runs.UntilAsync(() => Completed(town) == 1 && town.Platform.Calls.Count("/cgi-bin/user/get") == 4, "the walk");
        await service.StopAsync(default);
    }

    [Fact]
    public async Task Where_the_day_s_calls_are_used_up_it_looks_again_within_the_hour()
    {
        await using var town = new Town(
            configure: options => options.FollowerSync.DailyPageCalls = 1,
            choose: builder => builder.AddFollowerSync(Day));
        town.Account.AddFollowers(town.Platform.AddPeople(10_001));
        town.Account.AccessTokens.Lifetime = 30 * Day;
        var service = Service(town.Services);
        await service.StartAsync(default);
        await FireNextAsync(town, waiting: 1);
        await Runs.UntilAsync(() => town.Platform.Calls.Count("/cgi-bin/user/get") == 1 && IsIdle(town, 1), "the walk that stops");
        Assert.InRange(town.Time.NextTimerDue!.Value - town.Time.GetUtcNow(), TimeSpan.FromMinutes(57), TimeSpan.FromHours(1));
        await service.StopAsync(default);
    }

    [Fact]
    public async Task After_a_success_a_failure_is_the_first_again()
    {
        await using var town = new Town(configure: options => options.Http.MaxRetries = 0, choose: builder => builder.AddFollowerSync(Day));
        town.Account.AddFollowers(town.Platform.AddPeople(10));
        town.Account.AccessTokens.Lifetime = 30 * Day;
        town.Account.IsVerified = false;
        var service = Service(town.Services);
        await service.StartAsync(default);
        for (var failures = 1; failures <= 4; failures++)
        {
            // The first three in a row, then one after a walk that came to its end.
            if (failures == 4)
            {
                town.Account.IsVerified = true;
                await FireNextAsync(town, waiting: 1);
                await Runs.UntilAsync(() => Completed(town) == 1 && IsIdle(town, 1), "the walk that succeeds");
                town.Account.IsVerified = false;
            }

            await FireNextAsync(town, waiting: 1);
            await Runs.UntilAsync(() => town.Platform.Calls.Count("/cgi-bin/user/get", 48001) == failures, "the next failure");
        }

        await Runs.UntilAsync(() => IsIdle(town, 1), "the wait for the next time");
        Assert.InRange(town.Time.NextTimerDue!.Value - town.Time.GetUtcNow(), TimeSpan.FromSeconds(50), TimeSpan.FromMinutes(1));
        await service.StopAsync(default);
    }

    [Fact]
    public async Task A_span_below_a_minute_is_refused()
    {
        await using var town = new Town();
        Assert.Throws<ArgumentOutOfRangeException>(() => town.Build(builder => builder.AddFollowerSync(TimeSpan.FromSeconds(59))));
        await using var least = town.Build(builder => builder.AddFollowerSync(TimeSpan.FromMinutes(1)));
        Assert.NotNull(Service(least));
    }

    private static IHostedService Service(IServiceProvider services) => services.GetServices<IHostedService>().OfType<FollowerSyncService>().Single();

    private static Action<WeChatUnionPushBuilder> Share(Town town) => builder => builder
        .UseRepository(_ => town.Repository)
        .UseFollowerSyncStore(_ => town.Services.GetRequiredService<IFollowerSyncStore>());

    /// <summary>Moves the clock to where the next of the waiting instances begins.</summary>
    private static async Task FireNextAsync(Town town, int waiting)
    {
        await Runs.UntilAsync(() => IsIdle(town, waiting), "the instances wait");
        Assert.True(town.Time.AdvanceToNextTimer());
    }

    /// <summary>Whether every instance waits for its next time and no walk is under way, whose own timers would be mistaken for theirs.</summary>
    private static bool IsIdle(Town town, int waiting)
    {
        if (town.Time.PendingTimers != waiting)
        {
            return false;
        }

        var lease = town.Services.GetRequiredService<IFollowerSyncStore>().TryLeaseAsync(Town.OfficialAccountAppId, TimeSpan.FromSeconds(1)).AsTask().Result;
        lease?.DisposeAsync().AsTask().Wait();

        // Counted again: a walk that was still under way has ended with its own timers, and its instance may not wait yet.
        return lease is not null && town.Time.PendingTimers == waiting;
    }

    /// <summary>How many walks came to their end, told by the moments of their ends.</summary>
    private static int Completed(Town town)
    {
        if (town.Services.GetRequiredService<IFollowerSyncStore>().GetAsync(Town.OfficialAccountAppId).AsTask().Result is { InProgress: false, CompletedAt: { } completed })
        {
            town.Walks.Add(completed);
        }

        return town.Walks.Count;
    }
}
