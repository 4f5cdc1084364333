using System.Data.Common;
using MySqlConnector;

namespace WeChat.UnionPush.MySql;

/// <summary>Every store of the library on MySQL 8, MariaDB 10.6 or a server that speaks their language, for any number of machines.</summary>
/// <remarks>
/// <para>The tables must be there: call <see cref="EnsureSchemaAsync"/> at the start, or run the package's <c>schema/mysql.sql</c> with the host's own
/// migrations. The character set and the collation of the database do not matter.</para>
/// <para>The database holds access tokens: who can read <c>unionpush_access_token</c> can send as the account.</para>
/// <para>Leases end by the clocks of the machines, which should agree to well under the length of a lease: seconds, where leases last a minute.</para>
/// </remarks>
public sealed class MySqlUnionPushStorage : IUnionPushStorage, IAsyncDisposable, IDisposable
{
    private readonly MySqlDatabase _database;
    private readonly SqlStores _stores;
    private readonly DbDataSource? _owned;

    /// <summary>Uses a data source of the host's, which stays the host's to dispose.</summary>
    /// <param name="dataSource">Where to connect. With <c>Connection Reset=false</c> in its connection string a look-up is one round trip.</param>
    /// <param name="timeProvider">The clock that leases end by; <see langword="null"/> is the machine's.</param>
    /// <exception cref="ArgumentException">The connection string says <c>Use Affected Rows=true</c>, which makes the driver count otherwise.</exception>
    public MySqlUnionPushStorage(MySqlDataSource dataSource, TimeProvider? timeProvider = null)
        : this(dataSource, timeProvider ?? TimeProvider.System, Schema)
    {
    }

    /// <summary>Makes a data source of its own; nothing is opened yet.</summary>
    /// <param name="connectionString">As MySqlConnector reads it. <c>Connection Reset</c> is off where it is not given: the library leaves nothing behind in
    /// its connections.</param>
    /// <param name="timeProvider">The clock that leases end by; <see langword="null"/> is the machine's.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read, or says <c>Use Affected Rows=true</c>.</exception>
    public MySqlUnionPushStorage(string connectionString, TimeProvider? timeProvider = null)
        : this(CreateDataSource(connectionString), timeProvider) => _owned = _database.DataSource;

    internal MySqlUnionPushStorage(MySqlDataSource dataSource, TimeProvider timeProvider, string schema, bool skipsLocked = true)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        var settings = new MySqlConnectionStringBuilder(dataSource.ConnectionString);
        if (settings.UseAffectedRows)
        {
            throw new ArgumentException("The connection string says \"Use Affected Rows=true\". The library counts the rows that are found; leave it out.", nameof(dataSource));
        }

        _database = new MySqlDatabase(dataSource, settings, new SchemaScript(schema));
        _stores = new SqlStores(_database, timeProvider);
        Identities = new MySqlUnionIdRepository(_database, timeProvider);
        EventInbox = new MySqlWeChatEventInbox(_database, timeProvider, skipsLocked);
        Receipts = new MySqlMessageReceipts(_database, timeProvider);
    }

    internal static string Schema => SchemaScript.TextBeside(typeof(MySqlUnionPushStorage));

    /// <inheritdoc/>
    public IUnionIdRepository Identities { get; }

    /// <inheritdoc/>
    public IAccessTokenStore AccessTokens => _stores.AccessTokens;

    /// <inheritdoc/>
    public IFollowerSyncStore FollowerSyncs => _stores.FollowerSyncs;

    /// <inheritdoc/>
    public IWeChatEventInbox EventInbox { get; }

    /// <inheritdoc/>
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
    /// Makes the tables where they are missing and brings older ones up to date; does nothing where they are current. Machines that start at once wait for
    /// each other. The server does not undo half a change of tables; called again, this goes on where it ended.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="UnionPushStorageException">The server cannot be reached, the user may not create tables, or a newer version of the library made them.</exception>
    public ValueTask EnsureSchemaAsync(CancellationToken cancellationToken = default) => _database.EnsureSchemaAsync(cancellationToken);

    /// <summary>Closes the connections, where this object made the data source.</summary>
    public ValueTask DisposeAsync() => _owned?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Closes the connections, where this object made the data source.</summary>
    public void Dispose() => _owned?.Dispose();

    private static MySqlDataSource CreateDataSource(string connectionString)
    {
        var builder = new MySqlConnectionStringBuilder(connectionString);
        builder.ConnectionReset &= builder.ContainsKey("Connection Reset");
        return new MySqlDataSource(builder.ConnectionString);
    }
}
