using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>One run of a walk: from the beginning, or from where a run before it stopped. Its caller holds the lease.</summary>
internal sealed class FollowerWalk(
    string appId,
    IFollowerWalkSource source,
    IUnionIdRepository repository,
    IFollowerSyncStore store,
    ILease lease,
    FollowerSyncOptions options,
    TimeProvider time,
    ILogger logger,
    IProgress<FollowerSyncProgress>? progress)
{
    private const int SaveSize = 2000;

    private static readonly DistinctTexts Distinct = new();

    private readonly long _started = time.GetTimestamp();
    private readonly long _detailCallsBefore = source.DetailCalls;
    private readonly HashSet<string> _places = new(StringComparer.Ordinal);
    private FollowerSyncState _state = new(appId);
    private bool _resumed;
    private bool _wentInCircles;
    private long _listed;
    private long _notFollowing;
    private long _detailed;
    private long _linked;
    private long _added;
    private long _changed;
    private long _left;
    private long _total;
    private int _pageCalls;

    /// <summary>Followers known at the end of the walk, 0 before.</summary>
    public long Followers { get; private set; }

    /// <summary>Those of them without a UnionID.</summary>
    public long Unlinked { get; private set; }

    public async Task<FollowerSyncOutcome> RunAsync(bool full, CancellationToken cancellationToken)
    {
        await BeginAsync(full, cancellationToken).ConfigureAwait(false);
        if (!CountCall())
        {
            return FollowerSyncOutcome.DailyCallsUsedUp;
        }

        if (!await store.SaveAsync(lease, _state, cancellationToken).ConfigureAwait(false))
        {
            return FollowerSyncOutcome.LeaseLost;
        }

        while (true)
        {
            // Both before the question: what happens while the answer is on its way is newer than the answer.
            var erasuresSeen = await repository.CountErasuresAsync(cancellationToken).ConfigureAwait(false);
            var askedAt = NowInWalk();
            var page = await source.GetPageAsync(_state.NextOpenId, cancellationToken).ConfigureAwait(false);
            if (page.OpenIds.Count == 0)
            {
                break;
            }

            _total = page.Total;
            var people = await TakeAsync(page, askedAt, erasuresSeen, cancellationToken).ConfigureAwait(false);
            _listed += people;
            _state = _state with { NextOpenId = page.NextOpenId, Listed = _state.Listed + people };
            _wentInCircles = page.NextOpenId.Length > 0 && !_places.Add(page.NextOpenId);

            // One write keeps both the place and the call that comes next.
            var more = page.NextOpenId.Length > 0 && !_wentInCircles;
            var affordable = !more || CountCall();
            if (more && !await store.SaveAsync(lease, _state, cancellationToken).ConfigureAwait(false))
            {
                return FollowerSyncOutcome.LeaseLost;
            }

            Show();
            if (!more)
            {
                break;
            }

            if (!affordable)
            {
                return FollowerSyncOutcome.DailyCallsUsedUp;
            }
        }

        return await EndAsync(cancellationToken).ConfigureAwait(false);
    }

    public FollowerSyncReport Report(FollowerSyncOutcome outcome) => new(outcome)
    {
        Resumed = _resumed,
        Listed = _listed,
        Detailed = _detailed,
        Linked = _linked,
        Added = _added,
        UnionIdsChanged = _changed,
        Left = _left,
        PageCalls = _pageCalls,
        DetailCalls = source.DetailCalls - _detailCallsBefore,
        Duration = time.GetElapsedTime(_started),
    };

    private async Task BeginAsync(bool full, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(appId, cancellationToken).ConfigureAwait(false) is { } known)
        {
            _state = known;
        }

        // A full sync asked for now does not go on with an incremental walk begun before: it would miss that walk's first pages.
        _resumed = _state.InProgress && (_state.Full || !full);
        if (!_resumed)
        {
            // Later than the walk before, whatever the clock says: their order tells who was seen in which.
            var now = Now();
            var next = _state.WalkStartedAt.AddMilliseconds(1);
            _state = _state with
            {
                WalkStartedAt = now > next ? now : next,
                NextOpenId = "",
                InProgress = true,
                Full = full,
                Listed = 0,
                Detailed = 0,
            };
        }

        Log.SyncBegan(logger, appId, _resumed ? ", going on where an earlier one stopped" : "");
    }

    /// <summary>Counts a <c>user/get</c> call before it is made; <see langword="false"/> when the day has none left.</summary>
    private bool CountCall()
    {
        var today = ChinaTime.DayOf(time.GetUtcNow());
        var calls = _state.CallsOn == today ? _state.Calls : 0;
        if (calls >= options.DailyPageCalls)
        {
            return false;
        }

        _state = _state with { Calls = calls + 1, CallsOn = today };
        _pageCalls++;
        return true;
    }

    /// <summary>Saves a page's people.</summary>
    /// <returns>How many people it listed, however often.</returns>
    private async Task<int> TakeAsync(FollowerPage page, DateTimeOffset askedAt, long erasuresSeen, CancellationToken cancellationToken)
    {
        var people = Distinct.Of(page.OpenIds);
        var now = Now();
        var (linkedBefore, unlinkedBefore) = _state.Full
            ? (_state.WalkStartedAt, _state.WalkStartedAt)
            : (now - options.RefreshLinkedAfter, now - options.RefreshUnlinkedAfter);
        var outdated = await repository.FindOutdatedAsync(appId, people, linkedBefore, unlinkedBefore, cancellationToken).ConfigureAwait(false);
        var saver = new OneWriteAhead<WeChatIdentity, SavedIdentities>(SaveSize, batch => repository.SaveAsync(batch, erasuresSeen, cancellationToken), Saved);
        await using var saving = saver.ConfigureAwait(false);

        // Those whose details are not needed, or not to be had, are at least seen.
        if (outdated.Count < people.Length)
        {
            var asked = new HashSet<string>(outdated, StringComparer.Ordinal);
            foreach (var openId in people)
            {
                if (!asked.Contains(openId))
                {
                    await saver.AddAsync(Seen(openId, askedAt)).ConfigureAwait(false);
                }
            }
        }

        await foreach (var batch in source.GetBatchesAsync(outdated, cancellationToken).ConfigureAwait(false))
        {
            var batchAskedAt = InWalk(batch.AskedAt);
            var (asked, followers) = (batch.OpenIds, batch.Followers);
            var inOrder = 0;
            for (var i = 0; i < followers.Count; i++)
            {
                var follower = followers[i];
                var openId = follower.OpenId!;
                if (i < asked.Length && string.Equals(asked[i], openId, StringComparison.Ordinal))
                {
                    // The page's text has lived longer: kept instead of the answer's, it spares the garbage collector one of the two.
                    openId = asked[i];
                    inOrder++;
                }

                _linked += follower.UnionId is null ? 0 : 1;
                _notFollowing += follower.Subscribes ? 0 : 1;
                await saver.AddAsync(new WeChatIdentity(appId, openId)
                {
                    UnionId = follower.UnionId,
                    FollowState = follower.Subscribes ? FollowState.Following : FollowState.NotFollowing,
                    FollowChangedAt = follower.SubscribedAt,
                    ObservedAt = batchAskedAt,
                    DetailsAt = batchAskedAt,
                }).ConfigureAwait(false);
            }

            foreach (var openId in inOrder == asked.Length ? [] : asked.Except(followers.Select(static follower => follower.OpenId!), StringComparer.Ordinal))
            {
                await saver.AddAsync(Seen(openId, askedAt)).ConfigureAwait(false);
            }

            _detailed += followers.Count;
            _state = _state with { Detailed = _state.Detailed + followers.Count };
        }

        await saver.EndAsync().ConfigureAwait(false);
        Telemetry.Synced(people.Length, outdated.Count);
        return people.Length;
    }

    private WeChatIdentity Seen(string openId, DateTimeOffset askedAt) => new(appId, openId) { FollowState = FollowState.Following, ObservedAt = askedAt };

    private void Saved(SavedIdentities saved)
    {
        _added += saved.Added;
        _changed += saved.UnionIdsChanged;
        Show();
    }

    private async Task<FollowerSyncOutcome> EndAsync(CancellationToken cancellationToken)
    {
        var verdict = await FollowerWalkVerdict.OnAsync(repository, _state, _total, _wentInCircles, options.MaxLeaverShare, cancellationToken).ConfigureAwait(false);
        if (!_resumed)
        {
            // A list that repeats people across its pages has more rows than people.
            _listed = Math.Min(_listed, verdict.Count.Followers - verdict.Count.Unseen + _notFollowing);
        }

        if (verdict.CloseAt is { } closeAt)
        {
            _left = await repository.CloseWalkAsync(appId, closeAt, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            Log.WalkIncomplete(logger, appId, verdict.Count.Followers - verdict.Count.Unseen, _total, verdict.Count.Unseen);
        }

        (Followers, Unlinked) = (verdict.Count.Followers, verdict.Count.Unlinked);
        while (await repository.ExpireErasuresAsync(time.GetUtcNow() - options.KeepErasuresFor, SaveSize, cancellationToken).ConfigureAwait(false) == SaveSize)
        {
        }

        _state = _state with
        {
            InProgress = false,
            NextOpenId = "",
            CompletedAt = verdict.CloseAt is null ? _state.CompletedAt : Now(),
            DoubtedAt = verdict.IsDoubted ? _state.WalkStartedAt : null,
            Doubted = verdict.IsDoubted ? verdict.Count.Unseen : 0,
            Unlinked = verdict.Count.Unlinked,
        };
        return !await store.SaveAsync(lease, _state, cancellationToken).ConfigureAwait(false) ? FollowerSyncOutcome.LeaseLost
            : verdict.CloseAt is null ? FollowerSyncOutcome.Incomplete
            : FollowerSyncOutcome.Completed;
    }

    private void Show()
    {
        if (progress is null)
        {
            return;
        }

        var elapsed = time.GetElapsedTime(_started);
        var perSecond = elapsed > TimeSpan.Zero ? (_listed / elapsed.TotalSeconds) : 0;
        var left = Math.Max(0, _total - _state.Listed);
        progress.Report(new FollowerSyncProgress(
            _state.Listed, _total, _state.Detailed, elapsed, perSecond > 0 ? TimeSpan.FromSeconds(left / perSecond) : null)
        { PerSecond = perSecond });
    }

    private DateTimeOffset NowInWalk() => InWalk(Now());

    /// <summary>Never before the walk began, whatever this machine's clock says: the walk's end takes older ones for leavers.</summary>
    private DateTimeOffset InWalk(DateTimeOffset asked) => asked > _state.WalkStartedAt ? asked : _state.WalkStartedAt;

    private DateTimeOffset Now() => Millisecond.Cut(time.GetUtcNow());
}
