using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Stores;

/// <summary>For how long what is stored counts, and in which form it is found again by a later version.</summary>
public sealed class KeptForTests
{
    private static readonly DateTimeOffset Moment = new(2026, 11, 22, 4, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task What_is_old_is_deleted_a_minute_after_the_start_and_then_every_ten_minutes_a_thousand_at_once()
    {
        var time = new ManualTimeProvider(Moment);
        var deletions = new List<(DateTimeOffset Before, int Limit, DateTimeOffset At)>();
        var deleted = new Queue<int>([1000, 1000, 999, 0]);
        using var service = new ExpiryService(
            "something",
            (before, limit, _) =>
            {
                deletions.Add((before, limit, time.GetUtcNow()));
                return ValueTask.FromResult(deleted.Dequeue());
            },
            TimeSpan.FromDays(30),
            time,
            NullLogger<ExpiryService>.Instance);
        await service.StartAsync(default);
        await Runs.UntilAsync(() => time.PendingTimers == 1, "the first wait");
        time.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, time.PendingTimers);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await Runs.UntilAsync(() => deletions.Count == 3 && time.PendingTimers == 1, "the first deletion");
        time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(TimeSpan.FromMilliseconds(1), time.NextTimerDue - time.GetUtcNow());
        time.Advance(TimeSpan.FromMilliseconds(1));
        await Runs.UntilAsync(() => deletions.Count == 4, "the second deletion");
        await service.StopAsync(default);

        var first = Moment.AddMinutes(1);
        Assert.Equal(
            [
                (first.AddDays(-30), 1000, first), (first.AddDays(-30), 1000, first), (first.AddDays(-30), 1000, first),
                (first.AddMinutes(10).AddDays(-30), 1000, first.AddMinutes(10)),
            ],
            deletions);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(-120_000, false)]
    [InlineData(-120_001, true)]
    public void A_follow_counts_up_to_two_minutes_before_the_erasure_as_clocks_differ_so_much(int milliseconds, bool refused)
    {
        var erasure = new Erasure(1, Moment) { FollowChangedAt = Moment.AddDays(-1) };
        var follow = new WeChatIdentity("wxOfficialAccount", "oA")
        {
            FollowState = FollowState.Following,
            FollowChangedAt = Moment.AddMilliseconds(milliseconds),
            ObservedAt = Moment.AddHours(1),
        };
        Assert.Equal(refused, erasure.Refuses(follow, erasuresSeen: 1));
    }

    [Fact]
    public void A_tap_that_is_told_again_is_known_among_the_last_sixteen()
    {
        var state = ConsentState.None;
        for (var tap = 0; tap < 17; tap++)
        {
            state = Tapped(state, $"event{tap}");
        }

        // The second of seventeen is the oldest that is known.
        Assert.Equal(17, state.Tapped);
        Assert.Equal(17, Tapped(state, "event1").Tapped);
        Assert.Equal(18, Tapped(state, "event0").Tapped);

        static ConsentState Tapped(ConsentState state, string id) => state.Apply(new ConsentChange(ConsentChangeKind.Tapped, Moment) { EventId = id });
    }

    [Fact]
    public void Keys_of_notes_are_those_under_which_earlier_versions_wrote_them()
    {
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes("oPerson")))[..32];
        Assert.Equal($"late:{hash}:4000", ReachKeys.Late("oPerson", "4000"));
        Assert.Equal(
            ("window:oPerson", "message:h", "scene:h", "asked:oPerson", "link:oPerson", "held:oPerson"),
            (ReachKeys.Window("oPerson"), ReachKeys.Message("h"), ReachKeys.Scene("h"), ReachKeys.Asked("oPerson"), ReachKeys.Link("oPerson"), ReachKeys.Held("oPerson")));
    }

    [Fact]
    public async Task An_accepted_message_is_noted_for_an_hour()
    {
        var time = new ManualTimeProvider(Moment);
        var storage = new InMemoryUnionPushStorage(time);
        var late = new LateReach(new RouteApps(Town.MiniProgramAppId, Town.OfficialAccountAppId), storage.Reach, time);
        var stored = StoredMessage.Of(TemplateMessage.Create("T").Thing("thing1", "a").Build());
        var message = new LateMessage { Pushed = "oUser", Channel = PushChannel.TemplateMessage, Message = stored };
        Assert.False(await late.NoteAsync(message, "oPerson", 1, default));
        Assert.Equal(Moment.AddHours(1), (await storage.Reach.FindAsync(Town.OfficialAccountAppId, ReachKeys.Late("oPerson", "1")))!.ExpiresAt);
        Assert.Null(await late.FailAsync(Town.OfficialAccountAppId, "oPerson", 2, default));
        Assert.Equal(Moment.AddHours(1), (await storage.Reach.FindAsync(Town.OfficialAccountAppId, ReachKeys.Late("oPerson", "2")))!.ExpiresAt);
    }
}
