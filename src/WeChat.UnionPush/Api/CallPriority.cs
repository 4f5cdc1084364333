namespace WeChat.UnionPush;

/// <summary>Which calls of an account go first when not all can.</summary>
internal enum CallPriority
{
    /// <summary>A push to one person, who waits for it.</summary>
    Push = 0,

    /// <summary>One of a broadcast's many; goes when no push waits.</summary>
    Broadcast,
}
