using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>
/// Brings the repository up to an Official Account's followers: lists everybody, asks for the details of those it does not know, keeps its place
/// after each page, and at the end of a complete walk marks who left. One walk at a time, over all processes that share the store.
/// </summary>
internal sealed class FollowerSync(
    string appId,
    IFollowerWalkSource source,
    IUnionIdRepository repository,
    IFollowerSyncStore store,
    FollowerSyncOptions options,
    TimeProvider time,
    ILogger<FollowerSync> logger)
{
    // A UnionID that is missing is told once, not after every sync.
    private int _toldUnlinked;

    public async Task<FollowerSyncReport> RunAsync(bool full, IProgress<FollowerSyncProgress>? progress, CancellationToken cancellationToken)
    {
        using var activity = Telemetry.StartSync();
        var lease = await store.TryLeaseAsync(appId, options.LeaseDuration, cancellationToken).ConfigureAwait(false);
        if (lease is null)
        {
            return new FollowerSyncReport(FollowerSyncOutcome.AlreadyRunning);
        }

        await using (lease.ConfigureAwait(false))
        {
            var keeper = new LeaseKeeper(stop => lease.RenewAsync(options.LeaseDuration, stop), options.LeaseDuration, time);
            await using (keeper.ConfigureAwait(false))
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, keeper.Lost);
                var walk = new FollowerWalk(appId, source, repository, store, lease, options, time, logger, progress);
                try
                {
                    return Report(walk, await walk.RunAsync(full, either.Token).ConfigureAwait(false));
                }
                catch (OperationCanceledException) when (keeper.Lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
                {
                    return Report(walk, FollowerSyncOutcome.LeaseLost);
                }
            }
        }
    }

    private FollowerSyncReport Report(FollowerWalk walk, FollowerSyncOutcome outcome)
    {
        var report = walk.Report(outcome);
        if (report.UnionIdsChanged > 0)
        {
            Log.UnionIdsChanged(logger, appId, (int)Math.Min(report.UnionIdsChanged, int.MaxValue));
        }

        if (walk.Unlinked is > 0 and var unlinked && Interlocked.Exchange(ref _toldUnlinked, 1) == 0)
        {
            if (unlinked == walk.Followers)
            {
                Log.NoUnionIds(logger, appId);
            }
            else
            {
                Log.SomeUnlinked(logger, appId, unlinked, walk.Followers);
            }
        }

        Log.SyncEnded(logger, appId, outcome.ToString(), report.Listed, report.Detailed, report.Left, report.PageCalls);
        return report;
    }
}
