using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure;
using WeChat.UnionPush.EntityFrameworkCore;

namespace WeChat.UnionPush.Tests;

/// <summary>A host's context on a SQLite file of its own for each data.</summary>
public sealed class EntityFrameworkSqliteStores : IStores
{
    public async ValueTask<StoredData> CreateAsync()
    {
        var folder = new TemporaryFolder();
        var contexts = EntityFrameworkContexts.Of<HostContext>(options => options.UseSqlite($"Data Source={folder["shop.db"]};Pooling=false"));
        await new EntityFrameworkUnionPushStorage<HostContext>(contexts).EnsureSchemaAsync();
        return new StoredData(
            clock => new EntityFrameworkUnionPushStorage<HostContext>(contexts, clock),
            () =>
            {
                folder.Dispose();
                return default;
            });
    }
}

/// <summary>A host's context in a PostgreSQL schema of its own for each data.</summary>
public sealed class EntityFrameworkPostgreSqlStores(PostgreSqlServer server) : IStores
{
    public async ValueTask<StoredData> CreateAsync()
    {
        var contexts = await CreateContextsAsync();
        return new StoredData(clock => new EntityFrameworkUnionPushStorage<HostContext>(contexts, clock));
    }

    public async Task<IDbContextFactory<HostContext>> CreateContextsAsync(Action<NpgsqlDbContextOptionsBuilder>? configure = null)
    {
        // Each test has a pool of its own, which lives as long as the process.
        var connectionString = await server.CreateDatabaseAsync() + ";Connection Idle Lifetime=2;Connection Pruning Interval=1";
        var contexts = EntityFrameworkContexts.Of<HostContext>(options => options.UseNpgsql(connectionString, configure));
        await using var context = await contexts.CreateDbContextAsync();
        await context.GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
        return contexts;
    }
}

/// <summary>Contexts as a host registers them.</summary>
internal static class EntityFrameworkContexts
{
    public static IDbContextFactory<TContext> Of<TContext>(Action<DbContextOptionsBuilder<TContext>> configure)
        where TContext : DbContext
    {
        var options = new DbContextOptionsBuilder<TContext>();
        configure(options);
        return new PooledDbContextFactory<TContext>(options.Options);
    }
}
