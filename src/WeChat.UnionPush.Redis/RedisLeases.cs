using StackExchange.Redis;

namespace WeChat.UnionPush.Redis;

/// <summary>
/// Leases as keys. They end by the server's clock, which all machines share; by the process's own where a test moves that.
/// </summary>
internal sealed class RedisLeases(RedisDatabase database, TimeProvider time, string prefix)
{
    // The holder and its end, so that a moved clock ends it too; the key's own expiry removes what nobody asks for again.
    private const string Start = """
        local now = tonumber(ARGV[2])
        if now == 0 then
            local t = redis.call('TIME')
            now = t[1] * 1000 + math.floor(t[2] / 1000)
        end
        local held = redis.call('GET', KEYS[1])
        local owner, ends
        if held then owner, ends = string.match(held, '^(%S+) (%d+)$') end

        """;

    private const string Write = """
        redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. string.format('%.0f', now + ARGV[3]), 'PX', ARGV[4])
        return 1
        """;

    private const string Take = Start + "if ends and tonumber(ends) > now then return 0 end\n" + Write;
    private const string Renew = Start + "if owner ~= ARGV[1] or tonumber(ends) <= now then return 0 end\n" + Write;
    private const string Release = Start + "if owner == ARGV[1] then return redis.call('DEL', KEYS[1]) end\nreturn 0";

    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    public async ValueTask<ILease?> TryTakeAsync(string key, TimeSpan duration, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        var lease = new Lease(this, RedisDatabase.Prefix + prefix + key);
        try
        {
            return await RunAsync(Take, lease, duration, cancellationToken).ConfigureAwait(false) ? lease : null;
        }
        catch (OperationCanceledException)
        {
            // Whether it was taken is not known, and an attempt that was given up must leave nothing behind.
            await lease.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<bool> RunAsync(string script, Lease lease, TimeSpan duration, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        var now = RedisDatabase.Now(time, TimeSpan.TicksPerMillisecond);
        var milliseconds = (long)Math.Ceiling(duration.TotalMilliseconds);
        var expiry = now == 0 ? milliseconds : milliseconds + (long)Kept.TotalMilliseconds;
        var result = await database.RunAsync(
            redis => redis.ScriptEvaluateAsync(script, [lease.Key], [lease.Owner, now, milliseconds, expiry]), cancellationToken).ConfigureAwait(false);
        return (int)result == 1;
    }

    private sealed class Lease(RedisLeases leases, RedisKey key) : ILease
    {
        public RedisKey Key => key;

        public string Owner { get; } = Guid.NewGuid().ToString("N");

        public async ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default) =>
            await leases.RunAsync(Renew, this, duration, cancellationToken).ConfigureAwait(false);

        public async ValueTask DisposeAsync()
        {
            try
            {
                await leases.RunAsync(Release, this, TimeSpan.FromMilliseconds(1), CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is UnionPushStorageException or ObjectDisposedException)
            {
                // The lease expires by itself, and the holder's own exception must not be hidden.
            }
        }
    }
}
