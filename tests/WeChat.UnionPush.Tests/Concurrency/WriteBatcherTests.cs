using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Concurrency;

public sealed class WriteBatcherTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly List<int> _sizes = [];

    [Fact]
    public async Task What_comes_during_a_write_goes_together_into_the_next()
    {
        var (started, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        var batcher = Batcher(async () =>
        {
            started.TrySetResult();
            await gate.Task;
        });

        var first = batcher.AddAsync(0);
        await started.Task;
        var others = Enumerable.Range(1, 1000).Select(batcher.AddAsync).ToArray();
        Assert.False(first.IsCompleted);
        gate.SetResult();

        Assert.True(await first);
        Assert.All(await Task.WhenAll(others), Assert.True);
        Assert.Equal([1, 500, 500], _sizes);
    }

    [Fact]
    public async Task A_batch_with_room_is_filled_while_another_is_written()
    {
        var (starts, gate) = (new SemaphoreSlim(0), new SemaphoreSlim(0));
        var batcher = Batcher(async () =>
        {
            starts.Release();
            await gate.WaitAsync();
        });

        var first = batcher.AddAsync(0);
        await starts.WaitAsync();
        var others = Enumerable.Range(1, 501).Select(batcher.AddAsync).ToArray();
        gate.Release();
        await starts.WaitAsync();
        var last = batcher.AddAsync(502);
        gate.Release(10);

        Assert.All(await Task.WhenAll([first, .. others, last]), Assert.True);
        Assert.Equal([1, 500, 2], _sizes);
    }

    [Fact]
    public async Task One_write_runs_at_a_time()
    {
        var (running, most) = (0, 0);
        var gate = new TaskCompletionSource();
        var batcher = Batcher(async () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await gate.Task;
            Interlocked.Decrement(ref running);
        });

        var writes = new List<Task<bool>>();
        for (var i = 0; i < 200; i++)
        {
            writes.Add(batcher.AddAsync(i));

            // Behind whatever was queued before, so that a second write would have begun.
            await Task.Factory.StartNew(static () => { }, CancellationToken.None, TaskCreationOptions.PreferFairness, TaskScheduler.Default);
        }

        gate.SetResult();
        Assert.All(await Task.WhenAll(writes), Assert.True);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task More_than_may_wait_is_turned_away()
    {
        var (started, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        var batcher = Batcher(
            async () =>
            {
                started.TrySetResult();
                await gate.Task;
            },
            maxWaiting: 10);

        _ = batcher.AddAsync(0);
        await started.Task;
        var waiting = Enumerable.Range(1, 10).Select(batcher.AddAsync).ToArray();
        Assert.False(await batcher.AddAsync(11));

        gate.SetResult();
        Assert.All(await Task.WhenAll(waiting), Assert.True);
        Assert.True(await batcher.AddAsync(12));
    }

    [Fact]
    public async Task A_write_that_fails_fails_those_whose_items_it_had_and_no_others()
    {
        var fails = true;
        var batcher = Batcher(() => fails ? throw new InvalidOperationException("the store is gone") : Task.CompletedTask);

        await Assert.ThrowsAsync<InvalidOperationException>(() => batcher.AddAsync(0));
        fails = false;
        Assert.True(await batcher.AddAsync(1));
    }

    [Fact]
    public async Task A_write_that_hangs_is_given_up_and_does_not_stop_the_next()
    {
        var hangs = true;
        var entered = new TaskCompletionSource();
        var batcher = Batcher(() =>
        {
            var write = hangs ? new TaskCompletionSource().Task : Task.CompletedTask;
            entered.TrySetResult();
            return write;
        });

        var hanging = batcher.AddAsync(0);
        await entered.Task;
        hangs = false;
        _time.Advance(TimeSpan.FromSeconds(4));

        await Assert.ThrowsAsync<TimeoutException>(() => hanging);
        Assert.True(await batcher.AddAsync(1));
        Assert.Equal(0, _time.PendingTimers);
    }

    private WriteBatcher<int> Batcher(Func<Task> write, int maxWaiting = 5_000) => new(
        async (items, _) =>
        {
            _sizes.Add(items.Count);
            await write();
            return true;
        },
        500,
        maxWaiting,
        TimeSpan.FromSeconds(4),
        _time);
}
