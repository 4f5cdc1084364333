namespace WeChat.UnionPush;

/// <summary>
/// What the platform tells of one follower (关注者). Every member but the openid may be missing. See
/// <see href="https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo"/>.
/// </summary>
/// <param name="OpenId">The person's openid in the Official Account.</param>
/// <param name="IsFollowing">Whether the person follows now. When not, the rest is mostly missing.</param>
public sealed record Follower(string OpenId, bool IsFollowing)
{
    /// <summary>
    /// The person's UnionID, trimmed, or <see langword="null"/>: the Official Account is not bound to an Open Platform account (微信开放平台), or the
    /// person does not follow. Its presence proves no following.
    /// </summary>
    public string? UnionId { get; init; }

    /// <summary>When the person began to follow, the last time if there were several; <see langword="null"/> when unknown.</summary>
    public DateTimeOffset? SubscribedAt { get; init; }

    /// <summary>How the person found the account, such as <c>ADD_SCENE_QR_CODE</c>; an open list of the platform's.</summary>
    public string? SubscribeScene { get; init; }

    /// <summary>The remark that the account's staff gave this person.</summary>
    public string? Remark { get; init; }

    /// <summary>Ids of the tags that the account's staff gave this person.</summary>
    public IReadOnlyList<int> TagIds { get; init; } = [];

    /// <summary>The number of the QR code that was scanned, as text; <c>0</c> or <see langword="null"/> when there was none.</summary>
    public string? QrScene { get; init; }

    /// <summary>The text of the QR code that was scanned.</summary>
    public string? QrSceneText { get; init; }

    /// <summary>Says openid and state only.</summary>
    public override string ToString() => $"{OpenId} ({(IsFollowing ? "following" : "not following")})";
}
