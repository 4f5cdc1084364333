using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Concurrency;

public sealed class TimeLimitTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_call_that_ends_in_time_gives_its_answer_and_leaves_no_timer()
    {
        Assert.Equal(7, await TimeLimit.RunAsync(static _ => Task.FromResult(7), TimeSpan.FromSeconds(1), "The store", _time));
        Assert.Equal(0, _time.PendingTimers);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_beyond_its_limit_is_left_whether_it_heeds_its_token_or_not(bool heeds)
    {
        var never = new TaskCompletionSource<int>();
        var call = TimeLimit.RunAsync(stop => heeds ? never.Task.WaitAsync(stop) : never.Task, TimeSpan.FromSeconds(2.5), "The store", _time);
        _time.Advance(TimeSpan.FromSeconds(2.5) - TimeSpan.FromTicks(1));
        Assert.False(call.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("The store took longer than 2.5 s.", (await Assert.ThrowsAsync<TimeoutException>(() => call)).Message);
    }

    [Fact]
    public async Task The_callers_cancellation_comes_before_the_limit_and_carries_the_callers_token()
    {
        using var stop = new CancellationTokenSource();
        var call = TimeLimit.RunAsync(static _ => new TaskCompletionSource<int>().Task, TimeSpan.FromSeconds(1), "The store", _time, stop.Token);
        await stop.CancelAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(stop.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call)).CancellationToken);
    }

    [Fact]
    public async Task What_the_call_throws_comes_through_at_once_or_later()
    {
        await Assert.ThrowsAsync<InvalidDataException>(() => TimeLimit.RunAsync(static _ => throw new InvalidDataException(), TimeSpan.FromSeconds(1), "The store", _time));
        await Assert.ThrowsAsync<InvalidDataException>(
            () => TimeLimit.RunAsync(static async _ => await Task.FromException(new InvalidDataException()), TimeSpan.FromSeconds(1), "The store", _time));

        // A cancellation of the call's own is neither the limit nor the caller's.
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => TimeLimit.RunAsync(static _ => throw new OperationCanceledException("its own"), TimeSpan.FromSeconds(1), "The store", _time));
    }

    [Fact]
    public async Task A_call_that_fails_after_its_limit_is_not_left_unobserved()
    {
        var unobserved = 0;
        void Count(object? sender, UnobservedTaskExceptionEventArgs e) => _ = e.Exception.InnerException?.Message == "fails late" ? Interlocked.Increment(ref unobserved) : 0;
        TaskScheduler.UnobservedTaskException += Count;
        try
        {
            await FailLateAsync();
            for (var i = 0; i < 5; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            Assert.Equal(0, unobserved);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Count;
        }

        // A method of its own, so that nothing here holds the call's task.
        async Task FailLateAsync()
        {
            var late = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            var call = TimeLimit.RunAsync(_ => late.Task, TimeSpan.FromSeconds(1), "The store", _time);
            _time.Advance(TimeSpan.FromSeconds(1));
            await Assert.ThrowsAsync<TimeoutException>(() => call);
            late.SetException(new InvalidDataException("fails late"));
        }
    }
}
