using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>One cache for each account and channel, so that registrations that share an Official Account share its token.</summary>
internal sealed class AccessTokenCaches(TimeProvider time, ILogger<AccessTokenCache> logger)
{
    private readonly ConcurrentDictionary<(Uri Platform, string AppId, AccessTokenChannel Channel), Shared> _caches = new();

    /// <summary>The cache of an account. The registration that comes first provides transport and store.</summary>
    /// <exception cref="InvalidOperationException">Two registrations give one app id different secrets.</exception>
    public AccessTokenCache Get(string registration, WeChatUnionPushOptions options, WeChatAppOptions app, Func<bool, CancellationToken, Task<AccessToken>> request, IAccessTokenStore store)
    {
        var shared = _caches.GetOrAdd(
            (options.ApiBaseAddress, app.AppId, options.AccessToken.Channel),
            _ => new Shared(registration, app.AppSecret, new AccessTokenCache(app.AppId, options.AccessToken, request, store, time, logger)));
        return string.Equals(shared.Secret, app.AppSecret, StringComparison.Ordinal)
            ? shared.Cache
            : throw new InvalidOperationException($"The registrations '{shared.Registration}' and '{registration}' give app id {app.AppId} different secrets. Use the secret that the platform's console shows in both.");
    }

    private sealed record Shared(string Registration, string Secret, AccessTokenCache Cache)
    {
        // A record prints its members, and one of them is a secret.
        public override string ToString() => Registration;
    }
}
