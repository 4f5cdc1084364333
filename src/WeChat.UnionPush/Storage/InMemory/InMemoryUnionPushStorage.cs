namespace WeChat.UnionPush.Storage;

/// <summary>Everything in this process's memory: the default.</summary>
internal sealed class InMemoryUnionPushStorage(TimeProvider timeProvider) : IUnionPushStorage
{
    public IUnionIdRepository Identities { get; } = new InMemoryUnionIdRepository(timeProvider);

    public IAccessTokenStore AccessTokens { get; } = new InMemoryAccessTokenStore(timeProvider);

    public IFollowerSyncStore FollowerSyncs { get; } = new InMemoryFollowerSyncStore(timeProvider);

    public IWeChatEventInbox EventInbox { get; } = new InMemoryWeChatEventInbox(timeProvider);

    public IMessageReceipts Receipts { get; } = new InMemoryMessageReceipts(timeProvider);

    public IBroadcastJournal Broadcasts { get; } = new InMemoryBroadcastJournal(timeProvider);

    public ISharedPace Pace { get; } = new InMemorySharedPace(timeProvider);

    public IConsentLedger Consents { get; } = new InMemoryConsentLedger();

    public IReachJournal Reach { get; } = new InMemoryReachJournal(timeProvider);

    public ValueTask EnsureSchemaAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return default;
    }
}
