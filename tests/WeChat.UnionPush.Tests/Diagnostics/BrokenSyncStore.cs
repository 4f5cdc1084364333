using System.Globalization;

namespace WeChat.UnionPush.Tests.Diagnostics;

/// <summary>A store of syncs that fails, or takes names that differ in case for the same.</summary>
internal sealed class BrokenSyncStore(IFollowerSyncStore inner) : IFollowerSyncStore
{
    public Exception? Failure { get; init; }

    public bool IgnoresCase { get; init; }

    public Func<FollowerSyncState, FollowerSyncState>? Rewrite { get; init; }

    public bool IsLeased { get; init; }

    public async ValueTask<FollowerSyncState?> GetAsync(string appId, CancellationToken cancellationToken = default)
    {
        var state = Failure is null ? await inner.GetAsync(appId, cancellationToken) : throw Failure;
        return state is not null && Rewrite is not null ? Rewrite(state) : state;
    }

    public ValueTask<IReadOnlyList<FollowerSyncState>> ListAsync(CancellationToken cancellationToken = default) => inner.ListAsync(cancellationToken);

    public ValueTask<bool> SaveAsync(ILease lease, FollowerSyncState state, CancellationToken cancellationToken = default) => inner.SaveAsync(lease, state, cancellationToken);

    public ValueTask<ILease?> TryLeaseAsync(string appId, TimeSpan duration, CancellationToken cancellationToken = default) =>
        IsLeased ? ValueTask.FromResult<ILease?>(null) : inner.TryLeaseAsync(IgnoresCase ? appId.ToLower(CultureInfo.InvariantCulture) : appId, duration, cancellationToken);
}
