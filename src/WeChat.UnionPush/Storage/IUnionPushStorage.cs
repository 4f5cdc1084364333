namespace WeChat.UnionPush.Storage;

/// <summary>
/// All stores of one database. <c>UseStorage</c> chooses it for a registration; <c>UseSqlite</c> and <c>UsePostgreSql</c> do that with those of the
/// library, and without a choice everything is in memory. A single store can still be replaced afterwards, such as with <c>UseAccessTokenStore</c>.
/// </summary>
/// <remarks>
/// Each property gives the same object every time. A storage that is <see cref="IAsyncDisposable"/> or <see cref="IDisposable"/> is disposed with the
/// host's services, and disposes its stores. Each store's contract has conformance cases in the <c>WeChat.UnionPush.Testing</c> package.
/// </remarks>
public interface IUnionPushStorage
{
    /// <summary>Identities of all apps.</summary>
    IUnionIdRepository Identities { get; }

    /// <summary>Access tokens that processes share.</summary>
    IAccessTokenStore AccessTokens { get; }

    /// <summary>The state of the walks over followers.</summary>
    IFollowerSyncStore FollowerSyncs { get; }

    /// <summary>Pushed events that wait for their handlers.</summary>
    IWeChatEventInbox EventInbox { get; }

    /// <summary>Receipts of accepted messages.</summary>
    IMessageReceipts Receipts { get; }

    /// <summary>What is written down of broadcasts; <see langword="null"/>, the default, where the storage keeps none, so that no broadcast can be started.</summary>
    IBroadcastJournal? Broadcasts => null;

    /// <summary>Pace and day's calls over all machines; <see langword="null"/>, the default, where the storage keeps none: then each process keeps its own.</summary>
    ISharedPace? Pace => null;

    /// <summary>How many subscribe messages each person has still allowed; <see langword="null"/>, the default, where the storage does not keep it: then it is not known.</summary>
    IConsentLedger? Consents => null;

    /// <summary>On which channel a message was sent, and who may be sent customer service messages; <see langword="null"/>, the default, where the storage keeps no such notes:
    /// then <c>AddReach</c> cannot be used.</summary>
    IReachJournal? Reach => null;

    /// <summary>
    /// Makes what the stores need, such as tables, where it is missing, and brings an older version of it up to date; does nothing where it is current or
    /// where nothing is needed. Many processes may call it at once.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="UnionPushStorageException">The database cannot be reached or does not allow it, or a newer version of the library made what is there.</exception>
    ValueTask EnsureSchemaAsync(CancellationToken cancellationToken = default);
}
