namespace WeChat.UnionPush;

/// <summary>Writes items in batches, each while the next one is collected, and one at a time.</summary>
/// <param name="size">How many items a batch has.</param>
/// <param name="write">Writes a batch. It may work on the caller's thread.</param>
/// <param name="written">Takes what a write gave.</param>
internal sealed class OneWriteAhead<TItem, TResult>(int size, Func<List<TItem>, ValueTask<TResult>> write, Action<TResult> written) : IAsyncDisposable
{
    private List<TItem> _batch = new(size);
    private Task<TResult>? _underWay;

    public ValueTask AddAsync(TItem item)
    {
        _batch.Add(item);
        return _batch.Count < size ? default : WriteAsync();
    }

    /// <summary>Writes the rest. Afterwards everything is written.</summary>
    public async ValueTask EndAsync()
    {
        await WriteAsync().ConfigureAwait(false);
        await SettleAsync().ConfigureAwait(false);
    }

    /// <summary>Whoever leaves early, because something failed, leaves no writer behind.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_underWay is { } underWay)
        {
            await ((Task)underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (underWay.IsCompletedSuccessfully)
            {
                written(await underWay.ConfigureAwait(false));
            }
        }
    }

    private async ValueTask WriteAsync()
    {
        await SettleAsync().ConfigureAwait(false);
        if (_batch.Count > 0)
        {
            var batch = _batch;
            _batch = new(size);
            _underWay = Task.Run(() => write(batch).AsTask(), CancellationToken.None);
        }
    }

    private async ValueTask SettleAsync()
    {
        if (_underWay is { } underWay)
        {
            var result = await underWay.ConfigureAwait(false);
            _underWay = null;
            written(result);
        }
    }
}
