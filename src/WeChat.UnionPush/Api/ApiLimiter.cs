namespace WeChat.UnionPush;

/// <summary>Paces calls: at most so many a second, with a second's worth of burst, and at most so many at the same time.</summary>
internal sealed class ApiLimiter : IDisposable
{
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _concurrency;
    private readonly long _interval;
    private readonly long _burst;
    private long _next;

    public ApiLimiter(int perSecond, int concurrent, TimeProvider time)
    {
        _time = time;
        _concurrency = new SemaphoreSlim(concurrent, concurrent);
        _interval = perSecond > 0 ? time.TimestampFrequency / perSecond : 0;
        _burst = _interval * Math.Max(0, perSecond - 1);
        _next = perSecond > 0 ? time.GetTimestamp() - _burst : 0;
    }

    public ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        var entered = _concurrency.WaitAsync(cancellationToken);
        return _interval == 0 ? new(entered) : PacedAsync(entered, cancellationToken);
    }

    public void Leave() => _concurrency.Release();

    public void Dispose() => _concurrency.Dispose();

    private async ValueTask PacedAsync(Task entered, CancellationToken cancellationToken)
    {
        await entered.ConfigureAwait(false);
        try
        {
            var now = _time.GetTimestamp();
            long next, start;
            do
            {
                next = Interlocked.Read(ref _next);
                start = Math.Max(next, now - _burst);
            }
            while (Interlocked.CompareExchange(ref _next, start + _interval, next) != next);
            if (start > now)
            {
                await Task.Delay(_time.GetElapsedTime(now, start), _time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            _concurrency.Release();
            throw;
        }
    }
}
