namespace WeChat.UnionPush.Storage;

/// <summary>Receipts in this process's memory: the default.</summary>
internal sealed class InMemoryMessageReceipts(TimeProvider time) : IMessageReceipts
{
    private readonly object _gate = new();
    private readonly Dictionary<(string AppId, long MessageId), Row> _rows = [];

    public ValueTask SaveAsync(IReadOnlyCollection<MessageReceipt> receipts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(receipts);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var now = time.GetUtcNow();
            foreach (var receipt in receipts)
            {
                var name = (receipt.AppId, receipt.MessageId);
                _rows[name] = new(_rows.TryGetValue(name, out var known) ? known.Receipt.MergedWith(receipt) : receipt, now);
            }
        }

        return default;
    }

    public ValueTask<IReadOnlyList<MessageReceipt>> FindAsync(string appId, IReadOnlyCollection<long> messageIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messageIds);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var found = new List<MessageReceipt>(messageIds.Count);
            foreach (var messageId in messageIds.Distinct())
            {
                if (_rows.TryGetValue((appId, messageId), out var row))
                {
                    found.Add(row.Receipt);
                }
            }

            return new(found);
        }
    }

    public ValueTask<IReadOnlyList<MessageReceipt>> FindByCorrelationIdAsync(
        string appId, IReadOnlyCollection<string> correlationIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(correlationIds);
        cancellationToken.ThrowIfCancellationRequested();
        var wanted = correlationIds.ToHashSet(StringComparer.Ordinal);
        lock (_gate)
        {
            return new([.. Of(appId).Select(row => row.Receipt).Where(receipt => receipt.CorrelationId is { } correlationId && wanted.Contains(correlationId))]);
        }
    }

    public ValueTask<IReadOnlyList<MessageReceipt>> ListAsync(string appId, MessageReceiptQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            return new([.. Of(appId).Select(static row => row.Receipt).Where(query.Includes).Order(MessageReceiptQuery.Order).Take(query.Limit)]);
        }
    }

    public ValueTask ForgetRecipientsAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openIds);
        cancellationToken.ThrowIfCancellationRequested();
        var gone = openIds.ToHashSet(StringComparer.Ordinal);
        lock (_gate)
        {
            foreach (var row in Of(appId).Where(row => row.Receipt.OpenId is { } openId && gone.Contains(openId)).ToList())
            {
                _rows[(appId, row.Receipt.MessageId)] = row with { Receipt = row.Receipt with { OpenId = "" } };
            }
        }

        return default;
    }

    public ValueTask<int> ExpireAsync(DateTimeOffset savedBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var expired = _rows.Where(pair => pair.Value.SavedAt < savedBefore).Take(limit).Select(pair => pair.Key).ToList();
            expired.ForEach(name => _rows.Remove(name));
            return new(expired.Count);
        }
    }

    private IEnumerable<Row> Of(string appId) => _rows.Values.Where(row => string.Equals(row.Receipt.AppId, appId, StringComparison.Ordinal));

    private readonly record struct Row(MessageReceipt Receipt, DateTimeOffset SavedAt);
}
