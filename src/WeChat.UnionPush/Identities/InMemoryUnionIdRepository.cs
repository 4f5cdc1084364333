using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace WeChat.UnionPush;

/// <summary>
/// Identities in memory: reads take no lock and give out the stored records themselves, writes take turns. Costs some 150 bytes for each
/// identity besides its texts.
/// </summary>
internal sealed class InMemoryUnionIdRepository : IUnionIdRepository
{
    private const int RestEvery = 1_000;

    // Also the lock that writers take in turns.
    private readonly ConcurrentDictionary<string, App> _apps = new(StringComparer.Ordinal);

    public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(observations);

        // The batch is read to its end before anything is written, so that a collection that throws or holds a null leaves nothing behind.
        var batch = observations.ToArray();
        var missing = Array.IndexOf(batch, null);
        if (missing >= 0)
        {
            throw new ArgumentException($"observations[{missing}] is null; nothing was saved.", nameof(observations));
        }

        cancellationToken.ThrowIfCancellationRequested();
        var added = 0;
        var unionIdsChanged = 0;
        lock (_apps)
        {
            foreach (var observation in batch)
            {
                var app = _apps.GetOrAdd(observation.AppId, static appId => new App(appId));
                if (!app.Identities.TryGetValue(observation.OpenId, out var stored))
                {
                    // One text for the app id, however many copies of it the observations bring.
                    app.Put(null, ReferenceEquals(observation.AppId, app.Id) ? observation : observation with { AppId = app.Id });
                    added++;
                }
                else if (stored.MergedWith(observation) is var merged && !ReferenceEquals(merged, stored))
                {
                    app.Put(stored, merged);
                    unionIdsChanged += stored.UnionId is not null && !string.Equals(stored.UnionId, merged.UnionId, StringComparison.Ordinal) ? 1 : 0;
                }
            }
        }

        return new(new SavedIdentities(added, unionIdsChanged));
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default)
    {
        var found = new List<WeChatIdentity>(openIds.Count);
        if (TryGetApp(appId, cancellationToken, out var app))
        {
            foreach (var openId in Distinct(openIds))
            {
                if (app.Identities.TryGetValue(openId, out var identity))
                {
                    found.Add(identity);
                }
            }
        }

        return new(found);
    }

    public ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default)
    {
        if (!TryGetApp(appId, cancellationToken, out var app))
        {
            return new([]);
        }

        _apps.TryGetValue(targetAppId, out var target);
        if (openIds.Count == 1)
        {
            return new(app.Identities.TryGetValue(openIds.First(), out var single) ? [Link(single, target)] : []);
        }

        var links = new List<IdentityLink>(openIds.Count);
        foreach (var openId in Distinct(openIds))
        {
            if (app.Identities.TryGetValue(openId, out var identity))
            {
                links.Add(Link(identity, target));
            }
        }

        return new(links);
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default)
    {
        var found = new List<WeChatIdentity>(unionIds.Count);
        if (TryGetApp(appId, cancellationToken, out var app))
        {
            foreach (var unionId in Distinct(unionIds))
            {
                if (app.Preferred(unionId) is { } identity)
                {
                    found.Add(identity);
                }
            }
        }

        return new(found);
    }

    public ValueTask<IReadOnlyList<string>> FindOutdatedAsync(string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default)
    {
        linkedBefore = Millisecond.Cut(linkedBefore);
        unlinkedBefore = Millisecond.Cut(unlinkedBefore);
        TryGetApp(appId, cancellationToken, out var app);
        var outdated = new List<string>();
        foreach (var openId in Distinct(openIds))
        {
            if (app is null
                || !app.Identities.TryGetValue(openId, out var identity)
                || identity.DetailsAt is not { } detailsAt
                || detailsAt < (identity.UnionId is null ? unlinkedBefore : linkedBefore))
            {
                outdated.Add(openId);
            }
        }

        return new(outdated);
    }

    public ValueTask<long> CloseWalkAsync(string appId, DateTimeOffset walkStartedAt, CancellationToken cancellationToken = default)
    {
        walkStartedAt = Millisecond.Cut(walkStartedAt);
        var left = 0L;
        if (TryGetApp(appId, cancellationToken, out var app))
        {
            lock (_apps)
            {
                foreach (var (_, identity) in app.Identities)
                {
                    if (identity.FollowState is FollowState.Following or FollowState.Refusing && identity.ObservedAt < walkStartedAt)
                    {
                        app.Put(identity, identity with { FollowState = FollowState.NotFollowing, ObservedAt = walkStartedAt });
                        left++;
                    }
                }
            }
        }

        return new(left);
    }

    public async IAsyncEnumerable<WeChatIdentity> ListAsync(string appId, string? afterOpenId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (!TryGetApp(appId, cancellationToken, out var app))
        {
            yield break;
        }

        var openIds = app.Identities
            .Select(static pair => pair.Key)
            .Where(openId => afterOpenId is null || Utf8Order.Instance.Compare(openId, afterOpenId) > 0)
            .ToArray();
        Array.Sort(openIds, Utf8Order.Instance);
        for (var i = 0; i < openIds.Length; i++)
        {
            if (i % RestEvery == RestEvery - 1)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await Task.Yield();
            }

            if (app.Identities.TryGetValue(openIds[i], out var identity))
            {
                yield return identity;
            }
        }
    }

    public ValueTask<IdentityCoverage> GetCoverageAsync(string miniProgramAppId, string officialAccountAppId, CancellationToken cancellationToken = default)
    {
        long reachable = 0, unlinked = 0, neverFollowed = 0, left = 0, refusing = 0;
        if (TryGetApp(miniProgramAppId, cancellationToken, out var miniProgram))
        {
            _apps.TryGetValue(officialAccountAppId, out var officialAccount);
            foreach (var (_, user) in miniProgram.Identities)
            {
                _ = user.UnionId is null ? unlinked++ : officialAccount?.Preferred(user.UnionId)?.FollowState switch
                {
                    FollowState.Following => reachable++,
                    FollowState.NotFollowing => left++,
                    FollowState.Refusing => refusing++,
                    _ => neverFollowed++,
                };
            }
        }

        return new(new IdentityCoverage(reachable, unlinked, neverFollowed, left, refusing));
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openId);
        if (!TryGetApp(appId, cancellationToken, out var app))
        {
            return new([]);
        }

        lock (_apps)
        {
            if (!app.Identities.TryGetValue(openId, out var identity))
            {
                return new([]);
            }

            if (identity.UnionId is not null)
            {
                return new(EraseAll(identity.UnionId));
            }

            app.Remove(identity);
            return new([identity]);
        }
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(unionId);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_apps)
        {
            return new(EraseAll(unionId));
        }
    }

    private List<WeChatIdentity> EraseAll(string unionId)
    {
        var erased = new List<WeChatIdentity>();
        foreach (var (_, app) in _apps)
        {
            var first = erased.Count;
            erased.AddRange(app.Holders(unionId));
            for (var i = first; i < erased.Count; i++)
            {
                app.Remove(erased[i]);
            }
        }

        return erased;
    }

    private bool TryGetApp(string appId, CancellationToken cancellationToken, [NotNullWhen(true)] out App? app)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _apps.TryGetValue(appId, out app);
    }

    private static IdentityLink Link(WeChatIdentity source, App? target) =>
        new(source, source.UnionId is null ? null : target?.Preferred(source.UnionId));

    private static IEnumerable<string> Distinct(IReadOnlyCollection<string> ids) => ids.Count <= 1 ? ids : ids.Distinct(StringComparer.Ordinal);

    /// <summary>The identities of one app. Only one thread at a time changes them; any number read meanwhile.</summary>
    private sealed class App(string id)
    {
        private readonly ConcurrentDictionary<string, OpenIds> _openIdsByUnionId = new(concurrencyLevel: 1, capacity: 31, StringComparer.Ordinal);

        public string Id { get; } = id;

        public ConcurrentDictionary<string, WeChatIdentity> Identities { get; } = new(concurrencyLevel: 1, capacity: 31, StringComparer.Ordinal);

        public void Put(WeChatIdentity? stored, WeChatIdentity identity)
        {
            Identities[identity.OpenId] = identity;
            if (!string.Equals(stored?.UnionId, identity.UnionId, StringComparison.Ordinal))
            {
                Unlink(stored);
                if (identity.UnionId is { } unionId)
                {
                    _openIdsByUnionId[unionId] = _openIdsByUnionId.TryGetValue(unionId, out var others) ? others.With(identity.OpenId) : new(identity.OpenId, []);
                }
            }
        }

        public void Remove(WeChatIdentity identity)
        {
            Identities.TryRemove(identity.OpenId, out _);
            Unlink(identity);
        }

        public IEnumerable<WeChatIdentity> Holders(string unionId)
        {
            if (_openIdsByUnionId.TryGetValue(unionId, out var openIds))
            {
                for (var i = 0; i <= openIds.Others.Length; i++)
                {
                    // A reader may come between the two halves of a change, so what the index says is looked up again.
                    if (Holder(i == 0 ? openIds.First : openIds.Others[i - 1], unionId) is { } identity)
                    {
                        yield return identity;
                    }
                }
            }
        }

        public WeChatIdentity? Preferred(string unionId)
        {
            if (!_openIdsByUnionId.TryGetValue(unionId, out var openIds))
            {
                return null;
            }

            return openIds.Others.Length == 0 ? Holder(openIds.First, unionId) : Holders(unionId)
                .OrderByDescending(static identity => identity.FollowState == FollowState.Following)
                .ThenByDescending(static identity => identity.ObservedAt)
                .ThenBy(static identity => identity.OpenId, Utf8Order.Instance)
                .FirstOrDefault();
        }

        private WeChatIdentity? Holder(string openId, string unionId) =>
            Identities.TryGetValue(openId, out var identity) && string.Equals(identity.UnionId, unionId, StringComparison.Ordinal) ? identity : null;

        private void Unlink(WeChatIdentity? identity)
        {
            if (identity?.UnionId is { } unionId && _openIdsByUnionId.TryGetValue(unionId, out var openIds))
            {
                if (openIds.Without(identity.OpenId) is { } rest)
                {
                    _openIdsByUnionId[unionId] = rest;
                }
                else
                {
                    _openIdsByUnionId.TryRemove(unionId, out _);
                }
            }
        }
    }

    /// <summary>The openids of one app that carry one UnionID: nearly always a single one, which then costs no array.</summary>
    private readonly record struct OpenIds(string First, string[] Others)
    {
        public OpenIds With(string openId) => new(First, [.. Others, openId]);

        public OpenIds? Without(string openId)
        {
            string[] rest = [.. Others.Prepend(First).Where(other => !string.Equals(other, openId, StringComparison.Ordinal))];
            return rest.Length == 0 ? null : new(rest[0], rest[1..]);
        }
    }
}
