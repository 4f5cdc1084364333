using Npgsql;
using WeChat.UnionPush;
using WeChat.UnionPush.PostgreSql;

namespace Microsoft.Extensions.DependencyInjection;

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
    /// <exception cref="ArgumentException">The connection string cannot be read, or names no server.</exception>
    public static WeChatUnionPushBuilder UsePostgreSql(this WeChatUnionPushBuilder builder, string connectionString)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ConnectionText.Check(connectionString, "PostgreSQL", "Host=db;Database=shop;Username=shop;Password=…", static text => new NpgsqlConnectionStringBuilder(text).Host);
        return builder.UseStorage(services => new PostgreSqlUnionPushStorage(connectionString, services.GetRequiredService<TimeProvider>()));
    }

    /// <summary>The same over a data source of the host's, which stays the host's to configure and to dispose.</summary>
    /// <param name="builder">The registration. Named ones without stores of their own use those of the default one.</param>
    /// <param name="dataSource">Finds the data source among the host's services.</param>
    public static WeChatUnionPushBuilder UsePostgreSql(this WeChatUnionPushBuilder builder, Func<IServiceProvider, NpgsqlDataSource> dataSource)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(dataSource);
        return builder.UseStorage(services => new PostgreSqlUnionPushStorage(dataSource(services), services.GetRequiredService<TimeProvider>()));
    }
}
