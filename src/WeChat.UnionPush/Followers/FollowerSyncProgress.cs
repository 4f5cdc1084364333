namespace WeChat.UnionPush;

/// <summary>Where a follower sync stands.</summary>
/// <param name="Listed">Openids listed so far in this walk, also before a restart.</param>
/// <param name="Total">Followers of the account by the platform's count; 0 before the first page.</param>
/// <param name="Detailed">Followers whose details were fetched so far in this walk.</param>
/// <param name="Elapsed">Time since this call began.</param>
/// <param name="Remaining">Time left at the pace so far, or <see langword="null"/> when it cannot be told yet.</param>
public readonly record struct FollowerSyncProgress(long Listed, long Total, long Detailed, TimeSpan Elapsed, TimeSpan? Remaining)
{
    /// <summary>Followers listed a second, since this call began.</summary>
    public double PerSecond { get; init; }
}
