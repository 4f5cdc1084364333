namespace WeChat.UnionPush;

/// <summary>
/// Writes what many callers bring at once in few writes: what comes while one write is under way goes together into the next. Takes no thread and
/// no delay while nothing comes.
/// </summary>
/// <param name="write">Writes a batch, whole or not at all.</param>
/// <param name="maxBatch">How many items one write takes at most.</param>
/// <param name="maxWaiting">How many items may wait for their write.</param>
/// <param name="timeLimit">How long a write may take.</param>
/// <param name="time">The clock.</param>
internal sealed class WriteBatcher<T>(
    Func<IReadOnlyCollection<T>, CancellationToken, ValueTask<bool>> write, int maxBatch, int maxWaiting, TimeSpan timeLimit, TimeProvider time)
{
    private readonly Queue<Batch> _batches = new();
    private Batch? _open;
    private int _waiting;
    private bool _writing;

    /// <summary>Brings an item.</summary>
    /// <returns>Ends with what the write of the item's batch answered; <see langword="false"/> when too many wait already.</returns>
    public Task<bool> AddAsync(T item)
    {
        lock (_batches)
        {
            if (_waiting == maxWaiting)
            {
                return Task.FromResult(false);
            }

            if (_open is null || _open.Items.Count == maxBatch)
            {
                _batches.Enqueue(_open = new Batch());
            }

            _waiting++;
            _open.Items.Add(item);
            if (!_writing)
            {
                _writing = true;
                _ = Task.Run(WriteAllAsync, CancellationToken.None);
            }

            return _open.Written.Task;
        }
    }

    private async Task WriteAllAsync()
    {
        while (Next() is { } batch)
        {
            try
            {
                batch.Written.SetResult(await TimeLimit.RunAsync(stop => write(batch.Items, stop).AsTask(), timeLimit, "The store", time).ConfigureAwait(false));
            }
            catch (Exception exception)
            {
                batch.Written.SetException(exception);

                // Callers that stopped waiting leave it to nobody.
                _ = batch.Written.Task.Exception;
            }
        }
    }

    private Batch? Next()
    {
        lock (_batches)
        {
            if (!_batches.TryDequeue(out var batch))
            {
                _writing = false;
                return null;
            }

            _open = ReferenceEquals(_open, batch) ? null : _open;
            _waiting -= batch.Items.Count;
            return batch;
        }
    }

    private sealed class Batch
    {
        public List<T> Items { get; } = [];

        public TaskCompletionSource<bool> Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
