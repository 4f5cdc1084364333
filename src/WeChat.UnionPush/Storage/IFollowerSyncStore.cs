namespace WeChat.UnionPush.Storage;

/// <summary>Keeps the cursor of each account's follower walk, and makes sure that only one process walks at a time.</summary>
public interface IFollowerSyncStore
{
    /// <summary>The state last saved for an account, or <see langword="null"/>.</summary>
    /// <param name="appId">App id of the Official Account.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<FollowerSyncState?> GetAsync(string appId, CancellationToken cancellationToken = default);

    /// <summary>The states last saved of all accounts, in any order.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<FollowerSyncState>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Saves the state, provided that the lease still holds.</summary>
    /// <param name="lease">The lease that <see cref="TryLeaseAsync"/> of this store gave for the account.</param>
    /// <param name="state">What to save, whole.</param>
    /// <param name="cancellationToken">Cancels the call, which then happened whole or not at all.</param>
    /// <returns><see langword="false"/> when the lease was lost and nothing was saved.</returns>
    /// <exception cref="ArgumentException">The lease is of another account or another store.</exception>
    ValueTask<bool> SaveAsync(ILease lease, FollowerSyncState state, CancellationToken cancellationToken = default);

    /// <summary>Tries to get the exclusive right to walk this account. Does not wait: <see langword="null"/> means that another process has it.</summary>
    /// <param name="appId">App id of the Official Account.</param>
    /// <param name="duration">How long the lease lasts when its owner dies.</param>
    /// <param name="cancellationToken">Cancels the attempt, and leaves no lease behind.</param>
    ValueTask<ILease?> TryLeaseAsync(string appId, TimeSpan duration, CancellationToken cancellationToken = default);
}
