namespace WeChat.UnionPush.Broadcasts;

/// <summary>Finds who people of an audience are in the Official Account, many at once, as a push finds one: by UnionID, and otherwise by a scanned code.</summary>
internal sealed class RecipientFinder(RouteApps apps, IUnionIdRepository repository, FollowLinkBook? followLinks)
{
    /// <summary>Finds users by their openids in the Mini Program.</summary>
    public async Task<List<FoundRecipient>> FindAsync(IReadOnlyCollection<string> openIds, CancellationToken cancellationToken)
    {
        var users = await repository.FindAsync(apps.MiniProgram, openIds, cancellationToken).ConfigureAwait(false);
        return await FindAsync(openIds, users, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finds users by their openids in the Mini Program, and what is stored of them.</summary>
    public async Task<List<FoundRecipient>> FindAsync(
        IReadOnlyCollection<string> openIds, IEnumerable<WeChatIdentity> users, CancellationToken cancellationToken)
    {
        var unionIds = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var user in users)
        {
            unionIds[user.OpenId] = user.UnionId;
        }

        var followers = await FollowersAsync(unionIds.Values.OfType<string>(), cancellationToken).ConfigureAwait(false);
        List<FoundRecipient> found = [.. openIds.Select(openId => unionIds.TryGetValue(openId, out var unionId)
            ? FoundRecipient.Of(openId, openId, unionId, unionId is null ? null : followers.GetValueOrDefault(unionId), PushStatus.NotFollowing)
            : FoundRecipient.Of(openId, openId, unionId: null, follower: null, PushStatus.NotSignedIn))];
        (string OpenId, string? UnionId)[] left = [.. found.Where(static one => !one.IsInAccount).Select(static one => (one.Id, one.UnionId))];
        if (followLinks is null || left.Length == 0)
        {
            return found;
        }

        var linked = await followLinks.FindFollowersAsync(left, cancellationToken).ConfigureAwait(false);
        return found.ConvertAll(one => !one.IsInAccount && linked.GetValueOrDefault(one.Id) is { } follower
            ? FoundRecipient.Of(one.Id, one.Id, one.UnionId, follower, one.Status)
            : one);
    }

    /// <summary>Finds people by their UnionIDs.</summary>
    public async Task<List<FoundRecipient>> FindByUnionIdAsync(IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken)
    {
        var followers = await FollowersAsync(unionIds, cancellationToken).ConfigureAwait(false);
        List<FoundRecipient> found = [.. unionIds.Select(unionId =>
            FoundRecipient.Of(unionId, userOpenId: null, unionId, followers.GetValueOrDefault(unionId), PushStatus.NotFollowing))];
        string[] left = [.. found.Where(static one => !one.IsInAccount).Select(static one => one.Id)];
        if (followLinks is null || left.Length == 0)
        {
            return found;
        }

        var users = await repository.FindByUnionIdAsync(apps.MiniProgram, left, cancellationToken).ConfigureAwait(false);
        var linked = await followLinks.FindFollowersAsync([.. users.Select(static user => (user.OpenId, user.UnionId))], cancellationToken).ConfigureAwait(false);
        foreach (var user in users)
        {
            if (linked.GetValueOrDefault(user.OpenId) is { } follower)
            {
                followers[user.UnionId!] = follower;
            }
        }

        return found.ConvertAll(one => FoundRecipient.Of(one.Id, userOpenId: null, one.Id, followers.GetValueOrDefault(one.Id), PushStatus.NotFollowing));
    }

    /// <summary>Finds who a follower is, by the openid in the Official Account.</summary>
    public async Task<ReachRecipient> FindFollowerAsync(string openId, CancellationToken cancellationToken)
    {
        var links = await repository.ResolveAsync(apps.OfficialAccount, [openId], apps.MiniProgram, cancellationToken).ConfigureAwait(false);
        var unionId = links.Count == 0 ? null : links[0].Source.UnionId;
        var user = links.Count == 0 ? null : links[0].Target;
        if (user is null && followLinks is not null)
        {
            user = await followLinks.BesideAsync(apps.OfficialAccount, openId, unionId, cancellationToken).ConfigureAwait(false);
        }

        return new ReachRecipient { OfficialAccountOpenId = openId, UnionId = unionId ?? user?.UnionId, MiniProgramOpenId = user?.OpenId };
    }

    private async Task<Dictionary<string, WeChatIdentity>> FollowersAsync(IEnumerable<string> unionIds, CancellationToken cancellationToken)
    {
        string[] wanted = [.. unionIds.Distinct(StringComparer.Ordinal)];
        var followers = new Dictionary<string, WeChatIdentity>(StringComparer.Ordinal);
        foreach (var follower in await repository.FindByUnionIdAsync(apps.OfficialAccount, wanted, cancellationToken).ConfigureAwait(false))
        {
            followers[follower.UnionId!] = follower;
        }

        return followers;
    }
}
