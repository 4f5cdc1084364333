namespace WeChat.UnionPush;

/// <summary>What became of a push to one person.</summary>
/// <param name="Status">Sent, or why not.</param>
public sealed record PushResult(PushStatus Status)
{
    /// <summary>Whether the platform accepted the message.</summary>
    public bool IsSent => Status == PushStatus.Sent;

    /// <summary>
    /// The platform's message id (<c>msgid</c>, 64 bits), to which the later event <c>TEMPLATESENDJOBFINISH</c> refers; <see langword="null"/> when the
    /// message was not sent, or was accepted by an attempt whose answer got lost. JavaScript needs it as a string.
    /// </summary>
    public long? MessageId { get; init; }

    /// <summary>The platform's code, where it refused; otherwise <see langword="null"/>.</summary>
    public WeChatErrorCode? ErrorCode { get; init; }

    /// <summary>What the platform said, or why nothing was sent; <see langword="null"/> when it was.</summary>
    public string? Reason { get; init; }
}
