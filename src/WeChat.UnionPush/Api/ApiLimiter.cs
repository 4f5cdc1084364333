using System.Threading.Channels;

namespace WeChat.UnionPush;

/// <summary>Paces calls: at most so many a second, with a second's worth of burst, and at most so many at the same time.</summary>
internal sealed class ApiLimiter
{
    private readonly TimeProvider _time;

    // First come, first served. A SemaphoreSlim would want to be disposed, and those who wait for it then wait for ever.
    private readonly Channel<bool> _underWay;
    private readonly long _interval;
    private readonly long _burst;
    private long _next;

    public ApiLimiter(int perSecond, int concurrent, TimeProvider time)
    {
        _time = time;

        // More than two seconds' worth would only wait for the pace, and their repeats behind them until their time is up.
        _underWay = Channel.CreateBounded<bool>(perSecond is > 0 and < 5000 ? Math.Min(concurrent, 2 * perSecond) : concurrent);
        _interval = perSecond > 0 ? time.TimestampFrequency / perSecond : 0;
        _burst = _interval * Math.Max(0, perSecond - 1);
        _next = perSecond > 0 ? time.GetTimestamp() - _burst : 0;
    }

    /// <summary>Waits for a place among the calls that are under way. Each is left again with <see cref="Leave"/>.</summary>
    public ValueTask EnterAsync(CancellationToken cancellationToken) => _underWay.Writer.WriteAsync(true, cancellationToken);

    public void Leave() => _underWay.Reader.TryRead(out _);

    /// <summary>Waits until the next attempt may go out.</summary>
    public ValueTask PaceAsync(CancellationToken cancellationToken)
    {
        if (_interval == 0)
        {
            return default;
        }

        var now = _time.GetTimestamp();
        long next, start;
        do
        {
            next = Interlocked.Read(ref _next);
            start = Math.Max(next, now - _burst);
        }
        while (Interlocked.CompareExchange(ref _next, start + _interval, next) != next);
        return start > now ? new(Task.Delay(_time.GetElapsedTime(now, start), _time, cancellationToken)) : default;
    }
}
