namespace WeChat.UnionPush.Tests.Receipts;

/// <summary>Receipts that tell how often old ones were asked to go, so that a test need not sleep.</summary>
internal sealed class WatchedReceipts(IMessageReceipts inner) : IMessageReceipts
{
    private int _sweeps;
    private int _failures;
    private int _expired;

    /// <summary>Runs before receipts are saved; throws to make the store fail.</summary>
    public Action? Saving { get; set; }

    /// <summary>Runs before old receipts are deleted; throws to make the store fail.</summary>
    public Action? Expiring { get; set; }

    public int LargestBatch { get; private set; }

    /// <summary>How often old receipts were asked to go, to the last batch.</summary>
    public int Sweeps => Volatile.Read(ref _sweeps);

    /// <summary>How often that failed.</summary>
    public int Failures => Volatile.Read(ref _failures);

    /// <summary>How many receipts went.</summary>
    public int Expired => Volatile.Read(ref _expired);

    public ValueTask SaveAsync(IReadOnlyCollection<MessageReceipt> receipts, CancellationToken cancellationToken = default)
    {
        Saving?.Invoke();
        return inner.SaveAsync(receipts, cancellationToken);
    }

    public ValueTask<IReadOnlyList<MessageReceipt>> ListAsync(string appId, MessageReceiptQuery query, CancellationToken cancellationToken = default) =>
        inner.ListAsync(appId, query, cancellationToken);

    public ValueTask<IReadOnlyList<MessageReceipt>> FindAsync(string appId, IReadOnlyCollection<long> messageIds, CancellationToken cancellationToken = default) =>
        inner.FindAsync(appId, messageIds, cancellationToken);

    public ValueTask<IReadOnlyList<MessageReceipt>> FindByCorrelationIdAsync(
        string appId, IReadOnlyCollection<string> correlationIds, CancellationToken cancellationToken = default) =>
        inner.FindByCorrelationIdAsync(appId, correlationIds, cancellationToken);

    public ValueTask ForgetRecipientsAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default) =>
        inner.ForgetRecipientsAsync(appId, openIds, cancellationToken);

    public async ValueTask<int> ExpireAsync(DateTimeOffset savedBefore, int limit, CancellationToken cancellationToken = default)
    {
        try
        {
            Expiring?.Invoke();
            var expired = await inner.ExpireAsync(savedBefore, limit, cancellationToken);
            LargestBatch = Math.Max(LargestBatch, expired);
            Interlocked.Add(ref _expired, expired);
            Interlocked.Add(ref _sweeps, expired < limit ? 1 : 0);
            return expired;
        }
        catch (InvalidOperationException)
        {
            Interlocked.Increment(ref _failures);
            throw;
        }
    }
}
