namespace WeChat.UnionPush;

/// <summary>The state of one account's token, as far as this process knows.</summary>
/// <param name="FetchedAt">When the current token was fetched, by any process; <see langword="null"/> when there is none.</param>
/// <param name="ExpiresAt">When it expires.</param>
/// <param name="LastFailure">Why the last refresh failed; <see langword="null"/> when it did not.</param>
/// <param name="FailedAt">When it failed.</param>
/// <param name="IsRefused">Whether a refusal of the platform is in effect: calls fail at once until the pause is over.</param>
internal readonly record struct AccessTokenStatus(
    DateTimeOffset? FetchedAt,
    DateTimeOffset? ExpiresAt,
    WeChatApiException? LastFailure,
    DateTimeOffset? FailedAt,
    bool IsRefused);
