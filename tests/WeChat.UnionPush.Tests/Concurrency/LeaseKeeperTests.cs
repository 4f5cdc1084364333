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
}
