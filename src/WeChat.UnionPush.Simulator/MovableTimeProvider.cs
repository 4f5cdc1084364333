namespace WeChat.UnionPush.Simulator;

/// <summary>
/// A clock that runs with another one and can be moved: what waits for tomorrow's quota need not wait until tomorrow. Timers that a move passes fire
/// at once.
/// </summary>
/// <remarks>
/// A move back changes what the clock shows, and nothing else: timers and timestamps go on, as they do when a system's clock is set back.
/// All members may be used from any thread.
/// </remarks>
public sealed class MovableTimeProvider : TimeProvider
{
    private readonly object _gate = new();
    private readonly TimeProvider _clock;
    private readonly HashSet<MovableTimer> _timers = [];
    private long _shift;
    private long _passed;

    /// <summary>Makes a clock that shows the time of another one until it is moved.</summary>
    /// <param name="clock">The clock it runs with; the system's when left out.</param>
    public MovableTimeProvider(TimeProvider? clock = null) => _clock = clock ?? System;

    /// <summary>How far the clock is ahead of the one it runs with. Negative when it is behind.</summary>
    public TimeSpan Shift => new(Volatile.Read(ref _shift));

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => _clock.LocalTimeZone;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _clock.GetUtcNow() + Shift;

    /// <inheritdoc/>
    public override long GetTimestamp() => _clock.GetElapsedTime(0).Ticks + Volatile.Read(ref _passed);

    /// <summary>Moves the clock, and fires what becomes due on the way.</summary>
    /// <param name="by">How far; negative to set it back.</param>
    public void Move(TimeSpan by)
    {
        MovableTimer[] timers;
        lock (_gate)
        {
            Volatile.Write(ref _shift, _shift + by.Ticks);
            if (by <= TimeSpan.Zero)
            {
                return;
            }

            Volatile.Write(ref _passed, _passed + by.Ticks);
            timers = [.. _timers];
        }

        foreach (var timer in timers)
        {
            timer.Passed();
        }
    }

    /// <summary>Sets the clock to the moment that the one it runs with shows.</summary>
    public void Reset() => Move(-Shift);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return new MovableTimer(this, callback, state, dueTime, period);
    }

    private sealed class MovableTimer : ITimer
    {
        private readonly object _gate = new();
        private readonly MovableTimeProvider _owner;
        private readonly ITimer _timer;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private TimeSpan _period;
        private long _due = long.MaxValue;

        public MovableTimer(MovableTimeProvider owner, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_owner, _callback, _state) = (owner, callback, state);
            _timer = owner._clock.CreateTimer(static timer => ((MovableTimer)timer!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_gate)
            {
                _period = period;
                _due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : _owner.GetTimestamp() + dueTime.Ticks;
                if (!_timer.Change(dueTime, Timeout.InfiniteTimeSpan))
                {
                    return false;
                }
            }

            lock (_owner._gate)
            {
                // Only what waits needs to be told of moves; whoever drops a timer that has fired need not dispose it.
                _ = dueTime == Timeout.InfiniteTimeSpan ? _owner._timers.Remove(this) : _owner._timers.Add(this);
            }

            return true;
        }

        public void Passed()
        {
            lock (_gate)
            {
                if (_due != long.MaxValue)
                {
                    var left = Math.Max(0, _due - _owner.GetTimestamp());
                    _timer.Change(new TimeSpan(left), Timeout.InfiniteTimeSpan);
                }
            }
        }

        public void Dispose()
        {
            lock (_owner._gate)
            {
                _owner._timers.Remove(this);
            }

            _timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            lock (_gate)
            {
                // The system's timer may be some milliseconds early, and one that was moved meanwhile is not due yet.
                var left = _due - _owner.GetTimestamp();
                if (_due == long.MaxValue)
                {
                    return;
                }

                if (left > TimeSpan.TicksPerMillisecond)
                {
                    _timer.Change(new TimeSpan(left), Timeout.InfiniteTimeSpan);
                    return;
                }

                if (_period > TimeSpan.Zero)
                {
                    _due = _owner.GetTimestamp() + _period.Ticks;
                    _timer.Change(_period, Timeout.InfiniteTimeSpan);
                }
                else
                {
                    _due = long.MaxValue;
                    lock (_owner._gate)
                    {
                        _owner._timers.Remove(this);
                    }
                }
            }

            _callback(_state);
        }
    }
}
