using Microsoft.Data.Sqlite;
using WeChat.UnionPush.Sqlite;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>The store on SQLite, and Microsoft.Data.Sqlite with prepared commands on the same file.</summary>
internal sealed class BenchmarkedSqlite : BenchmarkedStore
{
    private readonly DirectoryInfo _directory;
    private readonly SqliteUnionPushStorage _storage;
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _upsert;
    private readonly SqliteCommand _select;

    private BenchmarkedSqlite(DirectoryInfo directory, string connectionString, SqliteUnionPushStorage storage)
    {
        _directory = directory;
        _storage = storage;
        _connection = new SqliteConnection(connectionString);
        _connection.Open();
        using var settings = Command("pragma synchronous = normal; pragma cache_size = -4000;");
        settings.ExecuteNonQuery();
        _upsert = Command(
            """
            insert into unionpush_identity (app_id, open_id, union_id, follow_state, observed_at, details_at) values ($app, $open, $union, $state, $observed, $details)
            on conflict (app_id, open_id) do update
            set union_id = coalesce(excluded.union_id, union_id), follow_state = excluded.follow_state, observed_at = excluded.observed_at, details_at = excluded.details_at
            where observed_at <= excluded.observed_at
            """,
            "$app", "$open", "$union", "$state", "$observed", "$details");
        _select = Command(
            """
            select s.union_id, t.open_id, t.follow_state
            from unionpush_identity s left join unionpush_identity t indexed by unionpush_identity_union_id on t.app_id = $target and t.union_id = s.union_id
            where s.app_id = $app and s.open_id = $open
            """,
            "$app", "$open", "$target");
    }

    public override IUnionIdRepository Identities => _storage.Identities;

    public static async Task<BenchmarkedSqlite> CreateAsync()
    {
        var directory = Directory.CreateTempSubdirectory("unionpush-benchmark-");
        var connectionString = $"Data Source={Path.Combine(directory.FullName, "identities.db")};Pooling=False";
        var storage = new SqliteUnionPushStorage(connectionString);
        await storage.EnsureSchemaAsync();
        return new BenchmarkedSqlite(directory, connectionString, storage);
    }

    public override Task ClearAsync()
    {
        using var clear = Command("delete from unionpush_identity; pragma wal_checkpoint(truncate);");
        clear.ExecuteNonQuery();
        return Task.CompletedTask;
    }

    public override Task SaveByHandAsync(WeChatIdentity[] batch)
    {
        using var transaction = _connection.BeginTransaction();
        _upsert.Transaction = transaction;
        foreach (var identity in batch)
        {
            _upsert.Parameters[0].Value = identity.AppId;
            _upsert.Parameters[1].Value = identity.OpenId;
            _upsert.Parameters[2].Value = (object?)identity.UnionId ?? DBNull.Value;
            _upsert.Parameters[3].Value = (int)identity.FollowState;
            _upsert.Parameters[4].Value = identity.ObservedAt.ToUnixTimeMilliseconds();
            _upsert.Parameters[5].Value = (object?)identity.DetailsAt?.ToUnixTimeMilliseconds() ?? DBNull.Value;
            _upsert.ExecuteNonQuery();
        }

        transaction.Commit();
        return Task.CompletedTask;
    }

    public override Task<Link?> ResolveByHandAsync(string appId, string openId, string targetAppId)
    {
        _select.Transaction = null;
        return Task.FromResult(Resolve(appId, openId, targetAppId));
    }

    public override Task<List<Link>> ResolveByHandAsync(string appId, string[] openIds, string targetAppId)
    {
        var links = new List<Link>(openIds.Length);
        using var transaction = _connection.BeginTransaction(deferred: true);
        _select.Transaction = transaction;
        foreach (var openId in openIds)
        {
            if (Resolve(appId, openId, targetAppId) is { } link)
            {
                links.Add(link);
            }
        }

        transaction.Commit();
        return Task.FromResult(links);
    }

    public override async ValueTask DisposeAsync()
    {
        _upsert.Dispose();
        _select.Dispose();
        _connection.Dispose();
        await _storage.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private Link? Resolve(string appId, string openId, string targetAppId)
    {
        _select.Parameters[0].Value = appId;
        _select.Parameters[1].Value = openId;
        _select.Parameters[2].Value = targetAppId;
        using var row = _select.ExecuteReader();
        return row.Read()
            ? new Link(openId, row.IsDBNull(0) ? null : row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.IsDBNull(2) ? default : (FollowState)row.GetInt32(2))
            : null;
    }

    private SqliteCommand Command(string sql, params string[] parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = parameter });
        }

        return command;
    }
}
