using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>A push that cannot be sent says what is not known, and what mends it.</summary>
public sealed class UnreachableReasonTests
{
    [Fact]
    public async Task Before_any_walk_was_completed_it_says_so()
    {
        await using var town = new Town(configure: options => options.FollowerSync.DailyPageCalls = 2);
        var people = town.Platform.AddPeople(25_000);
        town.Account.AddFollowers(people);
        var stranger = town.Platform.AddPerson();
        await town.SignInAsync(stranger);

        Assert.Contains("never listed to the end", await ReasonAsync(town, stranger), StringComparison.Ordinal);
        Assert.Equal(FollowerSyncOutcome.DailyCallsUsedUp, (await town.Push.SyncFollowersAsync()).Outcome);
        var reason = await ReasonAsync(town, stranger);
        Assert.Contains("never listed to the end", reason, StringComparison.Ordinal);
        Assert.Contains("AddFollowerSync", reason, StringComparison.Ordinal);

        town.Time.Advance(TimeSpan.FromDays(1));
        await town.Push.SyncFollowersAsync();
        Assert.Contains("never followed", await ReasonAsync(town, stranger), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Followers_without_a_UnionID_are_told_apart_from_people_who_never_followed()
    {
        var log = new LogBook();
        await using var town = new Town(services: services => services.AddLogging(logging => logging.AddProvider(log)));
        town.Account.OpenPlatform = null;
        var (early, late) = (town.Platform.AddPerson(), town.Platform.AddPerson());
        early.Follow(town.Account);
        await town.Push.SyncFollowersAsync();
        town.Account.OpenPlatform = Town.OpenPlatform;
        late.Follow(town.Account);
        town.Time.Advance(TimeSpan.FromDays(1));
        await town.Push.SyncFollowersAsync();
        await town.SignInAsync(early);

        var reason = await ReasonAsync(town, early);
        Assert.Contains("1 of them have no UnionID", reason, StringComparison.Ordinal);
        Assert.Contains("full: true", reason, StringComparison.Ordinal);
        Assert.Equal(new IdentityCoverage(0, 0, 1, 0, 0) { UnlinkedFollowers = 1 }, await town.Push.GetCoverageAsync());

        // Told once, not after every sync.
        await town.Push.SyncFollowersAsync();
        Assert.Equal(1, log.Count(25) + log.Count(27));

        town.Time.Advance(TimeSpan.FromMinutes(1));
        await town.Push.SyncFollowersAsync(full: true);
        Assert.True((await town.Push.PushAsync(early.OpenIdIn(town.MiniProgram), town.Message())).IsSent);
        Assert.Equal(0, (await town.Push.GetCoverageAsync()).UnlinkedFollowers);
    }

    [Fact]
    public async Task A_sign_in_with_another_UnionID_has_the_follower_asked_for_again()
    {
        await using var town = new Town();
        var (person, other) = (await town.AddReachablePersonAsync(), await town.AddReachablePersonAsync());
        town.Time.Advance(TimeSpan.FromDays(1));
        town.Account.OpenPlatform = town.MiniProgram.OpenPlatform = "open-2";
        town.Platform.Calls.Clear();

        await town.SignInAsync(person);

        await Runs.UntilAsync(
            () => town.Repository.FindByUnionIdAsync(Town.OfficialAccountAppId, [person.UnionIdUnder("open-2")]).AsTask().Result.Count == 1, "the follower is asked for again");
        Assert.True((await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message())).IsSent);
        Assert.Equal(1, town.Platform.Calls.Count("/cgi-bin/user/info"));
        await town.SignInAsync(person);
        Assert.True((await town.Push.PushToUnionIdAsync(other.UnionIdUnder(Town.OpenPlatform), town.Message())).IsSent);
        Assert.Equal(1, town.Platform.Calls.Count("/cgi-bin/user/info"));
    }

    [Fact]
    public async Task Where_nothing_else_is_to_be_said_the_state_of_the_sync_is_read_once_a_minute()
    {
        var (time, syncs) = (new ManualTimeProvider(), new Syncs());
        var reasons = new UnreachableReasons(Town.OfficialAccountAppId, syncs, time);
        time.Advance(TimeSpan.FromHours(1));

        // A sync may mend these at any moment, so that they are read each time.
        foreach (var unlisted in new[] { null, State with { CompletedAt = null }, State with { Unlinked = 3 } })
        {
            syncs.State = unlisted;
            var reads = syncs.Reads;
            Assert.DoesNotContain("never followed", await SayAsync(), StringComparison.Ordinal);
            Assert.DoesNotContain("never followed", await SayAsync(), StringComparison.Ordinal);
            Assert.Equal(reads + 2, syncs.Reads);
        }

        syncs.State = State;
        var before = syncs.Reads;
        Assert.Contains("never followed", await SayAsync(), StringComparison.Ordinal);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains("never followed", await SayAsync(), StringComparison.Ordinal);
        Assert.Equal(before + 1, syncs.Reads);

        time.Advance(TimeSpan.FromMilliseconds(1));
        syncs.State = State with { Unlinked = 3 };
        Assert.Contains("3 of them have no UnionID", await SayAsync(), StringComparison.Ordinal);
        Assert.Contains("3 of them have no UnionID", await SayAsync(), StringComparison.Ordinal);
        Assert.Equal(before + 3, syncs.Reads);

        async Task<string> SayAsync() => await reasons.NotAmongFollowersAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_costs_the_reason_and_not_the_result()
    {
        var syncs = new Syncs { Failure = new TimeoutException() };
        var reasons = new UnreachableReasons(Town.OfficialAccountAppId, syncs, new ManualTimeProvider());
        Assert.Equal("The user is not known as a follower of the Official Account.", await reasons.NotAmongFollowersAsync(CancellationToken.None));

        // Who gives up hears so.
        syncs.Failure = new OperationCanceledException();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await reasons.NotAmongFollowersAsync(CancellationToken.None));
    }

    private static FollowerSyncState State => new(Town.OfficialAccountAppId) { CompletedAt = DateTimeOffset.UnixEpoch };

    private static async Task<string> ReasonAsync(Town town, SimulatedPerson person)
    {
        var result = await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message());
        Assert.Equal(PushStatus.NotFollowing, result.Status);
        return result.Reason!;
    }

    private sealed class Syncs : IFollowerSyncStore
    {
        public FollowerSyncState? State { get; set; }

        public Exception? Failure { get; set; }

        public int Reads { get; private set; }

        public ValueTask<FollowerSyncState?> GetAsync(string appId, CancellationToken cancellationToken = default)
        {
            Reads++;
            return Failure is null ? new(State) : throw Failure;
        }

        public ValueTask<IReadOnlyList<FollowerSyncState>> ListAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<bool> SaveAsync(ILease lease, FollowerSyncState state, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<ILease?> TryLeaseAsync(string appId, TimeSpan duration, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
