namespace WeChat.UnionPush;

/// <summary>
/// What is known of one person in one app: an openid of an Official Account or a Mini Program, and the UnionID that joins it to the person's
/// other openids. Given to <see cref="IUnionIdRepository.SaveAsync"/> it is an observation; read back it is the sum of all observations.
/// </summary>
/// <param name="AppId">App id of the Official Account or Mini Program.</param>
/// <param name="OpenId">The person's openid in that app. Up to 128 characters, kept as they are.</param>
public sealed record WeChatIdentity(string AppId, string OpenId)
{
    /// <summary>The person's UnionID, or <see langword="null"/> when it is not known. A null never erases a known one.</summary>
    public string? UnionId { get; init; }

    /// <summary>How the person stands to the Official Account. <see cref="FollowState.Unknown"/> in an observation changes nothing.</summary>
    public FollowState FollowState { get; init; }

    /// <summary>When this was observed, to the millisecond. Of two observations the newer one wins, whichever is saved last.</summary>
    public DateTimeOffset ObservedAt { get; init; }

    /// <summary>
    /// When the platform was last asked about this person, by sign-in, <c>user/info</c> or <c>batchget</c>, to the millisecond;
    /// <see langword="null"/> when the openid has only been seen in a list or an event.
    /// </summary>
    public DateTimeOffset? DetailsAt { get; init; }

    /// <summary>Says app and openid only.</summary>
    public override string ToString() => $"{AppId}/{OpenId}";
}
