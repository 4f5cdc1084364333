namespace WeChat.UnionPush;

/// <summary>
/// Time limits for what may not heed its <see cref="CancellationToken"/>, such as a store or a handler of the host's. The caller goes on when the time is
/// up, whatever the call does; a call that fails later is observed, so that it never counts as an unobserved exception.
/// </summary>
internal static class TimeLimit
{
    /// <summary>Makes a call and waits for it no longer than the limit.</summary>
    /// <param name="call">The call. Its token ends with the limit and with the caller's token.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="what">Names the call in the message, such as <c>The store</c>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">The time is up.</exception>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled, whether the time is up too or not.</exception>
    public static async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan limit, string what, TimeProvider time, CancellationToken cancellationToken = default)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await WaitAsync(call(either.Token), either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The linked source's token is nothing to the caller.
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException exception) when (timeout.IsCancellationRequested)
        {
            throw new TimeoutException($"{what} took longer than {limit.TotalSeconds:0.###} s.", exception);
        }
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public static Task RunAsync(Func<CancellationToken, Task> call, TimeSpan limit, string what, TimeProvider time, CancellationToken cancellationToken = default)
    {
        return RunAsync(AnswerAsync, limit, what, time, cancellationToken);

        // Not a Task<bool>, which would need a compiled copy of its own.
        async Task<object?> AnswerAsync(CancellationToken stop)
        {
            await call(stop).ConfigureAwait(false);
            return null;
        }
    }

    /// <summary>Waits for a task that may not heed its token, until that token is cancelled.</summary>
    public static Task<T> WaitAsync<T>(Task<T> task, CancellationToken cancellationToken)
    {
        if (!task.IsCompleted)
        {
            Observe(task);
        }

        return task.WaitAsync(cancellationToken);
    }

    /// <summary>Nobody may be waiting when the task fails, and then its failure must not count as unobserved.</summary>
    public static void Observe(Task task) =>
        _ = task.ContinueWith(
            static failed => failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
