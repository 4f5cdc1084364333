namespace WeChat.UnionPush;

/// <summary>So many slots a second, with a second's worth of burst after a pause. Taking one costs no lock and no allocation.</summary>
internal sealed class AccountPace : IAccountPace
{
    private readonly TimeProvider _time;

    // Timestamps of the clock. The next slot's moment lies at most a burst in the past, which is what a pause has earned.
    private long _interval;
    private long _burst;
    private long _next;

    /// <param name="perSecond">How many; 0 for no limit.</param>
    /// <param name="time">The clock.</param>
    public AccountPace(int perSecond, TimeProvider time)
    {
        _time = time;
        PerSecond = perSecond;
        if (perSecond > 0)
        {
            _interval = time.TimestampFrequency / perSecond;
            _burst = _interval * (perSecond - 1);
            _next = time.GetTimestamp() - _burst;
        }
    }

    public int PerSecond { get; private set; }

    public void SlowDownTo(int perSecond)
    {
        if (perSecond > 0 && (PerSecond == 0 || perSecond < PerSecond))
        {
            var interval = _time.TimestampFrequency / perSecond;
            Volatile.Write(ref _burst, interval * (perSecond - 1));
            if (PerSecond == 0)
            {
                Interlocked.Exchange(ref _next, _time.GetTimestamp() - Volatile.Read(ref _burst));
            }

            Volatile.Write(ref _interval, interval);
            PerSecond = perSecond;
        }
    }

    public bool TryTake(out long next)
    {
        next = 0;
        var interval = Volatile.Read(ref _interval);
        if (interval == 0)
        {
            return true;
        }

        var now = _time.GetTimestamp();
        while (true)
        {
            var seen = Interlocked.Read(ref _next);
            var slot = Math.Max(seen, now - Volatile.Read(ref _burst));
            if (slot > now)
            {
                next = slot;
                return false;
            }

            if (Interlocked.CompareExchange(ref _next, slot + interval, seen) == seen)
            {
                return true;
            }
        }
    }

    public void Return() => Interlocked.Add(ref _next, -Volatile.Read(ref _interval));

    public TimeSpan WaitBehind(int others)
    {
        var now = _time.GetTimestamp();
        var slot = Math.Max(Interlocked.Read(ref _next), now - Volatile.Read(ref _burst)) + (others * Volatile.Read(ref _interval));
        return slot > now ? _time.GetElapsedTime(now, slot) : TimeSpan.Zero;
    }
}
