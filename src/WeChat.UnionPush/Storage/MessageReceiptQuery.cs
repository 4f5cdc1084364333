namespace WeChat.UnionPush.Storage;

/// <summary>Which receipts of an account <see cref="IMessageReceipts.ListAsync"/> lists. By default the newest hundred.</summary>
public sealed record MessageReceiptQuery
{
    /// <summary>The order of lists: the newest first by <see cref="MessageReceipt.ListedAt"/>, and within a millisecond the higher message id first.</summary>
    public static IComparer<MessageReceipt> Order { get; } = Comparer<MessageReceipt>.Create(static (x, y) =>
        x.ListedAt != y.ListedAt ? y.ListedAt.CompareTo(x.ListedAt) : y.MessageId.CompareTo(x.MessageId));

    /// <summary>Only those of this time or later, by <see cref="MessageReceipt.ListedAt"/>, cut to the millisecond.</summary>
    public DateTimeOffset? From { get; init => field = value is { } time ? Millisecond.Cut(time) : null; }

    /// <summary>Only those before this time, by <see cref="MessageReceipt.ListedAt"/>, cut to the millisecond.</summary>
    public DateTimeOffset? Before { get; init => field = value is { } time ? Millisecond.Cut(time) : null; }

    /// <summary>Only those with this outcome.</summary>
    public TemplateDeliveryStatus? Status { get; init; }

    /// <summary>Only those whose outcome is known (<see langword="true"/>) or not known yet (<see langword="false"/>).</summary>
    public bool? HasOutcome { get; init; }

    /// <summary>Continues after this receipt, the last one of the previous page. Only its app, message id and <see cref="MessageReceipt.ListedAt"/> are used.</summary>
    public MessageReceipt? After { get; init; }

    /// <summary>How many at most; 100 by default, at least one.</summary>
    public int Limit
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 100;

    /// <summary>Whether a receipt matches. For stores that check their receipts one by one and then sort them by <see cref="Order"/>.</summary>
    /// <param name="receipt">A receipt of the account.</param>
    public bool Includes(MessageReceipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        return !(receipt.ListedAt < From)
            && !(receipt.ListedAt >= Before)
            && (Status is null || receipt.Status == Status)
            && (HasOutcome is null || receipt.Status is not null == HasOutcome)
            && (After is null || Order.Compare(receipt, After) > 0);
    }
}
