namespace WeChat.UnionPush;

/// <summary>A channel that did not serve a push.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Status">Why not.</param>
public sealed record ReachAttempt(PushChannel Channel, PushStatus Status)
{
    /// <summary>The same in words.</summary>
    public string? Reason { get; init; }

    /// <summary>The platform's error code; <see langword="null"/> where the platform was not asked, because it was known that the channel would not serve.</summary>
    public WeChatErrorCode? ErrorCode { get; init; }
}
