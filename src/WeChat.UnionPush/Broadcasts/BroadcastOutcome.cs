namespace WeChat.UnionPush.Broadcasts;

/// <summary>What became of one recipient of a broadcast.</summary>
/// <param name="Id">
/// The openid in the Official Account of somebody whom the template message could reach when the run was planned; otherwise the id that the audience named.
/// Empty for somebody who was erased.
/// </param>
/// <param name="Status">The outcome; <see langword="null"/> when there is none yet, or when <paramref name="IsFailed"/>.</param>
/// <param name="IsFailed">Whether this person's own message was refused.</param>
public sealed record BroadcastOutcome(string Id, PushStatus? Status, bool IsFailed)
{
    /// <summary>With <c>AddReach</c>: the channel on which the person was sent to, or may have been.</summary>
    public PushChannel Channel { get; init; }

    /// <summary>The platform's error code when it refused; otherwise <see langword="null"/>.</summary>
    public WeChatErrorCode? ErrorCode { get; init; }

    /// <summary>The platform's message id, where it told one.</summary>
    public long? MessageId { get; init; }

    /// <summary>When the first attempt was written down, of somebody whose message may be on its way or is unknown; otherwise <see langword="null"/>.</summary>
    public DateTimeOffset? AttemptedAt { get; init; }
}
