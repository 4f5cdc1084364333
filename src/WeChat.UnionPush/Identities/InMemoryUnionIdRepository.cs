using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace WeChat.UnionPush;

/// <summary>
/// Identities in memory: gives out the stored records themselves. Readers and writers take turns, none for longer than a batch takes: a lock costs
/// less than what lock-free tables make of the garbage collector's work, whose every node is an object. Costs some 150 bytes for each identity
/// besides its texts.
/// </summary>
internal sealed class InMemoryUnionIdRepository : IUnionIdRepository
{
    private const int RestEvery = 1_000;

    // Also the lock.
    private readonly Dictionary<string, App> _apps = new(StringComparer.Ordinal);

    private readonly DistinctTexts _distinct = new();

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
            App? app = null;
            foreach (var observation in batch)
            {
                if (!string.Equals(app?.Id, observation.AppId, StringComparison.Ordinal) && !_apps.TryGetValue(observation.AppId, out app))
                {
                    _apps.Add(observation.AppId, app = new App(observation.AppId));
                }

                app!.Observe(observation, ref added, ref unionIdsChanged);
            }
        }

        return new(new SavedIdentities(added, unionIdsChanged));
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var found = new List<WeChatIdentity>(openIds.Count);
        lock (_apps)
        {
            if (_apps.TryGetValue(appId, out var app))
            {
                foreach (var openId in _distinct.Of(openIds))
                {
                    if (app.Identities.TryGetValue(openId, out var identity))
                    {
                        found.Add(identity);
                    }
                }
            }
        }

        return new(found);
    }

    public ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_apps)
        {
            if (!_apps.TryGetValue(appId, out var app))
            {
                return new([]);
            }

            var target = _apps.GetValueOrDefault(targetAppId);
            if (openIds.Count == 1)
            {
                return new(app.Identities.TryGetValue(openIds.First(), out var single) ? [Link(single, target)] : []);
            }

            var links = new List<IdentityLink>(openIds.Count);
            foreach (var openId in _distinct.Of(openIds))
            {
                if (app.Identities.TryGetValue(openId, out var identity))
                {
                    links.Add(Link(identity, target));
                }
            }

            return new(links);
        }
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var found = new List<WeChatIdentity>(unionIds.Count);
        lock (_apps)
        {
            if (_apps.TryGetValue(appId, out var app))
            {
                foreach (var unionId in _distinct.Of(unionIds))
                {
                    if (app.Preferred(unionId) is { } identity)
                    {
                        found.Add(identity);
                    }
                }
            }
        }

        return new(found);
    }

    public ValueTask<IReadOnlyList<string>> FindOutdatedAsync(string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        linkedBefore = Millisecond.Cut(linkedBefore);
        unlinkedBefore = Millisecond.Cut(unlinkedBefore);
        var outdated = _distinct.Of(openIds);
        var count = 0;
        lock (_apps)
        {
            var app = _apps.GetValueOrDefault(appId);
            foreach (var openId in outdated)
            {
                if (IsOutdated(app, openId))
                {
                    outdated[count++] = openId;
                }
            }
        }

        Array.Resize(ref outdated, count);
        return new(outdated);

        bool IsOutdated(App? app, string openId) => app is null
            || !app.Identities.TryGetValue(openId, out var identity)
            || identity.DetailsAt is not { } detailsAt
            || detailsAt < (identity.UnionId is null ? unlinkedBefore : linkedBefore);
    }

    public ValueTask<long> CloseWalkAsync(string appId, DateTimeOffset walkStartedAt, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        walkStartedAt = Millisecond.Cut(walkStartedAt);
        var unseen = Array.FindAll(Snapshot(appId), WasUnseen);
        var left = 0L;
        lock (_apps)
        {
            var app = _apps.GetValueOrDefault(appId);
            foreach (var candidate in unseen)
            {
                // Somebody may have come back since, or been erased.
                if (app!.Identities.TryGetValue(candidate.OpenId, out var identity) && WasUnseen(identity))
                {
                    app.Identities[identity.OpenId] = identity with { FollowState = FollowState.NotFollowing, ObservedAt = walkStartedAt };
                    left++;
                }
            }
        }

        return new(left);

        bool WasUnseen(WeChatIdentity identity) =>
            identity.FollowState is FollowState.Following or FollowState.Refusing && identity.ObservedAt < walkStartedAt;
    }

    public async IAsyncEnumerable<WeChatIdentity> ListAsync(string appId, string? afterOpenId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var identities = Array.FindAll(Snapshot(appId), identity => afterOpenId is null || Utf8Order.Instance.Compare(identity.OpenId, afterOpenId) > 0);
        Array.Sort(identities, static (left, right) => Utf8Order.Instance.Compare(left.OpenId, right.OpenId));
        foreach (var page in identities.Chunk(RestEvery))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var identity in await FindAsync(appId, Array.ConvertAll(page, static identity => identity.OpenId), cancellationToken).ConfigureAwait(false))
            {
                yield return identity;
            }

            await Task.Yield();
        }
    }

    public ValueTask<IdentityCoverage> GetCoverageAsync(string miniProgramAppId, string officialAccountAppId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long reachable = 0, unlinked = 0, neverFollowed = 0, left = 0, refusing = 0;
        foreach (var page in Snapshot(miniProgramAppId).Chunk(RestEvery))
        {
            lock (_apps)
            {
                var officialAccount = _apps.GetValueOrDefault(officialAccountAppId);
                foreach (var user in page)
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
        }

        return new(new IdentityCoverage(reachable, unlinked, neverFollowed, left, refusing));
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openId);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_apps)
        {
            if (!_apps.TryGetValue(appId, out var app) || !app.Identities.TryGetValue(openId, out var identity))
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
        foreach (var app in _apps.Values)
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

    /// <summary>Everybody of an app, for what reads them all: a push does not wait until it has.</summary>
    private WeChatIdentity[] Snapshot(string appId)
    {
        lock (_apps)
        {
            return _apps.TryGetValue(appId, out var app) ? [.. app.Identities.Values] : [];
        }
    }

    private static IdentityLink Link(WeChatIdentity source, App? target) =>
        new(source, source.UnionId is null ? null : target?.Preferred(source.UnionId));

    /// <summary>The identities of one app.</summary>
    private sealed class App(string id)
    {
        private readonly Dictionary<string, OpenIds> _openIdsByUnionId = new(StringComparer.Ordinal);

        public string Id { get; } = id;

        public Dictionary<string, WeChatIdentity> Identities { get; } = new(StringComparer.Ordinal);

        public void Observe(WeChatIdentity observation, ref int added, ref int unionIdsChanged)
        {
            ref var identity = ref CollectionsMarshal.GetValueRefOrAddDefault(Identities, observation.OpenId, out var isKnown);
            if (!isKnown)
            {
                // One text for the app id, however many copies of it the observations bring.
                identity = ReferenceEquals(observation.AppId, Id) ? observation : observation with { AppId = Id };
                Link(identity);
                added++;
                return;
            }

            var stored = identity!;
            var merged = identity = stored.MergedWith(observation);
            if (!string.Equals(stored.UnionId, merged.UnionId, StringComparison.Ordinal))
            {
                Unlink(stored);
                Link(merged);
                unionIdsChanged += stored.UnionId is null ? 0 : 1;
            }
        }

        public void Remove(WeChatIdentity identity)
        {
            Identities.Remove(identity.OpenId);
            Unlink(identity);
        }

        public IEnumerable<WeChatIdentity> Holders(string unionId)
        {
            if (_openIdsByUnionId.TryGetValue(unionId, out var openIds))
            {
                yield return Identities[openIds.First];
                foreach (var other in openIds.Others)
                {
                    yield return Identities[other];
                }
            }
        }

        public WeChatIdentity? Preferred(string unionId)
        {
            if (!_openIdsByUnionId.TryGetValue(unionId, out var openIds))
            {
                return null;
            }

            return openIds.Others.Length == 0 ? Identities[openIds.First] : Holders(unionId)
                .OrderByDescending(static identity => identity.FollowState == FollowState.Following)
                .ThenByDescending(static identity => identity.ObservedAt)
                .ThenBy(static identity => identity.OpenId, Utf8Order.Instance)
                .First();
        }

        private void Link(WeChatIdentity identity)
        {
            if (identity.UnionId is { } unionId)
            {
                ref var openIds = ref CollectionsMarshal.GetValueRefOrAddDefault(_openIdsByUnionId, unionId, out var isKnown);
                openIds = isKnown ? openIds.With(identity.OpenId) : new(identity.OpenId, []);
            }
        }

        private void Unlink(WeChatIdentity identity)
        {
            if (identity.UnionId is { } unionId && _openIdsByUnionId.TryGetValue(unionId, out var openIds))
            {
                if (openIds.Without(identity.OpenId) is { } rest)
                {
                    _openIdsByUnionId[unionId] = rest;
                }
                else
                {
                    _openIdsByUnionId.Remove(unionId);
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
