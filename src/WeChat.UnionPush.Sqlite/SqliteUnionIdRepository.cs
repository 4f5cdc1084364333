using System.Runtime.CompilerServices;

namespace WeChat.UnionPush.Sqlite;

/// <summary>Identities in one table. Batches are loops of one prepared statement in one transaction, which SQLite runs faster than any batch form.</summary>
internal sealed class SqliteUnionIdRepository(SqliteDatabase database) : IUnionIdRepository
{
    private const int PageSize = 1_000;

    internal const string SelectIdentity =
        "select union_id, follow_state, observed_at, details_at from unionpush_identity where app_id = ?1 and open_id = ?2";

    // SQLite thinks an app has a handful of identities and would rather read them all: the index is named where it must be used. It gives the
    // holders of a UnionID in the order of their openids without sorting; which of them is preferred is decided here, for sorting even one row costs.
    internal const string SelectLink = """
        select s.union_id, s.follow_state, s.observed_at, s.details_at, t.open_id, t.follow_state, t.observed_at, t.details_at
        from unionpush_identity s left join unionpush_identity t indexed by unionpush_identity_union_id on t.app_id = ?3 and t.union_id = s.union_id
        where s.app_id = ?1 and s.open_id = ?2
        order by t.open_id
        """;

    internal const string SelectByUnionId = """
        select open_id, follow_state, observed_at, details_at
        from unionpush_identity indexed by unionpush_identity_union_id
        where app_id = ?1 and union_id = ?2
        order by open_id
        """;

    internal const string SelectPage = """
        select open_id, union_id, follow_state, observed_at, details_at
        from unionpush_identity
        where app_id = ?1 and open_id > ?2
        order by open_id
        limit ?3
        """;

    internal const string SelectReach = """
        select s.union_id is not null,
            (select t.follow_state from unionpush_identity t indexed by unionpush_identity_union_id where t.app_id = ?2 and t.union_id = s.union_id
             order by t.follow_state = 1 desc, t.observed_at desc, t.open_id limit 1)
        from unionpush_identity s
        where s.app_id = ?1
        """;

    private const string Insert =
        "insert into unionpush_identity (app_id, open_id, union_id, follow_state, observed_at, details_at) values (?1, ?2, ?3, ?4, ?5, ?6)";

    // A walk changes everybody's times and nobody's UnionID: naming union_id only where it changes spares the index.
    private const string UpdateState =
        "update unionpush_identity set follow_state = ?3, observed_at = ?4, details_at = ?5 where app_id = ?1 and open_id = ?2";

    private const string UpdateUnionId =
        "update unionpush_identity set union_id = ?3 where app_id = ?1 and open_id = ?2";

    private const string UpdateLeft =
        "update unionpush_identity set follow_state = 2, observed_at = ?2 where app_id = ?1 and follow_state in (1, 3) and observed_at < ?2";

    private const string DeleteIdentity = "delete from unionpush_identity where app_id = ?1 and open_id = ?2";

    internal const string DeleteByUnionId =
        "delete from unionpush_identity where union_id = ?1 returning app_id, open_id, union_id, follow_state, observed_at, details_at";

    private readonly DistinctTexts _distinct = new();

    public async ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, CancellationToken cancellationToken = default)
    {
        var batch = observations.ToArray();
        var missing = Array.IndexOf(batch, null);
        if (missing >= 0)
        {
            throw new ArgumentException($"observations[{missing}] is null; nothing was saved.", nameof(observations));
        }

        cancellationToken.ThrowIfCancellationRequested();
        return batch.Length == 0 ? default : await database.WriteAsync((batch, order: InKeyOrder(batch)), Save, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            (appId, openIds: _distinct.Of(openIds)),
            static (session, query, cancellationToken) =>
            {
                var found = new List<WeChatIdentity>(query.openIds.Length);
                foreach (var openId in query.openIds)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (Find(session, query.appId, openId) is { } identity)
                    {
                        found.Add(identity);
                    }
                }

                return found;
            },
            asTransaction: openIds.Count > 1,
            cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            (appId, openIds: _distinct.Of(openIds), targetAppId),
            static (session, query, cancellationToken) =>
            {
                var links = new List<IdentityLink>(query.openIds.Length);
                var select = session.Prepare(SelectLink).Bind(1, query.appId).Bind(3, query.targetAppId);
                foreach (var openId in query.openIds)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (select.Bind(2, openId).Step())
                    {
                        var source = Read(select, query.appId, openId, select.NullableText(0), 1);
                        links.Add(new(source, select.IsNull(4) ? null : Preferred(select, query.targetAppId, 4, source.UnionId!)));
                        select.Reset();
                    }
                }

                return links;
            },
            asTransaction: openIds.Count > 1,
            cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            (appId, unionIds: _distinct.Of(unionIds)),
            static (session, query, cancellationToken) =>
            {
                var found = new List<WeChatIdentity>(query.unionIds.Length);
                var select = session.Prepare(SelectByUnionId).Bind(1, query.appId);
                foreach (var unionId in query.unionIds)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (select.Bind(2, unionId).Step())
                    {
                        found.Add(Preferred(select, query.appId, 0, unionId));
                    }
                }

                return found;
            },
            asTransaction: unionIds.Count > 1,
            cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<string>> FindOutdatedAsync(string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            (appId, openIds: _distinct.Of(openIds), linkedBefore: linkedBefore.ToUnixTimeMilliseconds(), unlinkedBefore: unlinkedBefore.ToUnixTimeMilliseconds()),
            static (session, query, cancellationToken) =>
            {
                var outdated = new List<string>(query.openIds.Length);
                var select = session.Prepare(SelectIdentity).Bind(1, query.appId);
                foreach (var openId in query.openIds)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (!select.Bind(2, openId).Step())
                    {
                        outdated.Add(openId);
                        continue;
                    }

                    if (select.NullableInt64(3) is not { } detailsAt || detailsAt < (select.IsNull(0) ? query.unlinkedBefore : query.linkedBefore))
                    {
                        outdated.Add(openId);
                    }

                    select.Reset();
                }

                return outdated;
            },
            asTransaction: true,
            cancellationToken).ConfigureAwait(false);

    public ValueTask<long> CloseWalkAsync(string appId, DateTimeOffset walkStartedAt, CancellationToken cancellationToken = default) =>
        database.WriteAsync(
            (appId, walkStartedAt),
            static (session, walk, cancellationToken) =>
            {
                using var interrupt = session.InterruptOn(cancellationToken);
                session.Prepare(UpdateLeft).Bind(1, walk.appId).Bind(2, walk.walkStartedAt.ToUnixTimeMilliseconds()).Run();
                return (long)session.Changes;
            },
            cancellationToken);

    public async IAsyncEnumerable<WeChatIdentity> ListAsync(string appId, string? afterOpenId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<WeChatIdentity> page;
        do
        {
            page = await database.ReadAsync((appId, afterOpenId), ReadPage, asTransaction: false, cancellationToken).ConfigureAwait(false);
            foreach (var identity in page)
            {
                yield return identity;
                afterOpenId = identity.OpenId;
            }
        }
        while (page.Count == PageSize);
    }

    public ValueTask<IdentityCoverage> GetCoverageAsync(string miniProgramAppId, string officialAccountAppId, CancellationToken cancellationToken = default) =>
        database.ReadAsync(
            (miniProgramAppId, officialAccountAppId),
            static (session, apps, cancellationToken) =>
            {
                long reachable = 0, unlinked = 0, neverFollowed = 0, left = 0, refusing = 0;
                var select = session.Prepare(SelectReach).Bind(1, apps.miniProgramAppId).Bind(2, apps.officialAccountAppId);
                while (select.Step())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    _ = select.Int64(0) == 0 ? unlinked++ : (FollowState)select.Int64(1) switch
                    {
                        FollowState.Following => reachable++,
                        FollowState.NotFollowing => left++,
                        FollowState.Refusing => refusing++,
                        _ => neverFollowed++,
                    };
                }

                return new IdentityCoverage(reachable, unlinked, neverFollowed, left, refusing);
            },
            asTransaction: false,
            cancellationToken);

    public async ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default) =>
        await database.WriteAsync(
            (appId, openId),
            static (session, person, _) =>
            {
                if (Find(session, person.appId, person.openId) is not { } identity)
                {
                    return [];
                }

                if (identity.UnionId is not null)
                {
                    return EraseByUnionId(session, identity.UnionId);
                }

                session.Prepare(DeleteIdentity).Bind(1, person.appId).Bind(2, person.openId).Run();
                return [identity];
            },
            cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default) =>
        await database.WriteAsync(unionId, static (session, unionId, _) => EraseByUnionId(session, unionId), cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// The order of the table, so that a batch goes through the file once from one end to the other. Two observations of one identity keep theirs.
    /// </summary>
    private static int[] InKeyOrder(WeChatIdentity[] batch)
    {
        var order = new int[batch.Length];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (x, y) =>
        {
            var byApp = string.CompareOrdinal(batch[x].AppId, batch[y].AppId);
            var byKey = byApp != 0 ? byApp : string.CompareOrdinal(batch[x].OpenId, batch[y].OpenId);
            return byKey != 0 ? byKey : x - y;
        });
        return order;
    }

    private static SavedIdentities Save(SqliteSession session, (WeChatIdentity[] Batch, int[] Order) batch, CancellationToken cancellationToken)
    {
        var added = 0;
        var unionIdsChanged = 0;
        foreach (var i in batch.Order)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var observation = batch.Batch[i];
            if (Find(session, observation.AppId, observation.OpenId) is not { } stored)
            {
                session.Prepare(Insert)
                    .Bind(1, observation.AppId).Bind(2, observation.OpenId).Bind(3, observation.UnionId)
                    .Bind(4, (long)observation.FollowState).Bind(5, observation.ObservedAt.ToUnixTimeMilliseconds()).Bind(6, observation.DetailsAt?.ToUnixTimeMilliseconds())
                    .Run();
                added++;
                continue;
            }

            var merged = stored.MergedWith(observation);
            if (ReferenceEquals(merged, stored))
            {
                continue;
            }

            session.Prepare(UpdateState)
                .Bind(1, merged.AppId).Bind(2, merged.OpenId)
                .Bind(3, (long)merged.FollowState).Bind(4, merged.ObservedAt.ToUnixTimeMilliseconds()).Bind(5, merged.DetailsAt?.ToUnixTimeMilliseconds())
                .Run();
            if (!string.Equals(merged.UnionId, stored.UnionId, StringComparison.Ordinal))
            {
                session.Prepare(UpdateUnionId).Bind(1, merged.AppId).Bind(2, merged.OpenId).Bind(3, merged.UnionId).Run();
                unionIdsChanged += stored.UnionId is null ? 0 : 1;
            }
        }

        return new(added, unionIdsChanged);
    }

    private static WeChatIdentity? Find(SqliteSession session, string appId, string openId)
    {
        var select = session.Prepare(SelectIdentity).Bind(1, appId).Bind(2, openId);
        if (!select.Step())
        {
            return null;
        }

        var identity = Read(select, appId, openId, select.NullableText(0), 1);
        select.Reset();
        return identity;
    }

    private static List<WeChatIdentity> ReadPage(SqliteSession session, (string AppId, string? AfterOpenId) query, CancellationToken cancellationToken)
    {
        var page = new List<WeChatIdentity>();
        var select = session.Prepare(SelectPage).Bind(1, query.AppId).Bind(2, query.AfterOpenId ?? "").Bind(3, PageSize);
        while (select.Step())
        {
            page.Add(Read(select, query.AppId, select.Text(0), select.NullableText(1), 2));
        }

        return page;
    }

    private static List<WeChatIdentity> EraseByUnionId(SqliteSession session, string unionId)
    {
        var erased = new List<WeChatIdentity>();
        var delete = session.Prepare(DeleteByUnionId).Bind(1, unionId);
        while (delete.Step())
        {
            erased.Add(Read(delete, delete.Text(0), delete.Text(1), delete.Text(2), 3));
        }

        return erased;
    }

    private static WeChatIdentity Read(SqliteStatement row, string appId, string openId, string? unionId, int stateColumn) => new(appId, openId)
    {
        UnionId = unionId,
        FollowState = (FollowState)row.Int64(stateColumn),
        ObservedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(stateColumn + 1)),
        DetailsAt = row.NullableInt64(stateColumn + 2) is { } detailsAt ? DateTimeOffset.FromUnixTimeMilliseconds(detailsAt) : null,
    };

    /// <summary>Reads this and all further rows, which hold a UnionID in the order of their openids: the one that follows, else the one observed last, else the first.</summary>
    private static WeChatIdentity Preferred(SqliteStatement rows, string appId, int openIdColumn, string unionId)
    {
        var preferred = Read(rows, appId, rows.Text(openIdColumn), unionId, openIdColumn + 1);
        while (rows.Step())
        {
            var other = Read(rows, appId, rows.Text(openIdColumn), unionId, openIdColumn + 1);
            var follows = other.FollowState == FollowState.Following;
            if (follows == (preferred.FollowState == FollowState.Following) ? other.ObservedAt > preferred.ObservedAt : follows)
            {
                preferred = other;
            }
        }

        return preferred;
    }
}
