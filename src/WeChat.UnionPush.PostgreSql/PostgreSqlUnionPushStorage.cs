using Npgsql;

namespace WeChat.UnionPush.PostgreSql;

/// <summary>Every store of the library on PostgreSQL, for any number of machines.</summary>
/// <remarks>
/// <para>The tables must be there: call <see cref="EnsureSchemaAsync"/> at the start, or run the package's <c>schema/postgresql.sql</c> with the host's
/// own migrations.</para>
/// <para>The database holds access tokens: who can read <c>unionpush_access_token</c> can send as the account.</para>
/// <para>Leases end by the clocks of the machines, which should agree to well under the length of a lease: seconds, where leases last a minute.</para>
/// </remarks>
public sealed class PostgreSqlUnionPushStorage : IAsyncDisposable
{
    private readonly PostgreSqlDatabase _database;
    private readonly NpgsqlDataSource? _owned;

    /// <summary>Uses a data source of the host's, which stays the host's to dispose.</summary>
    /// <param name="dataSource">Where to connect. With <c>Max Auto Prepare</c> in its connection string the server plans each statement once.</param>
    /// <param name="timeProvider">The clock that leases end by; <see langword="null"/> is the machine's.</param>
    public PostgreSqlUnionPushStorage(NpgsqlDataSource dataSource, TimeProvider? timeProvider = null)
        : this(dataSource, timeProvider ?? TimeProvider.System, Schema)
    {
    }

    /// <summary>Makes a data source of its own; nothing is opened yet.</summary>
    /// <param name="connectionString">As Npgsql reads it. <c>Max Auto Prepare</c> is 32 where it is not given; behind a pooler that cannot keep prepared
    /// statements, give a data source instead.</param>
    /// <param name="timeProvider">The clock that leases end by; <see langword="null"/> is the machine's.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read or names no host.</exception>
    public PostgreSqlUnionPushStorage(string connectionString, TimeProvider? timeProvider = null)
        : this(CreateDataSource(connectionString), timeProvider) => _owned = _database.DataSource;

    internal PostgreSqlUnionPushStorage(NpgsqlDataSource dataSource, TimeProvider timeProvider, string schema)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        _database = new PostgreSqlDatabase(dataSource, new SchemaScript(schema));
        Identities = new PostgreSqlUnionIdRepository(_database);
        AccessTokens = new PostgreSqlAccessTokenStore(_database, timeProvider);
        FollowerSyncs = new PostgreSqlFollowerSyncStore(_database, timeProvider);
        EventInbox = new PostgreSqlWeChatEventInbox(_database, timeProvider);
        Receipts = new PostgreSqlMessageReceipts(_database, timeProvider);
    }

    internal static string Schema => SchemaScript.TextBeside(typeof(PostgreSqlUnionPushStorage));

    /// <summary>Identities of all apps.</summary>
    public IUnionIdRepository Identities { get; }

    /// <summary>Access tokens that all machines share.</summary>
    public IAccessTokenStore AccessTokens { get; }

    /// <summary>Cursors of follower walks.</summary>
    public IFollowerSyncStore FollowerSyncs { get; }

    /// <summary>Pushed events that wait for their handlers.</summary>
    public IWeChatEventInbox EventInbox { get; }

    /// <summary>Receipts of accepted messages.</summary>
    public IMessageReceipts Receipts { get; }

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

    private static NpgsqlDataSource CreateDataSource(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        if (builder.MaxAutoPrepare == 0)
        {
            builder.MaxAutoPrepare = 32;
        }

        return NpgsqlDataSource.Create(builder);
    }
}
