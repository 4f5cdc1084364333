namespace WeChat.UnionPush.Tests.Push;

/// <summary>Everything in memory, with a reach journal that counts its calls and goes through something beside a write.</summary>
internal sealed class MoodyReachStorage(TimeProvider time) : IUnionPushStorage
{
    private readonly InMemoryUnionPushStorage _inner = new(time);
    private Journal? _journal;

    public IUnionIdRepository Identities => _inner.Identities;

    public IAccessTokenStore AccessTokens => _inner.AccessTokens;

    public IFollowerSyncStore FollowerSyncs => _inner.FollowerSyncs;

    public IWeChatEventInbox EventInbox => _inner.EventInbox;

    public IMessageReceipts Receipts => _inner.Receipts;

    public IConsentLedger Consents => _inner.Consents;

    public IReachJournal Reach => _journal ??= new Journal(this, _inner.Reach);

    /// <summary>How often the journal was called.</summary>
    public int Calls { get; private set; }

    private (string Prefix, Func<Task> Run, bool IsAfter)? Next { get; set; }

    /// <summary>Goes through something, once, before the next write of a note whose key begins so.</summary>
    public void BeforeNextWrite(string prefix, Func<Task> run) => Next = (prefix, run, false);

    /// <summary>The same right after it.</summary>
    public void AfterNextWrite(string prefix, Func<Task> run) => Next = (prefix, run, true);

    public ValueTask EnsureSchemaAsync(CancellationToken cancellationToken = default) => _inner.EnsureSchemaAsync(cancellationToken);

    private sealed class Journal(MoodyReachStorage storage, IReachJournal inner) : IReachJournal
    {
        public ValueTask<ReachNote?> FindAsync(string appId, string key, CancellationToken cancellationToken = default)
        {
            storage.Calls++;
            return inner.FindAsync(appId, key, cancellationToken);
        }

        public ValueTask<IReadOnlyDictionary<string, ReachNote>> FindAsync(string appId, IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
        {
            storage.Calls++;
            return inner.FindAsync(appId, keys, cancellationToken);
        }

        public async ValueTask<ReachNote?> TryWriteAsync(
            string appId, string key, ReachNote? before, string value, DateTimeOffset expiresAt, CancellationToken cancellationToken = default)
        {
            storage.Calls++;
            if (storage.Next is not { } next || !key.StartsWith(next.Prefix, StringComparison.Ordinal))
            {
                return await inner.TryWriteAsync(appId, key, before, value, expiresAt, cancellationToken);
            }

            storage.Next = null;
            if (!next.IsAfter)
            {
                await next.Run();
            }

            var written = await inner.TryWriteAsync(appId, key, before, value, expiresAt, cancellationToken);
            if (next.IsAfter)
            {
                await next.Run();
            }

            return written;
        }

        public ValueTask<IReadOnlyList<KeyValuePair<string, ReachNote>>> ListAsync(
            string appId, string prefix, string? afterKey, int limit, CancellationToken cancellationToken = default)
        {
            storage.Calls++;
            return inner.ListAsync(appId, prefix, afterKey, limit, cancellationToken);
        }

        public ValueTask DeleteAsync(string appId, IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default)
        {
            storage.Calls++;
            return inner.DeleteAsync(appId, keys, cancellationToken);
        }

        public ValueTask<int> ExpireAsync(DateTimeOffset expiredBefore, int limit, CancellationToken cancellationToken = default)
        {
            storage.Calls++;
            return inner.ExpireAsync(expiredBefore, limit, cancellationToken);
        }
    }
}
