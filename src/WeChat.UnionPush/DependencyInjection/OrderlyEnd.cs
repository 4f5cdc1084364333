using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>Ends a registration in order: new sends and sign-ins are turned away, those under way are waited for, and of what is left nobody is left without an answer.</summary>
internal sealed class OrderlyEnd(string registration, WorkUnderWay work, Accounts accounts, StopDeadline deadline, Func<TimeSpan> limit, ILogger<OrderlyEnd> logger)
    : IHostedLifecycleService
{
    /// <summary>After all other services of the host have stopped, for they may send to the last, and before the container is disposed.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken) => EndAsync(static () => new UnionPushStoppingException(), cancellationToken);

    public Task EndAsync(Func<Exception> refusal, CancellationToken cancellationToken)
    {
        work.Close(refusal);
        return work.IsIdle ? Task.CompletedTask : WaitAsync(refusal, cancellationToken);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task WaitAsync(Func<Exception> refusal, CancellationToken cancellationToken)
    {
        var longest = limit();
        if (!await work.TryWaitAsync(deadline.Left(longest), cancellationToken).ConfigureAwait(false))
        {
            Log.StoppedWithWorkUnderWay(logger, registration.Length == 0 ? "(default)" : registration, longest.TotalSeconds);

            // Those that wait for their turn were never sent; those on their way end with the time limits of their calls.
            accounts.TurnAway(refusal);
        }
    }
}

/// <summary>
/// Makes the container wait as well. Made after the transport and the stores of its registration, so that it is disposed before them.
/// </summary>
internal sealed class OrderlyDisposal(OrderlyEnd end) : IAsyncDisposable, IDisposable
{
    public async ValueTask DisposeAsync() => await end.EndAsync(Refusal, CancellationToken.None).ConfigureAwait(false);

    public void Dispose() => end.EndAsync(Refusal, CancellationToken.None).GetAwaiter().GetResult();

    private static ObjectDisposedException Refusal() =>
        new(nameof(IUnionPush), "The container of this registration is disposed, so nothing more is sent. Send while the host runs.");
}
