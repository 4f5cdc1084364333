namespace WeChat.UnionPush;

/// <summary>What a follower sync did. Counts are of this call; a walk that was resumed has more behind it.</summary>
/// <param name="Outcome">How it ended.</param>
public sealed record FollowerSyncReport(FollowerSyncOutcome Outcome)
{
    /// <summary>Whether it went on with a walk that was begun before.</summary>
    public bool Resumed { get; init; }

    /// <summary>People whom <c>user/get</c> listed, however often.</summary>
    public long Listed { get; init; }

    /// <summary>Followers whose details were fetched and saved.</summary>
    public long Detailed { get; init; }

    /// <summary>Of those, how many came with a UnionID.</summary>
    public long Linked { get; init; }

    /// <summary>Followers that the repository did not know before.</summary>
    public long Added { get; init; }

    /// <summary>Followers whose UnionID is another one than before.</summary>
    public long UnionIdsChanged { get; init; }

    /// <summary>Followers that left since the walk before.</summary>
    public long Left { get; init; }

    /// <summary>How many <c>user/get</c> calls were made.</summary>
    public int PageCalls { get; init; }

    /// <summary>How many <c>batchget</c> and <c>user/info</c> calls were made.</summary>
    public long DetailCalls { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }
}
