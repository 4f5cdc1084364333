namespace WeChat.UnionPush;

/// <summary>What became of a follow link.</summary>
public enum FollowLinkStatus
{
    /// <summary>The user asked for no code lately, and is not linked by one.</summary>
    None = 0,

    /// <summary>The code waits to be scanned.</summary>
    Waiting,

    /// <summary>The user is linked.</summary>
    Linked,

    /// <summary>Somebody scanned the code who cannot be the user: the UnionIDs differ, or one of the two is linked with somebody else. Nobody was linked by it.</summary>
    Refused,

    /// <summary>Nobody scanned the code in time. Make a new one.</summary>
    Expired,
}
