using System.Data.Common;
using Npgsql;

namespace WeChat.UnionPush.PostgreSql;

/// <summary>Every store of the library on PostgreSQL, for any number of machines.</summary>
/// <remarks>
/// <para>The tables must be there: call <see cref="EnsureSchemaAsync"/> at the start, or run the package's <c>schema/postgresql.sql</c> with the host's
/// own migrations.</para>
/// <para>The database holds access tokens: who can read <c>unionpush_access_token</c> can send as the account.</para>
/// <para>Leases end by the clocks of the machines, which should agree to well under the length of a lease: seconds, where leases last a minute.</para>
/// </remarks>
public sealed class PostgreSqlUnionPushStorage : IUnionPushStorage, IAsyncDisposable, IDisposable
{
    private const int DefaultPoolSize = 16;

    private readonly PostgreSqlDatabase _database;
    private readonly SqlStores _stores;
    private readonly DbDataSource? _owned;

    /// <summary>Uses a data source of the host's, which stays the host's to dispose.</summary>
    /// <param name="dataSource">Where to connect. With <c>Max Auto Prepare</c> in its connection string the server plans each statement once.</param>
    /// <param name="timeProvider">The clock that leases end by; <see langword="null"/> is the machine's.</param>
    public PostgreSqlUnionPushStorage(NpgsqlDataSource dataSource, TimeProvider? timeProvider = null)
        : this(dataSource, timeProvider ?? TimeProvider.System, Schema)
    {
    }

    /// <summary>Makes a data source of its own; nothing is opened yet.</summary>
    /// <param name="connectionString">As Npgsql reads it. <c>Max Auto Prepare</c> is 32 and <c>Maximum Pool Size</c> 16 where it is not given: calls
    /// that find no free connection wait for one, <c>Timeout</c> (15 s) at the most, and several hosts do not use up the server's <c>max_connections</c>;
    /// behind a pooler that cannot keep prepared statements, give a data source instead.</param>
    /// <param name="timeProvider">The clock that leases end by; <see langword="null"/> is the machine's.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read or names no host.</exception>
    public PostgreSqlUnionPushStorage(string connectionString, TimeProvider? timeProvider = null)
        : this(CreateDataSource(connectionString), timeProvider) => _owned = _database.DataSource;

    internal PostgreSqlUnionPushStorage(NpgsqlDataSource dataSource, TimeProvider timeProvider, string schema)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        _database = new PostgreSqlDatabase(dataSource, new(dataSource.ConnectionString), new SchemaScript(schema));
        _stores = new SqlStores(_database, timeProvider);
        Identities = new PostgreSqlUnionIdRepository(_database, timeProvider);
        EventInbox = new PostgreSqlWeChatEventInbox(_database, timeProvider);
        Receipts = new PostgreSqlMessageReceipts(_database, timeProvider);
    }

    internal static string Schema => SchemaScript.TextBeside(typeof(PostgreSqlUnionPushStorage));

    /// <summary>Identities of all apps.</summary>
    public IUnionIdRepository Identities { get; }

    /// <summary>Access tokens that all machines share.</summary>
    public IAccessTokenStore AccessTokens => _stores.AccessTokens;

    /// <summary>Cursors of follower walks.</summary>
    public IFollowerSyncStore FollowerSyncs => _stores.FollowerSyncs;

    /// <summary>Pushed events that wait for their handlers.</summary>
    public IWeChatEventInbox EventInbox { get; }

    /// <summary>Receipts of accepted messages.</summary>
    public IMessageReceipts Receipts { get; }

    /// <summary>What is written down of broadcasts.</summary>
    public IBroadcastJournal Broadcasts => _stores.Broadcasts;

    /// <summary>Pace and day's calls over all processes.</summary>
    public ISharedPace Pace => _stores.Pace;

    /// <summary>How many subscribe messages each person has still allowed.</summary>
    public IConsentLedger Consents => _stores.Consents;

    /// <summary>On which channel a message was sent, and who may be sent customer service messages.</summary>
    public IReachJournal Reach => _stores.Reach;

    /// <summary>
    /// Makes the tables where they are missing, in the first schema of the search path, and brings older ones up to date; does nothing where they are
    /// current. Machines that start at once wait for each other.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call, which then happened whole or not at all.</param>
    /// <exception cref="UnionPushStorageException">The server cannot be reached, the user may not create tables, the database is not encoded in UTF8, or
    /// its tables were made by a newer version of the library.</exception>
    public ValueTask EnsureSchemaAsync(CancellationToken cancellationToken = default) => _database.EnsureSchemaAsync(cancellationToken);

    /// <summary>Closes the connections, where this object made the data source.</summary>
    public ValueTask DisposeAsync() => _owned?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Closes the connections, where this object made the data source.</summary>
    public void Dispose() => _owned?.Dispose();

    private static NpgsqlDataSource CreateDataSource(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        if (builder.MaxAutoPrepare == 0)
        {
            builder.MaxAutoPrepare = 32;
        }

        var given = new System.Data.Common.DbConnectionStringBuilder { ConnectionString = connectionString };
        if (!given.Keys.Cast<string>().Any(static key => key.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant() is "MAXIMUMPOOLSIZE" or "MAXPOOLSIZE"))
        {
            // The driver's own 100 are all that a server allows by default, and several hosts have a pool each.
            builder.MaxPoolSize = Math.Max(DefaultPoolSize, builder.MinPoolSize);
        }

        return NpgsqlDataSource.Create(builder);
    }
}
