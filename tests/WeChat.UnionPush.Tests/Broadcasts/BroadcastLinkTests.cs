using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Broadcasts;

/// <summary>Broadcasts to people whom a scanned QR code links with a follower, and no UnionID.</summary>
[Collection<Alone>]
public sealed class BroadcastLinkTests
{
    private static readonly DateTimeOffset Forever = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Whom_a_scanned_code_links_is_found_as_a_push_finds_them()
    {
        await using var town = await BroadcastTown.CreateAsync(20, choose: builder => builder.AddFollowLinks());
        var linked = Enumerable.Range(0, 130).Select(_ => AddLinked(town)).ToList();
        var never = AddLinked(town);
        await town.Storage.Identities.SaveAsync(
        [
            .. linked.SelectMany(person => new[] { User(town, person), Follower(town, person, FollowState.Following) }),
            Follower(town, never, FollowState.Following),
            new(Town.MiniProgramAppId, "oLeft"),
            new(Town.OfficialAccountAppId, "oLeftOfficial") { FollowState = FollowState.NotFollowing, ObservedAt = town.Clock.GetUtcNow() },
            new(Town.MiniProgramAppId, "oRefuses"),
            new(Town.OfficialAccountAppId, "oRefusesOfficial") { FollowState = FollowState.Refusing, ObservedAt = town.Clock.GetUtcNow() },
            new(Town.MiniProgramAppId, "oRefuted") { UnionId = "u1" },
            new(Town.OfficialAccountAppId, "oRefutedOfficial") { UnionId = "u2", FollowState = FollowState.Following, ObservedAt = town.Clock.GetUtcNow() },
            new(Town.MiniProgramAppId, "oAlone"),
            new(Town.MiniProgramAppId, "oNotSeen"),
        ]);
        foreach (var person in linked.Append(never))
        {
            await LinkAsync(town, person.OpenIdIn(town.MiniProgram), person.OpenIdIn(town.Account));
        }

        foreach (var name in new[] { "oLeft", "oRefuses", "oRefuted", "oNotSeen" })
        {
            await LinkAsync(town, name, name + "Official");
        }

        string[] everyone =
        [
            .. town.People.Select(person => person.OpenIdIn(town.MiniProgram)), .. linked.Append(never).Select(person => person.OpenIdIn(town.MiniProgram)),
            "oLeft", "oRefuses", "oRefuted", "oAlone", "oNotSeen",
        ];
        var toAll = new Broadcast("all", BroadcastAudience.AllUsers(), town.Message) { QuotaReserve = 0 };
        var expected = new BroadcastCounts { Sent = 150, NotFollowing = 2, Refused = 1, NotLinked = 2 };

        var forecast = await town.Broadcasts.ForecastAsync(toAll);
        var all = await town.RunAsync(toAll);
        var named = await town.RunAsync(new Broadcast("named", BroadcastAudience.OpenIds(everyone), town.Message) { QuotaReserve = 0 });

        Assert.Equal((155, 150, expected with { Sent = 0 }), (forecast.Recipients, forecast.Reachable, forecast.Unreachable));
        Assert.Equal(expected, all.Counts);

        // Whoever never signed in is no user, but may be named.
        Assert.Equal(expected with { Sent = 151 }, named.Counts);
        Assert.All(linked, person => Assert.Equal(2, town.Account.MessagesTo(person).Count));
        Assert.All(town.Received(), count => Assert.Equal(2, count));
        foreach (var openId in new[] { "oLeft", "oRefuses", "oRefuted", "oAlone", "oNotSeen", never.OpenIdIn(town.MiniProgram), linked[0].OpenIdIn(town.MiniProgram) })
        {
            var status = (await town.Push.PushAsync(openId, town.Message)).Status;
            var counts = (await town.RunAsync(new Broadcast($"to {openId}", BroadcastAudience.OpenIds([openId]), town.Message) { QuotaReserve = 0 })).Counts;
            Assert.Equal(StatusOf(counts), status);
        }
    }

    [Fact]
    public async Task By_UnionID_the_user_leads_to_the_linked_follower()
    {
        await using var town = await BroadcastTown.CreateAsync(0, choose: builder => builder.AddFollowLinks());
        var person = AddLinked(town);
        await town.Storage.Identities.SaveAsync([User(town, person) with { UnionId = "uUser" }, Follower(town, person, FollowState.Following)]);
        await LinkAsync(town, person.OpenIdIn(town.MiniProgram), person.OpenIdIn(town.Account));

        var report = await town.RunAsync(new Broadcast("by UnionID", BroadcastAudience.UnionIds(["uUser", "uNobody"]), town.Message) { QuotaReserve = 0 });

        Assert.Equal(new BroadcastCounts { Sent = 1, NotFollowing = 1 }, report.Counts);
        Assert.Single(town.Account.MessagesTo(person));
    }

    private static SimulatedPerson AddLinked(BroadcastTown town)
    {
        var person = town.Platform.AddPerson();
        person.Follow(town.Account);
        return person;
    }

    private static WeChatIdentity User(BroadcastTown town, SimulatedPerson person) => new(Town.MiniProgramAppId, person.OpenIdIn(town.MiniProgram));

    private static WeChatIdentity Follower(BroadcastTown town, SimulatedPerson person, FollowState state) =>
        new(Town.OfficialAccountAppId, person.OpenIdIn(town.Account)) { FollowState = state, ObservedAt = town.Clock.GetUtcNow(), DetailsAt = town.Clock.GetUtcNow() };

    private static async Task LinkAsync(BroadcastTown town, string user, string follower) =>
        Assert.NotNull(await town.Storage.Reach.TryWriteAsync(Town.MiniProgramAppId, ReachKeys.Link(user), null, follower, Forever));

    private static PushStatus StatusOf(BroadcastCounts counts) => counts switch
    {
        { Sent: 1 } => PushStatus.Sent,
        { NotSignedIn: 1 } => PushStatus.NotSignedIn,
        { NotLinked: 1 } => PushStatus.NotLinked,
        { NotFollowing: 1 } => PushStatus.NotFollowing,
        { Refused: 1 } => PushStatus.Refused,
        _ => PushStatus.Unknown,
    };
}
