namespace WeChat.UnionPush;

/// <summary>
/// What is known of one person in one app: an openid of an Official Account or a Mini Program, and the UnionID that joins it to the person's
/// other openids. Given to <see cref="IUnionIdRepository.SaveAsync"/> it is an observation; read back it is the sum of all observations.
/// </summary>
/// <param name="AppId">App id of the Official Account or Mini Program.</param>
/// <param name="OpenId">The person's openid in that app. 1 to 128 characters, kept as they are.</param>
/// <exception cref="ArgumentException">An id is empty, longer than 128 characters, or holds what no store can keep: U+0000 or half a surrogate pair.</exception>
public sealed record WeChatIdentity(string AppId, string OpenId)
{
    private const long Never = long.MinValue;

    // Whole milliseconds are all that any store keeps, and half the size of what the properties give.
    private readonly long _observedAt = Millisecond.MinValue;
    private readonly long _detailsAt = Never;

    /// <summary>App id of the Official Account or Mini Program.</summary>
    public string AppId { get; init => field = PlatformId.Checked(value, nameof(AppId)); } = PlatformId.Checked(AppId, nameof(AppId));

    /// <summary>The person's openid in that app. 1 to 128 characters, kept as they are.</summary>
    public string OpenId { get; init => field = PlatformId.Checked(value, nameof(OpenId)); } = PlatformId.Checked(OpenId, nameof(OpenId));

    /// <summary>
    /// The person's UnionID, or <see langword="null"/> when it is not known. A null never erases a known one. An empty or blank text becomes null:
    /// it would join strangers.
    /// </summary>
    public string? UnionId { get; init => field = string.IsNullOrWhiteSpace(value) ? null : PlatformId.Checked(value, nameof(UnionId)); }

    /// <summary>How the person stands to the Official Account. <see cref="FollowState.Unknown"/> in an observation changes nothing.</summary>
    public FollowState FollowState { get; init; }

    /// <summary>When this was observed, cut to the millisecond. Of two observations the newer one wins, whichever is saved last.</summary>
    public DateTimeOffset ObservedAt
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_observedAt);
        init => _observedAt = value.ToUnixTimeMilliseconds();
    }

    /// <summary>
    /// When the platform was last asked about this person, by sign-in, <c>user/info</c> or <c>batchget</c>, cut to the millisecond;
    /// <see langword="null"/> when the openid has only been seen in a list or an event.
    /// </summary>
    public DateTimeOffset? DetailsAt
    {
        get => _detailsAt == Never ? null : DateTimeOffset.FromUnixTimeMilliseconds(_detailsAt);
        init => _detailsAt = value?.ToUnixTimeMilliseconds() ?? Never;
    }

    /// <summary>
    /// This stored identity after one more observation of it, by the rules that <see cref="IUnionIdRepository"/> lists. For stores that read,
    /// merge and write; those of the library do it too, or say the same in SQL.
    /// </summary>
    /// <param name="observation">An observation of the same app id and openid.</param>
    /// <returns>This very object when the observation changes nothing.</returns>
    /// <exception cref="ArgumentException"><paramref name="observation"/> is of another app id or openid.</exception>
    public WeChatIdentity MergedWith(WeChatIdentity observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        if (!string.Equals(observation.OpenId, OpenId, StringComparison.Ordinal) || !string.Equals(observation.AppId, AppId, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The observation is of {observation} and cannot be merged into {this}.", nameof(observation));
        }

        var (winner, loser) = observation._observedAt >= _observedAt ? (observation, this) : (this, observation);
        var unionId = observation.UnionId is not null && (UnionId is null || observation._observedAt >= _detailsAt) ? observation.UnionId : UnionId;
        var followState = winner.FollowState == FollowState.Unknown ? loser.FollowState : winner.FollowState;
        var details = observation._detailsAt > _detailsAt ? observation : this;
        return winner._observedAt == _observedAt && ReferenceEquals(details, this) && followState == FollowState && string.Equals(unionId, UnionId, StringComparison.Ordinal)
            ? this
            : this with { UnionId = unionId, FollowState = followState, ObservedAt = winner.ObservedAt, DetailsAt = details.DetailsAt };
    }

    /// <summary>Says app and openid only.</summary>
    public override string ToString() => $"{AppId}/{OpenId}";
}
