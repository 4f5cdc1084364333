using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>Leases as rows. They end by the clock of the process that checks, not by the server's, as in every store of the library.</summary>
internal sealed class EfLeases(EfDatabase database, TimeProvider timeProvider, string prefix)
{
    private long Now => timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    public async ValueTask<ILease?> TryTakeAsync(string key, TimeSpan duration, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        var lease = new Lease(this, prefix + key);
        var now = Now;
        var until = Until(now, duration);
        return await database.WriteAsync(
            async (context, cancellationToken) =>
            {
                var leases = context.Set<LeaseRow>();
                if (await leases.Where(row => row.Key == lease.Key && row.ExpiresAt <= now).ExecuteUpdateAsync(
                    set => set.SetProperty(static row => row.Owner, lease.Owner).SetProperty(static row => row.ExpiresAt, until), cancellationToken).ConfigureAwait(false) > 0)
                {
                    return true;
                }

                if (await leases.AnyAsync(row => row.Key == lease.Key, cancellationToken).ConfigureAwait(false))
                {
                    return false;
                }

                // Of two who insert it at once, one fails and finds it in the next attempt.
                leases.Add(new LeaseRow { Key = lease.Key, Owner = lease.Owner, ExpiresAt = until });
                await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false) ? lease : null;
    }

    /// <summary>Whether a lease still holds. If so, nobody takes it over before the transaction ends.</summary>
    /// <exception cref="ArgumentException">The lease was not given by this store for this key.</exception>
    public Func<DbContext, CancellationToken, Task<bool>> Held(ILease lease, string key)
    {
        if (lease is not Lease own || own.Leases != this || !string.Equals(own.Key, prefix + key, StringComparison.Ordinal))
        {
            throw new ArgumentException($"The lease was not given by this store for {key}.", nameof(lease));
        }

        var now = Now;
        return async (context, cancellationToken) => await Held(context, own, now)
            .ExecuteUpdateAsync(static set => set.SetProperty(static row => row.ExpiresAt, static row => row.ExpiresAt), cancellationToken).ConfigureAwait(false) > 0;
    }

    private static long Until(long now, TimeSpan duration) => now + (long)Math.Ceiling(duration.TotalMilliseconds);

    private static IQueryable<LeaseRow> Held(DbContext context, Lease lease, long now) =>
        context.Set<LeaseRow>().Where(row => row.Key == lease.Key && row.Owner == lease.Owner && row.ExpiresAt > now);

    private ValueTask<bool> RenewAsync(Lease lease, TimeSpan duration, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        var now = Now;
        var until = Until(now, duration);
        return database.WriteAsync(
            async (context, cancellationToken) => await Held(context, lease, now)
                .ExecuteUpdateAsync(set => set.SetProperty(static row => row.ExpiresAt, until), cancellationToken).ConfigureAwait(false) > 0,
            cancellationToken);
    }

    private async ValueTask ReleaseAsync(Lease lease)
    {
        try
        {
            await database.WriteAsync(
                (context, cancellationToken) => context.Set<LeaseRow>().Where(row => row.Key == lease.Key && row.Owner == lease.Owner).ExecuteDeleteAsync(cancellationToken),
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is UnionPushStorageException or ObjectDisposedException)
        {
            // The lease expires by itself, and the holder's own exception must not be hidden.
        }
    }

    private sealed class Lease(EfLeases leases, string key) : ILease
    {
        public EfLeases Leases => leases;

        public string Key => key;

        public string Owner { get; } = Guid.NewGuid().ToString("N");

        public ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default) => leases.RenewAsync(this, duration, cancellationToken);

        public ValueTask DisposeAsync() => leases.ReleaseAsync(this);
    }
}
