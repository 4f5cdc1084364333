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

    /// <summary>
    /// How large a share of the known followers one walk may mark as having left. A walk that misses more ends <see cref="FollowerSyncOutcome.Incomplete"/>,
    /// unless the walk before it missed the same people: one broken list is not to empty the repository. 0.05 by default. In a small
    /// account up to a third, one person at least and ten at most, may leave at once. An empty list alone marks nobody.
    /// </summary>
    public double MaxLeaverShare { get; set; } = 0.05;

    /// <summary>
    /// How long it is remembered, as a hash, that somebody was erased: for so long no answer from before the erasure brings them back, nor that they
    /// still follow. 30 days by default, 7 at least: longer than any walk takes.
    /// </summary>
    public TimeSpan KeepErasuresFor { get; set; } = TimeSpan.FromDays(30);
}
