using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Api;

public sealed class ApiTimeoutsTests
{
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private readonly ApiTimeouts _timeouts = new(TimeProvider.System);

    [Fact]
    public void A_source_whose_time_did_not_run_out_is_used_again()
    {
        var first = _timeouts.Start(Long);
        _timeouts.End(first);

        var second = _timeouts.Start(Long);

        Assert.Same(first, second);
        Assert.False(second.IsCancellationRequested);
    }

    [Fact]
    public void Two_attempts_at_the_same_time_never_share_a_source()
    {
        _timeouts.End(_timeouts.Start(Long));

        Assert.NotSame(_timeouts.Start(Long), _timeouts.Start(Long));
    }

    [Fact]
    public async Task A_source_used_again_ends_at_its_new_time()
    {
        var first = _timeouts.Start(Long);
        _timeouts.End(first);
        var ended = new TaskCompletionSource();

        var second = _timeouts.Start(TimeSpan.Zero);
        second.Token.Register(ended.SetResult);

        Assert.Same(first, second);
        await ended.Task;
    }

    [Fact]
    public void A_source_that_was_cancelled_is_not_used_again()
    {
        var first = _timeouts.Start(Long);
        first.Cancel();
        _timeouts.End(first);

        var second = _timeouts.Start(Long);

        Assert.NotSame(first, second);
        Assert.False(second.IsCancellationRequested);
    }

    [Fact]
    public void What_somebody_left_registered_hears_nothing_of_the_next_attempt()
    {
        var heard = false;
        var first = _timeouts.Start(Long);
        first.Token.Register(() => heard = true);
        _timeouts.End(first);

        var second = _timeouts.Start(Long);
        second.Cancel();

        Assert.Same(first, second);
        Assert.False(heard);
    }

    [Fact]
    public void On_another_clock_every_attempt_has_a_source_of_its_own()
    {
        var time = new ManualTimeProvider();
        var timeouts = new ApiTimeouts(time);
        var first = timeouts.Start(Long);
        timeouts.End(first);

        var second = timeouts.Start(Long);
        time.Advance(Long);

        Assert.NotSame(first, second);
        Assert.True(second.IsCancellationRequested);
    }
}
