namespace WeChat.UnionPush.Callbacks;

/// <summary>Sends what is held for a person once they follow, where the UnionID tells which Mini Program user that is.</summary>
internal sealed class HeldUpdates(RouteApps apps, FollowerUpdates followers, IUnionIdRepository repository, FollowLinkBook book, SendHeld sendHeld)
{
    /// <summary>Whether somebody followed.</summary>
    public bool Concerns(IWeChatEvent @event) => @event is SubscribeEvent && apps.IsOfficialAccount(@event.Callback.AppId);

    public async Task ApplyAsync(IWeChatEvent @event, CancellationToken cancellationToken)
    {
        var openId = @event.Callback.OpenId;
        var found = await repository.FindAsync(apps.OfficialAccount, [openId], cancellationToken).ConfigureAwait(false);
        if (found.Count == 0)
        {
            await followers.AskAsync(openId, @event, cancellationToken).ConfigureAwait(false);
            found = await repository.FindAsync(apps.OfficialAccount, [openId], cancellationToken).ConfigureAwait(false);
        }

        var users = new HashSet<string>(StringComparer.Ordinal);
        if (await book.BesideAsync(apps.OfficialAccount, openId, found.Count == 0 ? null : found[0].UnionId, cancellationToken).ConfigureAwait(false) is { } linked)
        {
            users.Add(linked.OpenId);
        }

        if (found is [{ UnionId: { } unionId }])
        {
            users.UnionWith((await repository.FindByUnionIdAsync(apps.MiniProgram, [unionId], cancellationToken).ConfigureAwait(false)).Select(static user => user.OpenId));
        }

        foreach (var user in users)
        {
            await sendHeld(apps.MiniProgram, user, cancellationToken).ConfigureAwait(false);
        }
    }
}

/// <summary>Sends what is held for a Mini Program user.</summary>
/// <param name="miniProgramAppId">The Mini Program.</param>
/// <param name="openId">The user.</param>
/// <param name="cancellationToken">Cancels the call; made again, it goes on.</param>
internal delegate Task SendHeld(string miniProgramAppId, string openId, CancellationToken cancellationToken);
