using System.Data.Common;
using Npgsql;
using static WeChat.UnionPush.PostgreSql.PostgreSqlIdentityStatements;

namespace WeChat.UnionPush.PostgreSql;

/// <summary>Identities in one table, by the statements of <see cref="PostgreSqlIdentityStatements"/>.</summary>
internal sealed class PostgreSqlUnionIdRepository(PostgreSqlDatabase database, TimeProvider timeProvider)
    : SqlUnionIdRepository(database, timeProvider, DeleteOldErasures, SelectReach)
{
    public override async ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default)
    {
        var asked = Distinct.Of(openIds);
        return await database.ReadAsync(
            SelectIdentities,
            row => Read(row, appId, asked[row.GetInt32(0) - 1], NullableText(row, 1), 2),
            cancellationToken,
            PostgreSqlDatabase.Value(appId),
            Texts(asked)).ConfigureAwait(false);
    }

    public override async ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(
        string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default)
    {
        var asked = Distinct.Of(openIds);
        if (asked.Length == 1)
        {
            var holders = await database.ReadAsync(
                SelectLink,
                row => ReadLink(row, asked[0]),
                cancellationToken,
                PostgreSqlDatabase.Value(appId),
                Text(asked[0]),
                PostgreSqlDatabase.Value(targetAppId)).ConfigureAwait(false);
            return holders.Count <= 1 ? holders : [holders.Aggregate(Preferred)];
        }

        var links = new IdentityLink?[asked.Length];
        await database.ReadAsync(
            SelectLinks,
            row =>
            {
                ref var link = ref links[row.GetInt64(10) - 1];
                var other = ReadLink(row, asked[row.GetInt64(10) - 1]);
                return link = link is null ? other : Preferred(link, other);
            },
            cancellationToken,
            PostgreSqlDatabase.Value(appId),
            Texts(asked),
            PostgreSqlDatabase.Value(targetAppId)).ConfigureAwait(false);
        return [.. links.OfType<IdentityLink>()];

        static IdentityLink Preferred(IdentityLink one, IdentityLink other) => IdentityPreference.IsPreferred(other.Target!, one.Target!) ? other : one;

        IdentityLink ReadLink(DbDataReader row, string openId)
        {
            var source = Read(row, appId, openId, NullableText(row, 0), 1);
            return new(source, row.IsDBNull(5) ? null : Read(row, targetAppId, row.GetString(5), source.UnionId, 6));
        }
    }

    public override async ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(
        string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default)
    {
        var asked = Distinct.Of(unionIds);
        var found = new WeChatIdentity?[asked.Length];
        await database.ReadAsync(
            SelectByUnionIds,
            row =>
            {
                var i = row.GetInt32(0) - 1;
                var holder = Read(row, appId, row.GetString(1), asked[i], 2);
                found[i] = found[i] is not { } other || IdentityPreference.IsPreferred(holder, other) ? holder : other;
                return true;
            },
            cancellationToken,
            PostgreSqlDatabase.Value(appId),
            Texts(asked)).ConfigureAwait(false);
        return [.. found.OfType<WeChatIdentity>()];
    }

    public override async ValueTask<IReadOnlyList<string>> FindOutdatedAsync(
        string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default)
    {
        var asked = Distinct.Of(openIds);
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

    public override ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default) =>
        EraseAsync(Delete, [PostgreSqlDatabase.Value(appId), Text(openId), Moment], cancellationToken);

    public override ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default) =>
        EraseAsync(DeleteByUnionId, [Text(unionId), Moment], cancellationToken);

    protected override async ValueTask<SavedIdentities> SaveBatchAsync(WeChatIdentity[] batch, long? erasuresSeen, CancellationToken cancellationToken)
    {
        var saved = default(SavedIdentities);
        foreach (var part in await database.ReadAsync(
            [.. Rounds(batch).Select(round => UpsertCommand(round, erasuresSeen))],
            static row => new SavedIdentities(row.GetInt32(0), row.GetInt32(1)) { ReplacedUnionId = NullableText(row, 2) },
            cancellationToken).ConfigureAwait(false))
        {
            saved = new(saved.Added + part.Added, saved.UnionIdsChanged + part.UnionIdsChanged) { ReplacedUnionId = part.ReplacedUnionId ?? saved.ReplacedUnionId };
        }

        return saved;
    }

    private NpgsqlParameter Moment => PostgreSqlDatabase.Value(Now.ToUnixTimeMilliseconds());

    /// <summary>Erasures come one after the other, and after the writers before them, so that none of these brings back who is erased.</summary>
    private async ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        var erase = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            erase.Parameters.Add(parameter);
        }

        return await database.ReadAsync(
            [new NpgsqlBatchCommand(LockErasures), erase],
            static row => Read(row, row.GetString(0), row.GetString(1), NullableText(row, 2), 3),
            cancellationToken).ConfigureAwait(false);
    }

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
        foreach (var observation in batch.Order(IdentityBatch.KeyOrder))
        {
            round = last is not null && IdentityBatch.KeyOrder.Compare(last, observation) == 0 ? round + 1 : 0;
            if (round == rounds.Count)
            {
                rounds.Add([]);
            }

            rounds[round].Add(observation);
            last = observation;
        }

        return rounds;
    }

    private static NpgsqlBatchCommand UpsertCommand(List<WeChatIdentity> round, long? erasuresSeen)
    {
        var appIds = new string[round.Count];
        var openIds = new string[round.Count];
        var unionIds = new string?[round.Count];
        var followStates = new short[round.Count];
        var observedAts = new long[round.Count];
        var detailsAts = new long?[round.Count];
        var followChangedAts = new long?[round.Count];
        for (var i = 0; i < round.Count; i++)
        {
            appIds[i] = round[i].AppId;
            openIds[i] = round[i].OpenId;
            unionIds[i] = round[i].UnionId;
            followStates[i] = (short)round[i].FollowState;
            observedAts[i] = round[i].ObservedAt.ToUnixTimeMilliseconds();
            detailsAts[i] = round[i].DetailsAt?.ToUnixTimeMilliseconds();
            followChangedAts[i] = round[i].FollowChangedAt?.ToUnixTimeMilliseconds();
        }

        return new NpgsqlBatchCommand(Upsert)
        {
            Parameters =
            {
                PostgreSqlDatabase.Value(appIds), PostgreSqlDatabase.Value(openIds), PostgreSqlDatabase.Value(unionIds),
                PostgreSqlDatabase.Value(followStates), PostgreSqlDatabase.Value(observedAts), PostgreSqlDatabase.Value(detailsAts),
                PostgreSqlDatabase.Value(followChangedAts), PostgreSqlDatabase.Value(erasuresSeen),
            },
        };
    }

    private static WeChatIdentity Read(DbDataReader row, string appId, string openId, string? unionId, int stateColumn) => new(appId, openId)
    {
        UnionId = unionId,
        FollowState = (FollowState)row.GetInt16(stateColumn),
        ObservedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(stateColumn + 1)),
        DetailsAt = row.IsDBNull(stateColumn + 2) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(stateColumn + 2)),
        FollowChangedAt = row.IsDBNull(stateColumn + 3) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(stateColumn + 3)),
    };

    private static string? NullableText(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    // What no database can hold is sent as null, which equals nothing.
    private static string? Storable(string id) => StorableText.Fits(id) ? id : null;

    private static NpgsqlParameter Text(string id) => PostgreSqlDatabase.Value(Storable(id));

    private static NpgsqlParameter Texts(string[] ids) =>
        PostgreSqlDatabase.Value(Array.TrueForAll(ids, static id => StorableText.Fits(id)) ? ids : Array.ConvertAll(ids, Storable));
}
