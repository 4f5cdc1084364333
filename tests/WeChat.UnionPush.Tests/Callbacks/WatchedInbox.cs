using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>An inbox that tells how far its events have come, so that a test need not sleep.</summary>
/// <param name="inners">The inbox, or several on the same data, which take turns.</param>
internal sealed class WatchedInbox(params IWeChatEventInbox[] inners) : IWeChatEventInbox
{
    private uint _calls;
    private int _takes;
    private int _takesBegun;

    // Which of the takes that have ended began last.
    private int _latestTake;
    private int _news;
    private bool _isTakeFailed;
    private bool _isTakeEmpty;
    private Exception? _lastFailure;

    private readonly List<(Func<bool> IsReached, TaskCompletionSource Source)> _waiters = [];

    private readonly HashSet<(string AppId, string Key)> _known = [];
    private readonly HashSet<(string AppId, string Key)> _settled = [];

    // Taken, with the lease, or about to be; the others that are known are settled, or wait for a later time.
    private readonly Dictionary<(string AppId, string Key), string?> _atWork = [];

    // Given back, and from when on they may be taken again.
    private readonly Dictionary<(string AppId, string Key), DateTimeOffset> _waiting = [];

    /// <summary>How many events were added, the repeated ones included.</summary>
    public int Added { get; private set; }

    /// <summary>How many events were completed or buried.</summary>
    public int Settled { get; private set; }

    public int Buried { get; private set; }

    public int Expired { get; private set; }

    /// <summary>Whether an event waits for a later time.</summary>
    public bool HasWaiting
    {
        get
        {
            lock (_waiters)
            {
                return _waiting.Count > 0;
            }
        }
    }

    /// <summary>When events that failed, or were left, may be taken again.</summary>
    public List<DateTimeOffset> Returned { get; } = [];

    /// <summary>Runs before an event is added; throws to make the inbox fail.</summary>
    public Func<Task>? Adding { get; set; }

    /// <summary>Runs before events are taken, and says whether they may be; else all are passed over, as rows are that are locked just then.</summary>
    public Func<Task<bool>>? Taking { get; set; }

    public Task WaitForSettledAsync(int count) => WaitAsync(() => Settled >= count);

    /// <summary>
    /// Waits until no event is at work. Only then may the clock move without a time limit striking because a thread was slow. After a take that failed, nobody
    /// looks before the next poll, and the clock must move for that. So it must after one that came back with nothing although an event waits: a row that is
    /// locked just then, by a repeated delivery for one, is passed over.
    /// </summary>
    public Task WhenQuietAsync() => WaitAsync(() => _atWork.Count == 0 || _isTakeFailed || (_isTakeEmpty && _atWork.Values.All(static lease => lease is null)));

    /// <summary>
    /// Waits until every event that was ever added is settled, and moves the clock on to those that are tried again later: each time to the first of them,
    /// and no further while it is at work than the processor's poll needs.
    /// </summary>
    /// <param name="time">The clock.</param>
    /// <param name="until">When to leave it at that, for events that fail each time.</param>
    public async Task WaitUntilEmptyAsync(ManualTimeProvider time, DateTimeOffset? until = null)
    {
        await WhenQuietAsync();
        var passedOver = 0;
        while (FindNext() is var (isEmpty, next, begun) && !isEmpty && !(time.GetUtcNow() >= until))
        {
            if (next is not { } waiting)
            {
                // A lease ends, and a poll comes, within minutes. Each minute is looked at before the next one: on a slow machine they would all be over before
                // the poll of the first has come to the store.
                Assert.True(++passedOver < 100, "An event is never taken.");
                time.Advance(TimeSpan.FromMinutes(1));
                await WaitAsync(() => _latestTake > begun || _settled.Count == _known.Count);
            }
            else
            {
                var pause = waiting.Value - time.GetUtcNow();
                time.Advance((pause > TimeSpan.Zero ? pause : TimeSpan.Zero) + TimeSpan.FromSeconds(5));
                await WaitAsync(() => !_waiting.TryGetValue(waiting.Key, out var availableAt) || availableAt != waiting.Value || (_isTakeFailed && _latestTake > begun));
            }

            await WhenQuietAsync();
        }

        (bool IsEmpty, KeyValuePair<(string AppId, string Key), DateTimeOffset>? Next, int TakesBegun) FindNext()
        {
            lock (_waiters)
            {
                return (_settled.Count == _known.Count, _waiting.Count == 0 ? null : _waiting.MinBy(static one => one.Value), _takesBegun);
            }
        }
    }

    public Task WaitForReturnedAsync(int count) => WaitAsync(() => Returned.Count >= count);

    public async ValueTask<bool> TryAddAsync(IReadOnlyCollection<WeChatCallback> callbacks, CancellationToken cancellationToken = default)
    {
        if (Adding is not null)
        {
            await Adding();
        }

        var added = await Inner.TryAddAsync(callbacks, cancellationToken);
        Reach(() =>
        {
            NoteNews();
            Added += callbacks.Count;
            foreach (var name in callbacks.Select(callback => (callback.AppId, callback.DeduplicationKey)))
            {
                if (_known.Add(name) && !_settled.Contains(name))
                {
                    _atWork.TryAdd(name, null);
                }
            }
        });
        return added;
    }

    public async ValueTask<IReadOnlyList<TakenWeChatEvent>> TakeAsync(
        IReadOnlyCollection<string> appIds, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<TakenWeChatEvent> taken;
        var (news, begun) = (0, 0);
        Reach(() => (news, begun) = (_news, ++_takesBegun));
        try
        {
            taken = Taking is null || await Taking() ? await Inner.TakeAsync(appIds, limit, leaseDuration, cancellationToken) : [];
        }
        catch (Exception exception)
        {
            Reach(() => (_isTakeFailed, _lastFailure, _latestTake) = (true, exception, Math.Max(_latestTake, begun)));
            throw;
        }

        Reach(() =>
        {
            // Nothing that came while it looked is meant by its answer.
            (_isTakeFailed, _isTakeEmpty, _takes, _latestTake) = (false, taken.Count == 0 && news == _news, _takes + 1, Math.Max(_latestTake, begun));
            foreach (var one in taken)
            {
                _atWork[NameOf(one)] = one.LeaseId;
                _waiting.Remove(NameOf(one));
            }
        });
        return taken;
    }

    public async ValueTask CompleteAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default)
    {
        await Inner.CompleteAsync(events, cancellationToken);
        Reach(() => Settle(events));
    }

    public async ValueTask ReturnAsync(IReadOnlyCollection<TakenWeChatEvent> events, DateTimeOffset availableAt, CancellationToken cancellationToken = default)
    {
        await Inner.ReturnAsync(events, availableAt, cancellationToken);
        Reach(() =>
        {
            NoteNews();
            Returned.AddRange(Enumerable.Repeat(availableAt, events.Count));
            foreach (var one in events)
            {
                // Another host may have taken it again before this one comes to say so.
                if (_atWork.GetValueOrDefault(NameOf(one)) == one.LeaseId)
                {
                    _atWork.Remove(NameOf(one));
                    _waiting[NameOf(one)] = availableAt;
                }
            }
        });
    }

    public async ValueTask BuryAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default)
    {
        await Inner.BuryAsync(events, cancellationToken);
        Reach(() =>
        {
            Settle(events);
            Buried += events.Count;
        });
    }

    public ValueTask<IReadOnlyList<BuriedWeChatEvent>> ListBuriedAsync(string appId, int limit, BuriedWeChatEvent? after = null, CancellationToken cancellationToken = default) =>
        Inner.ListBuriedAsync(appId, limit, after, cancellationToken);

    public ValueTask<int> RequeueAsync(string appId, IReadOnlyCollection<string> deduplicationKeys, CancellationToken cancellationToken = default) =>
        Inner.RequeueAsync(appId, deduplicationKeys, cancellationToken);

    public async ValueTask<int> ExpireAsync(DateTimeOffset settledBefore, int limit, CancellationToken cancellationToken = default)
    {
        var expired = await Inner.ExpireAsync(settledBefore, limit, cancellationToken);
        Reach(() => Expired += expired);
        return expired;
    }

    private IWeChatEventInbox Inner => inners[Interlocked.Increment(ref _calls) % inners.Length];

    private static (string AppId, string Key) NameOf(TakenWeChatEvent taken) => (taken.AppId, taken.DeduplicationKey);

    /// <summary>What a take that is under way says is no longer the whole truth.</summary>
    private void NoteNews() => (_news, _isTakeEmpty) = (_news + 1, false);

    private void Settle(IReadOnlyCollection<TakenWeChatEvent> events)
    {
        NoteNews();
        Settled += events.Count;
        foreach (var name in events.Select(NameOf))
        {
            _settled.Add(name);
            _atWork.Remove(name);
            _waiting.Remove(name);
        }
    }

    private async Task WaitAsync(Func<bool> isReached)
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waiters)
        {
            if (isReached())
            {
                return;
            }

            _waiters.Add((isReached, source));
        }

        try
        {
            await source.Task.WaitAsync(Runs.Patience);
        }
        catch (TimeoutException)
        {
            lock (_waiters)
            {
                Assert.Fail($"{_atWork.Count} events stay at work, {_atWork.Values.Count(lease => lease is not null)} of them taken; of {_known.Count} known ones "
                    + $"{_settled.Count} are settled, {Returned.Count} were returned; {_takes} takes, the last failure: {_lastFailure}");
            }
        }
    }

    private void Reach(Action count)
    {
        lock (_waiters)
        {
            count();
            _waiters.RemoveAll(static waiter => waiter.IsReached() && waiter.Source.TrySetResult());
        }
    }
}
