namespace WeChat.UnionPush.Sqlite;

/// <summary>Identities in one table. Batches are loops of one prepared statement in one transaction, which SQLite runs faster than any batch form.</summary>
internal sealed class SqliteUnionIdRepository(SqliteDatabase database, TimeProvider timeProvider)
    : SqlUnionIdRepository(database, timeProvider, SqliteErasures.DeleteOld, SelectReach)
{
    internal const string SelectIdentity =
        "select union_id, follow_state, observed_at, details_at, follow_changed_at from unionpush_identity where app_id = ?1 and open_id = ?2";

    // SQLite thinks an app has a handful of identities and would rather read them all: the index is named where it must be used. Which holder of a
    // UnionID is preferred is decided by who reads them, for sorting even one row costs.
    internal const string SelectLink = """
        select s.union_id, s.follow_state, s.observed_at, s.details_at, s.follow_changed_at,
            t.open_id, t.follow_state, t.observed_at, t.details_at, t.follow_changed_at
        from unionpush_identity s left join unionpush_identity t indexed by unionpush_identity_union_id on t.app_id = ?3 and t.union_id = s.union_id
        where s.app_id = ?1 and s.open_id = ?2
        """;

    internal const string SelectByUnionId = """
        select open_id, follow_state, observed_at, details_at, follow_changed_at
        from unionpush_identity indexed by unionpush_identity_union_id
        where app_id = ?1 and union_id = ?2
        """;

    internal const string SelectReach = """
        select case when s.union_id is null then -1 else coalesce((
            select t.follow_state from unionpush_identity t indexed by unionpush_identity_union_id where t.app_id = ?2 and t.union_id = s.union_id
            order by t.follow_state = 1 desc, t.observed_at desc, t.open_id limit 1), 0) end as reach
        from unionpush_identity s
        where s.app_id = ?1
        """;

    private const string Insert =
        "insert into unionpush_identity (app_id, open_id, union_id, follow_state, observed_at, details_at, follow_changed_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

    // A walk changes everybody's times and nobody's UnionID: naming union_id only where it changes spares the index.
    private const string UpdateState =
        "update unionpush_identity set follow_state = ?3, observed_at = ?4, details_at = ?5, follow_changed_at = ?6 where app_id = ?1 and open_id = ?2";

    private const string UpdateUnionId =
        "update unionpush_identity set union_id = ?3 where app_id = ?1 and open_id = ?2";

    private const string DeleteIdentity = "delete from unionpush_identity where app_id = ?1 and open_id = ?2";

    internal const string DeleteByUnionId =
        "delete from unionpush_identity where union_id = ?1 returning app_id, open_id, union_id, follow_state, observed_at, details_at, follow_changed_at";

    public override async ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            (appId, openIds: Distinct.Of(openIds)),
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

    public override async ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(
        string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            (appId, openIds: Distinct.Of(openIds), targetAppId),
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
                        links.Add(new(source, select.IsNull(5) ? null : Preferred(select, query.targetAppId, 5, source.UnionId!)));
                        select.Reset();
                    }
                }

                return links;
            },
            asTransaction: openIds.Count > 1,
            cancellationToken).ConfigureAwait(false);

    public override async ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(
        string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            (appId, unionIds: Distinct.Of(unionIds)),
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

    public override async ValueTask<IReadOnlyList<string>> FindOutdatedAsync(
        string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            (appId, openIds: Distinct.Of(openIds), linkedBefore: linkedBefore.ToUnixTimeMilliseconds(), unlinkedBefore: unlinkedBefore.ToUnixTimeMilliseconds()),
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

                    if (select.NullableInt64(3) is not { } detailsAt || select.Int64(1) == (long)FollowState.NotFollowing
                        || detailsAt < (select.IsNull(0) ? query.unlinkedBefore : query.linkedBefore))
                    {
                        outdated.Add(openId);
                    }

                    select.Reset();
                }

                return outdated;
            },
            asTransaction: true,
            cancellationToken).ConfigureAwait(false);

    public override async ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default) =>
        await database.WriteAsync(
            (appId, openId, now: Now),
            static (session, person, _) =>
            {
                List<WeChatIdentity> erased = [];
                if (Find(session, person.appId, person.openId) is { } identity)
                {
                    erased = identity.UnionId is not null ? DeleteHolders(session, identity.UnionId) : [identity];
                    session.Prepare(DeleteIdentity).Bind(1, person.appId).Bind(2, person.openId).Run();
                }

                SqliteErasures.Add(session, erased, Erasure.KeyOf(person.appId, person.openId), person.now);
                return erased;
            },
            cancellationToken).ConfigureAwait(false);

    public override async ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default) =>
        await database.WriteAsync(
            (unionId, now: Now),
            static (session, person, _) =>
            {
                var erased = DeleteHolders(session, person.unionId);
                SqliteErasures.Add(session, erased, Erasure.KeyOf(person.unionId), person.now);
                return erased;
            },
            cancellationToken).ConfigureAwait(false);

    protected override ValueTask<SavedIdentities> SaveBatchAsync(WeChatIdentity[] batch, long? erasuresSeen, CancellationToken cancellationToken) =>
        database.WriteAsync((batch, order: InKeyOrder(batch), erasuresSeen), Save, cancellationToken);

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

        Array.Sort(order, (x, y) => IdentityBatch.KeyOrder.Compare(batch[x], batch[y]) is var byKey && byKey != 0 ? byKey : x - y);
        return order;
    }

    private static SavedIdentities Save(SqliteSession session, (WeChatIdentity[] Observations, int[] Order, long? ErasuresSeen) batch, CancellationToken cancellationToken)
    {
        var saved = default(SavedIdentities);
        var someErased = SqliteErasures.Count(session) > 0;
        foreach (var i in batch.Order)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var observation = batch.Observations[i];
            if (someErased && SqliteErasures.Refuse(session, observation, batch.ErasuresSeen))
            {
                continue;
            }

            if (Find(session, observation.AppId, observation.OpenId) is not { } stored)
            {
                session.Prepare(Insert)
                    .Bind(1, observation.AppId).Bind(2, observation.OpenId).Bind(3, observation.UnionId)
                    .Bind(4, (long)observation.FollowState).Bind(5, observation.ObservedAt.ToUnixTimeMilliseconds())
                    .Bind(6, observation.DetailsAt?.ToUnixTimeMilliseconds()).Bind(7, observation.FollowChangedAt?.ToUnixTimeMilliseconds())
                    .Run();
                saved = saved with { Added = saved.Added + 1 };
                continue;
            }

            var merged = stored.MergedWith(observation);
            if (ReferenceEquals(merged, stored))
            {
                continue;
            }

            session.Prepare(UpdateState)
                .Bind(1, merged.AppId).Bind(2, merged.OpenId)
                .Bind(3, (long)merged.FollowState).Bind(4, merged.ObservedAt.ToUnixTimeMilliseconds())
                .Bind(5, merged.DetailsAt?.ToUnixTimeMilliseconds()).Bind(6, merged.FollowChangedAt?.ToUnixTimeMilliseconds())
                .Run();
            if (!string.Equals(merged.UnionId, stored.UnionId, StringComparison.Ordinal))
            {
                session.Prepare(UpdateUnionId).Bind(1, merged.AppId).Bind(2, merged.OpenId).Bind(3, merged.UnionId).Run();
                saved = stored.UnionId is null ? saved : saved with { UnionIdsChanged = saved.UnionIdsChanged + 1, ReplacedUnionId = stored.UnionId };
            }
        }

        return saved;
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

    private static List<WeChatIdentity> DeleteHolders(SqliteSession session, string unionId)
    {
        var erased = new List<WeChatIdentity>();
        var delete = session.Prepare(DeleteByUnionId).Bind(1, unionId);
        while (delete.Step())
        {
            erased.Add(Read(delete, delete.Text(0), delete.Text(1), delete.Text(2), 3));
        }

        return erased;
    }

    /// <summary>Reads this and all further rows, which are the holders of one UnionID, and chooses.</summary>
    private static WeChatIdentity Preferred(SqliteStatement rows, string appId, int openIdColumn, string unionId)
    {
        var preferred = Read(rows, appId, rows.Text(openIdColumn), unionId, openIdColumn + 1);
        while (rows.Step())
        {
            var other = Read(rows, appId, rows.Text(openIdColumn), unionId, openIdColumn + 1);
            preferred = IdentityPreference.IsPreferred(other, preferred) ? other : preferred;
        }

        return preferred;
    }
}
