namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>Where the walk over an account's followers stands.</summary>
internal class FollowerSyncRow
{
    public string AppId { get; set; } = null!;

    public long WalkStartedAt { get; set; }

    /// <summary>Null at the beginning of a walk: some databases have no empty texts.</summary>
    public string? NextOpenId { get; set; }

    public bool InProgress { get; set; }

    public bool IsFull { get; set; }

    public long Listed { get; set; }

    public long Detailed { get; set; }

    public int Calls { get; set; }

    /// <summary>The China-time day that <see cref="Calls"/> counts, as days since the year 1.</summary>
    public int CallsOn { get; set; }

    public long? CompletedAt { get; set; }

    public long? DoubtedAt { get; set; }

    public long Doubted { get; set; }

    public long Unlinked { get; set; }
}
