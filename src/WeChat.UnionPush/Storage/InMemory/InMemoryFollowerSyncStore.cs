using System.Collections.Concurrent;

namespace WeChat.UnionPush.Storage;

/// <summary>Cursors of follower walks that live as long as the process.</summary>
internal sealed class InMemoryFollowerSyncStore(TimeProvider timeProvider) : IFollowerSyncStore
{
    private readonly ConcurrentDictionary<string, FollowerSyncState> _states = new(StringComparer.Ordinal);
    private readonly InMemoryLeases _leases = new(timeProvider);

    public ValueTask<FollowerSyncState?> GetAsync(string appId, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(_states.GetValueOrDefault(appId));
    }

    public ValueTask<IReadOnlyList<FollowerSyncState>> ListAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new([.. _states.Values]);
    }

    public ValueTask<bool> SaveAsync(ILease lease, FollowerSyncState state, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(state);
        cancellationToken.ThrowIfCancellationRequested();
        return new(_leases.IfHeld(lease, state.AppId, () => _states[state.AppId] = state));
    }

    public ValueTask<ILease?> TryLeaseAsync(string appId, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(_leases.TryTake(appId, duration));
    }
}
