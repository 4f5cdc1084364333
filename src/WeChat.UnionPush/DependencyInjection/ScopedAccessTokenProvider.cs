using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush;

/// <summary>A token source that the host registered as scoped or transient, such as a typed client: each call gets one of its own, in a scope of its own.</summary>
/// <param name="scopes">Makes the scopes.</param>
/// <param name="find">Finds the source in a scope.</param>
internal sealed class ScopedAccessTokenProvider(IServiceScopeFactory scopes, Func<IServiceProvider, IAccessTokenProvider> find) : IAccessTokenProvider
{
    public async ValueTask<AccessToken> GetAsync(string appId, CancellationToken cancellationToken = default)
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            return await find(scope.ServiceProvider).GetAsync(appId, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask<AccessToken> RenewAsync(string appId, AccessToken refused, CancellationToken cancellationToken = default)
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            return await find(scope.ServiceProvider).RenewAsync(appId, refused, cancellationToken).ConfigureAwait(false);
        }
    }
}
