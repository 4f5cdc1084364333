namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>What is known of one accepted message.</summary>
internal class ReceiptRow
{
    public string AppId { get; set; } = null!;

    public long MessageId { get; set; }

    /// <summary>The recipient's; null where it is not known or was forgotten.</summary>
    public string? OpenId { get; set; }

    public string? TemplateId { get; set; }

    public string? CorrelationId { get; set; }

    /// <summary>The recipient was forgotten on request. A flag, for some databases have no empty texts.</summary>
    public bool IsForgotten { get; set; }

    public long? SentAt { get; set; }

    public int? Status { get; set; }

    public string? StatusText { get; set; }

    public long? FinishedAt { get; set; }

    public long ListedAt { get; set; }

    public long SavedAt { get; set; }

    /// <summary>Counts the writes, so that nobody writes over what they have not read.</summary>
    public long Version { get; set; }

    public static ReceiptRow Of(MessageReceipt receipt, long savedAt, long version) => new()
    {
        AppId = receipt.AppId,
        MessageId = receipt.MessageId,
        OpenId = string.IsNullOrEmpty(receipt.OpenId) ? null : receipt.OpenId,
        TemplateId = receipt.TemplateId,
        CorrelationId = receipt.CorrelationId,
        IsForgotten = receipt.OpenId?.Length == 0,
        SentAt = receipt.SentAt?.ToUnixTimeMilliseconds(),
        Status = (int?)receipt.Status,
        StatusText = receipt.StatusText,
        FinishedAt = receipt.FinishedAt?.ToUnixTimeMilliseconds(),
        ListedAt = receipt.ListedAt.ToUnixTimeMilliseconds(),
        SavedAt = savedAt,
        Version = version,
    };

    public MessageReceipt ToReceipt() => new(AppId, MessageId)
    {
        OpenId = IsForgotten ? "" : OpenId,
        TemplateId = TemplateId,
        CorrelationId = CorrelationId,
        SentAt = IdentityRow.Time(SentAt),
        Status = (TemplateDeliveryStatus?)Status,
        StatusText = StatusText,
        FinishedAt = IdentityRow.Time(FinishedAt),
    };
}
