namespace WeChat.UnionPush;

/// <summary>
/// The pace of an account that many machines keep together. Slots come from a store, a twentieth of a second's worth at a time and ahead of their moment,
/// and are handed out from memory: a call never waits for the store where slots are left. A slot that is not used at its moment is used later, so an idle
/// process wastes none; what it holds back is a tenth of a second's worth at the most.
/// </summary>
/// <param name="store">What all machines share.</param>
/// <param name="key">The account's name in it.</param>
/// <param name="perSecond">The pace; not 0.</param>
/// <param name="time">The clock.</param>
internal sealed class SharedAccountPace(ISharedPace store, string key, int perSecond, TimeProvider time) : IAccountPace
{
    private const int BatchesASecond = 20;

    private readonly object _gate = new();
    private readonly Queue<Slots> _ahead = new();
    private PaceState _alone = PaceState.None;
    private Slots _slots;
    private long _spacing;
    private bool _isAsking;

    public int PerSecond { get; private set; } = perSecond;

    public void SlowDownTo(int perSecond)
    {
        lock (_gate)
        {
            if (perSecond > 0 && perSecond < PerSecond)
            {
                PerSecond = perSecond;
            }
        }
    }

    public bool TryTake(out long next)
    {
        lock (_gate)
        {
            if (_slots.Left == 0)
            {
                _ahead.TryDequeue(out _slots);
            }

            var now = time.GetTimestamp();
            if (_slots.Left > 0 && _slots.Next <= now)
            {
                _slots = _slots with { Left = _slots.Left - 1, Next = _slots.Next + _slots.Interval };
                AskAhead();
                next = 0;
                return true;
            }

            AskAhead();

            // What is asked for comes within milliseconds.
            next = _slots.Left > 0 ? _slots.Next : now + (time.TimestampFrequency / 500);
            return false;
        }
    }

    public void Return()
    {
        lock (_gate)
        {
            _slots = _slots with { Left = _slots.Left + 1, Next = _slots.Next - _slots.Interval };
        }
    }

    public TimeSpan WaitBehind(int others)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            var first = _slots.Left > 0 ? _slots.Next : now;
            var slot = others < _slots.Left ? first + (others * _slots.Interval) : first + (others * Math.Max(_spacing, _slots.Interval));
            return slot > now ? time.GetElapsedTime(now, slot) : TimeSpan.Zero;
        }
    }

    /// <summary>Asks for the next slots as soon as no batch is left behind the one in use. Under the lock.</summary>
    private void AskAhead()
    {
        if (_isAsking || _ahead.Count > 0)
        {
            return;
        }

        _isAsking = true;
        var request = new PaceRequest(key) { PerSecond = PerSecond, Count = Math.Max(1, PerSecond / BatchesASecond) };

        // Nothing of the caller who happens to take the last slot may flow into it.
        using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(() => AskAsync(request));
        }
    }

    private async Task AskAsync(PaceRequest request)
    {
        PaceGrant? grant = null;
        try
        {
            grant = await store.TakeAsync(request).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Whatever a store does, nothing is held up: this process keeps the pace by itself. A store that can fail says so in the log.
        }

        lock (_gate)
        {
            _isAsking = false;
            var utc = time.GetUtcNow();
            if (grant is null)
            {
                (_alone, grant) = _alone.Apply(request, utc);
            }

            var now = time.GetTimestamp();
            var interval = Timestamps(grant.Interval);
            var slots = new Slots(now + Timestamps(grant.From - utc), grant.Count, interval);

            // Where slots are handed out ahead of their time, others take theirs in between: that is how fast this process is served.
            _spacing = slots.Next > now && _slots.Interval > 0 ? Math.Clamp((slots.Next - _slots.Next) / request.Count, interval, time.TimestampFrequency) : interval;
            _ahead.Enqueue(slots);
        }
    }

    private long Timestamps(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    /// <summary>Slots that are this process's: the moment of the next one, how many are left, and how far they are apart.</summary>
    private readonly record struct Slots(long Next, int Left, long Interval);
}
