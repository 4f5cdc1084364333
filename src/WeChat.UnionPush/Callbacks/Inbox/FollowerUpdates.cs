namespace WeChat.UnionPush.Callbacks;

/// <summary>Keeps the repository true to what happens on the Official Account.</summary>
/// <remarks>
/// Events come late, twice, out of order and with times to the second, so none is believed by itself: it is a reason to ask <c>user/info</c>. Its
/// answer tells when the person last began to follow, by the same clock that dated the event, and the two decide, also between machines whose clocks
/// differ.
/// </remarks>
internal sealed class FollowerUpdates(
    RouteApps apps,
    IFollowerSource source,
    IUnionIdRepository repository,
    IFollowerSyncStore syncs,
    PersonEraser eraser,
    UnsubscribeAction onUnsubscribe,
    TimeProvider time)
{
    /// <summary>Whether the event says anything about a person.</summary>
    public static bool Concerns(IWeChatEvent @event) =>
        @event is SubscribeEvent or UnsubscribeEvent or TemplateSendJobFinishEvent { Status: TemplateDeliveryStatus.UserBlocked }
            or UserInfoModifiedEvent or AuthorizationRevokedEvent or AuthorizationCancelledEvent;

    public Task ApplyAsync(IWeChatEvent @event, CancellationToken cancellationToken) => @event switch
    {
        AuthorizationRevokedEvent revoked => EraseAsync(revoked.AppId, revoked.OpenId, cancellationToken),
        AuthorizationCancelledEvent cancelled => EraseAsync(cancelled.AppId, cancelled.OpenId, cancellationToken),
        UserInfoModifiedEvent modified when apps.IsOfficialAccount(modified.AppId) => AskAsync(modified.OpenId, @event, cancellationToken),
        SubscribeEvent or UnsubscribeEvent or TemplateSendJobFinishEvent when Concerns(@event) && apps.IsOfficialAccount(@event.Callback.AppId) =>
            AskAsync(@event.Callback.OpenId, @event, cancellationToken),
        _ => Task.CompletedTask,
    };

    /// <summary>Asks the platform about a person whom an event named, and saves the answer.</summary>
    public async Task AskAsync(string openId, IWeChatEvent @event, CancellationToken cancellationToken)
    {
        // All of it before the question: what the store knows by now is older than the answer.
        var erasuresSeen = await repository.CountErasuresAsync(cancellationToken).ConfigureAwait(false);
        var found = await repository.FindAsync(apps.OfficialAccount, [openId], cancellationToken).ConfigureAwait(false);
        var known = found.Count == 0 ? null : found[0];
        var asked = time.GetUtcNow();
        if (known is not null && known.ObservedAt > asked)
        {
            // By a machine whose clock is ahead, or this one's was.
            asked = known.ObservedAt.AddMilliseconds(1);
        }

        Follower follower;
        try
        {
            follower = await source.GetFollowerAsync(openId, cancellationToken).ConfigureAwait(false);
        }
        catch (WeChatApiException exception) when (exception.ErrorCode?.Value == WeChatErrorCodes.InvalidOpenId && @event is UnsubscribeEvent)
        {
            // Who deleted the account has left too. Anybody else whom the platform does not know is somebody's mistake.
            follower = new Follower(openId, IsFollowing: false);
        }

        var state = StateOf(follower, @event, known);
        var observation = new WeChatIdentity(apps.OfficialAccount, openId) { FollowState = state, ObservedAt = asked };
        if (state != FollowState.NotFollowing)
        {
            await repository.SaveAsync(
                [observation with { UnionId = follower.UnionId, FollowChangedAt = follower.SubscribedAt, DetailsAt = asked }], erasuresSeen,
                cancellationToken).ConfigureAwait(false);
            return;
        }

        // Of somebody who came and went unseen, nothing needs to be kept, unless a walk may have asked about them before they left.
        if (known is not null || await IsWalkingAsync(cancellationToken).ConfigureAwait(false))
        {
            var followed = known?.FollowChangedAt;
            var left = @event is UnsubscribeEvent ? @event.Callback.CreatedAt : followed;
            observation = observation with { FollowChangedAt = left > followed || followed is null ? left : followed };
            await repository.SaveAsync([observation], erasuresSeen, cancellationToken).ConfigureAwait(false);
        }

        if (onUnsubscribe is UnsubscribeAction.Erase)
        {
            await EraseAsync(apps.OfficialAccount, openId, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> IsWalkingAsync(CancellationToken cancellationToken) =>
        await syncs.GetAsync(apps.OfficialAccount, cancellationToken).ConfigureAwait(false) is { InProgress: true };

    private static FollowState StateOf(Follower follower, IWeChatEvent @event, WeChatIdentity? known)
    {
        if (!follower.IsFollowing)
        {
            return FollowState.NotFollowing;
        }

        var happened = @event.Callback.CreatedAt;
        return @event switch
        {
            // An answer older than the event: nobody who left and did not come back follows.
            UnsubscribeEvent when follower.SubscribedAt is null || follower.SubscribedAt < happened => FollowState.NotFollowing,

            // Following again after a refusal clears it.
            TemplateSendJobFinishEvent when follower.SubscribedAt is null || follower.SubscribedAt <= happened => FollowState.Refusing,

            // Following proves no willingness, so a refusal later than the follow stays. The follow's second counts to its end: a refusal
            // forgotten by mistake is learned again at the next push, one kept by mistake would not be.
            not TemplateSendJobFinishEvent when known?.FollowState is FollowState.Refusing && follower.SubscribedAt is { } since
                && known.ObservedAt >= since.AddSeconds(1) => FollowState.Refusing,
            _ => FollowState.Following,
        };
    }

    private Task<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken) =>
        eraser.EraseAsync(new OpenId(appId, openId), cancellationToken);
}
