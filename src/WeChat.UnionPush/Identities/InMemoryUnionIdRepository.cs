using System.Runtime.CompilerServices;

namespace WeChat.UnionPush;

/// <summary>Identities in this process's memory: the default, for tests, trials and hosts that sync anew at each start.</summary>
internal sealed class InMemoryUnionIdRepository : IUnionIdRepository
{
    private readonly object _gate = new();
    private readonly Dictionary<string, App> _apps = new(StringComparer.Ordinal);

    public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(observations);
        cancellationToken.ThrowIfCancellationRequested();
        IdentityRules.Check(observations);
        var added = 0;
        var changed = 0;
        lock (_gate)
        {
            foreach (var observation in observations)
            {
                if (!_apps.TryGetValue(observation.AppId, out var app))
                {
                    _apps.Add(observation.AppId, app = new App(observation.AppId));
                }

                app.Merge(observation, ref added, ref changed);
            }
        }

        return new(new SavedIdentities(added, changed));
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openIds);
        cancellationToken.ThrowIfCancellationRequested();
        var found = new List<WeChatIdentity>(openIds.Count);
        lock (_gate)
        {
            if (_apps.TryGetValue(appId, out var app))
            {
                foreach (var openId in Distinct(openIds))
                {
                    if (app.Rows.TryGetValue(openId, out var row))
                    {
                        found.Add(row.Identity);
                    }
                }
            }
        }

        return new(found);
    }

    public ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openIds);
        cancellationToken.ThrowIfCancellationRequested();
        var links = new List<IdentityLink>(openIds.Count);
        lock (_gate)
        {
            if (_apps.TryGetValue(appId, out var app))
            {
                var target = _apps.GetValueOrDefault(targetAppId);
                foreach (var openId in Distinct(openIds))
                {
                    if (app.Rows.TryGetValue(openId, out var row))
                    {
                        links.Add(new IdentityLink(row.Identity, row.Identity.UnionId is { } unionId ? target?.Best(unionId) : null));
                    }
                }
            }
        }

        return new(links);
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(unionIds);
        cancellationToken.ThrowIfCancellationRequested();
        var found = new List<WeChatIdentity>(unionIds.Count);
        lock (_gate)
        {
            if (_apps.TryGetValue(appId, out var app))
            {
                foreach (var unionId in Distinct(unionIds))
                {
                    if (app.Best(unionId) is { } identity)
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
        ArgumentNullException.ThrowIfNull(openIds);
        cancellationToken.ThrowIfCancellationRequested();
        var outdated = new List<string>();
        lock (_gate)
        {
            var app = _apps.GetValueOrDefault(appId);
            foreach (var openId in Distinct(openIds))
            {
                if (app is null || !app.Rows.TryGetValue(openId, out var row) || row.Identity.DetailsAt is not { } detailsAt
                    || detailsAt < (row.Identity.UnionId is null ? unlinkedBefore : linkedBefore))
                {
                    outdated.Add(openId);
                }
            }
        }

        return new(outdated);
    }

    public ValueTask<long> CloseWalkAsync(string appId, DateTimeOffset walkStartedAt, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var left = 0L;
        lock (_gate)
        {
            foreach (var row in _apps.GetValueOrDefault(appId)?.Rows.Values.AsEnumerable() ?? [])
            {
                if (row.Identity.FollowState is FollowState.Following or FollowState.Refusing && row.Identity.ObservedAt < walkStartedAt)
                {
                    row.Identity = row.Identity with { FollowState = FollowState.NotFollowing, ObservedAt = walkStartedAt };
                    left++;
                }
            }
        }

        return new(left);
    }

    public async IAsyncEnumerable<WeChatIdentity> ListAsync(string appId, string? afterOpenId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string[] openIds;
        lock (_gate)
        {
            openIds = _apps.TryGetValue(appId, out var app)
                ? [.. app.Rows.Keys.Where(openId => afterOpenId is null || IdentityRules.CompareUtf8(openId, afterOpenId) > 0)]
                : [];
        }

        Array.Sort(openIds, IdentityRules.CompareUtf8);
        foreach (var page in openIds.Chunk(1000))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var identity in await FindAsync(appId, page, cancellationToken).ConfigureAwait(false))
            {
                yield return identity;
            }
        }
    }

    public ValueTask<IdentityCoverage> GetCoverageAsync(string miniProgramAppId, string officialAccountAppId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long reachable = 0, unlinked = 0, neverFollowed = 0, left = 0, refusing = 0;
        lock (_gate)
        {
            var target = _apps.GetValueOrDefault(officialAccountAppId);
            foreach (var row in _apps.GetValueOrDefault(miniProgramAppId)?.Rows.Values.AsEnumerable() ?? [])
            {
                if (row.Identity.UnionId is not { } unionId)
                {
                    unlinked++;
                    continue;
                }

                switch (target?.Best(unionId)?.FollowState)
                {
                    case null:
                        neverFollowed++;
                        break;
                    case FollowState.NotFollowing:
                        left++;
                        break;
                    case FollowState.Refusing:
                        refusing++;
                        break;
                    default:
                        reachable++;
                        break;
                }
            }
        }

        return new(new IdentityCoverage(reachable, unlinked, neverFollowed, left, refusing));
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_apps.TryGetValue(appId, out var app) || !app.Rows.TryGetValue(openId, out var row))
            {
                return new([]);
            }

            if (row.Identity.UnionId is { } unionId)
            {
                return new(EraseUnion(unionId));
            }

            app.Remove(row);
            return new([row.Identity]);
        }
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new(EraseUnion(unionId));
        }
    }

    private static IEnumerable<string> Distinct(IReadOnlyCollection<string> values) =>
        values.Count < 2 ? values : values.Distinct(StringComparer.Ordinal);

    private List<WeChatIdentity> EraseUnion(string unionId)
    {
        var erased = new List<WeChatIdentity>();
        foreach (var app in _apps.Values)
        {
            for (var row = app.First(unionId); row is not null; row = app.First(unionId))
            {
                app.Remove(row);
                erased.Add(row.Identity);
            }
        }

        return erased;
    }

    /// <summary>Two rows of one app with one UnionID are rare, so they form a chain instead of a list each.</summary>
    private sealed class Row(WeChatIdentity identity)
    {
        public WeChatIdentity Identity { get; set; } = identity;

        public Row? Next { get; set; }
    }

    private sealed class App(string appId)
    {
        private readonly Dictionary<string, Row> _byUnionId = new(StringComparer.Ordinal);

        public Dictionary<string, Row> Rows { get; } = new(StringComparer.Ordinal);

        public void Merge(WeChatIdentity observation, ref int added, ref int changed)
        {
            if (!Rows.TryGetValue(observation.OpenId, out var row))
            {
                // The key's own string is kept once for all rows.
                Rows.Add(observation.OpenId, row = new Row(IdentityRules.First(observation, appId)));
                Link(row);
                added++;
                return;
            }

            var merged = IdentityRules.Merge(row.Identity, observation);
            var relinked = !string.Equals(merged.UnionId, row.Identity.UnionId, StringComparison.Ordinal);
            changed += relinked && row.Identity.UnionId is not null ? 1 : 0;
            if (relinked)
            {
                Unlink(row);
            }

            row.Identity = merged;
            if (relinked)
            {
                Link(row);
            }
        }

        public Row? First(string unionId) => _byUnionId.GetValueOrDefault(unionId);

        public WeChatIdentity? Best(string unionId)
        {
            var best = First(unionId);
            for (var row = best?.Next; row is not null; row = row.Next)
            {
                if (IdentityRules.IsBetter(row.Identity, best!.Identity))
                {
                    best = row;
                }
            }

            return best?.Identity;
        }

        public void Remove(Row row)
        {
            Unlink(row);
            Rows.Remove(row.Identity.OpenId);
        }

        private void Link(Row row)
        {
            if (row.Identity.UnionId is { } unionId)
            {
                row.Next = _byUnionId.GetValueOrDefault(unionId);
                _byUnionId[unionId] = row;
            }
        }

        private void Unlink(Row row)
        {
            if (row.Identity.UnionId is not { } unionId)
            {
                return;
            }

            var first = _byUnionId[unionId];
            if (ReferenceEquals(first, row))
            {
                if (row.Next is null)
                {
                    _byUnionId.Remove(unionId);
                }
                else
                {
                    _byUnionId[unionId] = row.Next;
                }
            }
            else
            {
                var before = first;
                while (!ReferenceEquals(before.Next, row))
                {
                    before = before.Next!;
                }

                before.Next = row.Next;
            }

            row.Next = null;
        }
    }
}
