namespace WeChat.UnionPush.PostgreSql;

/// <summary>
/// Leases as rows. They end by the clock of whoever looks, not by the server's, so that tests can move time as they do for every store. Machines
/// whose clocks differ end a lease sooner or later by that much: a walk that loses its lease early is refused its next save, and a token is
/// fetched twice at worst.
/// </summary>
internal sealed class PostgreSqlLeases(PostgreSqlDatabase database, TimeProvider timeProvider, string prefix)
{
    private const string Take = """
        insert into unionpush_lease as l (key, owner, expires_at) values ($1, $2, $3)
        on conflict (key) do update set owner = excluded.owner, expires_at = excluded.expires_at where l.expires_at <= $4
        returning true
        """;

    private const string Renew = "update unionpush_lease set expires_at = $3 where key = $1 and owner = $2 and expires_at > $4 returning true";
    private const string Release = "delete from unionpush_lease where key = $1 and owner = $2 returning true";

    private long Now => timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    public async ValueTask<ILease?> TryTakeAsync(string key, TimeSpan duration, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var lease = new Lease(this, prefix + key);
        return await RunAsync(Take, lease, duration, cancellationToken).ConfigureAwait(false) ? lease : null;
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
        var rows = await database.ReadAsync(
            sql,
            static _ => true,
            cancellationToken,
            PostgreSqlDatabase.Value(lease.Key),
            PostgreSqlDatabase.Value(lease.Owner),
            PostgreSqlDatabase.Value(now + (long)Math.Ceiling(duration.TotalMilliseconds)),
            PostgreSqlDatabase.Value(now)).ConfigureAwait(false);
        return rows.Count > 0;
    }

    private async ValueTask ReleaseAsync(Lease lease)
    {
        try
        {
            await database.ReadAsync(Release, static _ => true, CancellationToken.None, PostgreSqlDatabase.Value(lease.Key), PostgreSqlDatabase.Value(lease.Owner)).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is UnionPushStorageException or ObjectDisposedException)
        {
            // The lease ends by itself, and what the holder is failing with must not be hidden.
        }
    }

    private sealed class Lease(PostgreSqlLeases leases, string key) : ILease
    {
        public PostgreSqlLeases Leases => leases;

        public string Key => key;

        public string Owner { get; } = Guid.NewGuid().ToString("N");

        public ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default) => leases.RunAsync(Renew, this, duration, cancellationToken);

        public ValueTask DisposeAsync() => leases.ReleaseAsync(this);
    }
}
