namespace WeChat.UnionPush.Storage;

/// <summary>Leases within one process.</summary>
internal sealed class InMemoryLeases(TimeProvider timeProvider)
{
    private readonly Dictionary<string, Lease> _leases = new(StringComparer.Ordinal);

    private DateTimeOffset Now => timeProvider.GetUtcNow();

    public ILease? TryTake(string key, TimeSpan duration)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        lock (_leases)
        {
            return _leases.TryGetValue(key, out var other) && other.ExpiresAt > Now
                ? null
                : _leases[key] = new Lease(this, key) { ExpiresAt = Now + duration };
        }
    }

    /// <summary>Does something while the lease cannot change hands, provided that it still holds.</summary>
    /// <exception cref="ArgumentException">The lease was not given by this store for this key.</exception>
    public bool IfHeld(ILease lease, string key, Action action)
    {
        if (lease is not Lease own || own.Leases != this || !string.Equals(own.Key, key, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The lease was not given by this store for {key}.", nameof(lease));
        }

        lock (_leases)
        {
            if (!IsHeld(own))
            {
                return false;
            }

            action();
            return true;
        }
    }

    private bool IsHeld(Lease lease) => _leases.GetValueOrDefault(lease.Key) == lease && lease.ExpiresAt > Now;

    private sealed class Lease(InMemoryLeases leases, string key) : ILease
    {
        public InMemoryLeases Leases => leases;

        public string Key => key;

        public DateTimeOffset ExpiresAt { get; set; }

        public ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
            cancellationToken.ThrowIfCancellationRequested();
            return new(leases.IfHeld(this, key, () => ExpiresAt = leases.Now + duration));
        }

        public ValueTask DisposeAsync()
        {
            lock (leases._leases)
            {
                if (leases._leases.GetValueOrDefault(key) == this)
                {
                    leases._leases.Remove(key);
                }
            }

            return ValueTask.CompletedTask;
        }
    }
}
