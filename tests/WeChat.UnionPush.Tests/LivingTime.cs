using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests;

/// <summary>
/// Time for many callers at once: it stands still while anybody works, and goes to the next timer when everybody waits. Whoever works is known by the
/// time limit that each attempt sets and takes back; whoever waits, by a delay of the host's or a latency of the simulated platform.
/// </summary>
internal sealed class LivingTime
{
    private readonly ManualTimeProvider _clock;
    private readonly TimeSpan _longestAttempt;
    private int _limits;
    private int _latencies;
    private int _delays;

    /// <param name="clock">The clock beneath.</param>
    /// <param name="longestAttempt">The host's time limit of one attempt; every other limit of the host is longer.</param>
    public LivingTime(ManualTimeProvider clock, TimeSpan longestAttempt)
    {
        _clock = clock;
        _longestAttempt = longestAttempt;
        Host = new View(this, isPlatform: false);
        Platform = new View(this, isPlatform: true);
    }

    /// <summary>The host's view of the clock.</summary>
    public TimeProvider Host { get; }

    /// <summary>The simulated platform's view of it.</summary>
    public TimeProvider Platform { get; }

    /// <summary>Lets time live until a task is done.</summary>
    public Task<T> RunAsync<T>(Task<T> task) => RunAsync(task, static () => 1);

    /// <summary>Lets time live until all callers are done, of whom so many at once are let in. Exact: it moves only when each of those waits for the clock.</summary>
    public Task<T[]> RunAsync<T>(IReadOnlyCollection<Task<T>> callers, int atOnce)
    {
        var left = callers.Count;
        foreach (var caller in callers)
        {
            _ = caller.ContinueWith(_ => Interlocked.Decrement(ref left), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        return RunAsync(Task.WhenAll(callers), () => Math.Min(Volatile.Read(ref left), atOnce));
    }

    private bool IsEverybodyWaiting(int atLeast) =>
        Volatile.Read(ref _limits) <= Volatile.Read(ref _latencies) && Volatile.Read(ref _latencies) + Volatile.Read(ref _delays) >= atLeast;

    private async Task<T> RunAsync<T>(Task<T> task, Func<int> waiting)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(20));
        for (var quiet = 0; !task.IsCompleted;)
        {
            Assert.False(patience.IsCancellationRequested, $"{_limits} attempts are under way, and nobody waits for the clock.");
            quiet = IsEverybodyWaiting(waiting()) ? quiet + 1 : 0;

            // Looked at more than once: who goes from one wait to the next is nowhere for a moment.
            if (quiet > 20)
            {
                _clock.AdvanceToNextTimer();
                quiet = 0;
            }

            await Task.Yield();
        }

        return await task;
    }

    private sealed class View(LivingTime time, bool isPlatform) : TimeProvider
    {
        public override long TimestampFrequency => time._clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time._clock.GetUtcNow();

        public override long GetTimestamp() => time._clock.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (isPlatform)
            {
                return new CountedTimer(time, ref time._latencies, static time => Interlocked.Decrement(ref time._latencies), callback, state, dueTime, period);
            }

            if (state is not CancellationTokenSource)
            {
                return new CountedTimer(time, ref time._delays, static time => Interlocked.Decrement(ref time._delays), callback, state, dueTime, period);
            }

            return dueTime <= time._longestAttempt
                ? new CountedTimer(time, ref time._limits, static time => Interlocked.Decrement(ref time._limits), callback, state, dueTime, period)
                : time._clock.CreateTimer(callback, state, dueTime, period);
        }
    }

    private sealed class CountedTimer : ITimer
    {
        private readonly LivingTime _time;
        private readonly Action<LivingTime> _ended;
        private readonly ITimer _timer;
        private int _isEnded;

        public CountedTimer(LivingTime time, ref int count, Action<LivingTime> ended, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_time, _ended) = (time, ended);
            Interlocked.Increment(ref count);
            _timer = time._clock.CreateTimer(
                inner =>
                {
                    // What goes on from here works again, and a wait that ends must not seem to last.
                    End();
                    callback(inner);
                },
                state,
                dueTime,
                period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => _timer.Change(dueTime, period);

        public void Dispose()
        {
            End();
            _timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }

        private void End()
        {
            if (Interlocked.Exchange(ref _isEnded, 1) == 0)
            {
                _ended(_time);
            }
        }
    }
}
