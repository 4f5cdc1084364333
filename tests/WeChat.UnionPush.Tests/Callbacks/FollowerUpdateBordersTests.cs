using NSubstitute;
using WeChat.UnionPush.Callbacks;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>Who follows, refuses or has left when an event, the platform's answer and what is stored lie close together in time.</summary>
public sealed class FollowerUpdateBordersTests
{
    private const string OpenId = "o1";

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 4, 0, 0, TimeSpan.Zero);
    private static readonly RouteApps Apps = new(Town.MiniProgramAppId, Town.OfficialAccountAppId);

    private readonly ManualTimeProvider _time = new(Now);
    private readonly IFollowerSource _source = Substitute.For<IFollowerSource>();
    private readonly InMemoryUnionPushStorage _storage;

    public FollowerUpdateBordersTests() => _storage = new InMemoryUnionPushStorage(_time);

    [Theory]
    [InlineData(-1, FollowState.NotFollowing)]
    [InlineData(0, FollowState.Following)]
    [InlineData(1, FollowState.Following)]
    [InlineData(null, FollowState.NotFollowing)]
    public async Task Who_followed_before_they_left_has_left_whatever_an_older_answer_says(int? followedSecondsAfter, FollowState state)
    {
        await KnownAsync(FollowState.Following, Now.AddDays(-1));
        Answers(true, followedSecondsAfter is { } seconds ? Now.AddSeconds(seconds) : null);
        Assert.Equal(state, (await ApplyAsync(new UnsubscribeEvent(Callback(Now))))!.FollowState);
    }

    [Theory]
    [InlineData(-1, FollowState.Refusing)]
    [InlineData(0, FollowState.Refusing)]
    [InlineData(1, FollowState.Following)]
    [InlineData(null, FollowState.Refusing)]
    public async Task A_refusal_counts_unless_they_followed_again_after_it(int? followedSecondsAfter, FollowState state)
    {
        Answers(true, followedSecondsAfter is { } seconds ? Now.AddSeconds(seconds) : null);
        var blocked = new TemplateSendJobFinishEvent(Callback(Now), 1, TemplateDeliveryStatus.UserBlocked, "failed:user block");
        Assert.Equal(state, (await ApplyAsync(blocked))!.FollowState);
    }

    [Theory]
    [InlineData(999, FollowState.Following)]
    [InlineData(1000, FollowState.Refusing)]
    public async Task A_refusal_that_was_seen_after_the_second_of_the_follow_stays(int millisecondsAfter, FollowState state)
    {
        var followed = Now.AddMinutes(-10);
        await KnownAsync(FollowState.Refusing, followed.AddMilliseconds(millisecondsAfter));
        Answers(true, followed);
        Assert.Equal(state, (await ApplyAsync(new SubscribeEvent(Callback(Now), null, null)))!.FollowState);
    }

    [Theory]
    [InlineData(true, 10, 5, 10)]
    [InlineData(true, 5, 10, 10)]
    [InlineData(true, 10, 10, 10)]
    [InlineData(true, 10, null, 10)]
    [InlineData(false, 10, 5, 5)]
    [InlineData(false, 10, null, null)]
    public async Task The_time_of_the_last_change_is_that_of_leaving_where_it_is_later(bool isUnsubscribe, int happened, int? known, int? changed)
    {
        await KnownAsync(FollowState.Following, Now.AddDays(-1), known is { } minutes ? Now.AddHours(-1).AddMinutes(minutes) : null);
        Answers(false, null);
        var callback = Callback(Now.AddHours(-1).AddMinutes(happened));
        var stored = (await ApplyAsync(isUnsubscribe ? new UnsubscribeEvent(callback) : new SubscribeEvent(callback, null, null)))!;
        Assert.Equal(FollowState.NotFollowing, stored.FollowState);
        Assert.Equal(changed is { } after ? Now.AddHours(-1).AddMinutes(after) : null, stored.FollowChangedAt);
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, 0)]
    [InlineData(1, 2)]
    [InlineData(3_600_000, 3_600_001)]
    public async Task The_answer_is_later_than_what_a_clock_that_is_ahead_has_stored(int knownAhead, int observedAhead)
    {
        await KnownAsync(FollowState.NotFollowing, Now.AddMilliseconds(knownAhead));
        Answers(true, Now.AddMinutes(-1));
        var stored = (await ApplyAsync(new SubscribeEvent(Callback(Now), null, null)))!;
        Assert.Equal((FollowState.Following, Now.AddMilliseconds(observedAhead)), (stored.FollowState, stored.ObservedAt));
    }

    [Theory]
    [InlineData(Town.OfficialAccountAppId, 1)]
    [InlineData(Town.MiniProgramAppId, 0)]
    public async Task Only_followers_of_the_Official_Account_are_asked_about(string appId, int calls)
    {
        Answers(true, Now);
        await ApplyAsync(new SubscribeEvent(Callback(Now) with { AppId = appId }, null, null));
        await _source.ReceivedWithAnyArgs(calls).GetFollowerAsync(default!, default);
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public async Task Somebody_who_came_and_went_unseen_is_kept_only_while_a_walk_may_have_asked_about_them(bool isKnown, bool isWalking, bool isKept)
    {
        if (isKnown)
        {
            await KnownAsync(FollowState.Following, Now.AddDays(-1));
        }

        if (isWalking)
        {
            await using var lease = await _storage.FollowerSyncs.TryLeaseAsync(Town.OfficialAccountAppId, TimeSpan.FromMinutes(1));
            await _storage.FollowerSyncs.SaveAsync(lease!, new FollowerSyncState(Town.OfficialAccountAppId) { InProgress = true, WalkStartedAt = Now });
        }

        Answers(false, null);
        Assert.Equal(isKept, await ApplyAsync(new UnsubscribeEvent(Callback(Now))) is not null);
    }

    private static WeChatCallback Callback(DateTimeOffset at) => new()
    {
        AppId = Town.OfficialAccountAppId,
        ToUserName = "gh_1",
        OpenId = OpenId,
        CreatedAt = at,
        MessageType = "event",
        EventName = "x",
        DeduplicationKey = "k1",
        Body = "<xml/>",
        Format = WeChatCallbackFormat.Xml,
    };

    private void Answers(bool isFollowing, DateTimeOffset? subscribedAt) =>
        _source.GetFollowerAsync(OpenId, Arg.Any<CancellationToken>()).Returns(new Follower(OpenId, isFollowing) { SubscribedAt = subscribedAt });

    private async Task KnownAsync(FollowState state, DateTimeOffset observedAt, DateTimeOffset? changedAt = null) =>
        await _storage.Identities.SaveAsync([new(Town.OfficialAccountAppId, OpenId) { FollowState = state, ObservedAt = observedAt, FollowChangedAt = changedAt }]);

    private async Task<WeChatIdentity?> ApplyAsync(IWeChatEvent received)
    {
        var eraser = new PersonEraser(_storage.Identities, _storage.Receipts, null, null, null, null, Apps, TimeSpan.FromDays(90), _time);
        await new FollowerUpdates(Apps, _source, _storage.Identities, _storage.FollowerSyncs, eraser, UnsubscribeAction.MarkNotFollowing, _time).ApplyAsync(received, default);
        return (await _storage.Identities.FindAsync(Town.OfficialAccountAppId, [OpenId])).SingleOrDefault();
    }
}
