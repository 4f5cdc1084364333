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

    /// <summary>The platform's list was shorter than its own count; nobody is marked as having left, and the next sync walks anew.</summary>
    Incomplete,

    /// <summary>The right to walk was lost to another process, which goes on.</summary>
    LeaseLost,
}
