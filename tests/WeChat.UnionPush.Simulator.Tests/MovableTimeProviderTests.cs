using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator.Tests;

public sealed class MovableTimeProviderTests
{
    private readonly ManualTimeProvider _below = new();
    private readonly MovableTimeProvider _clock;

    public MovableTimeProviderTests() => _clock = new MovableTimeProvider(_below);

    [Fact]
    public void It_runs_with_the_clock_below_and_is_ahead_by_what_it_was_moved()
    {
        var start = _below.GetUtcNow();
        _clock.Move(TimeSpan.FromHours(2));
        _below.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(start + TimeSpan.FromMinutes(121), _clock.GetUtcNow());
        Assert.Equal(TimeSpan.FromHours(2), _clock.Shift);
        _clock.Reset();
        Assert.Equal(_below.GetUtcNow(), _clock.GetUtcNow());
    }

    [Fact]
    public void Timestamps_go_forward_with_a_move_and_never_back()
    {
        var start = _clock.GetTimestamp();
        _clock.Move(TimeSpan.FromSeconds(30));
        Assert.Equal(TimeSpan.FromSeconds(30), _clock.GetElapsedTime(start));
        _clock.Move(TimeSpan.FromSeconds(-60));
        Assert.Equal(TimeSpan.FromSeconds(30), _clock.GetElapsedTime(start));
        _below.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(31), _clock.GetElapsedTime(start));
    }

    [Fact]
    public async Task A_timer_that_a_move_passes_fires_and_one_that_it_does_not_pass_comes_sooner()
    {
        var passed = Task.Delay(TimeSpan.FromMinutes(5), _clock, TestContext.Current.CancellationToken);
        var later = Task.Delay(TimeSpan.FromMinutes(20), _clock, TestContext.Current.CancellationToken);
        _clock.Move(TimeSpan.FromMinutes(10));
        await passed;
        Assert.False(later.IsCompleted);
        _below.Advance(TimeSpan.FromMinutes(9));
        Assert.False(later.IsCompleted);
        _below.Advance(TimeSpan.FromMinutes(1));
        await later;
        Assert.Equal(0, _below.PendingTimers);
    }

    [Fact]
    public void A_move_back_leaves_timers_alone()
    {
        var fired = 0;
        using var timer = _clock.CreateTimer(_ => fired++, null, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        _clock.Move(TimeSpan.FromHours(-1));
        _below.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(2, fired);
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _clock.Move(TimeSpan.FromHours(5));
        _below.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(2, fired);
    }
}
