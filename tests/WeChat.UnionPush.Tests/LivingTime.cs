using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests;

/// <summary>
/// Time for many callers at once: it stands still while anybody works, and goes to the next timer when everybody waits. Whoever works is known by the
/// time limit that each attempt sets and takes back; whoever waits within an attempt, by the simulated platform's latency.
/// </summary>
internal sealed class LivingTime
{
    private readonly ManualTimeProvider _clock;
    private readonly TimeSpan _longestAttempt;
    private int _limits;
    private int _latencies;

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
    public async Task<T> RunAsync<T>(Task<T> task)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(20));
        while (!task.IsCompleted)
        {
            Assert.False(patience.IsCancellationRequested, $"{Volatile.Read(ref _limits)} attempts are under way and do not end.");
            if (Volatile.Read(ref _limits) <= Volatile.Read(ref _latencies))
            {
                _clock.AdvanceToNextTimer();
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
            var isLimit = !isPlatform && state is CancellationTokenSource && dueTime <= time._longestAttempt;
            return isLimit || isPlatform ? new CountedTimer(time, isPlatform, callback, state, dueTime, period) : time._clock.CreateTimer(callback, state, dueTime, period);
        }
    }

    private sealed class CountedTimer : ITimer
    {
        private readonly LivingTime _time;
        private readonly bool _isPlatform;
        private readonly ITimer _timer;
        private int _ended;

        public CountedTimer(LivingTime time, bool isPlatform, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_time, _isPlatform) = (time, isPlatform);
            Interlocked.Increment(ref Count);
            _timer = time._clock.CreateTimer(
                inner =>
                {
                    // What goes on from here works again, and a latency that ends must not seem to last.
                    End();
                    callback(inner);
                },
                state,
                dueTime,
                period);
        }

        private ref int Count => ref _isPlatform ? ref _time._latencies : ref _time._limits;

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
            if (Interlocked.Exchange(ref _ended, 1) == 0)
            {
                Interlocked.Decrement(ref Count);
            }
        }
    }
}
