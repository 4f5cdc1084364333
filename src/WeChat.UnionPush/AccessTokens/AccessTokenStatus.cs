namespace WeChat.UnionPush;

/// <summary>How the token of one account is, as far as this process knows.</summary>
/// <param name="FetchedAt">When the token at hand was fetched, by whichever process; <see langword="null"/> without one.</param>
/// <param name="ExpiresAt">When it ends.</param>
/// <param name="LastFailure">Why the last refresh failed; <see langword="null"/> when it did not.</param>
/// <param name="FailedAt">When it failed.</param>
/// <param name="IsRefused">Whether the platform's refusal stands: calls fail at once until the pause is over.</param>
internal readonly record struct AccessTokenStatus(
    DateTimeOffset? FetchedAt,
    DateTimeOffset? ExpiresAt,
    WeChatApiException? LastFailure,
    DateTimeOffset? FailedAt,
    bool IsRefused);
