using System.Globalization;

namespace WeChat.UnionPush.Tests;

/// <summary>A store of syncs that fails, loses leases, or takes names that differ in case for the same.</summary>
internal sealed class BrokenSyncStore(IFollowerSyncStore inner) : IFollowerSyncStore
{
    private readonly TaskCompletionSource _hanging = new();
    private int _saves;

    public Exception? Failure { get; init; }

    /// <summary>Whether it answers no question for the state of a sync.</summary>
    public bool Hangs { get; init; }

    /// <summary>Ends when somebody waits for such an answer.</summary>
    public Task Hanging => _hanging.Task;

    public bool IgnoresCase { get; init; }

    public Func<FollowerSyncState, FollowerSyncState>? Rewrite { get; init; }

    public bool IsLeased { get; init; }

    /// <summary>Whether a renewal finds that the lease is somebody else's.</summary>
    public bool LosesLeases { get; init; }

    /// <summary>Which save finds that the lease is somebody else's, from 1; 0 for none.</summary>
    public int FailingSave { get; init; }

    public async ValueTask<FollowerSyncState?> GetAsync(string appId, CancellationToken cancellationToken = default)
    {
        if (Hangs)
        {
            _hanging.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        var state = Failure is null ? await inner.GetAsync(appId, cancellationToken) : throw Failure;
        return state is not null && Rewrite is not null ? Rewrite(state) : state;
    }

    public ValueTask<IReadOnlyList<FollowerSyncState>> ListAsync(CancellationToken cancellationToken = default) => inner.ListAsync(cancellationToken);

    public ValueTask<bool> SaveAsync(ILease lease, FollowerSyncState state, CancellationToken cancellationToken = default) =>
        ++_saves == FailingSave ? new(false) : inner.SaveAsync(lease is Losing losing ? losing.Inner : lease, state, cancellationToken);

    public async ValueTask<ILease?> TryLeaseAsync(string appId, TimeSpan duration, CancellationToken cancellationToken = default)
    {
        var lease = IsLeased ? null : await inner.TryLeaseAsync(IgnoresCase ? appId.ToLower(CultureInfo.InvariantCulture) : appId, duration, cancellationToken);
        return lease is not null && LosesLeases ? new Losing(lease) : lease;
    }

    private sealed record Losing(ILease Inner) : ILease
    {
        public ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default) => new(false);

        public ValueTask DisposeAsync() => Inner.DisposeAsync();
    }
}
