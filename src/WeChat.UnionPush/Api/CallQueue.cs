namespace WeChat.UnionPush;

/// <summary>
/// Lets an account's calls of one kind out: at a pace, and at most so many under way at the same time. Where both allow it a call goes at once, without a
/// lock. Otherwise it waits and is served when its turn has come. One that gives up leaves the queue and costs nothing; one whose turn would come too late
/// is told at once.
/// </summary>
internal sealed class CallQueue
{
    private readonly object _gate = new();
    private readonly string _appId;
    private readonly IAccountPace _pace;
    private readonly TimeProvider _time;

    // In the order in which they are served. Repeats have their place already, and their time is running.
    private readonly WaitingLine _repeats = new();
    private readonly WaitingLine _pushes = new();
    private readonly WaitingLine _broadcasts = new();
    private int _places;
    private int _underWay;
    private int _waiting;
    private int _made;
    private ITimer? _timer;
    private long _timerDue;

    /// <param name="appId">The account, for messages.</param>
    /// <param name="pace">Hands out slots.</param>
    /// <param name="concurrent">How many calls are under way at the same time.</param>
    /// <param name="time">The clock.</param>
    public CallQueue(string appId, IAccountPace pace, int concurrent, TimeProvider time)
    {
        _appId = appId;
        _pace = pace;
        _time = time;
        _places = PlacesFor(pace.PerSecond, concurrent);
    }

    /// <summary>How many calls wait.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>How many attempts went out since <see cref="TakeMade"/>, but for first ones of broadcasts, whose slots are counted where they come from.</summary>
    public int Made => Volatile.Read(ref _made);

    /// <summary>Counts those attempts from zero again.</summary>
    public int TakeMade() => Interlocked.Exchange(ref _made, 0);

    /// <summary>Counts attempts again.</summary>
    public void ReturnMade(int attempts) => Interlocked.Add(ref _made, attempts);

    /// <summary>Takes the smaller of these limits and those so far: another registration of the account asks for less.</summary>
    public void Tighten(int perSecond, int concurrent)
    {
        lock (_gate)
        {
            _pace.SlowDownTo(perSecond);
            Volatile.Write(ref _places, Math.Min(_places, PlacesFor(_pace.PerSecond, concurrent)));
        }
    }

    /// <summary>Waits for a call's turn: a slot for its first attempt and a place among those under way, which <see cref="Leave"/> gives back.</summary>
    /// <param name="endpoint">The API, for messages.</param>
    /// <param name="priority">Who goes first.</param>
    /// <param name="longestWait">How long the call may wait.</param>
    /// <param name="cancellationToken">Ends the wait, and leaves slot and place to others.</param>
    /// <exception cref="WeChatApiException">The turn would come, or came, too late (<see cref="WeChatErrorClass.RateLimited"/>). No call was made.</exception>
    public ValueTask EnterAsync(ApiEndpoint endpoint, CallPriority priority, TimeSpan longestWait, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (Volatile.Read(ref _waiting) == 0 && TryEnter())
        {
            CountMade(priority);
            return default;
        }

        var now = _time.GetTimestamp();
        var end = now + (long)(longestWait.TotalSeconds * _time.TimestampFrequency);
        return WaitAsync(priority == CallPriority.Broadcast ? _broadcasts : _pushes, new Waiter(endpoint, now, longestWait, end), cancellationToken);
    }

    /// <summary>Gives back the place of a call that is over.</summary>
    public void Leave()
    {
        Interlocked.Decrement(ref _underWay);
        ServeWaiting();
    }

    /// <summary>Waits for the slot of another attempt of a call that is under way.</summary>
    public ValueTask PaceAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (Volatile.Read(ref _waiting) == 0 && _pace.TryTake(out _))
        {
            CountMade(CallPriority.Push);
            return default;
        }

        return WaitAsync(_repeats, new Waiter(endpoint: null, _time.GetTimestamp(), Timeout.InfiniteTimeSpan, long.MaxValue), cancellationToken);
    }

    /// <summary>Ends the wait of all calls that have not begun.</summary>
    /// <param name="reason">Makes the exception that each meets.</param>
    public void TurnAway(Func<Exception> reason)
    {
        lock (_gate)
        {
            foreach (var line in (WaitingLine[])[_pushes, _broadcasts])
            {
                while (line.First is { } waiter)
                {
                    line.Remove(waiter);
                    Interlocked.Decrement(ref _waiting);
                    waiter.TrySetException(reason());
                }
            }

            Serve();
        }
    }

    // More than two seconds' worth would only wait for the slots of their repeats, until their time is up.
    private static int PlacesFor(int perSecond, int concurrent) => perSecond is > 0 and < 5000 ? Math.Min(concurrent, 2 * perSecond) : concurrent;

    private bool TryEnter()
    {
        if (!TryTakePlace())
        {
            return false;
        }

        if (_pace.TryTake(out _))
        {
            return true;
        }

        // As everybody leaves: somebody may have found the last place taken in this moment, and waits for it.
        Leave();
        return false;
    }

    private bool TryTakePlace()
    {
        var seen = Volatile.Read(ref _underWay);
        while (seen < Volatile.Read(ref _places))
        {
            var before = Interlocked.CompareExchange(ref _underWay, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    private async ValueTask WaitAsync(WaitingLine line, Waiter waiter, CancellationToken cancellationToken)
    {
        Join(line, waiter);
        using (cancellationToken.UnsafeRegister(
            static (state, stop) =>
            {
                var (queue, line, waiter) = ((CallQueue, WaitingLine, Waiter))state!;
                queue.GiveUp(line, waiter, stop);
            },
            (this, line, waiter)))
        {
            await waiter.Task.ConfigureAwait(false);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            // Gave up in the moment of its turn: slot and place are somebody else's.
            _pace.Return();
            if (line == _repeats)
            {
                ServeWaiting();
            }
            else
            {
                Leave();
            }

            throw new OperationCanceledException(cancellationToken);
        }

        CountMade(line == _broadcasts ? CallPriority.Broadcast : CallPriority.Push);
    }

    private void CountMade(CallPriority priority)
    {
        if (priority != CallPriority.Broadcast)
        {
            Interlocked.Increment(ref _made);
        }
    }

    private void Join(WaitingLine line, Waiter waiter)
    {
        lock (_gate)
        {
            if (waiter.Endpoint is { } endpoint && _pace.WaitBehind(AheadIn(line)) is var wait && wait > waiter.Longest)
            {
                throw WeChatApiErrors.TurnTooLate(endpoint.Path, _appId, AheadIn(line), _pace.PerSecond, wait, waiter.Longest);
            }

            line.Add(waiter);

            // With a full fence: whoever leaves from now on sees it, and who left before is seen by the next step.
            Interlocked.Increment(ref _waiting);
            Serve();
        }
    }

    private void GiveUp(WaitingLine line, Waiter waiter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (waiter.IsWaiting)
            {
                line.Remove(waiter);
                line.GaveUp(_time.GetTimestamp() - waiter.Since);
                Interlocked.Decrement(ref _waiting);
                waiter.TrySetCanceled(cancellationToken);
                Serve();
            }
        }
    }

    private int AheadIn(WaitingLine line) => _repeats.Count + _pushes.Count + (line == _broadcasts ? _broadcasts.Count : 0);

    private void ServeWaiting()
    {
        if (Volatile.Read(ref _waiting) > 0)
        {
            lock (_gate)
            {
                Serve();
            }
        }
    }

    /// <summary>Serves everybody whose turn has come, tells those whose time is up, and sets the timer to what comes next. Under the lock.</summary>
    private void Serve()
    {
        var now = _time.GetTimestamp();
        var slot = long.MaxValue;
        while ((_repeats.Count > 0 ? _repeats : _pushes.Count > 0 ? _pushes : _broadcasts) is { Count: > 0 } line)
        {
            var hasPlace = line == _repeats || TryTakePlace();
            if (hasPlace && _pace.TryTake(out slot))
            {
                var waiter = line.TakeNext(now);
                Interlocked.Decrement(ref _waiting);
                waiter.TrySetResult();
                continue;
            }

            if (!hasPlace)
            {
                // Whoever leaves next serves.
                slot = long.MaxValue;
            }
            else if (line != _repeats)
            {
                Interlocked.Decrement(ref _underWay);
            }

            break;
        }

        // After the others were served: whoever's turn comes in the last moment has it.
        TellTheLate(_pushes, now);
        TellTheLate(_broadcasts, now);
        SetTimer(_waiting > 0 ? Math.Min(slot, Math.Min(_pushes.EarliestEnd, _broadcasts.EarliestEnd)) : long.MaxValue);
    }

    private void TellTheLate(WaitingLine line, long now)
    {
        while (line.TakeEnded(now) is { } waiter)
        {
            Interlocked.Decrement(ref _waiting);
            waiter.TrySetException(WeChatApiErrors.TurnDidNotCome(waiter.Endpoint!.Path, _appId, _waiting, _underWay, waiter.Longest, _pace.WaitBehind(AheadIn(line))));
        }
    }

    private void SetTimer(long due)
    {
        if (due == long.MaxValue)
        {
            _timer?.Dispose();
            _timer = null;
            return;
        }

        if (_timer is not null && due == _timerDue)
        {
            return;
        }

        _timer?.Dispose();
        _timerDue = due;

        // From this moment: the thread may have stood still since the turns were looked at. Up to the next whole millisecond: the system's timers count these, and
        // would fire before the slot is due. What falls due meanwhile goes together.
        var now = _time.GetTimestamp();
        var wait = TimeSpan.FromMilliseconds(Math.Ceiling(_time.GetElapsedTime(now, Math.Max(due, now)).TotalMilliseconds));

        // Nothing of the caller who happens to be first may flow into the work of the others.
        using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
        {
            _timer = _time.CreateTimer(static queue => ((CallQueue)queue!).TimerFired(), this, wait, Timeout.InfiniteTimeSpan);
        }
    }

    private void TimerFired()
    {
        lock (_gate)
        {
            _timer?.Dispose();
            _timer = null;
            Serve();
        }
    }
}
