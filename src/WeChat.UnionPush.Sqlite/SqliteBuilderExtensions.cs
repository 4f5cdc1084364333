using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using WeChat.UnionPush.Sqlite;

namespace WeChat.UnionPush;

/// <summary>Keeps a registration's stores in an SQLite file.</summary>
public static class SqliteBuilderExtensions
{
    /// <summary>
    /// Keeps identities, access tokens, sync cursors, pushed events and receipts in one SQLite file, which processes of one machine may share. The file and
    /// its tables are made at the first use. The registration's <see cref="SqliteUnionPushStorage"/> is a service, keyed as the others are.
    /// </summary>
    /// <param name="builder">The registration. Named ones without stores of their own use those of the default one.</param>
    /// <param name="connectionString">As <c>Microsoft.Data.Sqlite</c> reads it, such as <c>Data Source=unionpush.db</c>.</param>
    /// <exception cref="ArgumentException">The connection string is empty.</exception>
    public static WeChatUnionPushBuilder UseSqlite(this WeChatUnionPushBuilder builder, string connectionString)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        var key = builder.ServiceKey;
        builder.Services.Replace(new ServiceDescriptor(
            typeof(SqliteUnionPushStorage),
            key,
            (services, _) => new SqliteUnionPushStorage(connectionString, services.GetRequiredService<TimeProvider>()),
            ServiceLifetime.Singleton));
        return builder
            .UseRepository(services => Storage(services).Identities)
            .UseAccessTokenStore(services => Storage(services).AccessTokens)
            .UseFollowerSyncStore(services => Storage(services).FollowerSyncs)
            .UseEventInbox(services => Storage(services).EventInbox)
            .UseMessageReceipts(services => Storage(services).Receipts);

        SqliteUnionPushStorage Storage(IServiceProvider services) =>
            key is null ? services.GetRequiredService<SqliteUnionPushStorage>() : services.GetRequiredKeyedService<SqliteUnionPushStorage>(key);
    }
}
