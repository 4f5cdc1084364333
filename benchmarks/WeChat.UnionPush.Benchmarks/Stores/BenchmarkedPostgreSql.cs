using Npgsql;
using NpgsqlTypes;
using WeChat.UnionPush.PostgreSql;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>The store on PostgreSQL, and Npgsql with one statement for a batch on the same table.</summary>
internal sealed class BenchmarkedPostgreSql : BenchmarkedStore
{
    private readonly string _schema;
    private readonly NpgsqlDataSource _source;
    private readonly PostgreSqlUnionPushStorage _storage;

    private BenchmarkedPostgreSql(string schema, NpgsqlDataSource source)
    {
        _schema = schema;
        _source = source;
        _storage = new PostgreSqlUnionPushStorage(source);
    }

    public override IUnionIdRepository Identities => _storage.Identities;

    /// <summary>A schema of its own, which is dropped afterwards.</summary>
    public static async Task<BenchmarkedPostgreSql> CreateAsync(string connectionString)
    {
        var schema = $"benchmark_{Guid.NewGuid():N}";
        await using (var admin = NpgsqlDataSource.Create(connectionString))
        {
            await ExecuteAsync(admin, $"create schema {schema}");
        }

        var store = new BenchmarkedPostgreSql(schema, NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = schema, MaxAutoPrepare = 20 }));
        await store._storage.EnsureSchemaAsync();
        return store;
    }

    public override Task ClearAsync() => ExecuteAsync(_source, "truncate unionpush_identity");

    public override Task SettleAsync() => ExecuteAsync(_source, "vacuum (analyze) unionpush_identity");

    public override async Task SaveByHandAsync(WeChatIdentity[] batch)
    {
        await using var upsert = _source.CreateCommand(
            """
            insert into unionpush_identity as i (app_id, open_id, union_id, follow_state, observed_at, details_at)
            select * from unnest($1, $2, $3, $4, $5, $6)
            on conflict (app_id, open_id) do update
            set union_id = coalesce(excluded.union_id, i.union_id), follow_state = excluded.follow_state, observed_at = excluded.observed_at, details_at = excluded.details_at
            where i.observed_at <= excluded.observed_at
            """);
        upsert.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = Array.ConvertAll(batch, static identity => identity.AppId) });
        upsert.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = Array.ConvertAll(batch, static identity => identity.OpenId) });
        upsert.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = Array.ConvertAll(batch, static identity => identity.UnionId), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
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
        await ExecuteAsync(_source, $"drop schema {_schema} cascade");
        await _storage.DisposeAsync();
        await _source.DisposeAsync();
    }

    private static Link Read(NpgsqlDataReader row) => new(
        row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.IsDBNull(3) ? default : (FollowState)row.GetInt16(3));

    private NpgsqlCommand Select(string which, NpgsqlParameter openIds, string appId, string targetAppId)
    {
        var select = _source.CreateCommand(
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

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
