using System.Threading.Channels;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests;

/// <summary>
/// A manual clock that distinguishes delays, which code waits out, from time limits, which normally do not fire. A test moves time from delay to
/// delay, and no time limit fires because a thread was slow.
/// </summary>
internal sealed class DelayWatch(ManualTimeProvider clock) : TimeProvider
{
    private readonly Channel<DateTimeOffset> _due = Channel.CreateUnbounded<DateTimeOffset>();
    private readonly List<TimeSpan> _delays = [];

    /// <summary>All delays that were started.</summary>
    public IReadOnlyList<TimeSpan> Delays
    {
        get
        {
            lock (_delays)
            {
                return [.. _delays];
            }
        }
    }

    public override long TimestampFrequency => clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = clock.CreateTimer(callback, state, dueTime, period);
        if (state is not CancellationTokenSource && dueTime >= TimeSpan.Zero)
        {
            lock (_delays)
            {
                _delays.Add(dueTime);
            }

            _due.Writer.TryWrite(clock.GetUtcNow() + dueTime);
        }

        return timer;
    }

    /// <summary>Waits until a delay is started.</summary>
    public async Task DelayBegunAsync() => await _due.Reader.WaitToReadAsync();

    /// <summary>Waits for a task, and moves the clock past every delay that is started meanwhile.</summary>
    public async Task<T> RunAsync<T>(Task<T> task)
    {
        using var done = new CancellationTokenSource();
        var delay = _due.Reader.ReadAsync(done.Token).AsTask();
        while (await Task.WhenAny(task, delay) == delay)
        {
            var due = await delay;
            clock.Advance(due > clock.GetUtcNow() ? due - clock.GetUtcNow() : TimeSpan.Zero);
            delay = _due.Reader.ReadAsync(done.Token).AsTask();
        }

        await done.CancelAsync();
        return await task;
    }
}
