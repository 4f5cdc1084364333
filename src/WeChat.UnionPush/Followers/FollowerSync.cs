using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>
/// Brings the repository up to an Official Account's followers: lists everybody, asks for the details of those it does not know, keeps its place
/// after each page, and at the end of a complete walk marks who left.
/// </summary>
internal sealed class FollowerSync(
    string appId,
    FollowerSource source,
    IUnionIdRepository repository,
    IFollowerSyncStore store,
    FollowerSyncOptions options,
    TimeProvider time,
    ILogger<FollowerSync> logger)
{
    private const int SaveSize = 2000;

    private readonly string _appId = appId;
    private readonly FollowerSource _source = source;
    private readonly IUnionIdRepository _repository = repository;
    private readonly IFollowerSyncStore _store = store;
    private readonly FollowerSyncOptions _options = options;
    private readonly TimeProvider _time = time;
    private readonly ILogger _logger = logger;

    public async Task<FollowerSyncReport> RunAsync(bool full, IProgress<FollowerSyncProgress>? progress, CancellationToken cancellationToken)
    {
        using var activity = Telemetry.StartSync();
        var lease = await _store.TryLeaseAsync(_appId, _options.LeaseDuration, cancellationToken).ConfigureAwait(false);
        if (lease is null)
        {
            return new FollowerSyncReport(FollowerSyncOutcome.AlreadyRunning);
        }

        await using (lease.ConfigureAwait(false))
        {
            using var lost = new CancellationTokenSource();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lost.Token);
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var heartbeat = HoldAsync(lease, lost, ended.Token);
            var walk = new Walk(this, lease, full, progress);
            try
            {
                var outcome = await walk.RunAsync(either.Token).ConfigureAwait(false);
                return walk.Report(outcome);
            }
            catch (OperationCanceledException) when (lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return walk.Report(FollowerSyncOutcome.LeaseLost);
            }
            finally
            {
                await ended.CancelAsync().ConfigureAwait(false);
                await heartbeat.ConfigureAwait(false);
            }
        }
    }

    private async Task HoldAsync(ILease lease, CancellationTokenSource lost, CancellationToken ended)
    {
        var renewed = _time.GetTimestamp();
        try
        {
            while (true)
            {
                await Task.Delay(_options.LeaseDuration / 3, _time, ended).ConfigureAwait(false);
                try
                {
                    if (!await lease.RenewAsync(_options.LeaseDuration, ended).ConfigureAwait(false))
                    {
                        break;
                    }

                    renewed = _time.GetTimestamp();
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    // The store may come back before the lease ends; after that it may be somebody else's.
                    if (_time.GetElapsedTime(renewed) >= _options.LeaseDuration)
                    {
                        break;
                    }
                }
            }

            await lost.CancelAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The walk ended first.
        }
    }

    /// <summary>One run: from the beginning, or from where a run before it stopped.</summary>
    private sealed class Walk(FollowerSync sync, ILease lease, bool full, IProgress<FollowerSyncProgress>? progress)
    {
        private readonly long _started = sync._time.GetTimestamp();
        private readonly long _detailCallsBefore = sync._source.DetailCalls;
        private FollowerSyncState _state = new(sync._appId);
        private bool _resumed;
        private long _listed;
        private long _detailed;
        private long _linked;
        private long _added;
        private long _changed;
        private long _left;
        private long _total;
        private int _pageCalls;

        public async Task<FollowerSyncOutcome> RunAsync(CancellationToken cancellationToken)
        {
            await BeginAsync(cancellationToken).ConfigureAwait(false);
            if (!CountCall())
            {
                return FollowerSyncOutcome.DailyCallsUsedUp;
            }

            if (!await sync._store.SaveAsync(lease, _state, cancellationToken).ConfigureAwait(false))
            {
                return FollowerSyncOutcome.LeaseLost;
            }

            while (true)
            {
                var page = await sync._source.GetPageAsync(_state.NextOpenId, cancellationToken).ConfigureAwait(false);
                _total = page.Total;
                if (page.OpenIds.Count == 0)
                {
                    break;
                }

                await TakeAsync(page, cancellationToken).ConfigureAwait(false);
                _listed += page.OpenIds.Count;
                _state = _state with { NextOpenId = page.NextOpenId, Listed = _state.Listed + page.OpenIds.Count };

                // One write keeps both the place and the call that comes next.
                var more = page.NextOpenId.Length > 0;
                var affordable = !more || CountCall();
                if (more && !await sync._store.SaveAsync(lease, _state, cancellationToken).ConfigureAwait(false))
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

        public FollowerSyncReport Report(FollowerSyncOutcome outcome)
        {
            var report = new FollowerSyncReport(outcome)
            {
                Resumed = _resumed,
                Listed = _listed,
                Detailed = _detailed,
                Linked = _linked,
                Added = _added,
                UnionIdsChanged = _changed,
                Left = _left,
                PageCalls = _pageCalls,
                DetailCalls = sync._source.DetailCalls - _detailCallsBefore,
                Duration = sync._time.GetElapsedTime(_started),
            };
            if (_changed > 0)
            {
                Log.UnionIdsChanged(sync._logger, sync._appId, (int)Math.Min(_changed, int.MaxValue));
            }

            if (_detailed > 0 && _linked == 0)
            {
                Log.NoUnionIds(sync._logger, sync._appId);
            }

            Log.SyncEnded(sync._logger, sync._appId, outcome, _listed, _detailed, _left, _pageCalls);
            return report;
        }

        private async Task BeginAsync(CancellationToken cancellationToken)
        {
            if (await sync._store.GetAsync(sync._appId, cancellationToken).ConfigureAwait(false) is { } known)
            {
                _state = known;
            }

            // A full sync asked for now does not go on with an incremental walk begun before: it would miss that walk's first pages.
            _resumed = _state.InProgress && (_state.Full || !full);
            if (!_resumed)
            {
                _state = _state with
                {
                    WalkStartedAt = Now(),
                    NextOpenId = "",
                    InProgress = true,
                    Full = full,
                    Listed = 0,
                    Detailed = 0,
                };
            }

            Log.SyncBegan(sync._logger, sync._appId, _resumed ? ", going on where an earlier one stopped" : "");
        }

        /// <summary>Counts a <c>user/get</c> call before it is made; <see langword="false"/> when the day has none left.</summary>
        private bool CountCall()
        {
            var today = ChinaTime.DayOf(sync._time.GetUtcNow());
            var calls = _state.CallsOn == today ? _state.Calls : 0;
            if (calls >= sync._options.DailyPageCalls)
            {
                return false;
            }

            _state = _state with { Calls = calls + 1, CallsOn = today };
            _pageCalls++;
            return true;
        }

        private async Task TakeAsync(FollowerPage page, CancellationToken cancellationToken)
        {
            // Never before the walk began, whatever this machine's clock says: the walk's end takes older ones for leavers.
            var now = Now();
            var seenAt = now > _state.WalkStartedAt ? now : _state.WalkStartedAt;
            var (linkedBefore, unlinkedBefore) = _state.Full
                ? (_state.WalkStartedAt, _state.WalkStartedAt)
                : (now - sync._options.RefreshLinkedAfter, now - sync._options.RefreshUnlinkedAfter);
            var outdated = await sync._repository.FindOutdatedAsync(sync._appId, page.OpenIds, linkedBefore, unlinkedBefore, cancellationToken).ConfigureAwait(false);
            var saver = new Saver(sync._repository, Saved, cancellationToken);
            await using var saving = saver.ConfigureAwait(false);

            // Those whose details are not needed, or not to be had, are at least seen.
            if (outdated.Count < page.OpenIds.Count)
            {
                var asked = new HashSet<string>(outdated, StringComparer.Ordinal);
                foreach (var openId in page.OpenIds)
                {
                    if (!asked.Contains(openId))
                    {
                        await saver.AddAsync(new WeChatIdentity(sync._appId, openId) { FollowState = FollowState.Following, ObservedAt = seenAt }).ConfigureAwait(false);
                    }
                }
            }

            await foreach (var (asked, followers) in sync._source.GetBatchesAsync(outdated, cancellationToken).ConfigureAwait(false))
            {
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
                    await saver.AddAsync(new WeChatIdentity(sync._appId, openId)
                    {
                        UnionId = follower.UnionId,
                        FollowState = follower.Subscribes ? FollowState.Following : FollowState.NotFollowing,
                        ObservedAt = seenAt,
                        DetailsAt = seenAt,
                    }).ConfigureAwait(false);
                }

                foreach (var openId in inOrder == asked.Length ? [] : asked.Except(followers.Select(static follower => follower.OpenId!), StringComparer.Ordinal))
                {
                    await saver.AddAsync(new WeChatIdentity(sync._appId, openId) { FollowState = FollowState.Following, ObservedAt = seenAt }).ConfigureAwait(false);
                }

                _detailed += followers.Count;
                _state = _state with { Detailed = _state.Detailed + followers.Count };
            }

            await saver.EndAsync().ConfigureAwait(false);
            Telemetry.Synced(page.OpenIds.Count, outdated.Count);
        }

        private void Saved(SavedIdentities saved)
        {
            _added += saved.Added;
            _changed += saved.UnionIdsChanged;
            Show();
        }

        private async Task<FollowerSyncOutcome> EndAsync(CancellationToken cancellationToken)
        {
            // Followers come and go during a walk, but a tenth of them missing means that the list broke off.
            var complete = _state.Listed >= _total - (_total / 10);
            if (!complete)
            {
                Log.WalkIncomplete(sync._logger, sync._appId, _state.Listed, _total);
            }
            else
            {
                _left = await sync._repository.CloseWalkAsync(sync._appId, _state.WalkStartedAt, cancellationToken).ConfigureAwait(false);
            }

            _state = _state with { InProgress = false, NextOpenId = "", CompletedAt = complete ? Now() : _state.CompletedAt };
            return !await sync._store.SaveAsync(lease, _state, cancellationToken).ConfigureAwait(false) ? FollowerSyncOutcome.LeaseLost
                : complete ? FollowerSyncOutcome.Completed
                : FollowerSyncOutcome.Incomplete;
        }

        private void Show()
        {
            if (progress is null)
            {
                return;
            }

            var elapsed = sync._time.GetElapsedTime(_started);
            var perSecond = elapsed > TimeSpan.Zero ? (_listed / elapsed.TotalSeconds) : 0;
            var left = Math.Max(0, _total - _state.Listed);
            progress.Report(new FollowerSyncProgress(_state.Listed, _total, _state.Detailed, elapsed, perSecond > 0 ? TimeSpan.FromSeconds(left / perSecond) : null) { PerSecond = perSecond });
        }

        /// <summary>To the millisecond, which is what stores keep.</summary>
        private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(sync._time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>Saves identities in batches, each while the next one is collected, and one at a time.</summary>
    private sealed class Saver(IUnionIdRepository repository, Action<SavedIdentities> saved, CancellationToken cancellationToken) : IAsyncDisposable
    {
        private List<WeChatIdentity> _batch = new(SaveSize);
        private Task<SavedIdentities>? _underWay;

        public ValueTask AddAsync(WeChatIdentity identity)
        {
            _batch.Add(identity);
            return _batch.Count < SaveSize ? default : SaveAsync();
        }

        /// <summary>Saves the rest. Afterwards everything is.</summary>
        public async ValueTask EndAsync()
        {
            await SaveAsync().ConfigureAwait(false);
            await SettleAsync().ConfigureAwait(false);
        }

        /// <summary>Whoever leaves early, because something failed, leaves no writer behind.</summary>
        public async ValueTask DisposeAsync()
        {
            if (_underWay is { } underWay)
            {
                await ((Task)underWay).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (underWay.IsCompletedSuccessfully)
                {
                    saved(await underWay.ConfigureAwait(false));
                }
            }
        }

        private async ValueTask SaveAsync()
        {
            await SettleAsync().ConfigureAwait(false);
            if (_batch.Count > 0)
            {
                // Stores may work on the caller's thread.
                var batch = _batch;
                _batch = new(SaveSize);
                _underWay = Task.Run(() => repository.SaveAsync(batch, cancellationToken).AsTask(), CancellationToken.None);
            }
        }

        private async ValueTask SettleAsync()
        {
            if (_underWay is { } underWay)
            {
                var outcome = await underWay.ConfigureAwait(false);
                _underWay = null;
                saved(outcome);
            }
        }
    }
}
