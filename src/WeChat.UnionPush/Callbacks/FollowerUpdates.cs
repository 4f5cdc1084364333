namespace WeChat.UnionPush;

/// <summary>Keeps the repository true to what happens on the Official Account.</summary>
/// <remarks>
/// Events come late, twice, out of order and with times to the second, so none is believed by itself: it is a reason to ask <c>user/info</c>. Its
/// answer tells when the person last began to follow, by the same clock that dated the event, and the two decide. What is saved carries this
/// host's own time of asking, like every other observation.
/// </remarks>
internal sealed class FollowerUpdates(
    string officialAccountAppId, IFollowerSource source, IUnionIdRepository repository, IMessageReceipts? receipts, UnsubscribeAction onUnsubscribe, TimeProvider time)
{
    private const int InvalidOpenId = 40003;

    /// <summary>Whether the event says anything about a person.</summary>
    public static bool Concerns(IWeChatEvent @event) =>
        @event is SubscribeEvent or UnsubscribeEvent or TemplateSendJobFinishEvent { Status: TemplateDeliveryStatus.UserBlocked }
            or UserInfoModifiedEvent or AuthorizationRevokedEvent or AuthorizationCancelledEvent;

    public Task ApplyAsync(IWeChatEvent @event, CancellationToken cancellationToken) => @event switch
    {
        AuthorizationRevokedEvent revoked => EraseAsync(revoked.AppId, revoked.OpenId, cancellationToken),
        AuthorizationCancelledEvent cancelled => EraseAsync(cancelled.AppId, cancelled.OpenId, cancellationToken),
        UserInfoModifiedEvent modified when IsOfficialAccount(modified.AppId) => AskAsync(modified.OpenId, @event, cancellationToken),
        SubscribeEvent or UnsubscribeEvent or TemplateSendJobFinishEvent when Concerns(@event) && IsOfficialAccount(@event.Callback.AppId) =>
            AskAsync(@event.Callback.OpenId, @event, cancellationToken),
        _ => Task.CompletedTask,
    };

    private bool IsOfficialAccount(string appId) => string.Equals(appId, officialAccountAppId, StringComparison.Ordinal);

    private async Task AskAsync(string openId, IWeChatEvent @event, CancellationToken cancellationToken)
    {
        var asked = time.GetUtcNow();
        Follower follower;
        try
        {
            follower = await source.GetFollowerAsync(openId, cancellationToken).ConfigureAwait(false);
        }
        catch (WeChatApiException exception) when (exception.ErrorCode?.Value == InvalidOpenId && @event is UnsubscribeEvent)
        {
            // Who deleted the account has left too. Anybody else whom the platform does not know is somebody's mistake.
            follower = new Follower(openId, IsFollowing: false);
        }

        var found = await repository.FindAsync(officialAccountAppId, [openId], cancellationToken).ConfigureAwait(false);
        var known = found.Count == 0 ? null : found[0];
        var state = StateOf(follower, @event, known);
        if (state != FollowState.NotFollowing)
        {
            await repository.SaveAsync(
                [new WeChatIdentity(officialAccountAppId, openId) { UnionId = follower.UnionId, FollowState = state, ObservedAt = asked, DetailsAt = asked }],
                cancellationToken).ConfigureAwait(false);
        }
        else if (onUnsubscribe is UnsubscribeAction.Erase)
        {
            await EraseAsync(officialAccountAppId, openId, cancellationToken).ConfigureAwait(false);
        }
        else if (known is not null)
        {
            // Of somebody who came and went unseen, nothing needs to be kept.
            await repository.SaveAsync(
                [new WeChatIdentity(officialAccountAppId, openId) { FollowState = state, ObservedAt = asked }], cancellationToken).ConfigureAwait(false);
        }
    }

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

            // Who came back after the refusal begins anew.
            TemplateSendJobFinishEvent when follower.SubscribedAt is null || follower.SubscribedAt <= happened => FollowState.Refusing,

            // Following proves no willingness, so a refusal later than the follow stays. The follow's second counts to its end: a refusal
            // forgotten by mistake is learned again at the next push, one kept by mistake would not be.
            not TemplateSendJobFinishEvent when known?.FollowState is FollowState.Refusing && follower.SubscribedAt is { } since
                && known.ObservedAt >= since.AddSeconds(1) => FollowState.Refusing,
            _ => FollowState.Following,
        };
    }

    private async Task EraseAsync(string appId, string openId, CancellationToken cancellationToken)
    {
        var erased = await repository.EraseAsync(appId, openId, cancellationToken).ConfigureAwait(false);
        if (receipts is not null)
        {
            foreach (var app in erased.Append(new WeChatIdentity(appId, openId)).GroupBy(identity => identity.AppId, StringComparer.Ordinal))
            {
                await receipts.ForgetRecipientsAsync(app.Key, [.. app.Select(identity => identity.OpenId).Distinct(StringComparer.Ordinal)], cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
