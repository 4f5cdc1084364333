using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Concurrency;

public sealed class WorkUnderWayTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_stop_with_nothing_under_way_waits_for_nothing()
    {
        var work = new WorkUnderWay(_time);
        work.Begin().Dispose();
        Assert.True(work.IsIdle);
        work.Close(Refusal);

        Assert.True(await work.TryWaitAsync(Limit).WaitAsync(Runs.Patience));
        Assert.Equal(0, _time.PendingTimers);
    }

    [Fact]
    public async Task A_stop_ends_with_the_last_piece_and_not_with_the_first()
    {
        var work = new WorkUnderWay(_time);
        var (first, second) = (work.Begin(), work.Begin());
        Assert.False(work.IsIdle);
        Assert.False(work.IsClosed);
        work.Close(Refusal);
        Assert.True(work.IsClosed);
        var wait = work.TryWaitAsync(Limit);

        first.Dispose();
        Assert.False(work.IsIdle);
        _time.Advance(Limit - TimeSpan.FromTicks(1));
        Assert.False(wait.IsCompleted);
        second.Dispose();

        Assert.True(await wait.WaitAsync(Runs.Patience));
    }

    [Fact]
    public async Task Work_that_ended_before_the_stop_does_not_end_the_wait_for_what_goes_on()
    {
        var work = new WorkUnderWay(_time);
        work.Begin().Dispose();
        var piece = work.Begin();
        work.Close(Refusal);
        var wait = work.TryWaitAsync(Limit);

        _time.Advance(Limit);
        Assert.False(await wait.WaitAsync(Runs.Patience));
        piece.Dispose();
        Assert.True(await work.TryWaitAsync(Limit).WaitAsync(Runs.Patience));
    }

    [Fact]
    public async Task What_comes_after_the_stop_is_turned_away_and_not_counted()
    {
        var work = new WorkUnderWay(_time);
        work.Close(Refusal);

        Assert.Equal("stopped", Assert.Throws<InvalidOperationException>(() => work.Begin()).Message);
        Assert.True(work.IsIdle);
        Assert.True(await work.TryWaitAsync(Limit).WaitAsync(Runs.Patience));
    }

    [Fact]
    public async Task What_is_turned_away_does_not_end_the_wait_for_the_rest()
    {
        var work = new WorkUnderWay(_time);
        using var piece = work.Begin();
        work.Close(Refusal);
        var wait = work.TryWaitAsync(Limit);
        Assert.Throws<InvalidOperationException>(() => work.Begin());
        _time.Advance(Limit);
        Assert.False(await wait.WaitAsync(Runs.Patience));
    }

    [Fact]
    public async Task A_wait_that_is_cancelled_says_whether_all_is_done()
    {
        var work = new WorkUnderWay(_time);
        var piece = work.Begin();
        work.Close(Refusal);
        using var stop = new CancellationTokenSource();
        var wait = work.TryWaitAsync(Limit, stop.Token);
        await stop.CancelAsync();
        Assert.False(await wait.WaitAsync(Runs.Patience));
        piece.Dispose();
        Assert.True(await work.TryWaitAsync(Limit, stop.Token).WaitAsync(Runs.Patience));
    }

    private static Exception Refusal() => new InvalidOperationException("stopped");
}
