using Microsoft.Data.Sqlite;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.LoadTests;

/// <summary>
/// The join by hand in an SQLite file: the library's own table and settings, one prepared upsert with parameters, and as many rows in a transaction
/// as the library writes.
/// </summary>
internal sealed class BareSqliteIdentities : IBareIdentities, IDisposable
{
    private const int BatchSize = 2_000;

    private readonly List<BareFollower> _pending = new(BatchSize + 100);
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _upsert;

    public BareSqliteIdentities(string file)
    {
        _connection = new SqliteConnection($"Data Source={file};Pooling=False");
        _connection.Open();
        Execute(
            """
            pragma journal_mode = wal;
            pragma synchronous = normal;
            create table identity
            (
                app_id       text    not null,
                open_id      text    not null,
                union_id     text,
                follow_state integer not null,
                observed_at  integer not null,
                details_at   integer,
                primary key (app_id, open_id)
            ) strict, without rowid;
            create index identity_union_id on identity (union_id, app_id) where union_id is not null;
            """);
        _upsert = _connection.CreateCommand();
        _upsert.CommandText =
            """
            insert into identity (app_id, open_id, union_id, follow_state, observed_at, details_at) values ($app, $open, $union, $state, $at, $at)
            on conflict (app_id, open_id) do update
            set union_id = coalesce(excluded.union_id, union_id), follow_state = excluded.follow_state, observed_at = excluded.observed_at, details_at = excluded.details_at
            where observed_at <= excluded.observed_at
            """;
        _upsert.Parameters.AddWithValue("$app", Samples.OfficialAccountAppId);
        _upsert.Parameters.Add("$open", SqliteType.Text);
        _upsert.Parameters.Add("$union", SqliteType.Text);
        _upsert.Parameters.Add("$state", SqliteType.Integer);
        _upsert.Parameters.Add("$at", SqliteType.Integer);
        _upsert.Prepare();
    }

    public void Save(List<BareFollower> followers)
    {
        lock (_pending)
        {
            _pending.AddRange(followers);
            if (_pending.Count >= BatchSize)
            {
                Write();
            }
        }
    }

    public void End() => Write();

    public int CountLinked()
    {
        using var count = _connection.CreateCommand();
        count.CommandText = "select count(*) from identity where union_id is not null";
        return Convert.ToInt32(count.ExecuteScalar());
    }

    public void Dispose()
    {
        _upsert.Dispose();
        _connection.Dispose();
    }

    private void Write()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        using var transaction = _connection.BeginTransaction();
        _upsert.Transaction = transaction;
        foreach (var follower in _pending)
        {
            _upsert.Parameters["$open"].Value = follower.OpenId;
            _upsert.Parameters["$union"].Value = (object?)follower.UnionId ?? DBNull.Value;
            _upsert.Parameters["$state"].Value = follower.Subscribe == 0 ? 2 : 1;
            _upsert.Parameters["$at"].Value = now;
            _upsert.ExecuteNonQuery();
        }

        transaction.Commit();
        _pending.Clear();
    }

    private void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
