namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>An account's access token: a secret.</summary>
internal class AccessTokenRow
{
    public string Key { get; set; } = null!;

    public string? Token { get; set; }

    public long? ExpiresAt { get; set; }

    public long FetchedAt { get; set; }

    public long? ForcedAt { get; set; }

    public int ForcedCount { get; set; }
}
