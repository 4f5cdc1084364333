using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Sqlite;

/// <summary>
/// Every store of the library on one SQLite file, which any number of processes of one machine may share. The schema is made at the first use.
/// </summary>
/// <remarks>
/// <para>The file is kept in write-ahead mode with <c>synchronous = normal</c>: a process that is killed never damages it and loses nothing that
/// was committed; a power cut never damages it either, and may take the last transactions. Of identities the next sync and the next sign-in bring them
/// back; pushed events that were answered in the moment before are lost.</para>
/// <para>The file holds access tokens, so it belongs where only the service can read it. Write-ahead mode needs a local disk, not a network share.</para>
/// <para>Leases end by the clock of the machine.</para>
/// </remarks>
public sealed class SqliteUnionPushStorage : IUnionPushStorage, IAsyncDisposable, IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly SqlStores _stores;

    /// <summary>Names the file; nothing is opened yet.</summary>
    /// <param name="connectionString">As <c>Microsoft.Data.Sqlite</c> reads it, such as <c>Data Source=unionpush.db</c>. <c>Default Timeout</c> (30 s) says
    /// how long another process that writes is waited for. A database in memory is refused: it would be another one for every connection.</param>
    /// <param name="timeProvider">The clock that leases end by; <see langword="null"/> is the machine's.</param>
    /// <exception cref="ArgumentException">The connection string cannot be read or names no file.</exception>
    public SqliteUnionPushStorage(string connectionString, TimeProvider? timeProvider = null)
        : this(connectionString, timeProvider ?? TimeProvider.System, Schema)
    {
    }

    internal SqliteUnionPushStorage(string connectionString, TimeProvider timeProvider, string schema, ILogger? logger = null)
    {
        _database = new SqliteDatabase(connectionString, new SchemaScript(schema), logger);
        _stores = new SqlStores(_database, timeProvider);
        Identities = new SqliteUnionIdRepository(_database, timeProvider);
        EventInbox = new SqliteWeChatEventInbox(_database, timeProvider);
        Receipts = new SqliteMessageReceipts(_database, timeProvider);
    }

    internal static string Schema => SchemaScript.TextBeside(typeof(SqliteUnionPushStorage));

    /// <summary>Identities of all apps.</summary>
    public IUnionIdRepository Identities { get; }

    /// <summary>Access tokens that the processes on this file share.</summary>
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
    /// Makes the file and its tables where they are missing, and brings older ones up to date; does nothing where they are current. The first use of
    /// any store does it too; calling it at the start shows a wrong path or a missing right at once.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait for another writer of this process.</param>
    /// <exception cref="UnionPushStorageException">The file cannot be opened or written, or was made by a newer version of the library.</exception>
    public ValueTask EnsureSchemaAsync(CancellationToken cancellationToken = default) => _database.EnsureSchemaAsync(cancellationToken);

    /// <summary>Closes the file. Stores used later throw <see cref="ObjectDisposedException"/>.</summary>
    public ValueTask DisposeAsync() => _database.DisposeAsync();

    /// <summary>Closes the file. Stores used later throw <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose() => _database.Dispose();
}
