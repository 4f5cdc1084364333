namespace WeChat.UnionPush;

/// <summary>How a follower sync ended.</summary>
public enum FollowerSyncOutcome
{
    /// <summary>The walk came to its end, and who left is marked.</summary>
    Completed = 0,

    /// <summary>Another process (or another call in this one) walks this account already; nothing was done.</summary>
    AlreadyRunning,

    /// <summary>The day's <c>user/get</c> calls are used up; the next sync goes on where this one stopped.</summary>
    DailyCallsUsedUp,

    /// <summary>
    /// The platform's list was shorter than its own count, or lacked more of the known followers than <see cref="FollowerSyncOptions.MaxLeaverShare"/>;
    /// nobody is marked as having left. The next sync walks again, and marks those whom it does not see either.
    /// </summary>
    Incomplete,

    /// <summary>The right to walk was lost to another process, which goes on.</summary>
    LeaseLost,
}
