namespace WeChat.UnionPush.Storage;

/// <summary>
/// Where processes that use the same account share its access token. In memory by default; <c>UseSqlite</c>, <c>UsePostgreSql</c> and
/// <c>UseDistributedTokenCache</c> register shared stores.
/// </summary>
/// <remarks>
/// A store that throws, hangs or loses a record costs a token call and a warning, but never a send: the provider continues without it.
/// </remarks>
public interface IAccessTokenStore
{
    /// <summary>The record last saved under a key, or <see langword="null"/>.</summary>
    /// <param name="key">Identifies an account and its token channel; letters, digits, <c>:</c> and <c>_</c>.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<StoredAccessToken?> GetAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Saves a record over the one before it.</summary>
    /// <param name="key">Identifies an account and its token channel.</param>
    /// <param name="record">What to save, whole.</param>
    /// <param name="cancellationToken">Cancels the write, which then either happened whole or not at all.</param>
    ValueTask SetAsync(string key, StoredAccessToken record, CancellationToken cancellationToken = default);

    /// <summary>
    /// Tries to get the exclusive right to fetch a token for this key. Does not wait: <see langword="null"/> means that another holder has the lease.
    /// </summary>
    /// <param name="key">Identifies an account and its token channel.</param>
    /// <param name="duration">How long the lease lasts when its owner dies; disposing it ends it at once.</param>
    /// <param name="cancellationToken">Cancels the attempt, and leaves no lease behind.</param>
    ValueTask<ILease?> TryLeaseAsync(string key, TimeSpan duration, CancellationToken cancellationToken = default);
}
