namespace WeChat.UnionPush.Sqlite;

/// <summary>
/// Leases as rows. They end by the clock of whoever looks, so processes on one machine agree; that of a lease that is guarded by nothing
/// else, such as the right to fetch a token, costs a second fetch at worst.
/// </summary>
internal sealed class SqliteLeases(SqliteDatabase database, TimeProvider timeProvider, string prefix)
{
    private const string Take = """
        insert into unionpush_lease (key, owner, expires_at) values (?1, ?2, ?3)
        on conflict (key) do update set owner = excluded.owner, expires_at = excluded.expires_at where unionpush_lease.expires_at <= ?4
        """;

    private const string Renew = "update unionpush_lease set expires_at = ?3 where key = ?1 and owner = ?2 and expires_at > ?4";
    private const string Release = "delete from unionpush_lease where key = ?1 and owner = ?2";
    private const string SelectHeld = "select 1 from unionpush_lease where key = ?1 and owner = ?2 and expires_at > ?3";

    private long Now => timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    public async ValueTask<ILease?> TryTakeAsync(string key, TimeSpan duration, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var lease = new Lease(this, prefix + key);
        return await RunAsync(Take, lease, Milliseconds(duration), cancellationToken).ConfigureAwait(false) ? lease : null;
    }

    /// <summary>Whether a lease still holds, in the transaction under way.</summary>
    /// <exception cref="ArgumentException">The lease was not given by this store for this key.</exception>
    public bool IsHeld(SqliteSession session, ILease lease, string key)
    {
        if (lease is not Lease own || own.Leases != this || !string.Equals(own.Key, prefix + key, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The lease was not given by this store for {key}.", nameof(lease));
        }

        var select = session.Prepare(SelectHeld).Bind(1, own.Key).Bind(2, own.Owner).Bind(3, Now);
        var isHeld = select.Step();
        select.Reset();
        return isHeld;
    }

    private static long Milliseconds(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        return (long)Math.Ceiling(duration.TotalMilliseconds);
    }

    private ValueTask<bool> RunAsync(string sql, Lease lease, long milliseconds, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (sql, lease, now: Now, milliseconds),
            static (session, run, _) =>
            {
                session.Prepare(run.sql).Bind(1, run.lease.Key).Bind(2, run.lease.Owner).Bind(3, run.now + run.milliseconds).Bind(4, run.now).Run();
                return session.Changes > 0;
            },
            cancellationToken);

    private sealed class Lease(SqliteLeases leases, string key) : ILease
    {
        public SqliteLeases Leases => leases;

        public string Key => key;

        public string Owner { get; } = Guid.NewGuid().ToString("N");

        public ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default) =>
            leases.RunAsync(Renew, this, Milliseconds(duration), cancellationToken);

        public async ValueTask DisposeAsync()
        {
            try
            {
                await leases.ReleaseAsync(this).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is UnionPushStorageException or ObjectDisposedException)
            {
                // The lease ends by itself, and what the holder is failing with must not be hidden.
            }
        }
    }

    private ValueTask<bool> ReleaseAsync(Lease lease) =>
        database.WriteAsync(
            lease,
            static (session, lease, _) =>
            {
                session.Prepare(Release).Bind(1, lease.Key).Bind(2, lease.Owner).Run();
                return true;
            },
            CancellationToken.None);
}
