using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// Links a Mini Program user with who scanned their code. The code may be seen by others, so that what is known of both sides must not speak against it: one
/// person has one openid in each app.
/// </summary>
internal sealed class LinkUpdates(RouteApps apps, FollowLinkBook book, FollowerUpdates followers, IUnionIdRepository repository, SendHeld sendHeld, ILogger<LinkUpdates> logger)
{
    /// <summary>Whether somebody scanned a code of a follow link.</summary>
    public bool Concerns(IWeChatEvent @event) =>
        apps.IsOfficialAccount(@event.Callback.AppId) && SceneOf(@event)?.StartsWith(FollowLinkScene.Prefix, StringComparison.Ordinal) == true;

    public async Task ApplyAsync(IWeChatEvent @event, CancellationToken cancellationToken)
    {
        var (scene, openId) = (SceneOf(@event)!, @event.Callback.OpenId);
        if (await book.TakeCodeAsync(scene, openId, @event.Callback.CreatedAt, cancellationToken).ConfigureAwait(false) is not { } code)
        {
            Log.LinkRefused(logger, apps.OfficialAccount, "the code is unknown, is over, or was scanned by somebody else before");
            return;
        }

        if (code.IsRefused)
        {
            return;
        }

        var objection = await ObjectionAsync(code, @event, cancellationToken).ConfigureAwait(false);
        if (objection is null && !await book.LinkAsync(scene, code, openId, cancellationToken).ConfigureAwait(false))
        {
            objection = "the user or the follower is linked with somebody else";
        }

        if (objection is not null)
        {
            await book.RefuseAsync(scene, cancellationToken).ConfigureAwait(false);
            Log.LinkRefused(logger, apps.OfficialAccount, objection);
            return;
        }

        await sendHeld(code.MiniProgramAppId, code.OpenId, cancellationToken).ConfigureAwait(false);
    }

    private static string? SceneOf(IWeChatEvent @event) => @event switch
    {
        SubscribeEvent subscribe => subscribe.Scene,
        ScanEvent scan => scan.Scene,
        _ => null,
    };

    /// <summary>Why who scanned the code cannot be the user who asked for it; null when nothing speaks against it.</summary>
    private async Task<string?> ObjectionAsync(FollowLinkScene code, IWeChatEvent @event, CancellationToken cancellationToken)
    {
        if (await FollowerAsync(@event, cancellationToken).ConfigureAwait(false) is not { } follower)
        {
            return "whoever scanned the code does not follow any more, or was erased";
        }

        var users = await repository.FindAsync(code.MiniProgramAppId, [code.OpenId], cancellationToken).ConfigureAwait(false);
        return (users.Count == 0 ? null : users[0].UnionId, follower.UnionId) switch
        {
            (null, null) => null,
            ({ } one, { } other) => string.Equals(one, other, StringComparison.Ordinal) ? null : "the UnionIDs differ",
            ({ } unionId, null) => await IsSomebodyElseAsync(apps.OfficialAccount, unionId, follower.OpenId, cancellationToken).ConfigureAwait(false)
                ? "the user's UnionID is another follower's"
                : null,
            (null, { } unionId) => await IsSomebodyElseAsync(code.MiniProgramAppId, unionId, code.OpenId, cancellationToken).ConfigureAwait(false)
                ? "the follower's UnionID is another user's"
                : null,
        };
    }

    /// <summary>Asks the platform where the UnionID is not known, for nothing else tells a stranger.</summary>
    private async Task<WeChatIdentity?> FollowerAsync(IWeChatEvent @event, CancellationToken cancellationToken)
    {
        var openId = @event.Callback.OpenId;
        var found = await repository.FindAsync(apps.OfficialAccount, [openId], cancellationToken).ConfigureAwait(false);
        if (found is not [{ UnionId: not null, FollowState: FollowState.Following }])
        {
            await followers.AskAsync(openId, @event, cancellationToken).ConfigureAwait(false);
            found = await repository.FindAsync(apps.OfficialAccount, [openId], cancellationToken).ConfigureAwait(false);
        }

        return found.Count == 0 || found[0].FollowState == FollowState.NotFollowing ? null : found[0];
    }

    private async ValueTask<bool> IsSomebodyElseAsync(string appId, string unionId, string openId, CancellationToken cancellationToken) =>
        await repository.FindByUnionIdAsync(appId, [unionId], cancellationToken).ConfigureAwait(false) is { Count: > 0 } found
            && !string.Equals(found[0].OpenId, openId, StringComparison.Ordinal);
}
