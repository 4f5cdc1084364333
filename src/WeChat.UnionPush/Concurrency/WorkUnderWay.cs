namespace WeChat.UnionPush;

/// <summary>Counts work that is under way, so that a stop can turn new work away and wait for the rest. Beginning and ending cost no lock and no allocation.</summary>
internal sealed class WorkUnderWay(TimeProvider time)
{
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Func<Exception>? _refusal;
    private int _count;

    /// <summary>Whether nothing is under way.</summary>
    public bool IsIdle => Volatile.Read(ref _count) == 0;

    /// <summary>Whether new work is turned away.</summary>
    public bool IsClosed => _refusal is not null;

    /// <summary>Begins a piece of work, which ends with the disposal.</summary>
    public Piece Begin()
    {
        Interlocked.Increment(ref _count);
        if (_refusal is { } refusal)
        {
            End();
            throw refusal();
        }

        return new Piece(this);
    }

    /// <summary>Turns new work away from now on.</summary>
    /// <param name="refusal">Makes the exception that it meets.</param>
    public void Close(Func<Exception> refusal)
    {
        _refusal = refusal;

        // Counted after it was said: whoever began before is seen here, and whoever begins later sees the refusal.
        if (Interlocked.CompareExchange(ref _count, 0, 0) == 0)
        {
            _idle.TrySetResult();
        }
    }

    /// <summary>Waits until nothing is under way any more, after <see cref="Close"/>.</summary>
    /// <returns><see langword="false"/> when the time is up, or the wait was cancelled, before all was done.</returns>
    public async Task<bool> TryWaitAsync(TimeSpan limit, CancellationToken cancellationToken = default)
    {
        try
        {
            await _idle.Task.WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            return IsIdle;
        }
    }

    private void End()
    {
        // Counted again after the refusal was seen: between the two somebody may have begun whom it does not turn away.
        if (Interlocked.Decrement(ref _count) == 0 && _refusal is not null && Interlocked.CompareExchange(ref _count, 0, 0) == 0)
        {
            _idle.TrySetResult();
        }
    }

    /// <summary>One piece of work.</summary>
    public readonly struct Piece(WorkUnderWay work) : IDisposable
    {
        public void Dispose() => work.End();
    }
}
