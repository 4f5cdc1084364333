namespace WeChat.UnionPush.Testing;

/// <summary>Holds the calls of one API until it is opened, so that a test can look at what happens meanwhile. Disposing it opens it.</summary>
public sealed class SimulatedGate : IDisposable
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(int Count, TaskCompletionSource Source)> _waiters = [];
    private readonly Action<SimulatedGate> _remove;
    private int _waiting;

    internal SimulatedGate(string path, bool afterwards, Action<SimulatedGate> remove)
    {
        Path = path;
        Afterwards = afterwards;
        _remove = remove;
    }

    /// <summary>The API whose calls it holds.</summary>
    public string Path { get; }

    /// <summary>How many calls it holds at the moment.</summary>
    public int Waiting
    {
        get
        {
            lock (_waiters)
            {
                return _waiting;
            }
        }
    }

    internal bool Afterwards { get; }

    /// <summary>Waits until it holds that many calls at once.</summary>
    /// <param name="count">How many calls at least.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WaitForCallsAsync(int count, CancellationToken cancellationToken = default)
    {
        lock (_waiters)
        {
            if (_waiting >= count)
            {
                return Task.CompletedTask;
            }

            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((count, source));
            return source.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Lets the calls it holds and all later ones pass.</summary>
    public void Open()
    {
        _remove(this);
        _open.TrySetResult();
    }

    /// <inheritdoc cref="Open"/>
    public void Dispose() => Open();

    internal async Task PassAsync(CancellationToken cancellationToken)
    {
        lock (_waiters)
        {
            _waiting++;
            _waiters.RemoveAll(waiter => _waiting >= waiter.Count && waiter.Source.TrySetResult());
        }

        try
        {
            await _open.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_waiters)
            {
                _waiting--;
            }
        }
    }
}
