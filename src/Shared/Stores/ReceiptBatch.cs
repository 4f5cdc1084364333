namespace WeChat.UnionPush;

/// <summary>What every store does with a batch of receipts before it saves them.</summary>
internal static class ReceiptBatch
{
    private static readonly Comparer<MessageReceipt> KeyOrder = Comparer<MessageReceipt>.Create(static (x, y) =>
        string.CompareOrdinal(x.AppId, y.AppId) is var byApp && byApp != 0 ? byApp : x.MessageId.CompareTo(y.MessageId));

    /// <summary>Each message once, as a statement requires, sorted by key. All writers use this order, so two of them lock shared rows in the same order.</summary>
    public static MessageReceipt[] Merged(IReadOnlyCollection<MessageReceipt> receipts)
    {
        ArgumentNullException.ThrowIfNull(receipts);
        return [.. receipts
            .GroupBy(static receipt => (receipt.AppId, receipt.MessageId))
            .Select(static same => same.Aggregate(static (known, next) => known.MergedWith(next)))
            .Order(KeyOrder)];
    }
}
