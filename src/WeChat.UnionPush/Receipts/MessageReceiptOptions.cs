namespace WeChat.UnionPush;

/// <summary>How receipts of accepted messages are kept; counts once <c>AddReceipts</c> was called.</summary>
public sealed class MessageReceiptOptions
{
    /// <summary>
    /// How long a receipt is kept after it was last written; 30 days by default. Older ones are deleted every ten minutes by every host that runs.
    /// </summary>
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(30);
}
