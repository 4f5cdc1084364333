using System.Text;
using MySqlConnector;

namespace WeChat.UnionPush.Bare;

/// <summary>A database of its own on a MySQL or MariaDB, which is dropped afterwards, and what one writes by hand into the library's table.</summary>
internal sealed class TemporaryMySql : IAsyncDisposable
{
    private readonly string _name;

    private TemporaryMySql(string connectionString)
    {
        _name = $"benchmark_{Guid.NewGuid():N}";
        Source = new MySqlDataSource(new MySqlConnectionStringBuilder(connectionString) { Database = _name, ConnectionReset = false }.ConnectionString);
    }

    public MySqlDataSource Source { get; }

    public static async Task<TemporaryMySql> CreateAsync(string connectionString)
    {
        var database = new TemporaryMySql(connectionString);
        await using var admin = new MySqlDataSource(connectionString);
        await ExecuteAsync(admin, $"create database {database._name}");
        return database;
    }

    /// <summary>One statement that saves all rows, newer ones over older ones.</summary>
    public static MySqlCommand Upsert(IReadOnlyList<Row> rows)
    {
        var text = new StringBuilder("insert into unionpush_identity (app_id, open_id, union_id, follow_state, observed_at, details_at) values ");
        var command = new MySqlCommand();
        for (var i = 0; i < rows.Count; i++)
        {
            text.Append(i == 0 ? "(?,?,?,?,?,?)" : ",(?,?,?,?,?,?)");
            command.Parameters.Add(new MySqlParameter { Value = rows[i].AppId });
            command.Parameters.Add(new MySqlParameter { Value = rows[i].OpenId });
            command.Parameters.Add(new MySqlParameter { Value = rows[i].UnionId });
            command.Parameters.Add(new MySqlParameter { Value = rows[i].FollowState });
            command.Parameters.Add(new MySqlParameter { Value = rows[i].ObservedAt });
            command.Parameters.Add(new MySqlParameter { Value = rows[i].DetailsAt });
        }

        command.CommandText = text.Append(
            """
             on duplicate key update
                union_id = coalesce(values(union_id), union_id), follow_state = if(observed_at <= values(observed_at), values(follow_state), follow_state),
                observed_at = greatest(observed_at, values(observed_at)), details_at = coalesce(values(details_at), details_at)
            """).ToString();
        return command;
    }

    public Task ExecuteAsync(string sql) => ExecuteAsync(Source, sql);

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"drop database {_name}");
        await Source.DisposeAsync();
    }

    private static async Task ExecuteAsync(MySqlDataSource source, string sql)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A row of the library's table.</summary>
    internal readonly record struct Row(string AppId, string OpenId, string? UnionId, int FollowState, long ObservedAt, long? DetailsAt);
}
