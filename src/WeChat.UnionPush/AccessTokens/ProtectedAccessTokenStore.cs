namespace WeChat.UnionPush;

/// <summary>Any store of tokens, with the tokens in it unreadable. A token that cannot be read is none: the next caller fetches another.</summary>
internal sealed class ProtectedAccessTokenStore(IAccessTokenStore store, ISecretProtector protector) : IAccessTokenStore
{
    public async ValueTask<StoredAccessToken?> GetAsync(string key, CancellationToken cancellationToken = default)
    {
        var record = await store.GetAsync(key, cancellationToken).ConfigureAwait(false);
        return record?.Token is { } token
            ? record with { Token = protector.Unprotect(token.Reveal()) is { Length: > 0 } text ? new AccessToken(text, token.ExpiresAt) : null }
            : record;
    }

    public ValueTask SetAsync(string key, StoredAccessToken record, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        return store.SetAsync(
            key,
            record.Token is { } token ? record with { Token = new AccessToken(protector.Protect(token.Reveal()), token.ExpiresAt) } : record,
            cancellationToken);
    }

    public ValueTask<ILease?> TryLeaseAsync(string key, TimeSpan duration, CancellationToken cancellationToken = default) => store.TryLeaseAsync(key, duration, cancellationToken);
}
