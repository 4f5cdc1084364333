namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>A right that one holder has until a time.</summary>
internal class LeaseRow
{
    public string Key { get; set; } = null!;

    public string Owner { get; set; } = null!;

    public long ExpiresAt { get; set; }
}
