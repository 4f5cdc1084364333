namespace WeChat.UnionPush.Tests;

/// <summary>The clock of a <see cref="Schedule"/>. Timers that fall due at one moment begin in any order, and each runs beside everybody else.</summary>
internal sealed class VirtualTime(Schedule schedule) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 2, 0, 0, TimeSpan.Zero);

    private readonly List<Timer> _set = [];
    private long _now;

    public bool HasTimer => _set.Count > 0;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Start.AddTicks(_now);

    public override long GetTimestamp() => _now + 1;

    /// <summary>Goes to the next timer.</summary>
    /// <returns><see langword="false"/> when there is none.</returns>
    public bool MoveOn()
    {
        if (_set.Count == 0)
        {
            return false;
        }

        _now = Math.Max(_now, _set.Min(static timer => timer.Due));
        foreach (var timer in _set.FindAll(timer => timer.Due <= _now))
        {
            timer.Fire();
        }

        return true;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
        private TimeSpan _period;

        public long Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time._set.Remove(this);
            _period = period;
            if (dueTime >= TimeSpan.Zero)
            {
                Due = time._now + dueTime.Ticks;
                if (dueTime == TimeSpan.Zero)
                {
                    Begin();
                }
                else
                {
                    time._set.Add(this);
                }
            }

            return true;
        }

        public void Fire()
        {
            time._set.Remove(this);
            if (_period > TimeSpan.Zero)
            {
                Due += _period.Ticks;
                time._set.Add(this);
            }

            Begin();
        }

        public void Dispose() => time._set.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void Begin() => time.Schedule.Add(
            _ =>
            {
                if (_context is null)
                {
                    callback(state);
                }
                else
                {
                    ExecutionContext.Run(_context, callback.Invoke, state);
                }
            },
            $"a timer of {state?.GetType().Name}");
    }

    private Schedule Schedule => schedule;
}
