using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.LoadTests;

/// <summary>An empty place for a store, which is gone afterwards: an SQLite file, or a database on a server.</summary>
internal sealed class TemporaryDatabase : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("unionpush-load-");

    public string File => Path.Combine(_directory.FullName, "identities.db");

    public TemporaryMySql? MySql { get; private init; }

    public TemporaryPostgreSql? PostgreSql { get; private init; }

    public static async Task<TemporaryDatabase> CreateAsync(Store store) => store switch
    {
        Store.MySql => new() { MySql = await TemporaryMySql.CreateAsync(Connection("UNIONPUSH_MYSQL")) },
        Store.PostgreSql => new() { PostgreSql = await TemporaryPostgreSql.CreateAsync(Connection("UNIONPUSH_POSTGRESQL")) },
        _ => new(),
    };

    /// <summary>Chooses the store for a host.</summary>
    public void ChooseFor(WeChatUnionPushBuilder builder, Store store) => _ = store switch
    {
        Store.Sqlite => builder.UseSqlite($"Data Source={File}"),
        Store.MySql => builder.UseMySql(_ => MySql!.Source),
        Store.PostgreSql => builder.UsePostgreSql(_ => PostgreSql!.Source),
        _ => builder,
    };

    public async ValueTask DisposeAsync()
    {
        await (MySql?.DisposeAsync() ?? default);
        await (PostgreSql?.DisposeAsync() ?? default);
        _directory.Delete(recursive: true);
    }

    private static string Connection(string variable) =>
        Environment.GetEnvironmentVariable(variable) ?? throw new InvalidOperationException($"{variable} must hold a connection string.");
}
