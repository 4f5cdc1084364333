namespace WeChat.UnionPush;

/// <summary>
/// Gives the access token of an account. The one that <c>AddWeChatUnionPush</c> registers caches tokens and fetches them from the platform;
/// a host that has a central token service already registers its own with <c>UseAccessTokenProvider</c>.
/// </summary>
/// <remarks>
/// Implementations are called by many threads at once. The library asks before every call to the platform, so the common answer should be
/// a cached token in a completed <see cref="ValueTask{TResult}"/>.
/// </remarks>
public interface IAccessTokenProvider
{
    /// <summary>The current token of an account.</summary>
    /// <param name="appId">App id of the Official Account or the Mini Program, such as <c>wx0123456789abcdef</c>.</param>
    /// <param name="cancellationToken">Ends this caller's wait; a fetch that others wait for goes on.</param>
    /// <exception cref="WeChatApiException">The platform refused to give a token, or could not be reached.</exception>
    ValueTask<AccessToken> GetAsync(string appId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Says that the platform refused a token (40001, 40014, 42001) and asks for another. When a newer token than
    /// <paramref name="refused"/> is known already, that one is returned and nothing is fetched, so a hundred refusals of one token cost one fetch.
    /// </summary>
    /// <param name="appId">App id the token belongs to.</param>
    /// <param name="refused">The token that was refused; any other token stays as it is.</param>
    /// <param name="cancellationToken">Ends this caller's wait; a fetch that others wait for goes on.</param>
    /// <returns>Another token. Where the refused one comes back, the refused call is not made again, and its error reaches the caller.</returns>
    /// <exception cref="WeChatApiException">No other token is to be had.</exception>
    ValueTask<AccessToken> RenewAsync(string appId, AccessToken refused, CancellationToken cancellationToken = default);
}
