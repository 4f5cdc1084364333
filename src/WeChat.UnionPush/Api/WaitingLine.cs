namespace WeChat.UnionPush;

/// <summary>
/// Calls that wait, in the order in which they came. Not for two threads at once.
/// </summary>
/// <remarks>
/// First come, first served, unless the callers' own deadlines are shorter than the line, which shows in many who give up. Then the one at its head is the
/// one who has the least time left, and serving it would only make an attempt that its caller cuts off: at twenty times the pace nothing would arrive any
/// more. So the newest goes next, who has all its time left; and whoever has waited twice as long as those who give up goes first, so that nobody who can
/// wait is passed over for long. Twice, for timers are late where a machine has much to do, and whoever is a little over the others' time is more likely to
/// be cut off in this moment than to have patience.
/// </remarks>
internal sealed class WaitingLine
{
    // One in so many who gives up is chance; more say that the line is longer than the callers' patience.
    private const int GivingUpWeighs = 32;
    private const int Hurried = 2 * GivingUpWeighs;
    private const int MostHurried = 8 * GivingUpWeighs;

    private Waiter? _last;
    private long _patience;
    private int _hurry;
    private bool _isMixed;

    public int Count { get; private set; }

    public Waiter? First { get; private set; }

    /// <summary>When the first of them may wait no longer; <see cref="long.MaxValue"/> when nobody waits.</summary>
    public long EarliestEnd
    {
        get
        {
            var earliest = First?.End ?? long.MaxValue;
            for (var waiter = _isMixed ? First : null; waiter is not null; waiter = waiter.Next)
            {
                earliest = Math.Min(earliest, waiter.End);
            }

            return earliest;
        }
    }

    public void Add(Waiter waiter)
    {
        // Registrations of one account may have time limits of their own; then the first to come need not be the first to end.
        _isMixed = First is not null && (_isMixed || waiter.End < _last!.End);
        waiter.Previous = _last;
        waiter.IsWaiting = true;
        if (_last is null)
        {
            First = waiter;
        }
        else
        {
            _last.Next = waiter;
        }

        _last = waiter;
        Count++;
    }

    public void Remove(Waiter waiter)
    {
        if (waiter.Previous is null)
        {
            First = waiter.Next;
        }
        else
        {
            waiter.Previous.Next = waiter.Next;
        }

        if (waiter.Next is null)
        {
            _last = waiter.Previous;
        }
        else
        {
            waiter.Next.Previous = waiter.Previous;
        }

        waiter.Previous = waiter.Next = null;
        waiter.IsWaiting = false;
        Count--;
    }

    /// <summary>Takes the one who is served next out of the line. There is one.</summary>
    public Waiter TakeNext(long now)
    {
        var next = _hurry >= Hurried && now - First!.Since <= 2 * _patience ? _last! : First!;
        _hurry = Math.Max(0, _hurry - 1);
        Remove(next);
        return next;
    }

    /// <summary>Takes out one whose time is up; <see langword="null"/> when nobody's is.</summary>
    public Waiter? TakeEnded(long now)
    {
        var waiter = First;
        while (_isMixed && waiter is not null && waiter.End > now)
        {
            waiter = waiter.Next;
        }

        if (waiter is null || waiter.End > now)
        {
            return null;
        }

        Remove(waiter);
        return waiter;
    }

    /// <summary>Learns from one who gave up how long they wait.</summary>
    public void GaveUp(long waited)
    {
        _hurry = Math.Min(_hurry + GivingUpWeighs, MostHurried);
        _patience = Math.Max(waited, _patience - (_patience / 64));
    }
}

/// <summary>One call that waits.</summary>
/// <param name="endpoint">The API; <see langword="null"/> for a repeat, whose call ends its wait.</param>
/// <param name="since">When it came, as a timestamp.</param>
/// <param name="longest">How long it may wait.</param>
/// <param name="end">When its time is up, as a timestamp.</param>
internal sealed class Waiter(ApiEndpoint? endpoint, long since, TimeSpan longest, long end) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public ApiEndpoint? Endpoint => endpoint;

    public long Since => since;

    public TimeSpan Longest => longest;

    public long End => end;

    public bool IsWaiting { get; set; }

    public Waiter? Previous { get; set; }

    public Waiter? Next { get; set; }
}
