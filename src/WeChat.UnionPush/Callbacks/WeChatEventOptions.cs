namespace WeChat.UnionPush;

/// <summary>How the platform's pushes are received and handled; counts once <see cref="WeChatUnionPushBuilder.AddCallback"/> was called.</summary>
public sealed class WeChatEventOptions
{
    /// <summary>What the console of the Official Account shows. Left empty when its pushes go elsewhere.</summary>
    public WeChatCallbackOptions OfficialAccount { get; } = new();

    /// <summary>What the console of the Mini Program shows. Left empty when its pushes go elsewhere.</summary>
    public WeChatCallbackOptions MiniProgram { get; } = new();

    /// <summary>What becomes of a person who stops following; <see cref="UnsubscribeAction.MarkNotFollowing"/> by default.</summary>
    public UnsubscribeAction OnUnsubscribe { get; set; }

    /// <summary>How many events are handled at the same time; 16 by default.</summary>
    public int MaxConcurrentHandlers { get; set; } = 16;

    /// <summary>How long an event may be handled; a minute by default. Another machine takes over an event of one that died after twice as long.</summary>
    public TimeSpan HandlerTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often an event is tried before it is set aside; 12 times by default, which is about four hours.</summary>
    public int MaxAttempts { get; set; } = 12;

    /// <summary>How long after a failure an event is tried again: ten seconds by default, then twice as long each time, up to an hour.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a handled event is known again when it is repeated; a day by default. Longer than the replay windows.</summary>
    public TimeSpan KeepEventsFor { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long a receipt is kept after it was last written; 30 days by default. Counts where <see cref="WeChatUnionPushBuilder.AddReceipts"/> was
    /// called.
    /// </summary>
    public TimeSpan KeepReceiptsFor { get; set; } = TimeSpan.FromDays(30);
}
