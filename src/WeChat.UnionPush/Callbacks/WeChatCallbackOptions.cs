namespace WeChat.UnionPush.Callbacks;

/// <summary>How the platform's pushes are received and handled; counts once <c>AddCallback</c> was called.</summary>
public sealed class WeChatCallbackOptions
{
    /// <summary>What the console of the Official Account shows. Left empty when its pushes go elsewhere.</summary>
    public WeChatCallbackAppOptions OfficialAccount { get; } = new();

    /// <summary>What the console of the Mini Program shows. Left empty when its pushes go elsewhere.</summary>
    public WeChatCallbackAppOptions MiniProgram { get; } = new();

    /// <summary>
    /// The longest body that is read, in bytes; 64 KiB by default, from 4 KiB to 1 MiB. The platform's own have a few kilobytes at most. Of a request
    /// whose query is not signed, no body is read at all.
    /// </summary>
    public int MaxBodyLength { get; set; } = 64 * 1024;

    /// <summary>What becomes of a person who stops following; <see cref="UnsubscribeAction.MarkNotFollowing"/> by default.</summary>
    public UnsubscribeAction OnUnsubscribe { get; set; }

    /// <summary>How many events are handled at the same time; 16 by default.</summary>
    public int MaxConcurrentHandlers { get; set; } = 16;

    /// <summary>
    /// How long an event may be handled; a minute by default, of which the library's own step takes half at most. Another machine takes over an event of
    /// one that died after twice as long.
    /// </summary>
    public TimeSpan HandlerTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often an event is tried before it is set aside; 12 times by default, which is about four hours.</summary>
    public int MaxAttempts { get; set; } = 12;

    /// <summary>How long after a failure an event is tried again: ten seconds by default, then twice as long each time, up to an hour.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a handled event is known again when it is repeated; a day by default. Longer than the replay windows.</summary>
    public TimeSpan KeepEventsFor { get; set; } = TimeSpan.FromDays(1);
}
