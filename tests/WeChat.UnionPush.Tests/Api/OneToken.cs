namespace WeChat.UnionPush.Tests.Api;

/// <summary>A token service of the host's: says what it is told to.</summary>
internal sealed class OneToken : IAccessTokenProvider
{
    public Func<AccessToken, CancellationToken, ValueTask<AccessToken>> Renew { get; set; } = (refused, _) =>
        new(new AccessToken(refused.Reveal() + "-next", DateTimeOffset.MaxValue));

    public ValueTask<AccessToken> GetAsync(string appId, CancellationToken cancellationToken = default) => new(new AccessToken("token", DateTimeOffset.MaxValue));

    public ValueTask<AccessToken> RenewAsync(string appId, AccessToken refused, CancellationToken cancellationToken = default) => Renew(refused, cancellationToken);
}
