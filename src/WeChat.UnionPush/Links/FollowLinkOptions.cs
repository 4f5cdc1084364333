namespace WeChat.UnionPush;

/// <summary>How follow links are made.</summary>
public sealed class FollowLinkOptions
{
    /// <summary>
    /// How long a code can be scanned. Ten minutes by default, from one minute to an hour: whoever sees the code on a shared screen can scan it first.
    /// </summary>
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(10);
}
