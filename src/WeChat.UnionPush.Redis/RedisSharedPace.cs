using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace WeChat.UnionPush.Redis;

/// <summary>
/// Pace and day's calls, one key for each account. One script applies a request, by the server's clock, which all machines share. While Redis does not
/// answer, each process keeps the pace by itself, and what it knows of the day's calls tells a Redis that comes back empty.
/// </summary>
/// <param name="database">The connection.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
/// <param name="patience">How long an answer is waited for; half a second when left out. Tests give more, so that a busy machine does not look like a Redis that is down.</param>
internal sealed partial class RedisSharedPace(RedisDatabase database, TimeProvider time, ILogger<RedisSharedPace> logger, TimeSpan? patience = null) : ISharedPace
{
    // The rules of PaceState.Apply, in microseconds. The last argument is what this process knows of the day's calls.
    private const string Apply = """
        local now = tonumber(ARGV[1])
        if now == 0 then
            local t = redis.call('TIME')
            now = t[1] * 1000000 + t[2]
        end
        local per_second, count, made = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
        local limit, platform, is_reset, known = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] == '1', tonumber(ARGV[8])
        local kept = redis.call('HMGET', KEYS[1], 'next', 'day', 'used')
        local next, day, used = tonumber(kept[1] or '0'), tonumber(kept[2] or '0'), tonumber(kept[3] or '0')
        local today = math.floor((now + 28800000000) / 86400000000)
        if today > day then
            day = today
            used = 0
        end
        if not kept[1] and known > used then used = known end
        if platform >= 0 and (is_reset or platform > used) then used = platform end
        used = used + made
        local function span(slots)
            if per_second == 0 then return 0 end
            return math.floor(slots * 1000000 / per_second)
        end
        next = math.max(next, now - 1000000) + span(made)
        if limit >= 0 then count = math.max(0, math.min(count, limit - used)) end
        redis.call('HSET', KEYS[1], 'next', string.format('%.0f', next + span(count)), 'day', string.format('%.0f', day), 'used', string.format('%.0f', used + count))
        redis.call('PEXPIRE', KEYS[1], 172800000)
        return { count, string.format('%.0f', next - now), string.format('%.0f', used + count), span(1) }
        """;

    // A Redis that failed is left alone for so long, so that not every call waits for it.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, PaceState> _known = new(StringComparer.Ordinal);
    private readonly TimeSpan _patience = patience ?? TimeSpan.FromMilliseconds(500);
    private long _failedAt;

    public async ValueTask<PaceGrant> TakeAsync(PaceRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        var failedAt = Interlocked.Read(ref _failedAt);
        if (failedAt != 0 && time.GetElapsedTime(failedAt) < Pause)
        {
            return TakeAlone(request);
        }

        try
        {
            var grant = await AskAsync(request, cancellationToken).ConfigureAwait(false);
            if (failedAt != 0 && Interlocked.CompareExchange(ref _failedAt, 0, failedAt) == failedAt)
            {
                PaceIsShared(logger);
            }

            return grant;
        }
        catch (Exception exception) when (exception is UnionPushStorageException or TimeoutException)
        {
            if (Interlocked.Exchange(ref _failedAt, Math.Max(1, time.GetTimestamp())) == 0)
            {
                PaceIsAlone(logger, exception);
            }

            return TakeAlone(request);
        }
    }

    [LoggerMessage(90, LogLevel.Warning, "Redis does not keep the pace of messages: until it answers again, each process keeps the pace by itself")]
    private static partial void PaceIsAlone(ILogger logger, Exception exception);

    [LoggerMessage(91, LogLevel.Information, "Redis keeps the pace of messages again")]
    private static partial void PaceIsShared(ILogger logger);

    private async Task<PaceGrant> AskAsync(PaceRequest request, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (today, _) = PaceState.None.Apply(new PaceRequest(request.AppId), now);
        var known = _known.TryGetValue(request.AppId, out var state) && state.Day == today.Day ? state.Used : 0;
        RedisValue[] values =
        [
            RedisDatabase.Now(time, TimeSpan.TicksPerMicrosecond), request.PerSecond, request.Count, request.Made, request.DailyLimit ?? -1, request.PlatformUsed ?? -1,
            request.IsReset ? 1 : 0, known,
        ];
        var answer = (RedisValue[]?)await database.RunAsync(
            redis => redis.ScriptEvaluateAsync(Apply, [RedisDatabase.Prefix + "pace:" + request.AppId], values), cancellationToken)
            .WaitAsync(_patience, TimeProvider.System, cancellationToken).ConfigureAwait(false);

        // How far the first slot is from the server's now is told, so that clocks that differ do no harm. It counts from the answer: however long that was under
        // way, no slot is used before its moment.
        var grant = new PaceGrant(
            (int)answer![0],
            Microsecond(time.GetUtcNow()).AddTicks((long)answer[1] * TimeSpan.TicksPerMicrosecond),
            TimeSpan.FromTicks((long)answer[3] * TimeSpan.TicksPerMicrosecond),
            (long)answer[2]);
        _known[request.AppId] = new PaceState(0, today.Day, grant.UsedToday);
        return grant;
    }

    /// <summary>What a process that knows of no other gets.</summary>
    private PaceGrant TakeAlone(PaceRequest request)
    {
        while (true)
        {
            var before = _known.GetOrAdd(request.AppId, PaceState.None);
            var (after, grant) = before.Apply(request, time.GetUtcNow());
            if (_known.TryUpdate(request.AppId, after, before))
            {
                return grant;
            }
        }
    }

    private static DateTimeOffset Microsecond(DateTimeOffset time) => time.AddTicks(-(time.UtcTicks % TimeSpan.TicksPerMicrosecond));
}
