namespace WeChat.UnionPush;

/// <summary>The tokens of one registration's two apps.</summary>
internal sealed class CachingAccessTokenProvider(AccessTokenCache officialAccount, AccessTokenCache miniProgram) : IAccessTokenProvider
{
    public ValueTask<AccessToken> GetAsync(string appId, CancellationToken cancellationToken = default) =>
        CacheOf(appId).GetAsync(cancellationToken);

    public ValueTask<AccessToken> RenewAsync(string appId, AccessToken refused, CancellationToken cancellationToken = default) =>
        CacheOf(appId).RenewAsync(refused, cancellationToken);

    /// <summary>The state of the tokens of both apps, for the health check.</summary>
    public IEnumerable<(string App, AccessTokenStatus Status)> Status =>
        [("official_account", officialAccount.Status), ("mini_program", miniProgram.Status)];

    /// <summary>Whether a call of the Official Account can be made without a token call.</summary>
    public bool HasOfficialAccountToken => officialAccount.HasToken;

    /// <summary>Throws when the shared store does not answer.</summary>
    public Task CheckStoreAsync(CancellationToken cancellationToken) => officialAccount.CheckStoreAsync(cancellationToken);

    private AccessTokenCache CacheOf(string appId)
    {
        if (string.Equals(appId, officialAccount.AppId, StringComparison.Ordinal))
        {
            return officialAccount;
        }

        return string.Equals(appId, miniProgram.AppId, StringComparison.Ordinal)
            ? miniProgram
            : throw new ArgumentException(
                $"'{appId}' is neither the Official Account ({officialAccount.AppId}) nor the Mini Program ({miniProgram.AppId}) of this registration.", nameof(appId));
    }
}
