namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>One person in one app. Times are milliseconds since 1970.</summary>
internal class IdentityRow
{
    public string AppId { get; set; } = null!;

    public string OpenId { get; set; } = null!;

    public string? UnionId { get; set; }

    public int FollowState { get; set; }

    public long ObservedAt { get; set; }

    public long? DetailsAt { get; set; }

    public long? FollowChangedAt { get; set; }

    /// <summary>Counts the writes, so that nobody writes over what they have not read.</summary>
    public long Version { get; set; }

    public static IdentityRow Of(WeChatIdentity identity, long version) => new()
    {
        AppId = identity.AppId,
        OpenId = identity.OpenId,
        UnionId = identity.UnionId,
        FollowState = (int)identity.FollowState,
        ObservedAt = identity.ObservedAt.ToUnixTimeMilliseconds(),
        DetailsAt = identity.DetailsAt?.ToUnixTimeMilliseconds(),
        FollowChangedAt = identity.FollowChangedAt?.ToUnixTimeMilliseconds(),
        Version = version,
    };

    public WeChatIdentity ToIdentity() => new(AppId, OpenId)
    {
        UnionId = UnionId,
        FollowState = (FollowState)FollowState,
        ObservedAt = DateTimeOffset.FromUnixTimeMilliseconds(ObservedAt),
        DetailsAt = Time(DetailsAt),
        FollowChangedAt = Time(FollowChangedAt),
    };

    /// <summary>A time that is stored as milliseconds since 1970.</summary>
    public static DateTimeOffset? Time(long? milliseconds) => milliseconds is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;
}
