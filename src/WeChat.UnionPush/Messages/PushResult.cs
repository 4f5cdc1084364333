namespace WeChat.UnionPush;

/// <summary>The outcome of a push to one person.</summary>
/// <param name="Status">Sent, or why not.</param>
public sealed record PushResult(PushStatus Status)
{
    /// <summary>Whether the platform accepted the message.</summary>
    public bool IsSent => Status == PushStatus.Sent;

    /// <summary>
    /// The platform's message id (<c>msgid</c>, 64 bits), to which the later event <c>TEMPLATESENDJOBFINISH</c> refers; <see langword="null"/> when the
    /// message was not sent, or was accepted by an attempt whose answer was lost. Give it to JavaScript as a string.
    /// </summary>
    public long? MessageId { get; init; }

    /// <summary>The platform's error code when it refused; otherwise <see langword="null"/>.</summary>
    public WeChatErrorCode? ErrorCode { get; init; }

    /// <summary>What the platform said, or why nothing was sent; <see langword="null"/> when it was.</summary>
    public string? Reason { get; init; }

    /// <summary>
    /// The platform's request id (<c>rid</c>) of the refusal, which <see href="https://developers.weixin.qq.com/console/devtools/debug?tab=errorDiag"/> diagnoses
    /// for seven days; <see langword="null"/> where there is none.
    /// </summary>
    public string? Rid { get; init; }

    /// <summary>
    /// The channel on which the push ended: where it was sent, or where its outcome is unknown. <see cref="PushChannel.TemplateMessage"/> where no channel served.
    /// </summary>
    public PushChannel Channel { get; init; }

    /// <summary>With <c>AddReach</c>: the channels before it that did not serve, in order, and why. All of them where no channel served.</summary>
    public IReadOnlyList<ReachAttempt> Attempts { get; init; } = [];
}
