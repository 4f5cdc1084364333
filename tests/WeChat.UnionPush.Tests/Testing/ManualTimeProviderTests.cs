using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Testing;

public sealed class ManualTimeProviderTests
{
    [Fact]
    public void The_clock_stands_still_until_it_is_moved()
    {
        var start = new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.FromHours(8));
        var time = new ManualTimeProvider(start);
        var timestamp = time.GetTimestamp();
        Assert.Equal(start, time.GetUtcNow());
        Assert.Equal(TimeSpan.Zero, time.GetUtcNow().Offset);
        time.Advance(TimeSpan.FromMilliseconds(1500));
        Assert.Equal(start.AddSeconds(1.5), time.GetUtcNow());
        Assert.Equal(TimeSpan.FromSeconds(1.5), time.GetElapsedTime(timestamp));
        Assert.Throws<ArgumentOutOfRangeException>(() => time.Advance(TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => time.SetUtcNow(start));
    }

    [Fact]
    public void Timers_fire_in_the_order_of_their_due_times_and_each_sees_its_own()
    {
        var time = new ManualTimeProvider();
        var start = time.GetUtcNow();
        var fired = new List<(string Name, double At)>();
        TimerCallback Note(string name) => _ => fired.Add((name, (time.GetUtcNow() - start).TotalSeconds));
        using var late = time.CreateTimer(Note("late"), null, TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using var early = time.CreateTimer(Note("early"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        using var alsoLate = time.CreateTimer(Note("also late"), null, TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using var never = time.CreateTimer(Note("never"), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using var beyond = time.CreateTimer(Note("beyond"), null, TimeSpan.FromSeconds(5.001), Timeout.InfiniteTimeSpan);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([("early", 1), ("late", 5), ("also late", 5)], fired);
        Assert.Equal(1, time.PendingTimers);
    }

    [Fact]
    public void A_callback_may_set_another_timer_that_fires_in_the_same_move()
    {
        var time = new ManualTimeProvider();
        var start = time.GetUtcNow();
        var fired = new List<double>();
        ITimer? second = null;
        using var first = time.CreateTimer(
            _ => second = time.CreateTimer(_ => fired.Add((time.GetUtcNow() - start).TotalSeconds), null, TimeSpan.FromSeconds(2), Timeout.InfiniteTimeSpan),
            null,
            TimeSpan.FromSeconds(1),
            Timeout.InfiniteTimeSpan);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([3], fired);
        second!.Dispose();
    }

    [Fact]
    public void A_periodic_timer_fires_once_for_each_period_until_it_is_disposed()
    {
        var time = new ManualTimeProvider();
        var fired = 0;
        var timer = time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(3, fired);
        timer.Dispose();
        Assert.False(timer.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(3, fired);
    }

    [Fact]
    public void The_clock_moves_exactly_to_the_next_timer()
    {
        var time = new ManualTimeProvider();
        var start = time.GetUtcNow();
        Assert.Null(time.NextTimerDue);
        Assert.False(time.AdvanceToNextTimer());
        var delay = Task.Delay(TimeSpan.FromMinutes(3), time);
        Assert.Equal(start.AddMinutes(3), time.NextTimerDue);
        Assert.True(time.AdvanceToNextTimer());
        Assert.Equal(start.AddMinutes(3), time.GetUtcNow());
        Assert.True(delay.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_test_can_wait_until_the_code_under_test_has_come_to_its_delay()
    {
        var time = new ManualTimeProvider();
        var release = new TaskCompletionSource();
        var work = Task.Run(async () =>
        {
            await release.Task;
            await Task.Delay(TimeSpan.FromSeconds(30), time);
        });
        var armed = time.WaitForTimersAsync(1);
        Assert.False(armed.IsCompleted);
        release.SetResult();
        await armed;
        time.Advance(TimeSpan.FromSeconds(30));
        await work;
        await time.WaitForTimersAsync(0);
    }

    [Fact]
    public async Task A_timer_that_is_due_at_once_fires_without_a_move()
    {
        var time = new ManualTimeProvider();
        var fired = new TaskCompletionSource();
        using var timer = time.CreateTimer(_ => fired.SetResult(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await fired.Task;
        Assert.Equal(0, time.PendingTimers);
    }

    [Fact]
    public async Task Timeouts_and_context_work_as_with_the_systems_clock()
    {
        var time = new ManualTimeProvider();
        var context = new AsyncLocal<string> { Value = "maker" };
        string? seen = null;
        using var timer = time.CreateTimer(_ => seen = context.Value, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        using var source = new CancellationTokenSource(TimeSpan.FromSeconds(2), time);
        context.Value = "mover";
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("maker", seen);
        Assert.True(source.IsCancellationRequested);
        await Assert.ThrowsAsync<TaskCanceledException>(() => Task.Delay(TimeSpan.FromSeconds(1), time, source.Token));
    }

    [Fact]
    public async Task Many_threads_may_set_timers_while_another_moves_the_clock()
    {
        var time = new ManualTimeProvider();
        var fired = 0;
        var setters = Enumerable.Range(0, 8).Select(i => Task.Run(() =>
        {
            for (var n = 1; n <= 500; n++)
            {
                time.CreateTimer(_ => Interlocked.Increment(ref fired), null, TimeSpan.FromMilliseconds((n * 7 % 50) + 1), Timeout.InfiniteTimeSpan);
            }
        })).ToArray();
        var all = Task.WhenAll(setters);
        while (!all.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
        }

        await all;
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(4000, fired);
        Assert.Equal(0, time.PendingTimers);
    }
}
