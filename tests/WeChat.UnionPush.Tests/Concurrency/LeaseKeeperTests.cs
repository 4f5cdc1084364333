using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Concurrency;

public sealed class LeaseKeeperTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_lease_whose_renewal_hangs_is_lost_when_it_ends()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var keeper = new LeaseKeeper(
            _ =>
            {
                asked.TrySetResult();
                return new ValueTask<bool>(new TaskCompletionSource<bool>().Task);
            },
            Duration,
            _time);

        _time.Advance(Duration / 3);
        await asked.Task.WaitAsync(Runs.Patience);
        Assert.False(keeper.Lost.IsCancellationRequested);

        _time.Advance(Duration * 2 / 3);
        await Runs.UntilAsync(() => keeper.Lost.IsCancellationRequested, "the lease is lost");
    }

    [Fact]
    public async Task A_store_that_cancels_its_own_call_ends_the_lease_and_not_its_keeper()
    {
        var began = _time.GetUtcNow();
        await using var keeper = new LeaseKeeper(_ => throw new TaskCanceledException("The command took too long."), Duration, _time);

        await Runs.UntilAsync(
            () =>
            {
                _time.AdvanceToNextTimer();
                return keeper.Lost.IsCancellationRequested;
            },
            "the lease is lost");
        Assert.True(_time.GetUtcNow() - began >= Duration, "It tries again while the lease lasts.");
    }

    [Fact]
    public async Task A_renewal_that_is_refused_loses_the_lease_at_once()
    {
        await using var keeper = new LeaseKeeper(_ => new(false), Duration, _time);
        _time.Advance(Duration / 3);
        await Runs.UntilAsync(() => keeper.Lost.IsCancellationRequested, "the lease is lost");
        Assert.Equal(0, _time.PendingTimers);
    }

    [Fact]
    public async Task A_lease_is_renewed_three_times_in_its_life_and_kept_as_long_as_that_succeeds()
    {
        var renewals = 0;
        await using var keeper = new LeaseKeeper(_ => new(++renewals > 0), Duration, _time);

        for (var i = 1; i <= 7; i++)
        {
            await NextQuestionInAsync(Duration / 3);
            Assert.Equal(i - 1, renewals);
            _time.Advance((Duration / 3) - TimeSpan.FromTicks(1));
            Assert.Equal(i - 1, renewals);
            _time.Advance(TimeSpan.FromTicks(1));
        }

        await NextQuestionInAsync(Duration / 3);
        Assert.Equal(7, renewals);
        Assert.False(keeper.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_renewed_lease_counts_from_the_question_and_not_from_the_answer()
    {
        var began = _time.GetUtcNow();
        var first = new TaskCompletionSource<bool>();
        var asked = 0;
        await using var keeper = new LeaseKeeper(
            _ => Interlocked.Increment(ref asked) == 1 ? new(first.Task) : throw new InvalidOperationException("the store is gone"), Duration, _time);

        // Asked after 10 seconds, answered after 15: the lease lasts until 40.
        _time.Advance(Duration / 3);
        await Runs.UntilAsync(() => Volatile.Read(ref asked) == 1, "the first question");
        _time.Advance(Duration / 6);
        first.SetResult(true);

        // The store fails from then on. It is asked after 25 and 35 seconds, and there is no time left for a third of a life.
        await NextQuestionInAsync(Duration / 3);
        _time.Advance(Duration / 3);
        await NextQuestionInAsync(Duration / 3);
        _time.Advance(Duration / 3);
        await NextQuestionInAsync(Duration / 6);
        Assert.False(keeper.Lost.IsCancellationRequested);
        Assert.Equal(3, asked);
        _time.Advance(Duration / 6);
        await Runs.UntilAsync(() => keeper.Lost.IsCancellationRequested, "the lease is lost");

        Assert.Equal(TimeSpan.FromSeconds(40), _time.GetUtcNow() - began);
        Assert.Equal(3, asked);
    }

    [Fact]
    public async Task A_keeper_that_is_disposed_asks_no_more_and_does_not_call_the_lease_lost()
    {
        var renewals = 0;
        var keeper = new LeaseKeeper(_ => new(++renewals > 0), Duration, _time);
        var lost = keeper.Lost;

        await keeper.DisposeAsync();
        _time.Advance(Duration * 2);

        Assert.Equal((0, 0, false), (renewals, _time.PendingTimers, lost.IsCancellationRequested));
    }

    [Fact]
    public async Task A_renewal_that_is_under_way_when_its_keeper_is_disposed_is_cancelled()
    {
        var asked = new TaskCompletionSource<CancellationToken>(TaskCreationOptions.RunContinuationsAsynchronously);
        var keeper = new LeaseKeeper(
            async stop =>
            {
                asked.TrySetResult(stop);
                await Task.Delay(Timeout.InfiniteTimeSpan, stop);
                return true;
            },
            Duration,
            _time);
        var lost = keeper.Lost;
        _time.Advance(Duration / 3);
        var stop = await asked.Task.WaitAsync(Runs.Patience);

        await keeper.DisposeAsync().AsTask().WaitAsync(Runs.Patience);

        Assert.True(stop.IsCancellationRequested);
        Assert.False(lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_renewal_that_fails_while_its_keeper_is_disposed_is_nobodys_failure()
    {
        LeaseKeeper? keeper = null;
        var disposal = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        keeper = new LeaseKeeper(
            _ =>
            {
                disposal.SetResult(keeper!.DisposeAsync().AsTask());
                throw new InvalidOperationException("the store is gone");
            },
            Duration,
            _time);
        var lost = keeper.Lost;
        _time.Advance(Duration / 3);

        await (await disposal.Task.WaitAsync(Runs.Patience)).WaitAsync(Runs.Patience);
        Assert.False(lost.IsCancellationRequested);
        Assert.Throws<ObjectDisposedException>(() => keeper.Lost);
    }

    private Task NextQuestionInAsync(TimeSpan wait)
    {
        var due = _time.GetUtcNow() + wait;
        return Runs.UntilAsync(() => _time.NextTimerDue == due, $"the next question comes in {wait}");
    }
}
