using System.Data.Common;
using System.Runtime.CompilerServices;
using Npgsql;

namespace WeChat.UnionPush.PostgreSql;

/// <summary>
/// Identities in one table. Batches travel as arrays, one statement each; <c>lateral … offset 0</c> keeps the planner from reading the whole table for
/// what are seeks, however large the batch is.
/// </summary>
internal sealed class PostgreSqlUnionIdRepository(PostgreSqlDatabase database) : IUnionIdRepository
{
    private const int PageSize = 1_000;

    // The rules of IUnionIdRepository. What the batch replaces is counted in the state before the statement, so of two processes that replace one
    // UnionID at the same moment both may report it; and only where it found somebody, for the server looks nobody up whom no row asks for.
    internal const string Upsert = """
        with input as (
            select * from unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::bigint[], $6::bigint[])
                as n (app_id, open_id, union_id, follow_state, observed_at, details_at)
        ), replaced as (
            select count(*)
            from input n cross join lateral (
                select * from unionpush_identity i where i.app_id = n.app_id and i.open_id = n.open_id offset 0) i
            where n.union_id <> i.union_id and (i.details_at is null or n.observed_at >= i.details_at)
        ), saved as (
            insert into unionpush_identity as i (app_id, open_id, union_id, follow_state, observed_at, details_at)
            select * from input
            on conflict (app_id, open_id) do update set
                union_id = case
                    when excluded.union_id is null then i.union_id
                    when i.union_id is null or i.details_at is null or excluded.observed_at >= i.details_at then excluded.union_id
                    else i.union_id end,
                follow_state = case
                    when excluded.follow_state = 0 then i.follow_state
                    when i.follow_state = 0 or excluded.observed_at >= i.observed_at then excluded.follow_state
                    else i.follow_state end,
                observed_at = greatest(i.observed_at, excluded.observed_at),
                details_at = greatest(i.details_at, excluded.details_at)
            returning i.xmax = 0 as is_new
        )
        select
            (count(*) filter (where is_new))::integer,
            case when bool_and(is_new) then 0 else (select count::integer from replaced) end
        from saved
        """;

    internal const string SelectIdentities = """
        select q.n::integer, i.union_id, i.follow_state, i.observed_at, i.details_at
        from unnest($2::text[]) with ordinality q (open_id, n) cross join lateral (
            select * from unionpush_identity i where i.app_id = $1 and i.open_id = q.open_id offset 0) i
        """;

    // A push asks for one: without the array the server and the driver are through in half the time.
    internal const string SelectLink = """
        select s.union_id, s.follow_state, s.observed_at, s.details_at, t.open_id, t.follow_state, t.observed_at, t.details_at
        from unionpush_identity s
        left join lateral (
            select * from unionpush_identity t where t.app_id = $3 and t.union_id = s.union_id
            order by t.follow_state = 1 desc, t.observed_at desc, t.open_id limit 1) t on true
        where s.app_id = $1 and s.open_id = $2
        """;

    // Which of several targets is preferred is decided by who reads them: sorting each one's single row costs the server a sixth. That n is positive
    // is nothing new; said inside, it keeps the server from remembering targets by their UnionID, of which it never sees one twice.
    internal const string SelectLinks = """
        select s.union_id, s.follow_state, s.observed_at, s.details_at, t.open_id, t.follow_state, t.observed_at, t.details_at, q.n
        from unnest($2::text[]) with ordinality q (open_id, n)
        cross join lateral (
            select s.union_id, s.follow_state, s.observed_at, s.details_at
            from unionpush_identity s where s.app_id = $1 and s.open_id = q.open_id offset 0) s
        left join lateral (
            select t.open_id, t.follow_state, t.observed_at, t.details_at
            from unionpush_identity t where t.app_id = $3 and t.union_id = s.union_id and q.n > 0 offset 0) t on true
        """;

    internal const string SelectByUnionIds = """
        select q.n::integer, i.open_id, i.follow_state, i.observed_at, i.details_at
        from unnest($2::text[]) with ordinality q (union_id, n) cross join lateral (
            select * from unionpush_identity i where i.app_id = $1 and i.union_id = q.union_id
            order by i.follow_state = 1 desc, i.observed_at desc, i.open_id limit 1) i
        """;

    internal const string SelectOutdated = """
        select q.n::integer
        from unnest($2::text[]) with ordinality q (open_id, n) left join lateral (
            select i.union_id, i.details_at from unionpush_identity i where i.app_id = $1 and i.open_id = q.open_id offset 0) i on true
        where i.details_at is null or i.details_at < case when i.union_id is null then $4::bigint else $3::bigint end
        """;

    internal const string SelectPage = """
        select open_id, union_id, follow_state, observed_at, details_at
        from unionpush_identity
        where app_id = $1 and open_id > $2
        order by open_id
        limit $3
        """;

    private const string UpdateLeft = """
        with gone as (
            update unionpush_identity set follow_state = 2, observed_at = $2 where app_id = $1 and follow_state in (1, 3) and observed_at < $2
            returning 1)
        select count(*) from gone
        """;

    private const string SelectCoverage = """
        select
            count(*) filter (where t.follow_state = 1),
            count(*) filter (where s.union_id is null),
            count(*) filter (where s.union_id is not null and coalesce(t.follow_state, 0) = 0),
            count(*) filter (where t.follow_state = 2),
            count(*) filter (where t.follow_state = 3)
        from unionpush_identity s left join (
            select distinct on (union_id) union_id, follow_state
            from unionpush_identity
            where app_id = $2 and union_id is not null
            order by union_id, follow_state = 1 desc, observed_at desc, open_id) t on t.union_id = s.union_id
        where s.app_id = $1
        """;

    internal const string Delete = """
        with named as (
            select app_id, open_id, union_id from unionpush_identity where app_id = $1 and open_id = $2
        ), person as (
            select app_id, open_id from named
            union
            select i.app_id, i.open_id from named n join unionpush_identity i on i.union_id = n.union_id
        )
        delete from unionpush_identity i using person p where i.app_id = p.app_id and i.open_id = p.open_id
        returning i.app_id, i.open_id, i.union_id, i.follow_state, i.observed_at, i.details_at
        """;

    internal const string DeleteByUnionId =
        "delete from unionpush_identity where union_id = $1 returning app_id, open_id, union_id, follow_state, observed_at, details_at";

    private static readonly Comparer<WeChatIdentity> KeyOrder = Comparer<WeChatIdentity>.Create(static (x, y) =>
        string.CompareOrdinal(x.AppId, y.AppId) is var byApp && byApp != 0 ? byApp : string.CompareOrdinal(x.OpenId, y.OpenId));

    private readonly DistinctTexts _distinct = new();

    public async ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, CancellationToken cancellationToken = default)
    {
        var batch = observations.ToArray();
        var missing = Array.IndexOf(batch, null);
        if (missing >= 0)
        {
            throw new ArgumentException($"observations[{missing}] is null; nothing was saved.", nameof(observations));
        }

        if (batch.Length == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return default;
        }

        var saved = new SavedIdentities();
        foreach (var (added, unionIdsChanged) in await database.ReadAsync(
            [.. Rounds(batch).Select(UpsertCommand)],
            static row => (row.GetInt32(0), row.GetInt32(1)),
            cancellationToken).ConfigureAwait(false))
        {
            saved = new(saved.Added + added, saved.UnionIdsChanged + unionIdsChanged);
        }

        return saved;
    }

    public async ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default)
    {
        var asked = _distinct.Of(openIds);
        return await database.ReadAsync(
            SelectIdentities,
            row => Read(row, appId, asked[row.GetInt32(0) - 1], NullableText(row, 1), 2),
            cancellationToken,
            PostgreSqlDatabase.Value(appId),
            Texts(asked)).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default)
    {
        var asked = _distinct.Of(openIds);
        if (asked.Length == 1)
        {
            return await database.ReadAsync(
                SelectLink,
                row => ReadLink(row, asked[0]),
                cancellationToken,
                PostgreSqlDatabase.Value(appId),
                Text(asked[0]),
                PostgreSqlDatabase.Value(targetAppId)).ConfigureAwait(false);
        }

        var links = new IdentityLink?[asked.Length];
        await database.ReadAsync(
            SelectLinks,
            row =>
            {
                var i = row.GetInt64(8) - 1;
                ref var link = ref links[i];
                var other = ReadLink(row, asked[i]);
                link = link is null || IsPreferred(other.Target!, link.Target!) ? other : link;
                return link;
            },
            cancellationToken,
            PostgreSqlDatabase.Value(appId),
            Texts(asked),
            PostgreSqlDatabase.Value(targetAppId)).ConfigureAwait(false);
        return [.. links.OfType<IdentityLink>()];

        IdentityLink ReadLink(DbDataReader row, string openId)
        {
            var source = Read(row, appId, openId, NullableText(row, 0), 1);
            return new(source, row.IsDBNull(4) ? null : Read(row, targetAppId, row.GetString(4), source.UnionId, 5));
        }
    }

    public async ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default)
    {
        var asked = _distinct.Of(unionIds);
        return await database.ReadAsync(
            SelectByUnionIds,
            row => Read(row, appId, row.GetString(1), asked[row.GetInt32(0) - 1], 2),
            cancellationToken,
            PostgreSqlDatabase.Value(appId),
            Texts(asked)).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<string>> FindOutdatedAsync(string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default)
    {
        var asked = _distinct.Of(openIds);
        var numbers = await database.ReadAsync(
            SelectOutdated,
            static row => row.GetInt32(0),
            cancellationToken,
            PostgreSqlDatabase.Value(appId),
            Texts(asked),
            PostgreSqlDatabase.Value(linkedBefore.ToUnixTimeMilliseconds()),
            PostgreSqlDatabase.Value(unlinkedBefore.ToUnixTimeMilliseconds())).ConfigureAwait(false);
        return numbers.ConvertAll(number => asked[number - 1]);
    }

    public async ValueTask<long> CloseWalkAsync(string appId, DateTimeOffset walkStartedAt, CancellationToken cancellationToken = default) =>
        (await database.ReadAsync(
            UpdateLeft,
            static row => row.GetInt64(0),
            cancellationToken,
            PostgreSqlDatabase.Value(appId),
            PostgreSqlDatabase.Value(walkStartedAt.ToUnixTimeMilliseconds())).ConfigureAwait(false))[0];

    public async IAsyncEnumerable<WeChatIdentity> ListAsync(string appId, string? afterOpenId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<WeChatIdentity> page;
        do
        {
            page = await database.ReadAsync(
                SelectPage,
                row => Read(row, appId, row.GetString(0), NullableText(row, 1), 2),
                cancellationToken,
                PostgreSqlDatabase.Value(appId),
                PostgreSqlDatabase.Value(afterOpenId ?? ""),
                PostgreSqlDatabase.Value(PageSize)).ConfigureAwait(false);
            foreach (var identity in page)
            {
                yield return identity;
                afterOpenId = identity.OpenId;
            }
        }
        while (page.Count == PageSize);
    }

    public async ValueTask<IdentityCoverage> GetCoverageAsync(string miniProgramAppId, string officialAccountAppId, CancellationToken cancellationToken = default) =>
        (await database.ReadAsync(
            SelectCoverage,
            static row => new IdentityCoverage(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)),
            cancellationToken,
            PostgreSqlDatabase.Value(miniProgramAppId),
            PostgreSqlDatabase.Value(officialAccountAppId)).ConfigureAwait(false))[0];

    public async ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            Delete,
            static row => Read(row, row.GetString(0), row.GetString(1), NullableText(row, 2), 3),
            cancellationToken,
            PostgreSqlDatabase.Value(appId),
            Text(openId)).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            DeleteByUnionId,
            static row => Read(row, row.GetString(0), row.GetString(1), NullableText(row, 2), 3),
            cancellationToken,
            Text(unionId)).ConfigureAwait(false);

    /// <summary>
    /// The batch in the order of its keys, so that two writers lock common rows in one order, and parted so that no part names an identity twice,
    /// which a statement refuses: its second observation comes in the second part, its third in the third.
    /// </summary>
    private static List<List<WeChatIdentity>> Rounds(WeChatIdentity[] batch)
    {
        var rounds = new List<List<WeChatIdentity>> { new(batch.Length) };
        WeChatIdentity? last = null;
        var round = 0;

        // A stable order: observations of one identity keep theirs.
        foreach (var observation in batch.Order(KeyOrder))
        {
            round = last is not null && KeyOrder.Compare(last, observation) == 0 ? round + 1 : 0;
            if (round == rounds.Count)
            {
                rounds.Add([]);
            }

            rounds[round].Add(observation);
            last = observation;
        }

        return rounds;
    }

    private static NpgsqlBatchCommand UpsertCommand(List<WeChatIdentity> round)
    {
        var appIds = new string[round.Count];
        var openIds = new string[round.Count];
        var unionIds = new string?[round.Count];
        var followStates = new short[round.Count];
        var observedAts = new long[round.Count];
        var detailsAts = new long?[round.Count];
        for (var i = 0; i < round.Count; i++)
        {
            appIds[i] = round[i].AppId;
            openIds[i] = round[i].OpenId;
            unionIds[i] = round[i].UnionId;
            followStates[i] = (short)round[i].FollowState;
            observedAts[i] = round[i].ObservedAt.ToUnixTimeMilliseconds();
            detailsAts[i] = round[i].DetailsAt?.ToUnixTimeMilliseconds();
        }

        return new NpgsqlBatchCommand(Upsert)
        {
            Parameters =
            {
                PostgreSqlDatabase.Value(appIds), PostgreSqlDatabase.Value(openIds), PostgreSqlDatabase.Value(unionIds),
                PostgreSqlDatabase.Value(followStates), PostgreSqlDatabase.Value(observedAts), PostgreSqlDatabase.Value(detailsAts),
            },
        };
    }

    private static WeChatIdentity Read(DbDataReader row, string appId, string openId, string? unionId, int stateColumn) => new(appId, openId)
    {
        UnionId = unionId,
        FollowState = (FollowState)row.GetInt16(stateColumn),
        ObservedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(stateColumn + 1)),
        DetailsAt = row.IsDBNull(stateColumn + 2) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(stateColumn + 2)),
    };

    private static bool IsPreferred(WeChatIdentity one, WeChatIdentity other)
    {
        var follows = one.FollowState == FollowState.Following;
        return follows != (other.FollowState == FollowState.Following) ? follows
            : one.ObservedAt != other.ObservedAt ? one.ObservedAt > other.ObservedAt
            : Utf8Order.Instance.Compare(one.OpenId, other.OpenId) < 0;
    }

    private static string? NullableText(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    // What no database can hold is sent as null, which equals nothing.
    private static string? Storable(string id) => StorableText.Fits(id) ? id : null;

    private static NpgsqlParameter Text(string id) => PostgreSqlDatabase.Value(Storable(id));

    private static NpgsqlParameter Texts(string[] ids) => PostgreSqlDatabase.Value(Array.TrueForAll(ids, static id => StorableText.Fits(id)) ? ids : Array.ConvertAll(ids, Storable));
}
