namespace WeChat.UnionPush;

/// <summary>
/// Leases as rows. They end by the clock of the process that checks, not by the server's, so that tests can move time as they do for every store. Where
/// the clocks of machines differ, a lease ends that much sooner or later. A walk that loses its lease early has its next save refused, and a token is
/// fetched twice at worst.
/// </summary>
internal sealed class SqlLeases(ISqlDatabase database, TimeProvider timeProvider, string prefix)
{
    private readonly string _take = database.Dialect.Spell(database.Dialect.TakeLease);
    private readonly string _renew = database.Dialect.Spell("""update unionpush_lease set expires_at = $3 where "key" = $1 and owner = $2 and expires_at > $4""");
    private readonly string _release = database.Dialect.Spell("""delete from unionpush_lease where "key" = $1 and owner = $2""");

    private long Now => timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    public async ValueTask<ILease?> TryTakeAsync(string key, TimeSpan duration, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var lease = new Lease(this, prefix + key);
        return await RunAsync(_take, lease, duration, cancellationToken).ConfigureAwait(false) ? lease : null;
    }

    /// <summary>The row that a statement must find, with its time, to know that a lease still holds.</summary>
    /// <exception cref="ArgumentException">The lease was not given by this store for this key.</exception>
    public (string Key, string Owner, long Now) Held(ILease lease, string key) =>
        lease is Lease own && own.Leases == this && string.Equals(own.Key, prefix + key, StringComparison.Ordinal)
            ? (own.Key, own.Owner, Now)
            : throw new ArgumentException($"The lease was not given by this store for {key}.", nameof(lease));

    private async ValueTask<bool> RunAsync(string sql, Lease lease, TimeSpan duration, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        var now = Now;
        return await database.ExecuteAsync(sql, cancellationToken, lease.Key, lease.Owner, now + (long)Math.Ceiling(duration.TotalMilliseconds), now).ConfigureAwait(false) > 0;
    }

    private async ValueTask ReleaseAsync(Lease lease)
    {
        try
        {
            await database.ExecuteAsync(_release, CancellationToken.None, lease.Key, lease.Owner).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is UnionPushStorageException or ObjectDisposedException)
        {
            // The lease expires by itself, and the holder's own exception must not be hidden.
        }
    }

    private sealed class Lease(SqlLeases leases, string key) : ILease
    {
        public SqlLeases Leases => leases;

        public string Key => key;

        public string Owner { get; } = Guid.NewGuid().ToString("N");

        public ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default) => leases.RunAsync(leases._renew, this, duration, cancellationToken);

        public ValueTask DisposeAsync() => leases.ReleaseAsync(this);
    }
}
