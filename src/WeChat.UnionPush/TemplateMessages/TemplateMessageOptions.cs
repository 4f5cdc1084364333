namespace WeChat.UnionPush;

/// <summary>How template messages are sent.</summary>
public sealed class TemplateMessageOptions
{
    /// <summary>
    /// How many messages a process sends in a second. 60 by default: the platform names no figure, and bursts of several hundred are answered
    /// with "system busy". 0 for no limit.
    /// </summary>
    public int MaxPerSecond { get; set; } = 60;

    /// <summary>How many messages are on their way at the same time. 64 by default.</summary>
    public int MaxConcurrent { get; set; } = 64;
}
