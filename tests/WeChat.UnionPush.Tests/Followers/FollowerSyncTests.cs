using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Followers;

public sealed class FollowerSyncTests
{
    [Fact]
    public async Task Who_left_is_marked_at_the_end_of_the_walk_and_who_returns_follows_again()
    {
        await using var town = new Town();
        var people = town.Platform.AddPeople(30).ToList();
        people.ForEach(person => person.Follow(town.Account));
        await town.Push.SyncFollowersAsync();
        town.Time.Advance(TimeSpan.FromHours(1));

        people.Take(10).ToList().ForEach(person => person.Unfollow(town.Account));
        var second = await town.Push.SyncFollowersAsync();
        Assert.Equal(10, second.Left);
        Assert.Equal(people.Skip(10).Select(person => person.OpenIdIn(town.Account)).Order(StringComparer.Ordinal), await FollowingAsync(town));

        town.Time.Advance(TimeSpan.FromHours(1));
        people[0].Follow(town.Account);
        var third = await town.Push.SyncFollowersAsync();
        Assert.Equal(0, third.Left);
        Assert.Contains(people[0].OpenIdIn(town.Account), await FollowingAsync(town));

        // Nobody follows again by a list alone.
        Assert.Equal(1, third.Detailed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Who_comes_and_goes_during_a_walk_is_told_truly_by_the_next(int seed)
    {
        await using var town = new Town(seed: seed);
        var random = new Random(seed);
        var people = town.Platform.AddPeople(26_000);
        town.Account.AddFollowers(people.Slice(0, 24_000));
        await town.Push.SyncFollowersAsync();

        // Some of the first and the last page, and some who do not follow yet, all through the walk.
        SimulatedPerson[] restless = [.. people.Where((_, index) => index % 40 == 0)];
        town.Time.Advance(TimeSpan.FromHours(1));
        var moves = 0;
        await town.Push.SyncFollowersAsync(
            new Recorded<FollowerSyncProgress>(_ =>
            {
                foreach (var person in random.GetItems(restless, 50))
                {
                    moves++;
                    if (person.IsFollowing(town.Account))
                    {
                        person.Unfollow(town.Account);
                    }
                    else
                    {
                        person.Follow(town.Account);
                    }
                }

                town.Time.Advance(TimeSpan.FromMilliseconds(10));
            }),
            full: true);
        Assert.True(moves > 500);
        Assert.NotEqual(Truth(), await FollowingAsync(town));

        town.Time.Advance(TimeSpan.FromHours(1));
        await town.Push.SyncFollowersAsync();
        Assert.Equal(Truth(), await FollowingAsync(town));

        IEnumerable<string> Truth() => people.Where(person => person.IsFollowing(town.Account)).Select(person => person.OpenIdIn(town.Account)).Order(StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    public async Task A_database_that_goes_away_during_a_walk_ends_it_and_the_next_one_goes_on(string kind)
    {
        await using IDatabaseServer server = kind == "MariaDB" ? new MariaDbServer() : new PostgreSqlServer();
        await using var data = await server.CreateAsync();
        await using var town = new Town(choose: builder => builder.UseStorage(services => data.Open(services.GetRequiredService<TimeProvider>())));
        town.Account.AddFollowers(town.Platform.AddPeople(25_000));
        var gone = false;
        var broken = await Assert.ThrowsAsync<UnionPushStorageException>(() => town.Push.SyncFollowersAsync(new Recorded<FollowerSyncProgress>(progress =>
        {
            if (!gone && progress.Listed == 10_000)
            {
                gone = true;
                server.StopAsync().GetAwaiter().GetResult();
            }
        })));
        Assert.True(broken.IsTransient);

        // The lease of the one that broke off has to end first.
        await server.StartAsync();
        town.Time.Advance(TimeSpan.FromMinutes(2));
        var report = await town.Push.SyncFollowersAsync();
        Assert.Equal((FollowerSyncOutcome.Completed, true, 15_000), (report.Outcome, report.Resumed, report.Listed));
        Assert.Equal(25_000, (await FollowingAsync(town)).Count);
    }

    [Fact]
    public async Task A_sync_that_is_stopped_goes_on_from_its_cursor()
    {
        await using var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(25_000));
        using var stop = new CancellationTokenSource();
        var seen = new Recorded<FollowerSyncProgress>(progress =>
        {
            if (progress.Listed == 10_000)
            {
                stop.Cancel();
            }
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => town.Push.SyncFollowersAsync(seen, cancellationToken: stop.Token));
        var batches = town.Platform.Calls.Count("/cgi-bin/user/info/batchget");
        var report = await town.Push.SyncFollowersAsync();

        Assert.True(report.Resumed);
        Assert.Equal(FollowerSyncOutcome.Completed, report.Outcome);
        Assert.Equal(15_000, report.Listed);
        Assert.Equal(0, report.Left);
        Assert.InRange(town.Platform.Calls.Count("/cgi-bin/user/get"), 4, 5);
        Assert.InRange(batches, 100, 104);
        Assert.Equal(25_000, (await FollowingAsync(town)).Count);
    }

    [Fact]
    public async Task Two_syncs_at_once_are_one()
    {
        await using var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(10));
        using var gate = town.Platform.Hold("/cgi-bin/user/get");
        var first = town.Push.SyncFollowersAsync();
        await gate.WaitForCallsAsync(1);

        var second = await town.Push.SyncFollowersAsync();
        gate.Open();

        Assert.Equal(FollowerSyncOutcome.AlreadyRunning, second.Outcome);
        Assert.Equal(FollowerSyncOutcome.Completed, (await first).Outcome);
    }

    [Fact]
    public async Task The_lease_is_kept_alive_while_a_sync_is_slow()
    {
        await using var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(10));
        using var gate = town.Platform.Hold("/cgi-bin/user/get");
        var first = town.Push.SyncFollowersAsync();
        await gate.WaitForCallsAsync(1);
        for (var i = 0; i < 8; i++)
        {
            // Less than an attempt may take, so that only the heartbeat's and not the call's timer fires.
            town.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(FollowerSyncOutcome.AlreadyRunning, (await town.Push.SyncFollowersAsync()).Outcome);
        gate.Open();
        Assert.Equal(FollowerSyncOutcome.Completed, (await first).Outcome);
    }

    [Fact]
    public async Task A_lease_that_somebody_else_took_ends_the_walk_while_a_call_is_under_way()
    {
        await using var town = new Town(
            configure: options => options.FollowerSync.LeaseDuration = TimeSpan.FromSeconds(6),
            choose: builder => builder.UseFollowerSyncStore(services => Broken(services, losesLeases: true)));
        town.Account.AddFollowers(town.Platform.AddPeople(10));
        using var gate = town.Platform.Hold("/cgi-bin/user/get");
        var sync = town.Push.SyncFollowersAsync();
        await gate.WaitForCallsAsync(1);
        await Runs.UntilAsync(() => town.Time.NextTimerDue - town.Time.GetUtcNow() == TimeSpan.FromSeconds(2), "the renewal is due in a third of the lease's time");

        town.Time.Advance(TimeSpan.FromSeconds(2));

        var report = await sync;
        Assert.Equal((FollowerSyncOutcome.LeaseLost, 0L, 1), (report.Outcome, report.Listed, report.PageCalls));
        Assert.Empty(await FollowingAsync(town));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 10_000)]
    [InlineData(3, 10_005)]
    public async Task A_place_that_cannot_be_kept_any_more_ends_the_walk(int failingSave, int listed)
    {
        await using var town = new Town(
            choose: builder => builder.UseFollowerSyncStore(services => Broken(services, failingSave: failingSave)));
        town.Account.AddFollowers(town.Platform.AddPeople(10_005));

        var report = await town.Push.SyncFollowersAsync();

        Assert.Equal((FollowerSyncOutcome.LeaseLost, listed), (report.Outcome, report.Listed));
        Assert.Equal(listed, (await FollowingAsync(town)).Count);
    }

    [Fact]
    public async Task A_store_that_gives_up_by_itself_is_no_lost_lease()
    {
        var repository = new InMemoryUnionIdRepository();
        await using var town = new Town(
            choose: builder => builder.UseRepository(_ => new MoodyRepository(repository, () => throw new TaskCanceledException("The store gave up."))));
        town.Account.AddFollowers(town.Platform.AddPeople(10));
        Assert.Contains("gave up", (await Assert.ThrowsAnyAsync<Exception>(() => town.Push.SyncFollowersAsync())).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_walk_is_later_than_the_one_before_whatever_the_clock_says()
    {
        var (repository, store) = (new InMemoryUnionIdRepository(), new InMemoryFollowerSyncStore(TimeProvider.System));
        var start = new DateTimeOffset(2026, 11, 22, 4, 0, 0, TimeSpan.Zero);
        var began = new List<DateTimeOffset>();
        foreach (var hour in new[] { 1, 0, 2 })
        {
            await using var town = new Town(start.AddHours(hour), choose: builder => builder.UseRepository(_ => repository).UseFollowerSyncStore(_ => store));
            town.Account.AddFollowers(town.Platform.AddPeople(1));
            Assert.Equal(FollowerSyncOutcome.Completed, (await town.Push.SyncFollowersAsync()).Outcome);
            began.Add((await store.GetAsync(Town.OfficialAccountAppId))!.WalkStartedAt);
        }

        Assert.Equal([start.AddHours(1), start.AddHours(1).AddMilliseconds(1), start.AddHours(2)], began);
    }

    [Fact]
    public async Task Who_is_listed_on_a_later_page_was_observed_later()
    {
        await using var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(10_001));
        await town.Push.SyncFollowersAsync();
        town.Time.Advance(TimeSpan.FromHours(1));
        var start = town.Time.GetUtcNow();
        var isNext = false;
        await town.Push.SyncFollowersAsync(new Recorded<FollowerSyncProgress>(progress =>
        {
            if (progress.Listed == 10_000 && !isNext)
            {
                isNext = true;
                town.Time.Advance(TimeSpan.FromSeconds(5));
            }
        }));
        var observed = new List<DateTimeOffset>();
        await foreach (var identity in town.Repository.ListAsync(Town.OfficialAccountAppId))
        {
            observed.Add(identity.ObservedAt);
        }

        Assert.Equal([(start, 10_000), (start.AddSeconds(5), 1)], observed.CountBy(at => at).OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public async Task Changed_and_missing_UnionIDs_are_told_in_the_log_the_missing_ones_once()
    {
        var log = new LogBook();
        await using var town = new Town(services: services => services.AddLogging(logging => logging.AddProvider(log)));
        town.Account.AddFollowers(town.Platform.AddPeople(3));
        await town.Push.SyncFollowersAsync();
        Assert.Equal((0, 0, 0), (log.Count(23), log.Count(25), log.Count(27)));

        town.Account.OpenPlatform = "open-2";
        town.Time.Advance(TimeSpan.FromDays(1));
        await town.Push.SyncFollowersAsync(full: true);
        Assert.StartsWith("3 followers", Assert.Single(log.Texts(23)), StringComparison.Ordinal);

        town.Account.OpenPlatform = null;
        town.Account.AddFollowers(town.Platform.AddPeople(1));
        for (var day = 0; day < 2; day++)
        {
            town.Time.Advance(TimeSpan.FromDays(1));
            await town.Push.SyncFollowersAsync();
        }

        Assert.StartsWith("1 of 4 followers", Assert.Single(log.Texts(27)), StringComparison.Ordinal);
        Assert.Equal((1, 0), (log.Count(23), log.Count(25)));
    }

    [Fact]
    public async Task An_account_in_which_nobody_has_a_UnionID_is_told_what_to_bind()
    {
        var log = new LogBook();
        await using var town = new Town(services: services => services.AddLogging(logging => logging.AddProvider(log)));
        town.Account.OpenPlatform = null;
        town.Account.AddFollowers(town.Platform.AddPeople(3));
        await town.Push.SyncFollowersAsync();
        await town.Push.SyncFollowersAsync();
        Assert.Equal((1, 0), (log.Count(25), log.Count(27)));
    }

    [Fact]
    public async Task The_days_calls_run_out_and_the_walk_goes_on_the_next_day()
    {
        await using var town = new Town(configure: options => options.FollowerSync.DailyPageCalls = 2);
        town.Account.AddFollowers(town.Platform.AddPeople(25_000));

        var today = await town.Push.SyncFollowersAsync();
        var stillToday = await town.Push.SyncFollowersAsync();
        town.Time.Advance(TimeSpan.FromDays(1));
        var tomorrow = await town.Push.SyncFollowersAsync();

        Assert.Equal(FollowerSyncOutcome.DailyCallsUsedUp, today.Outcome);
        Assert.Equal(20_000, today.Listed);
        Assert.Equal(0, today.Left);
        Assert.Equal(FollowerSyncOutcome.DailyCallsUsedUp, stillToday.Outcome);
        Assert.Equal(0, stillToday.PageCalls);
        Assert.Equal(FollowerSyncOutcome.Completed, tomorrow.Outcome);
        Assert.True(tomorrow.Resumed);
        Assert.Equal(5_000, tomorrow.Listed);
        Assert.Equal(0, tomorrow.Left);
    }

    [Fact]
    public async Task A_full_sync_asks_for_everybody_again()
    {
        await using var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(250));
        await town.Push.SyncFollowersAsync();
        town.Time.Advance(TimeSpan.FromMinutes(1));

        var full = await town.Push.SyncFollowersAsync(full: true);

        Assert.Equal(250, full.Detailed);
    }

    [Fact]
    public async Task A_full_sync_begins_anew_where_an_incremental_one_stands_open()
    {
        await using var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(10_005));
        await town.Push.SyncFollowersAsync();
        town.Time.Advance(TimeSpan.FromMinutes(1));
        await StopAfterTheFirstPageAsync(town, full: false);

        var report = await town.Push.SyncFollowersAsync(full: true);

        Assert.Equal((FollowerSyncOutcome.Completed, false, 10_005, 10_005), (report.Outcome, report.Resumed, report.Listed, report.Detailed));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_full_sync_that_was_stopped_goes_on_as_a_full_one_whatever_is_asked_for(bool full)
    {
        await using var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(10_005));
        await town.Push.SyncFollowersAsync();
        town.Time.Advance(TimeSpan.FromMinutes(1));
        await StopAfterTheFirstPageAsync(town, full: true);

        var report = await town.Push.SyncFollowersAsync(full: full);

        Assert.Equal((FollowerSyncOutcome.Completed, true, 5, 5), (report.Outcome, report.Resumed, report.Listed, report.Detailed));
    }

    [Fact]
    public async Task Details_are_asked_for_again_when_they_have_grown_old_sooner_without_a_UnionID()
    {
        await using var town = new Town(configure: options =>
        {
            options.FollowerSync.RefreshUnlinkedAfter = TimeSpan.FromDays(7);
            options.FollowerSync.RefreshLinkedAfter = TimeSpan.FromDays(30);
        });
        var (linked, unlinked) = (town.Platform.AddPerson(), town.Platform.AddPerson());
        linked.Follow(town.Account);
        await town.Push.SyncFollowersAsync();
        town.Account.OpenPlatform = null;
        unlinked.Follow(town.Account);
        await town.Push.SyncFollowersAsync();

        town.Time.Advance(TimeSpan.FromDays(6));
        Assert.Equal(0, (await town.Push.SyncFollowersAsync()).Detailed);
        town.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(1, (await town.Push.SyncFollowersAsync()).Detailed);
        town.Time.Advance(TimeSpan.FromDays(23));
        Assert.Equal(2, (await town.Push.SyncFollowersAsync()).Detailed);
    }

    [Fact]
    public async Task Another_Open_Platform_account_replaces_the_UnionIDs_and_is_reported()
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        town.Time.Advance(TimeSpan.FromDays(1));
        town.Account.OpenPlatform = "open-2";
        town.MiniProgram.OpenPlatform = "open-2";

        var report = await town.Push.SyncFollowersAsync(full: true);
        await town.SignInAsync(person);

        Assert.Equal(1, report.UnionIdsChanged);
        var stored = Assert.Single(await town.Repository.FindAsync(Town.OfficialAccountAppId, [person.OpenIdIn(town.Account)]));
        Assert.Equal(person.UnionIdUnder("open-2"), stored.UnionId);
        Assert.True((await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message())).IsSent);
    }

    [Fact]
    public async Task Progress_tells_how_far_it_is()
    {
        await using var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(25_000));
        var seen = new Recorded<FollowerSyncProgress>();

        await town.Push.SyncFollowersAsync(seen);

        Assert.Equal([10_000, 20_000, 25_000], seen.Values.Select(progress => progress.Listed).Where(listed => listed > 0).Distinct());
        Assert.All(seen.Values, progress => Assert.Equal(25_000, progress.Total));
        Assert.Equal(25_000, seen.Values[^1].Detailed);
    }

    [Fact]
    public async Task Progress_tells_the_pace_and_the_time_that_is_left()
    {
        await using var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(25_000));
        Recorded<FollowerSyncProgress>? seen = null;

        // Less than an attempt may take, for calls are under way.
        seen = new Recorded<FollowerSyncProgress>(_ => town.Time.Advance(seen!.Values.Count == 1 ? TimeSpan.FromSeconds(5) : TimeSpan.Zero));

        await town.Push.SyncFollowersAsync(seen);

        Assert.Equal((TimeSpan.Zero, 0.0, null), (seen.Values[0].Elapsed, seen.Values[0].PerSecond, seen.Values[0].Remaining));
        var afterAPage = seen.Values.Last(progress => progress.Listed == 10_000);
        Assert.Equal((TimeSpan.FromSeconds(5), 2_000.0, TimeSpan.FromSeconds(7.5)), (afterAPage.Elapsed, afterAPage.PerSecond, afterAPage.Remaining));
        Assert.Equal(TimeSpan.Zero, seen.Values[^1].Remaining);
    }

    [Fact]
    public async Task A_report_counts_what_its_own_walk_did()
    {
        await using var town = new Town();
        town.Account.AddFollowers(town.Platform.AddPeople(250));
        var first = await town.Push.SyncFollowersAsync();
        Assert.Equal((250, 250, 250, 250, 3), (first.Listed, first.Detailed, first.Linked, first.Added, first.DetailCalls));

        town.Time.Advance(TimeSpan.FromHours(1));
        town.Account.AddFollowers(town.Platform.AddPeople(5));
        var second = await town.Push.SyncFollowersAsync();
        Assert.Equal((255, 5, 5, 5, 1), (second.Listed, second.Detailed, second.Linked, second.Added, second.DetailCalls));
    }

    [Fact]
    public async Task Who_leaves_between_the_list_and_the_details_is_listed_and_does_not_follow()
    {
        await using var town = new Town();
        var people = town.Platform.AddPeople(30).ToList();
        people.ForEach(person => person.Follow(town.Account));
        using var gate = town.Platform.Hold("/cgi-bin/user/info/batchget");
        var sync = town.Push.SyncFollowersAsync();
        await gate.WaitForCallsAsync(1);
        people[1].Unfollow(town.Account);
        gate.Open();

        var report = await sync;

        Assert.Equal((FollowerSyncOutcome.Completed, 30, 30, 29), (report.Outcome, report.Listed, report.Detailed, report.Linked));
        var left = Assert.Single(await town.Repository.FindAsync(Town.OfficialAccountAppId, [people[1].OpenIdIn(town.Account)]));
        Assert.Equal(FollowState.NotFollowing, left.FollowState);
        Assert.DoesNotContain(left.OpenId, await FollowingAsync(town));
    }

    [Fact]
    public async Task Coverage_adds_up()
    {
        await using var town = new Town();
        var (reachable, left, never, unlinked, refusing) =
            (town.Platform.AddPerson(), town.Platform.AddPerson(), town.Platform.AddPerson(), town.Platform.AddPerson(), town.Platform.AddPerson());
        town.MiniProgram.WithholdsUnionIdFrom = person => person.Equals(unlinked);
        foreach (var person in new[] { reachable, left, refusing })
        {
            person.Follow(town.Account);
        }

        await town.Push.SyncFollowersAsync();
        foreach (var person in new[] { reachable, left, never, unlinked, refusing })
        {
            await town.SignInAsync(person);
        }

        town.Time.Advance(TimeSpan.FromMinutes(1));
        left.Unfollow(town.Account);
        await town.Push.SyncFollowersAsync();
        refusing.RefuseMessages(town.Account);
        await town.Push.PushAsync(refusing.OpenIdIn(town.MiniProgram), town.Message());

        Assert.Equal(new IdentityCoverage(1, 1, 1, 1, 1), await town.Push.GetCoverageAsync());
    }

    private static BrokenSyncStore Broken(IServiceProvider services, bool losesLeases = false, int failingSave = 0) =>
        new(new InMemoryFollowerSyncStore(services.GetRequiredService<TimeProvider>())) { LosesLeases = losesLeases, FailingSave = failingSave };

    private static async Task StopAfterTheFirstPageAsync(Town town, bool full)
    {
        using var stop = new CancellationTokenSource();
        var seen = new Recorded<FollowerSyncProgress>(progress =>
        {
            if (progress.Listed == 10_000)
            {
                stop.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => town.Push.SyncFollowersAsync(seen, full, stop.Token));
    }

    private static async Task<List<string>> FollowingAsync(Town town)
    {
        var following = new List<string>();
        await foreach (var identity in town.Repository.ListAsync(Town.OfficialAccountAppId))
        {
            if (identity.FollowState == FollowState.Following)
            {
                following.Add(identity.OpenId);
            }
        }

        return following;
    }

    private sealed class Recorded<T>(Action<T>? then = null) : IProgress<T>
    {
        public List<T> Values { get; } = [];

        public void Report(T value)
        {
            Values.Add(value);
            then?.Invoke(value);
        }
    }
}
