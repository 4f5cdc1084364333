namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>A note of reach.</summary>
internal class ReachRow
{
    public string AppId { get; set; } = null!;

    public string Key { get; set; } = null!;

    public string Note { get; set; } = null!;

    public long ExpiresAt { get; set; }

    /// <summary>Counts the writes, so that nobody writes over what they have not read.</summary>
    public long Version { get; set; }
}
