namespace WeChat.UnionPush.Storage;

/// <summary>How far the batches of a broadcast are.</summary>
/// <param name="Recipients">All recipients that were written down.</param>
/// <param name="Counts">Those with an outcome.</param>
public sealed record BroadcastProgress(long Recipients, BroadcastCounts Counts)
{
    /// <summary>How many batches have recipients without an outcome.</summary>
    public long OpenBatches { get; init; }

    /// <summary>How many batches are claimed, with a lease that has not ended.</summary>
    public long ClaimedBatches { get; init; }

    /// <summary>How many recipients of batches that were written since a time have an outcome, which tells how fast it goes.</summary>
    public long Recent { get; init; }
}
