namespace WeChat.UnionPush.Testing;

/// <summary>
/// A clock that stands still until a test moves it. Timers (and with them <c>Task.Delay</c>, time-outs and periodic work on this
/// <see cref="TimeProvider"/>) fire only while <see cref="Advance"/> or <see cref="SetUtcNow"/> moves the clock past them.
/// </summary>
/// <remarks>
/// Timers fire in the order in which they are due, and timers due at the same moment in the order in which they were set. The clock shows each timer's
/// due time when it fires, on the thread that moves the clock. A callback may set more timers; those due within the same move fire in it. A timer that is
/// due at once (zero) fires on the thread pool, as the system's does. All members may be used from any thread.
/// </remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Gate _gate = new();
    private readonly SortedSet<ManualTimer> _pending = new(ManualTimer.ByDueTime);
    private readonly List<(int Count, TaskCompletionSource Source)> _waiters = [];
    private readonly long _start;
    private long _now;
    private long _sequence;

    /// <summary>Makes a clock.</summary>
    /// <param name="start">The start time; 2026-01-05 02:00 UTC (10:00 in China, a Monday) by default.</param>
    public ManualTimeProvider(DateTimeOffset? start = null)
    {
        _start = (start ?? new DateTimeOffset(2026, 1, 5, 2, 0, 0, TimeSpan.Zero)).UtcTicks;
        _now = _start;
    }

    /// <summary>Always UTC, so that a test gives the same result everywhere.</summary>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Timestamps count units of 100 ns.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers wait for the clock to move.</summary>
    public int PendingTimers
    {
        get
        {
            lock (_gate)
            {
                return _pending.Count;
            }
        }
    }

    /// <summary>When the next timer is due, or <see langword="null"/> when none waits.</summary>
    public DateTimeOffset? NextTimerDue
    {
        get
        {
            lock (_gate)
            {
                return _pending.Min is { } next ? At(next.Due) : null;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => At(Volatile.Read(ref _now));

    /// <inheritdoc/>
    public override long GetTimestamp() => Volatile.Read(ref _now) - _start;

    /// <summary>Moves the clock forward and fires the timers that become due.</summary>
    /// <param name="by">How far; zero fires nothing new.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="by"/> is negative.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        MoveTo(Volatile.Read(ref _now) + by.Ticks);
    }

    /// <summary>Moves the clock forward to a moment and fires the timers that become due.</summary>
    /// <param name="value">The moment; not before the clock's current time.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is before the clock's current time.</exception>
    public void SetUtcNow(DateTimeOffset value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, GetUtcNow());
        MoveTo(value.UtcTicks);
    }

    /// <summary>Moves the clock exactly to the next timer and fires it, together with any others due at the same moment.</summary>
    /// <returns><see langword="false"/> when no timer waits; the clock then does not move.</returns>
    public bool AdvanceToNextTimer()
    {
        if (NextTimerDue is not { } due)
        {
            return false;
        }

        MoveTo(due.UtcTicks);
        return true;
    }

    /// <summary>
    /// Waits until that many timers wait for the clock. A test uses it to know, without sleeping, that the code under test has reached its delay
    /// and that the clock can be moved.
    /// </summary>
    /// <param name="count">The minimum number of timers.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WaitForTimersAsync(int count, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_pending.Count >= count)
            {
                return Task.CompletedTask;
            }

            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((count, source));
            return source.Task.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);

    private void MoveTo(long target)
    {
        while (true)
        {
            ManualTimer timer;
            lock (_gate)
            {
                if (_pending.Min is not { } next || next.Due > target)
                {
                    _now = Math.Max(_now, target);
                    return;
                }

                timer = next;
                _now = Math.Max(_now, timer.Due);
                Rearm(timer);
            }

            timer.Fire();
        }
    }

    private void Rearm(ManualTimer timer)
    {
        _pending.Remove(timer);
        if (timer.Period > 0)
        {
            timer.Due += timer.Period;
            timer.Sequence = ++_sequence;
            _pending.Add(timer);
        }
    }

    private bool Set(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        ThrowIfNotADelay(dueTime, nameof(dueTime));
        ThrowIfNotADelay(period, nameof(period));
        lock (_gate)
        {
            if (timer.Disposed)
            {
                return false;
            }

            _pending.Remove(timer);
            timer.Period = period == Timeout.InfiniteTimeSpan ? 0 : period.Ticks;
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                return true;
            }

            timer.Due = _now + dueTime.Ticks;
            timer.Sequence = ++_sequence;
            if (dueTime > TimeSpan.Zero)
            {
                _pending.Add(timer);
                _waiters.RemoveAll(waiter => _pending.Count >= waiter.Count && waiter.Source.TrySetResult());
                return true;
            }

            Rearm(timer);
        }

        ThreadPool.UnsafeQueueUserWorkItem(static timer => timer.Fire(), timer, preferLocal: false);
        return true;
    }

    private void Remove(ManualTimer timer)
    {
        lock (_gate)
        {
            timer.Disposed = true;
            _pending.Remove(timer);
        }
    }

    private static void ThrowIfNotADelay(TimeSpan value, string name)
    {
        if (value < TimeSpan.Zero && value != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(name, value, "A timer's delay is zero, positive or Timeout.InfiniteTimeSpan.");
        }
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state) : ITimer
    {
        public static readonly Comparer<ManualTimer> ByDueTime = Comparer<ManualTimer>.Create(static (a, b) =>
            a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Sequence.CompareTo(b.Sequence));

        // The system's timers run their callbacks in the execution context of their creator. Code that relies on this must see the same here.
        private readonly ExecutionContext? _context = ExecutionContext.Capture();

        public long Due { get; set; }

        public long Period { get; set; }

        public long Sequence { get; set; }

        public bool Disposed { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period) => clock.Set(this, dueTime, period);

        public void Fire()
        {
            if (_context is null)
            {
                callback(state);
            }
            else
            {
                ExecutionContext.Run(_context, static timer => ((ManualTimer)timer!).Invoke(), this);
            }
        }

        public void Dispose() => clock.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Invoke() => callback(state);
    }
}
