using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using WeChat.UnionPush.PostgreSql;

namespace WeChat.UnionPush;

/// <summary>Keeps a registration's stores in PostgreSQL.</summary>
public static class PostgreSqlBuilderExtensions
{
    /// <summary>
    /// Keeps identities, access tokens, sync cursors, pushed events and receipts in PostgreSQL, which any number of machines share. The tables must be
    /// there: call <see cref="PostgreSqlUnionPushStorage.EnsureSchemaAsync"/> of the registration's <see cref="PostgreSqlUnionPushStorage"/> (a service, keyed as the others
    /// are) at the start, or run the package's <c>schema/postgresql.sql</c>.
    /// </summary>
    /// <param name="builder">The registration. Named ones without stores of their own use those of the default one.</param>
    /// <param name="connectionString">As Npgsql reads it, such as <c>Host=db;Database=shop;Username=shop;Password=…</c>.</param>
    /// <exception cref="ArgumentException">The connection string is empty.</exception>
    public static WeChatUnionPushBuilder UsePostgreSql(this WeChatUnionPushBuilder builder, string connectionString)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        return Use(builder, services => new PostgreSqlUnionPushStorage(connectionString, services.GetRequiredService<TimeProvider>()));
    }

    /// <summary>The same over a data source of the host's, which stays the host's to configure and to dispose.</summary>
    /// <param name="builder">The registration. Named ones without stores of their own use those of the default one.</param>
    /// <param name="dataSource">Finds the data source among the host's services.</param>
    public static WeChatUnionPushBuilder UsePostgreSql(this WeChatUnionPushBuilder builder, Func<IServiceProvider, NpgsqlDataSource> dataSource)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        return Use(builder, services => new PostgreSqlUnionPushStorage(dataSource(services), services.GetRequiredService<TimeProvider>()));
    }

    private static WeChatUnionPushBuilder Use(WeChatUnionPushBuilder builder, Func<IServiceProvider, PostgreSqlUnionPushStorage> create)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var key = builder.ServiceKey;
        builder.Services.Replace(new ServiceDescriptor(typeof(PostgreSqlUnionPushStorage), key, (services, _) => create(services), ServiceLifetime.Singleton));
        return builder
            .UseRepository(services => Storage(services).Identities)
            .UseAccessTokenStore(services => Storage(services).AccessTokens)
            .UseFollowerSyncStore(services => Storage(services).FollowerSyncs)
            .UseEventInbox(services => Storage(services).EventInbox)
            .UseMessageReceipts(services => Storage(services).Receipts);

        PostgreSqlUnionPushStorage Storage(IServiceProvider services) =>
            key is null ? services.GetRequiredService<PostgreSqlUnionPushStorage>() : services.GetRequiredKeyedService<PostgreSqlUnionPushStorage>(key);
    }
}
