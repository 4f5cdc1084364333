namespace WeChat.UnionPush;

/// <summary>Brings received events into the inbox, many in one write, and tells the workers of the same process that there is something to do.</summary>
/// <param name="inbox">The inbox.</param>
/// <param name="isWanted">Whether anybody handles an event; what nobody does is not kept.</param>
/// <param name="time">The clock.</param>
internal sealed class WeChatEventIntake(IWeChatEventInbox inbox, Func<IWeChatEvent, bool> isWanted, TimeProvider time) : IWeChatEventIntake, IDisposable
{
    private const int MaxBatch = 2_000;
    private const int MaxWaiting = 20_000;

    // The platform waits five seconds; what is kept after that comes again and is known.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(4);

    private readonly WriteBatcher<WeChatCallback> _batcher = new(inbox.TryAddAsync, MaxBatch, MaxWaiting, TimeLimit, time);
    private readonly SemaphoreSlim _work = new(0);

    public async ValueTask<bool> TryAddAsync(IWeChatEvent @event, CancellationToken cancellationToken)
    {
        if (!isWanted(@event))
        {
            return true;
        }

        var kept = await _batcher.AddAsync(@event.Callback).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (kept)
        {
            WakeWorker();
        }

        return kept;
    }

    /// <summary>Lets one worker look into the inbox.</summary>
    public void WakeWorker()
    {
        // More permits than one only make workers look in vain.
        if (_work.CurrentCount == 0)
        {
            _work.Release();
        }
    }

    /// <summary>Waits until there may be something to do.</summary>
    public Task WaitForWorkAsync(CancellationToken cancellationToken) => _work.WaitAsync(cancellationToken);

    public void Dispose() => _work.Dispose();
}
