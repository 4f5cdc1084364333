using System.Text;
using MySqlConnector;
using WeChat.UnionPush.Bare;
using WeChat.UnionPush.MySql;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>The store on MySQL or MariaDB, and MySqlConnector with one statement for a batch on the same table.</summary>
internal sealed class BenchmarkedMySql : BenchmarkedStore
{
    private readonly TemporaryMySql _database;
    private readonly MySqlUnionPushStorage _storage;

    private BenchmarkedMySql(TemporaryMySql database)
    {
        _database = database;
        _storage = new MySqlUnionPushStorage(database.Source);
    }

    public override IUnionIdRepository Identities => _storage.Identities;

    public static async Task<BenchmarkedMySql> CreateAsync(string connectionString)
    {
        var store = new BenchmarkedMySql(await TemporaryMySql.CreateAsync(connectionString));
        await store._storage.EnsureSchemaAsync();
        return store;
    }

    public override Task ClearAsync() => _database.ExecuteAsync("truncate table unionpush_identity");

    public override Task SettleAsync() => _database.ExecuteAsync("analyze table unionpush_identity");

    public override async Task SaveByHandAsync(WeChatIdentity[] batch)
    {
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var command = TemporaryMySql.Upsert(Array.ConvertAll(batch, static identity => new TemporaryMySql.Row(
            identity.AppId, identity.OpenId, identity.UnionId, (int)identity.FollowState, identity.ObservedAt.ToUnixTimeMilliseconds(),
            identity.DetailsAt?.ToUnixTimeMilliseconds())));
        command.Connection = connection;
        await command.ExecuteNonQueryAsync();
    }

    public override async Task<Link?> ResolveByHandAsync(string appId, string openId, string targetAppId)
    {
        var links = await ResolveByHandAsync(appId, [openId], targetAppId);
        return links.Count == 0 ? null : links[0];
    }

    public override async Task<List<Link>> ResolveByHandAsync(string appId, string[] openIds, string targetAppId)
    {
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var select = new MySqlCommand(
            $"""
            select s.open_id, s.union_id, t.open_id, t.follow_state
            from unionpush_identity s left join unionpush_identity t on t.union_id = s.union_id and t.app_id = ?
            where s.app_id = ? and s.open_id in (?{new StringBuilder().Insert(0, ",?", openIds.Length - 1)})
            """,
            connection);
        select.Parameters.Add(new MySqlParameter { Value = targetAppId });
        select.Parameters.Add(new MySqlParameter { Value = appId });
        foreach (var openId in openIds)
        {
            select.Parameters.Add(new MySqlParameter { Value = openId });
        }

        var links = new List<Link>(openIds.Length);
        await using var rows = await select.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            links.Add(new(
                rows.GetString(0), rows.IsDBNull(1) ? null : rows.GetString(1), rows.IsDBNull(2) ? null : rows.GetString(2),
                rows.IsDBNull(3) ? default : (FollowState)rows.GetInt32(3)));
        }

        return links;
    }

    public override async ValueTask DisposeAsync()
    {
        await _storage.DisposeAsync();
        await _database.DisposeAsync();
    }
}
