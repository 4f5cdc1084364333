namespace WeChat.UnionPush;

/// <summary>Erases a person: the identities of all apps that share the UnionID, their consents and links, and who received from every receipt and every broadcast.</summary>
internal sealed class PersonEraser(
    IUnionIdRepository repository, IMessageReceipts receipts, IBroadcastJournal? broadcasts, IConsentLedger? consents, IReachJournal? reach,
    FollowLinkBook? links, RouteApps apps, TimeSpan keepErasuresFor, TimeProvider time)
{
    private const int ExpirySize = 1000;
    private const int NotesSize = 100;

    /// <summary>Erases the person who has this openid.</summary>
    /// <param name="person">The openid, whether it is stored or not.</param>
    /// <param name="cancellationToken">Cancels the call; made again, it finishes what is left.</param>
    public async Task<IReadOnlyList<WeChatIdentity>> EraseAsync(OpenId person, CancellationToken cancellationToken)
    {
        var known = new List<WeChatIdentity> { new(person.AppId, person.Value) };
        foreach (var link in await repository.ResolveAsync(person.AppId, [person.Value], apps.Beside(person.AppId), cancellationToken).ConfigureAwait(false))
        {
            known[0] = link.Source;
            known.AddRange(link.Target is { } target ? [target] : []);
        }

        return await EraseAsync(known, () => repository.EraseAsync(person.AppId, person.Value, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Erases the person who has this UnionID.</summary>
    /// <param name="person">The UnionID, whether it is stored or not.</param>
    /// <param name="cancellationToken">Cancels the call; made again, it finishes what is left.</param>
    public async Task<IReadOnlyList<WeChatIdentity>> EraseAsync(UnionId person, CancellationToken cancellationToken)
    {
        var known = new List<WeChatIdentity>();
        foreach (var appId in new[] { apps.MiniProgram, apps.OfficialAccount })
        {
            known.AddRange(await repository.FindByUnionIdAsync(appId, [person.Value], cancellationToken).ConfigureAwait(false));
        }

        return await EraseAsync(known, () => repository.EraseByUnionIdAsync(person.Value, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<WeChatIdentity>> EraseAsync(
        List<WeChatIdentity> known, Func<ValueTask<IReadOnlyList<WeChatIdentity>>> erase, CancellationToken cancellationToken)
    {
        var linked = await LinkedAsync(known, cancellationToken).ConfigureAwait(false);
        known.AddRange(linked);

        // The receipts first: once the identities are gone, nobody knows whose receipts are left if this fails half way. And again afterwards, for
        // identities of further apps and for what was sent meanwhile.
        await ForgetAsync(known, cancellationToken).ConfigureAwait(false);
        var erased = await erase().ConfigureAwait(false);
        foreach (var person in linked)
        {
            erased = [.. erased, .. await repository.EraseAsync(person.AppId, person.OpenId, cancellationToken).ConfigureAwait(false)];
        }

        List<WeChatIdentity> all = [.. known, .. erased];
        await ForgetAsync(all, cancellationToken).ConfigureAwait(false);
        if (links is not null)
        {
            // The links last, for they name who else is to be erased.
            await links.ForgetAsync(all.DistinctBy(static identity => (identity.AppId, identity.OpenId)), cancellationToken).ConfigureAwait(false);
        }

        await ExpireAsync(cancellationToken).ConfigureAwait(false);
        return erased;
    }

    /// <summary>Who is the same person by a scanned code, and not by a UnionID.</summary>
    private async Task<List<WeChatIdentity>> LinkedAsync(List<WeChatIdentity> known, CancellationToken cancellationToken)
    {
        var linked = new List<WeChatIdentity>();
        if (links is null)
        {
            return linked;
        }

        foreach (var person in known)
        {
            if (await links.BesideAsync(person.AppId, person.OpenId, person.UnionId, cancellationToken).ConfigureAwait(false) is { } other
                && !known.Exists(one => string.Equals(one.AppId, other.AppId, StringComparison.Ordinal) && string.Equals(one.OpenId, other.OpenId, StringComparison.Ordinal)))
            {
                linked.Add(other);
            }
        }

        return linked;
    }

    private async Task ForgetAsync(List<WeChatIdentity> recipients, CancellationToken cancellationToken)
    {
        foreach (var app in recipients.GroupBy(static identity => identity.AppId, StringComparer.Ordinal))
        {
            await receipts.ForgetRecipientsAsync(
                app.Key, [.. app.Select(static identity => identity.OpenId).Distinct(StringComparer.Ordinal)], cancellationToken).ConfigureAwait(false);
            if (reach is not null)
            {
                var keys = app.SelectMany(static identity => new[] { ReachKeys.Window(identity.OpenId), ReachKeys.Held(identity.OpenId) });
                await reach.DeleteAsync(app.Key, [.. keys], cancellationToken).ConfigureAwait(false);
                foreach (var openId in app.Select(static identity => identity.OpenId).Distinct(StringComparer.Ordinal))
                {
                    await ForgetLateAsync(reach, app.Key, openId, cancellationToken).ConfigureAwait(false);
                }
            }

            if (consents is not null)
            {
                await consents.ForgetAsync(app.Key, [.. app.Select(static identity => identity.OpenId)], cancellationToken).ConfigureAwait(false);
            }
        }

        if (broadcasts is not null && recipients.Count > 0)
        {
            // Whoever could not be sent to stands there by the id that the host gave.
            IEnumerable<string> ids = recipients.SelectMany(static identity => identity.UnionId is { } unionId ? [identity.OpenId, unionId] : (string[])[identity.OpenId]);
            await broadcasts.ForgetRecipientsAsync(apps.OfficialAccount, [.. ids.Distinct(StringComparer.Ordinal)], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Messages that the platform accepted, and that might go on to another channel.</summary>
    private static async ValueTask ForgetLateAsync(IReachJournal reach, string appId, string openId, CancellationToken cancellationToken)
    {
        IReadOnlyList<KeyValuePair<string, ReachNote>> notes;
        do
        {
            notes = await reach.ListAsync(appId, ReachKeys.LateOf(openId), afterKey: null, NotesSize, cancellationToken).ConfigureAwait(false);
            if (notes.Count > 0)
            {
                await reach.DeleteAsync(appId, [.. notes.Select(static note => note.Key)], cancellationToken).ConfigureAwait(false);
            }
        }
        while (notes.Count == NotesSize);
    }

    private async Task ExpireAsync(CancellationToken cancellationToken)
    {
        while (await repository.ExpireErasuresAsync(time.GetUtcNow() - keepErasuresFor, ExpirySize, cancellationToken).ConfigureAwait(false) == ExpirySize)
        {
        }
    }
}
