namespace WeChat.UnionPush;

/// <summary>
/// Gives the access token of an account. The one that <c>AddWeChatUnionPush</c> registers caches tokens and fetches them from the platform;
/// a host that already has a central token service registers its own with <c>UseAccessTokenProvider</c>.
/// </summary>
/// <remarks>
/// Implementations must be thread-safe. The library calls them before every call to the platform, so the usual result should be
/// a cached token in a completed <see cref="ValueTask{TResult}"/>.
/// </remarks>
public interface IAccessTokenProvider
{
    /// <summary>The current token of an account.</summary>
    /// <param name="appId">App id of the Official Account or the Mini Program, such as <c>wx0123456789abcdef</c>.</param>
    /// <param name="cancellationToken">Cancels this caller's wait; a fetch that others wait for continues.</param>
    /// <exception cref="WeChatApiException">The platform refused to issue a token, or could not be reached.</exception>
    ValueTask<AccessToken> GetAsync(string appId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reports that the platform refused a token (40001, 40014, 42001) and returns another one. When a newer token than
    /// <paramref name="refused"/> is known already, that one is returned and nothing is fetched, so a hundred refusals of one token cost one fetch.
    /// </summary>
    /// <param name="appId">App id the token belongs to.</param>
    /// <param name="refused">The token that was refused; any other token is not changed.</param>
    /// <param name="cancellationToken">Cancels this caller's wait; a fetch that others wait for continues.</param>
    /// <returns>Another token. If it is the refused one again, the refused call is not repeated, and the caller gets its error.</returns>
    /// <exception cref="WeChatApiException">No other token is available.</exception>
    ValueTask<AccessToken> RenewAsync(string appId, AccessToken refused, CancellationToken cancellationToken = default);
}
