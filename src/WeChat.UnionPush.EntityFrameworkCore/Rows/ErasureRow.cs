namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>What stays of somebody who was erased, under one of several keys.</summary>
internal class ErasureRow
{
    /// <summary>Hash of an openid with its app id, or of a UnionID.</summary>
    public string Key { get; set; } = null!;

    /// <summary>Of the erasure: one more than that of the one before.</summary>
    public long Number { get; set; }

    public long ErasedAt { get; set; }

    public long? FollowChangedAt { get; set; }

    /// <summary>The person came back.</summary>
    public bool IsOver { get; set; }
}
