using Microsoft.Extensions.Logging;
using WeChat.UnionPush;
using WeChat.UnionPush.Sqlite;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps a registration's stores in an SQLite file.</summary>
public static class SqliteBuilderExtensions
{
    /// <summary>
    /// Keeps identities, access tokens, sync cursors, pushed events and receipts in one SQLite file, which processes of one machine may share. The file and
    /// its tables are made at the first use, readable by the file's owner alone. The registration's <see cref="SqliteUnionPushStorage"/> is a service, keyed as the others are.
    /// </summary>
    /// <param name="builder">The registration. Named ones without stores of their own use those of the default one.</param>
    /// <param name="connectionString">As <c>Microsoft.Data.Sqlite</c> reads it, such as <c>Data Source=unionpush.db</c>.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read, or names no file.</exception>
    public static WeChatUnionPushBuilder UseSqlite(this WeChatUnionPushBuilder builder, string connectionString)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        SqliteFile.Read(connectionString);
        return builder.UseStorage(services => new SqliteUnionPushStorage(
            connectionString, services.GetRequiredService<TimeProvider>(), SqliteUnionPushStorage.Schema, services.GetService<ILogger<SqliteUnionPushStorage>>()));
    }
}
