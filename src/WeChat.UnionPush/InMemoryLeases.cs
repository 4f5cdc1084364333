namespace WeChat.UnionPush;

/// <summary>Leases among the callers of one process.</summary>
internal sealed class InMemoryLeases(TimeProvider time)
{
    private readonly TimeProvider _time = time;
    private readonly Dictionary<string, (Lease Holder, DateTimeOffset Until)> _leases = new(StringComparer.Ordinal);

    public ILease? TryTake(string name, TimeSpan duration)
    {
        lock (_leases)
        {
            var now = _time.GetUtcNow();
            if (_leases.TryGetValue(name, out var held) && now < held.Until)
            {
                return null;
            }

            var lease = new Lease(this, name);
            _leases[name] = (lease, now + duration);
            return lease;
        }
    }

    /// <summary>Runs an action while the lease is known to be held, so that nobody takes it over in between.</summary>
    public bool WhileHeld(ILease lease, string name, Action action)
    {
        lock (_leases)
        {
            if (!_leases.TryGetValue(name, out var held) || !ReferenceEquals(held.Holder, lease) || _time.GetUtcNow() >= held.Until)
            {
                return false;
            }

            action();
            return true;
        }
    }

    private sealed class Lease(InMemoryLeases leases, string name) : ILease
    {
        public ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new(leases.WhileHeld(this, name, () => leases._leases[name] = (this, leases._time.GetUtcNow() + duration)));
        }

        public ValueTask DisposeAsync()
        {
            lock (leases._leases)
            {
                if (leases._leases.TryGetValue(name, out var held) && ReferenceEquals(held.Holder, this))
                {
                    leases._leases.Remove(name);
                }
            }

            return default;
        }
    }
}
