using System.Collections.Concurrent;

namespace WeChat.UnionPush.Tests.Concurrency;

public sealed class OneWriteAheadTests
{
    private readonly ConcurrentQueue<int[]> _writes = [];
    private readonly List<int> _written = [];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task Everything_is_written_once_in_order_and_in_full_batches_until_the_last(int items)
    {
        await using var writer = Writer(static _ => Task.CompletedTask);
        for (var i = 0; i < items; i++)
        {
            await writer.AddAsync(i);
        }

        await writer.EndAsync();

        Assert.Equal(Enumerable.Range(0, items).Chunk(3), _writes);
        Assert.Equal(_writes.Select(static batch => batch.Length), _written);
    }

    [Fact]
    public async Task A_batch_is_written_when_it_is_full_and_not_before()
    {
        await using var writer = Writer(static _ => Task.CompletedTask);
        await writer.AddAsync(0);
        await writer.AddAsync(1);
        Assert.Empty(_writes);
        await writer.AddAsync(2);
        await Runs.UntilAsync(() => !_writes.IsEmpty, "the full batch is written");
    }

    [Fact]
    public async Task The_next_batch_is_collected_during_a_write_and_waits_for_its_end()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // Not disposed here: where this fails, the write that is held would hold the end of the test too.
        var writer = Writer(first => first == 0 ? gate.Task : Task.CompletedTask);
        for (var i = 0; i < 5; i++)
        {
            Assert.True(writer.AddAsync(i).IsCompletedSuccessfully);
        }

        var full = writer.AddAsync(5);
        await Runs.UntilAsync(() => !_writes.IsEmpty, "the first write has begun");
        Assert.False(full.IsCompleted);
        Assert.Single(_writes);
        Assert.Empty(_written);
        gate.SetResult();
        await full;
        await writer.EndAsync();

        Assert.Equal([3, 3], _written);
    }

    [Fact]
    public async Task A_write_that_fails_fails_who_adds_next_and_is_not_told_as_written()
    {
        var writer = Writer(static _ => Task.FromException(new InvalidDataException()));
        for (var i = 0; i < 5; i++)
        {
            await writer.AddAsync(i);
        }

        await Assert.ThrowsAsync<InvalidDataException>(() => writer.AddAsync(5).AsTask());
        await writer.DisposeAsync();

        Assert.Single(_writes);
        Assert.Empty(_written);
    }

    [Fact]
    public async Task Who_leaves_early_waits_for_the_write_that_is_under_way_and_hears_what_it_gave()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writer = Writer(_ => gate.Task);
        for (var i = 0; i < 4; i++)
        {
            await writer.AddAsync(i);
        }

        var leaving = writer.DisposeAsync();
        Assert.False(leaving.IsCompleted);
        gate.SetResult();
        await leaving;

        Assert.Equal([3], _written);
        Assert.Equal([[0, 1, 2]], _writes);
    }

    [Fact]
    public async Task Nothing_is_told_twice_after_the_end()
    {
        var writer = Writer(static _ => Task.CompletedTask);
        await writer.AddAsync(0);
        await writer.EndAsync();
        await writer.EndAsync();
        await writer.DisposeAsync();
        Assert.Equal([1], _written);
    }

    private OneWriteAhead<int, int> Writer(Func<int, Task> write) => new(
        3,
        async batch =>
        {
            _writes.Enqueue([.. batch]);
            await write(batch[0]);
            return batch.Count;
        },
        _written.Add);
}
