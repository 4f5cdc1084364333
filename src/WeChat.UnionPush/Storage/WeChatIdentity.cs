namespace WeChat.UnionPush.Storage;

/// <summary>
/// What is known about one person in one app: an openid of an Official Account or a Mini Program, and the UnionID that links it to the person's
/// other openids. Passed to <c>SaveAsync</c> of an <see cref="IUnionIdRepository"/> it is one observation; read back it is the sum of all observations.
/// </summary>
/// <param name="AppId">App id of the Official Account or Mini Program.</param>
/// <param name="OpenId">The person's openid in that app. 1 to 128 characters, kept as they are.</param>
/// <exception cref="ArgumentException">An id is empty, longer than 128 characters, or holds what no store can keep: U+0000 or half a surrogate pair.</exception>
public sealed record WeChatIdentity(string AppId, string OpenId)
{
    private const long Never = long.MinValue;

    // Stores keep whole milliseconds, which take half the size of the properties' type.
    private readonly long _observedAt = Millisecond.MinValue;
    private readonly long _detailsAt = Never;

    // Whole seconds since 1970, as the platform gives them; 0 means unknown. This fits into the record's padding.
    private readonly uint _followChangedAt;

    /// <summary>App id of the Official Account or Mini Program.</summary>
    public string AppId { get; init => field = PlatformId.Checked(value, nameof(AppId)); } = PlatformId.Checked(AppId, nameof(AppId));

    /// <summary>The person's openid in that app. 1 to 128 characters, kept as they are.</summary>
    public string OpenId { get; init => field = PlatformId.Checked(value, nameof(OpenId)); } = PlatformId.Checked(OpenId, nameof(OpenId));

    /// <summary>
    /// The person's UnionID, or <see langword="null"/> when it is not known. A null never erases a known one. An empty or blank text becomes null,
    /// because it would link people who are not the same.
    /// </summary>
    public string? UnionId { get; init => field = string.IsNullOrWhiteSpace(value) ? null : PlatformId.Checked(value, nameof(UnionId)); }

    /// <summary>Whether the person follows the Official Account. <see cref="FollowState.Unknown"/> in an observation changes nothing.</summary>
    public FollowState FollowState { get; init; }

    /// <summary>
    /// When the person followed or unfollowed, by the platform's clock, cut to the second: <c>subscribe_time</c> of a follower, <c>CreateTime</c> of an
    /// <c>unsubscribe</c> event; <see langword="null"/> when unknown, and outside the years 1970 to 2105. It decides between machines whose clocks differ.
    /// </summary>
    public DateTimeOffset? FollowChangedAt
    {
        get => _followChangedAt == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(_followChangedAt);
        init => _followChangedAt = value?.ToUnixTimeSeconds() is > 0 and <= uint.MaxValue and var seconds ? (uint)seconds : 0;
    }

    /// <summary>
    /// When the platform was asked for this or reported it, cut to the millisecond; not when the answer was stored. Of two observations the newer one
    /// wins, whichever is saved last.
    /// </summary>
    public DateTimeOffset ObservedAt
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_observedAt);
        init => _observedAt = value.ToUnixTimeMilliseconds();
    }

    /// <summary>
    /// When the platform was last asked about this person, by sign-in, <c>user/info</c> or <c>batchget</c>, cut to the millisecond;
    /// <see langword="null"/> when the openid has been seen only in a list or an event.
    /// </summary>
    public DateTimeOffset? DetailsAt
    {
        get => _detailsAt == Never ? null : DateTimeOffset.FromUnixTimeMilliseconds(_detailsAt);
        init => _detailsAt = value?.ToUnixTimeMilliseconds() ?? Never;
    }

    /// <summary>
    /// This stored identity after one more observation of it, by the rules that <see cref="IUnionIdRepository"/> lists. For stores that read,
    /// merge and write. The library's stores use it, or do the same in SQL.
    /// </summary>
    /// <param name="observation">An observation of the same app id and openid.</param>
    /// <returns>The merged identity, or this same object when the observation changes nothing.</returns>
    /// <exception cref="ArgumentException"><paramref name="observation"/> is of another app id or openid.</exception>
    public WeChatIdentity MergedWith(WeChatIdentity observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        if (!string.Equals(observation.OpenId, OpenId, StringComparison.Ordinal) || !string.Equals(observation.AppId, AppId, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The observation is of {observation} and cannot be merged into {this}.", nameof(observation));
        }

        var isNewer = _followChangedAt != 0 && observation._followChangedAt != 0 && observation._followChangedAt != _followChangedAt
            ? observation._followChangedAt > _followChangedAt
            : observation._observedAt >= _observedAt;
        var (winner, loser) = isNewer ? (observation, this) : (this, observation);
        var unionId = observation.UnionId is not null && (UnionId is null || observation._observedAt >= _detailsAt) ? observation.UnionId : UnionId;
        var followState = winner.FollowState == FollowState.Unknown ? loser.FollowState : winner.FollowState;
        var details = observation._detailsAt > _detailsAt ? observation : this;
        var latest = observation._observedAt > _observedAt ? observation : this;
        var change = observation._followChangedAt > _followChangedAt ? observation : this;
        return ReferenceEquals(latest, this) && ReferenceEquals(change, this) && ReferenceEquals(details, this)
            && followState == FollowState && string.Equals(unionId, UnionId, StringComparison.Ordinal)
            ? this
            : this with
            {
                UnionId = unionId,
                FollowState = followState,
                FollowChangedAt = change.FollowChangedAt,
                ObservedAt = latest.ObservedAt,
                DetailsAt = details.DetailsAt,
            };
    }

    /// <summary>Shows only app and openid.</summary>
    public override string ToString() => $"{AppId}/{OpenId}";
}
