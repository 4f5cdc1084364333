using Npgsql;
using NpgsqlTypes;
using WeChat.UnionPush.Bare;
using WeChat.UnionPush.PostgreSql;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>The store on PostgreSQL, and Npgsql with one statement for a batch on the same table.</summary>
internal sealed class BenchmarkedPostgreSql : BenchmarkedStore
{
    private readonly TemporaryPostgreSql _database;
    private readonly PostgreSqlUnionPushStorage _storage;

    private BenchmarkedPostgreSql(TemporaryPostgreSql database)
    {
        _database = database;
        _storage = new PostgreSqlUnionPushStorage(database.Source);
    }

    public override IUnionIdRepository Identities => _storage.Identities;

    public static async Task<BenchmarkedPostgreSql> CreateAsync(string connectionString)
    {
        var store = new BenchmarkedPostgreSql(await TemporaryPostgreSql.CreateAsync(connectionString));
        await store._storage.EnsureSchemaAsync();
        return store;
    }

    public override Task ClearAsync() => _database.ExecuteAsync("truncate unionpush_identity");

    public override Task SettleAsync() => _database.ExecuteAsync("vacuum (analyze) unionpush_identity");

    public override async Task SaveByHandAsync(WeChatIdentity[] batch)
    {
        await using var upsert = _database.Source.CreateCommand(
            """
            insert into unionpush_identity as i (app_id, open_id, union_id, follow_state, observed_at, details_at)
            select * from unnest($1, $2, $3, $4, $5, $6)
            on conflict (app_id, open_id) do update
            set union_id = coalesce(excluded.union_id, i.union_id), follow_state = excluded.follow_state, observed_at = excluded.observed_at, details_at = excluded.details_at
            where i.observed_at <= excluded.observed_at
            """);
        upsert.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = Array.ConvertAll(batch, static identity => identity.AppId) });
        upsert.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = Array.ConvertAll(batch, static identity => identity.OpenId) });
        upsert.Parameters.Add(
            new NpgsqlParameter<string?[]> { TypedValue = Array.ConvertAll(batch, static identity => identity.UnionId), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        upsert.Parameters.Add(new NpgsqlParameter<short[]> { TypedValue = Array.ConvertAll(batch, static identity => (short)identity.FollowState) });
        upsert.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = Array.ConvertAll(batch, static identity => identity.ObservedAt.ToUnixTimeMilliseconds()) });
        upsert.Parameters.Add(new NpgsqlParameter<long?[]> { TypedValue = Array.ConvertAll(batch, static identity => identity.DetailsAt?.ToUnixTimeMilliseconds()) });
        await upsert.ExecuteNonQueryAsync();
    }

    public override async Task<Link?> ResolveByHandAsync(string appId, string openId, string targetAppId)
    {
        await using var select = Select("s.open_id = $2", new NpgsqlParameter<string> { TypedValue = openId }, appId, targetAppId);
        await using var rows = await select.ExecuteReaderAsync();
        return await rows.ReadAsync() ? Read(rows) : null;
    }

    public override async Task<List<Link>> ResolveByHandAsync(string appId, string[] openIds, string targetAppId)
    {
        await using var select = Select("s.open_id = any ($2)", new NpgsqlParameter<string[]> { TypedValue = openIds }, appId, targetAppId);
        var links = new List<Link>(openIds.Length);
        await using var rows = await select.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            links.Add(Read(rows));
        }

        return links;
    }

    public override async ValueTask DisposeAsync()
    {
        await _storage.DisposeAsync();
        await _database.DisposeAsync();
    }

    private static Link Read(NpgsqlDataReader row) => new(
        row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.IsDBNull(3) ? default : (FollowState)row.GetInt16(3));

    private NpgsqlCommand Select(string which, NpgsqlParameter openIds, string appId, string targetAppId)
    {
        var select = _database.Source.CreateCommand(
            $"""
            select s.open_id, s.union_id, t.open_id, t.follow_state
            from unionpush_identity s left join unionpush_identity t on t.app_id = $3 and t.union_id = s.union_id
            where s.app_id = $1 and {which}
            """);
        select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = appId });
        select.Parameters.Add(openIds);
        select.Parameters.Add(new NpgsqlParameter<string> { TypedValue = targetAppId });
        return select;
    }
}
