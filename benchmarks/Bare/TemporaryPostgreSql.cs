using Npgsql;

namespace WeChat.UnionPush.Bare;

/// <summary>A schema of its own on a PostgreSQL, which is dropped afterwards.</summary>
internal sealed class TemporaryPostgreSql : IAsyncDisposable
{
    private readonly string _name;

    private TemporaryPostgreSql(string connectionString)
    {
        _name = $"benchmark_{Guid.NewGuid():N}";
        Source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = _name, MaxAutoPrepare = 20 });
    }

    public NpgsqlDataSource Source { get; }

    public static async Task<TemporaryPostgreSql> CreateAsync(string connectionString)
    {
        var database = new TemporaryPostgreSql(connectionString);
        await database.ExecuteAsync($"create schema {database._name}");
        return database;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"drop schema {_name} cascade");
        await Source.DisposeAsync();
    }
}
