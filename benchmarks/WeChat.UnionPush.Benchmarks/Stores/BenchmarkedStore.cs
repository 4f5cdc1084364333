namespace WeChat.UnionPush.Benchmarks;

/// <summary>A store, and the same work by hand on the same driver, tables and settings.</summary>
public abstract class BenchmarkedStore : IAsyncDisposable
{
    public const string PostgreSqlVariable = "UNIONPUSH_POSTGRESQL";
    public const string MySqlVariable = "UNIONPUSH_MYSQL";

    /// <summary>The stores that this machine has: PostgreSQL and MySQL where the variables hold connection strings.</summary>
    public static IEnumerable<string> Names =>
    [
        "Memory", "Sqlite", "EfSqlite",
        .. Environment.GetEnvironmentVariable(PostgreSqlVariable) is null ? Array.Empty<string>() : ["PostgreSql", "EfPostgreSql"],
        .. Environment.GetEnvironmentVariable(MySqlVariable) is null ? Array.Empty<string>() : ["MySql"],
    ];

    public abstract IUnionIdRepository Identities { get; }

    public static async Task<BenchmarkedStore> OpenAsync(string name) => name switch
    {
        "Sqlite" => await BenchmarkedSqlite.CreateAsync(),
        "PostgreSql" => await BenchmarkedPostgreSql.CreateAsync(Environment.GetEnvironmentVariable(PostgreSqlVariable)!),
        "EfSqlite" => await BenchmarkedEntityFramework.CreateOnSqliteAsync(),
        "EfPostgreSql" => await BenchmarkedEntityFramework.CreateOnPostgreSqlAsync(Environment.GetEnvironmentVariable(PostgreSqlVariable)!),
        "MySql" => await BenchmarkedMySql.CreateAsync(Environment.GetEnvironmentVariable(MySqlVariable)!),
        _ => new BenchmarkedMemory(),
    };

    public abstract Task ClearAsync();

    /// <summary>Runs what the server would do by itself some time after a load, so that it does not happen during a measurement.</summary>
    public virtual Task SettleAsync() => Task.CompletedTask;

    public abstract Task SaveByHandAsync(WeChatIdentity[] batch);

    /// <summary>The person behind an openid in the target app, as a push needs it.</summary>
    public abstract Task<Link?> ResolveByHandAsync(string appId, string openId, string targetAppId);

    public abstract Task<List<Link>> ResolveByHandAsync(string appId, string[] openIds, string targetAppId);

    public abstract ValueTask DisposeAsync();

    /// <summary>No UnionID, no target and not following are three answers.</summary>
    public readonly record struct Link(string OpenId, string? UnionId, string? Target, FollowState State);
}
