namespace WeChat.UnionPush;

/// <summary>The stores that are the same in every SQL database.</summary>
internal sealed class SqlStores(ISqlDatabase database, TimeProvider timeProvider)
{
    public IAccessTokenStore AccessTokens { get; } = new SqlAccessTokenStore(database, timeProvider);

    public IFollowerSyncStore FollowerSyncs { get; } = new SqlFollowerSyncStore(database, timeProvider);

    public IBroadcastJournal Broadcasts { get; } = new SqlBroadcastJournal(database, timeProvider);

    public ISharedPace Pace { get; } = new SqlSharedPace(database, timeProvider);

    public IConsentLedger Consents { get; } = new SqlConsentLedger(database);

    public IReachJournal Reach { get; } = new SqlReachJournal(database, timeProvider);
}
