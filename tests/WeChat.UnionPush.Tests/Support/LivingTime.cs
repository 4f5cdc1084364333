using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests;

/// <summary>
/// Time for many concurrent callers: it stands still while any of them works, and moves to the next timer when all wait. A working caller is recognised by the
/// time limit that each attempt sets and cancels, a waiting one by a delay of the host or a latency of the simulated platform.
/// </summary>
internal sealed class LivingTime
{
    private readonly ManualTimeProvider _clock;
    private readonly TimeSpan _longestAttempt;
    private int _limits;
    private int _latencies;
    private int _delays;
    private int _turns;

    /// <param name="clock">The underlying clock.</param>
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

    /// <summary>
    /// Lets time run until a task is done. Exact where nothing leaves the process and the test runs alone (<see cref="Alone"/>): who works is seen by the
    /// threads at work, so a thread that the machine has put aside for a while counts too.
    /// </summary>
    public async Task<T> RunAsync<T>(Task<T> task)
    {
        await GoOnUntilAsync(task);
        return await task;
    }

    /// <summary>Disposes a host while time goes on: what it does in the background may still wait for an answer, and it waits for that.</summary>
    public async Task DisposeHostAsync(IAsyncDisposable host)
    {
        var disposed = host.DisposeAsync().AsTask();
        await GoOnUntilAsync(disposed);
        await disposed;
    }

    /// <summary>Lets time run until something is so, and then stand still. Exact as the other.</summary>
    public async Task UntilAsync(Func<Task<bool>> happened)
    {
        while (!await happened())
        {
            await BesideAsync(() => MoveOn(static () => false));
        }
    }

    /// <summary>
    /// Lets time live until callers of a queue are done. Exact: it moves only when each caller that is left waits in the queue, or for a time to try again.
    /// </summary>
    public async Task<T> RunAsync<T>(Task<T> task, CallQueue queue, Func<int> callers)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(20));
        for (var quiet = 0; !task.IsCompleted;)
        {
            Assert.False(patience.IsCancellationRequested, $"{_limits} attempts are under way, and nobody waits for the clock.");
            quiet = queue.Waiting + Volatile.Read(ref _delays) >= callers() ? quiet + 1 : 0;

            // Checked more than once, because a caller that goes from one wait to the next is counted nowhere for a moment.
            if (quiet > 20)
            {
                _clock.AdvanceToNextTimer();
                quiet = 0;
            }

            await Task.Yield();
        }

        return await task;
    }

    /// <summary>Whether no attempt is under way but those that wait for the platform, and somebody waits.</summary>
    private bool IsEverybodyWaiting() =>
        Volatile.Read(ref _limits) <= Volatile.Read(ref _latencies) &&
        Volatile.Read(ref _latencies) + Volatile.Read(ref _delays) + Volatile.Read(ref _turns) > 0;

    private static bool IsPoolIdle()
    {
        ThreadPool.GetMaxThreads(out var all, out _);
        ThreadPool.GetAvailableThreads(out var free, out _);
        return free == all && ThreadPool.PendingWorkItemCount == 0;
    }

    private Task GoOnUntilAsync(Task task) => BesideAsync(() =>
    {
        while (!task.IsCompleted)
        {
            MoveOn(() => task.IsCompleted);
        }
    });

    // On a thread of its own, which is none of those it looks at.
    private static Task BesideAsync(Action move) => Task.Factory.StartNew(move, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void MoveOn(Func<bool> isDone)
    {
        using var patience = new CancellationTokenSource(Runs.Patience);
        while (!isDone())
        {
            Assert.False(patience.IsCancellationRequested, $"{_limits} attempts are under way, and nobody waits for the clock.");

            // Asked twice, because a thread may have been at work between the two questions of the first time.
            if (IsPoolIdle() && IsEverybodyWaiting() && IsPoolIdle() && !isDone())
            {
                _clock.AdvanceToNextTimer();
                return;
            }

            Thread.Yield();
        }
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

            if (state is CallQueue)
            {
                // One timer for all who wait in the queue.
                return new CountedTimer(time, ref time._turns, static time => Interlocked.Decrement(ref time._turns), callback, state, dueTime, period);
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
                    // What continues from here is working again, and a wait that ends must not be counted as still waiting.
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
