using MySqlConnector;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.LoadTests;

/// <summary>The join by hand on MySQL or MariaDB: the library's own table, and one statement for as many rows as the library writes at once.</summary>
internal sealed class BareMySqlIdentities(MySqlDataSource source) : IBareIdentities
{
    private const int BatchSize = 2_000;

    private readonly List<BareFollower> _pending = new(BatchSize + 100);

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
        using var connection = source.OpenConnection();
        using var count = new MySqlCommand("select count(*) from unionpush_identity where union_id is not null", connection);
        return Convert.ToInt32(count.ExecuteScalar());
    }

    private void Write()
    {
        if (_pending.Count == 0)
        {
            return;
        }

        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        using var connection = source.OpenConnection();
        using var command = TemporaryMySql.Upsert(_pending.ConvertAll(
            follower => new TemporaryMySql.Row(Samples.OfficialAccountAppId, follower.OpenId, follower.UnionId, follower.Subscribe == 0 ? 2 : 1, now, now)));
        command.Connection = connection;
        command.ExecuteNonQuery();
        _pending.Clear();
    }
}
