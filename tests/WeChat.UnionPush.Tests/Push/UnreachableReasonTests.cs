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

    private static async Task<string> ReasonAsync(Town town, SimulatedPerson person)
    {
        var result = await town.Push.PushAsync(person.OpenIdIn(town.MiniProgram), town.Message());
        Assert.Equal(PushStatus.NotFollowing, result.Status);
        return result.Reason!;
    }
}
