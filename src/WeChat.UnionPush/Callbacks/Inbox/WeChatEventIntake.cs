using System.Diagnostics.CodeAnalysis;

namespace WeChat.UnionPush.Callbacks;

/// <summary>Brings received events into the inbox, many in one write, and tells the workers of the same process that there is something to do.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "See the field.")]
internal sealed class WeChatEventIntake
{
    private const int MaxBatch = 2_000;
    private const int MaxWaiting = 20_000;

    // The platform waits five seconds; what is kept after that comes again and is known.
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(4);

    private readonly IWeChatEventInbox _inbox;
    private readonly Func<IWeChatEvent, bool> _isWanted;
    private readonly WriteBatcher<WeChatCallback> _batcher;

    // Never disposed: it holds nothing that needs it, and who waits for a disposed one is not even woken by cancellation. A container that is disposed
    // before its host was stopped would leave the workers there for good, and the poll with them.
    private readonly SemaphoreSlim _work = new(0);

    /// <param name="inbox">The inbox.</param>
    /// <param name="isWanted">Whether anybody handles an event; what nobody does is not kept.</param>
    /// <param name="time">The clock.</param>
    public WeChatEventIntake(IWeChatEventInbox inbox, Func<IWeChatEvent, bool> isWanted, TimeProvider time)
    {
        (_inbox, _isWanted) = (inbox, isWanted);
        _batcher = new(AddAsync, MaxBatch, MaxWaiting, TimeLimit, time);
    }

    /// <summary>Keeps an event for its handlers, so that it outlives the process.</summary>
    /// <param name="event">The event. One whose <see cref="WeChatCallback.DeduplicationKey"/> is known already is kept by doing nothing.</param>
    /// <param name="cancellationToken">Ends the wait; the event may be kept nevertheless.</param>
    /// <returns><see langword="false"/> when there is no room: the platform shall try again.</returns>
    public async ValueTask<bool> TryAddAsync(IWeChatEvent @event, CancellationToken cancellationToken)
    {
        return !_isWanted(@event) || await _batcher.AddAsync(@event.Callback).WaitAsync(cancellationToken).ConfigureAwait(false);
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

    private async ValueTask<bool> AddAsync(IReadOnlyCollection<WeChatCallback> callbacks, CancellationToken cancellationToken)
    {
        var mayBeKept = true;
        try
        {
            return mayBeKept = await _inbox.TryAddAsync(callbacks, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Also where it took so long that nobody waits for it any more, or failed when the store had it.
            if (mayBeKept)
            {
                WakeWorker();
            }
        }
    }
}
