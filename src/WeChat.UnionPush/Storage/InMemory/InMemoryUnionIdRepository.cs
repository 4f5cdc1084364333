using System.Runtime.CompilerServices;

namespace WeChat.UnionPush.Storage;

/// <summary>
/// Identities in memory. It returns the stored records themselves. One lock serves readers and writers, held no longer than a batch takes. That costs
/// less than lock-free dictionaries, whose nodes are all objects that the garbage collector must trace. Each identity takes about 150 bytes
/// besides its texts.
/// </summary>
/// <param name="timeProvider">The clock that erasures are dated by.</param>
internal sealed class InMemoryUnionIdRepository(TimeProvider? timeProvider = null) : IUnionIdRepository
{
    private const int RestEvery = 1_000;

    // Also the lock.
    private readonly Dictionary<string, InMemoryApp> _apps = new(StringComparer.Ordinal);

    private readonly DistinctTexts _distinct = new();
    private readonly InMemoryErasures _erasures = new(timeProvider ?? TimeProvider.System);

    public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, CancellationToken cancellationToken = default) =>
        new(Save(observations, erasuresSeen: null, cancellationToken));

    public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, long erasuresSeen, CancellationToken cancellationToken = default) =>
        new(Save(observations, erasuresSeen, cancellationToken));

    public ValueTask<long> CountErasuresAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_apps)
        {
            return new(_erasures.Count);
        }
    }

    private SavedIdentities Save(IReadOnlyCollection<WeChatIdentity> observations, long? erasuresSeen, CancellationToken cancellationToken)
    {
        var batch = IdentityBatch.Checked(observations);
        cancellationToken.ThrowIfCancellationRequested();
        var saved = default(SavedIdentities);
        lock (_apps)
        {
            InMemoryApp? app = null;
            foreach (var observation in batch)
            {
                if (_erasures.Refuse(observation, erasuresSeen))
                {
                    continue;
                }

                if (!string.Equals(app?.Id, observation.AppId, StringComparison.Ordinal) && !_apps.TryGetValue(observation.AppId, out app))
                {
                    _apps.Add(observation.AppId, app = new InMemoryApp(observation.AppId));
                }

                app!.Observe(observation, ref saved);
            }
        }

        return saved;
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

    public ValueTask<IReadOnlyList<string>> FindOutdatedAsync(
        string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default)
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

        bool IsOutdated(InMemoryApp? app, string openId) => app is null
            || !app.Identities.TryGetValue(openId, out var identity)
            || identity.DetailsAt is not { } detailsAt
            || identity.FollowState == FollowState.NotFollowing
            || detailsAt < (identity.UnionId is null ? unlinkedBefore : linkedBefore);
    }

    public ValueTask<FollowerCount> CountFollowersAsync(string appId, DateTimeOffset observedBefore, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        observedBefore = Millisecond.Cut(observedBefore);
        long followers = 0, unseen = 0, unlinked = 0;
        foreach (var identity in Snapshot(appId))
        {
            if (identity.FollowState is FollowState.Following or FollowState.Refusing)
            {
                followers++;
                unseen += identity.ObservedAt < observedBefore ? 1 : 0;
                unlinked += identity.UnionId is null ? 1 : 0;
            }
        }

        return new(new FollowerCount(followers, unseen, unlinked));
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
        var count = default(CoverageCount);
        foreach (var page in Snapshot(miniProgramAppId).Chunk(RestEvery))
        {
            lock (_apps)
            {
                var officialAccount = _apps.GetValueOrDefault(officialAccountAppId);
                foreach (var user in page)
                {
                    count.Add(user.UnionId is not null, user.UnionId is null ? null : officialAccount?.Preferred(user.UnionId)?.FollowState);
                }
            }
        }

        var unlinkedFollowers = Snapshot(officialAccountAppId).LongCount(static identity =>
            identity is { UnionId: null, FollowState: FollowState.Following or FollowState.Refusing });
        return new(count.Coverage with { UnlinkedFollowers = unlinkedFollowers });
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openId);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_apps)
        {
            var app = _apps.GetValueOrDefault(appId);
            var identity = app?.Identities.GetValueOrDefault(openId);
            List<WeChatIdentity> erased = identity is null ? [] : identity.UnionId is null ? [identity] : Holders(identity.UnionId);
            Remove(erased);
            _erasures.Add(erased, Erasure.KeyOf(appId, openId));
            return new(erased);
        }
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(unionId);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_apps)
        {
            var erased = Holders(unionId);
            Remove(erased);
            _erasures.Add(erased, Erasure.KeyOf(unionId));
            return new(erased);
        }
    }

    public ValueTask<int> ExpireErasuresAsync(DateTimeOffset erasedBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_apps)
        {
            return new(_erasures.Expire(erasedBefore, limit));
        }
    }

    private List<WeChatIdentity> Holders(string unionId) => [.. _apps.Values.SelectMany(app => app.Holders(unionId))];

    private void Remove(List<WeChatIdentity> erased)
    {
        foreach (var identity in erased)
        {
            _apps[identity.AppId].Remove(identity);
        }
    }

    /// <summary>All identities of an app, copied for calls that read them all, so that a push does not wait for them.</summary>
    private WeChatIdentity[] Snapshot(string appId)
    {
        lock (_apps)
        {
            return _apps.TryGetValue(appId, out var app) ? [.. app.Identities.Values] : [];
        }
    }

    private static IdentityLink Link(WeChatIdentity source, InMemoryApp? target) =>
        new(source, source.UnionId is null ? null : target?.Preferred(source.UnionId));
}
