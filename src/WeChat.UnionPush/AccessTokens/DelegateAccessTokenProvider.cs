namespace WeChat.UnionPush;

/// <summary>Gets tokens from a delegate of the host.</summary>
internal sealed class DelegateAccessTokenProvider(
    IServiceProvider services, Func<IServiceProvider, string, AccessToken?, CancellationToken, ValueTask<AccessToken>> getToken) : IAccessTokenProvider
{
    public ValueTask<AccessToken> GetAsync(string appId, CancellationToken cancellationToken = default) =>
        getToken(services, appId, null, cancellationToken);

    public ValueTask<AccessToken> RenewAsync(string appId, AccessToken refused, CancellationToken cancellationToken = default) =>
        getToken(services, appId, refused, cancellationToken);
}
