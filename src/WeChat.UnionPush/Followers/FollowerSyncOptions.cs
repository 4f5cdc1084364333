namespace WeChat.UnionPush;

/// <summary>How followers are walked.</summary>
public sealed class FollowerSyncOptions
{
    /// <summary>
    /// How old the details of a follower whose UnionID is known may grow before a sync asks for them again. 180 days by default:
    /// a UnionID changes only when the account is bound to another Open Platform account.
    /// </summary>
    public TimeSpan RefreshLinkedAfter { get; set; } = TimeSpan.FromDays(180);

    /// <summary>The same for followers without a UnionID. 7 days by default.</summary>
    public TimeSpan RefreshUnlinkedAfter { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How many <c>batchget</c> calls are on their way at the same time. 4 by default.</summary>
    public int ConcurrentBatches { get; set; } = 4;

    /// <summary>
    /// How many <c>user/get</c> calls a day (China time) syncs of this account may make; the walk goes on the next day. 450 by default, of the
    /// platform's 500.
    /// </summary>
    public int DailyPageCalls { get; set; } = 450;

    /// <summary>How long the right to walk outlives a process that died. Renewed three times in that span. One minute by default.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromMinutes(1);
}
