using MySqlConnector;
using WeChat.UnionPush;
using WeChat.UnionPush.MySql;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps a registration's stores in MySQL or MariaDB.</summary>
public static class MySqlBuilderExtensions
{
    /// <summary>
    /// Keeps everything in MySQL 8, MariaDB 10.6 or a server that speaks their language, which any number of machines share. The tables must be there: call
    /// <c>EnsureSchemaAsync</c> of the registration's <c>IUnionPushStorage</c> at the start, or run the package's <c>schema/mysql.sql</c>.
    /// </summary>
    /// <param name="builder">The registration. Named ones without stores of their own use those of the default one.</param>
    /// <param name="connectionString">As MySqlConnector reads it, such as <c>Server=db;Database=shop;User ID=shop;Password=…</c>.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read, or names no server.</exception>
    public static WeChatUnionPushBuilder UseMySql(this WeChatUnionPushBuilder builder, string connectionString)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ConnectionText.Check(connectionString, "MySQL", "Server=db;Database=shop;User ID=shop;Password=…", static text => new MySqlConnectionStringBuilder(text).Server);
        return builder.UseStorage(services => new MySqlUnionPushStorage(connectionString, services.GetRequiredService<TimeProvider>()));
    }

    /// <summary>The same over a data source of the host's, which stays the host's to configure and to dispose.</summary>
    /// <param name="builder">The registration. Named ones without stores of their own use those of the default one.</param>
    /// <param name="dataSource">Finds the data source among the host's services.</param>
    public static WeChatUnionPushBuilder UseMySql(this WeChatUnionPushBuilder builder, Func<IServiceProvider, MySqlDataSource> dataSource)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(dataSource);
        return builder.UseStorage(services => new MySqlUnionPushStorage(dataSource(services), services.GetRequiredService<TimeProvider>()));
    }
}
