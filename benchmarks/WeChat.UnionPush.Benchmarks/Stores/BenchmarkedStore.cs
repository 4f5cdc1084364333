namespace WeChat.UnionPush.Benchmarks;

/// <summary>A store, and the same work by hand on the same driver, tables and settings.</summary>
public abstract class BenchmarkedStore : IAsyncDisposable
{
    public const string PostgreSqlVariable = "UNIONPUSH_POSTGRESQL";

    /// <summary>The stores that this machine has: PostgreSQL where the variable holds a connection string.</summary>
    public static IEnumerable<string> Names => Environment.GetEnvironmentVariable(PostgreSqlVariable) is null ? ["Memory", "Sqlite"] : ["Memory", "Sqlite", "PostgreSql"];

    public abstract IUnionIdRepository Identities { get; }

    public static async Task<BenchmarkedStore> OpenAsync(string name) => name switch
    {
        "Sqlite" => await BenchmarkedSqlite.CreateAsync(),
        "PostgreSql" => await BenchmarkedPostgreSql.CreateAsync(Environment.GetEnvironmentVariable(PostgreSqlVariable)!),
        _ => new BenchmarkedMemory(),
    };

    public abstract Task ClearAsync();

    /// <summary>What the server does by itself some time after a load, so that it does not do so during a measurement.</summary>
    public virtual Task SettleAsync() => Task.CompletedTask;

    public abstract Task SaveByHandAsync(WeChatIdentity[] batch);

    /// <summary>The person behind an openid in the target app: what a push has to know of it.</summary>
    public abstract Task<Link?> ResolveByHandAsync(string appId, string openId, string targetAppId);

    public abstract Task<List<Link>> ResolveByHandAsync(string appId, string[] openIds, string targetAppId);

    public abstract ValueTask DisposeAsync();

    /// <summary>No UnionID, no target and not following are three answers.</summary>
    public readonly record struct Link(string OpenId, string? UnionId, string? Target, FollowState State);
}
