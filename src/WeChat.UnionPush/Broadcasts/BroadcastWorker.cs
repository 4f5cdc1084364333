using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>Takes part in the account's running broadcasts: claims batches and sends them, several at a time.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Nobody asks the semaphore for a wait handle.")]
internal sealed class BroadcastWorker(BroadcastTools tools, ILogger<BroadcastWorker> logger)
{
    private static readonly TimeSpan CountsLive = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, BroadcastRun> _runs = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private long _refreshedAt;

    /// <summary>Takes part until it is told to stop or, where one broadcast is named, that one does not run any more.</summary>
    public Task RunAsync(string? onlyName, CancellationToken stop)
    {
        Interlocked.Exchange(ref _refreshedAt, 0);
        return Task.WhenAll(Enumerable.Range(0, tools.Lanes).Select(_ => LaneAsync(onlyName, stop)));
    }

    [SuppressMessage("Design", "CA1031", Justification = "A lane that ended would never come back.")]
    private async Task LaneAsync(string? onlyName, CancellationToken stop)
    {
        var failures = 0;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await RefreshAsync(stop).ConfigureAwait(false);
                BroadcastRun[] runs = [.. _runs.Values
                    .Where(run => onlyName is null || string.Equals(run.Record.Name, onlyName, StringComparison.Ordinal))
                    .OrderBy(static run => run.Record.CreatedAt)];
                if (onlyName is not null && !Array.Exists(runs, static run => run.IsOpen || run.UnwrittenStop is not null))
                {
                    return;
                }

                var worked = false;
                foreach (var run in runs)
                {
                    worked |= await TryWorkAsync(run, stop).ConfigureAwait(false);
                }

                failures = 0;
                if (!worked)
                {
                    await Task.Delay(tools.Options.PollInterval, tools.Time, stop).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The database may be restarting. What was claimed comes back with its lease.
                Log.BroadcastFailed(logger, tools.AppId, exception);
                var pause = TimeSpan.FromMilliseconds(250 * Math.Pow(2, Math.Min(failures++, 6)));
                await Task.Delay(pause < LongestPause ? pause : LongestPause, tools.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Reads which broadcasts run, where it was not read lately.</summary>
    private async Task RefreshAsync(CancellationToken stop)
    {
        if (IsFresh())
        {
            return;
        }

        await _refreshing.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            if (IsFresh())
            {
                return;
            }

            var running = await tools.Journal.ListAsync(tools.AppId, onlyRunning: true, stop).ConfigureAwait(false);
            foreach (var record in running)
            {
                if (_runs.TryGetValue(record.Id, out var run) && (run.IsOpen || run.Record.Revision >= record.Revision))
                {
                    run.Record = run.Record.Revision > record.Revision ? run.Record : record;
                }
                else
                {
                    // New, or resumed after it was stopped: it is judged anew.
                    _runs[record.Id] = new BroadcastRun(record);
                }
            }

            foreach (var (id, run) in _runs)
            {
                if (!running.Any(record => string.Equals(record.Id, id, StringComparison.Ordinal)))
                {
                    run.Close();
                    _runs.TryRemove(id, out _);
                }
            }

            Interlocked.Exchange(ref _refreshedAt, tools.Time.GetTimestamp());
        }
        finally
        {
            _refreshing.Release();
        }

        bool IsFresh() => Interlocked.Read(ref _refreshedAt) is var at && at != 0 && tools.Time.GetElapsedTime(at) < tools.Options.PollInterval;
    }

    private async Task<bool> TryWorkAsync(BroadcastRun run, CancellationToken stop)
    {
        if (run.UnwrittenStop is not null)
        {
            await StopAsync(run, stop).ConfigureAwait(false);
            return true;
        }

        if (!run.IsOpen || !await IsDueAsync(run, stop).ConfigureAwait(false) || !await MayClaimAsync(run, stop).ConfigureAwait(false))
        {
            return false;
        }

        run.Claimed(1);
        try
        {
            var claimedAt = tools.Time.GetTimestamp();
            if (await tools.Journal.TryClaimAsync(run.Record.Id, tools.Options.LeaseDuration, stop).ConfigureAwait(false) is { } batch)
            {
                var trouble = await new BatchSender(tools, run, batch, claimedAt).SendAsync(RefreshAsync, stop).ConfigureAwait(false);
                if (trouble is not null)
                {
                    await HandleAsync(run, trouble, stop).ConfigureAwait(false);
                }

                return true;
            }
        }
        finally
        {
            run.Claimed(-1);
        }

        var progress = await tools.Journal.CountAsync(run.Record.Id, tools.Time.GetUtcNow(), stop).ConfigureAwait(false);
        if (progress.OpenBatches == 0)
        {
            await EndAsync(run, progress, stop).ConfigureAwait(false);
        }

        return false;
    }

    private async Task<bool> IsDueAsync(BroadcastRun run, CancellationToken stop)
    {
        var now = tools.Time.GetUtcNow();
        if (run.NotBefore > now)
        {
            return false;
        }

        if (run.Quiet?.EndAt(now) is { } end)
        {
            await WaitAsync(run, end, BroadcastReasons.QuietHours, stop).ConfigureAwait(false);
            return false;
        }

        if (run.Record is not { WaitsUntil: { } until } waiting)
        {
            return true;
        }

        if (until > now)
        {
            var waitsForQuota = waiting.Reason?.StartsWith(BroadcastReasons.QuotaBegins, StringComparison.Ordinal) == true;
            if (!waitsForQuota || !await tools.Slots.WasResetAsync(run.Content.QuotaReserve, stop).ConfigureAwait(false))
            {
                return false;
            }
        }

        await TryUpdateAsync(run, record => record with { WaitsUntil = null, Reason = run.Content.StopReason }, stop).ConfigureAwait(false);
        return true;
    }

    /// <summary>The account's concurrency is shared by all processes, and until a run has shown that it works it has one claim.</summary>
    private async Task<bool> MayClaimAsync(BroadcastRun run, CancellationToken stop)
    {
        var counted = run.Counted;
        if (counted is not { } last || tools.Time.GetElapsedTime(last.At) >= (run.Guards.IsProven ? CountsLive : tools.Options.PollInterval))
        {
            var claims = run.Claims;
            var fresh = await tools.Journal.CountAsync(run.Record.Id, tools.Time.GetUtcNow(), stop).ConfigureAwait(false);
            run.Counted = counted = (fresh, tools.Time.GetTimestamp(), claims);
        }

        var (progress, _, claimsThen) = counted.Value;
        var others = Math.Max(0, progress.ClaimedBatches - claimsThen);
        var isProven = run.Guards.IsProven || progress.Counts.Sent + progress.Counts.Duplicate > 0;
        return isProven ? run.Claims == 0 || run.Claims + others < tools.Lanes : run.Claims + others == 0;
    }

    private async Task HandleAsync(BroadcastRun run, SendTrouble trouble, CancellationToken stop)
    {
        var now = tools.Time.GetUtcNow();
        switch (trouble.Kind)
        {
            case SendTroubleKind.Stop:
                await StopAsync(run, stop).ConfigureAwait(false);
                break;
            case SendTroubleKind.StopTemplate:
                await StopTemplateAsync(run, trouble, stop).ConfigureAwait(false);
                break;
            case SendTroubleKind.Quota:
                await WaitAsync(run, ChinaTime.NextDay(now), trouble.Reason, stop).ConfigureAwait(false);
                break;
            default:
                var wait = trouble.Wait ?? TimeSpan.FromSeconds(Math.Pow(2, Math.Min(run.Troubles, 6)) * (0.5 + (Random.Shared.NextDouble() * 0.5)));
                wait = wait < LongestBackOff ? wait : LongestBackOff;
                run.BackOff(now + wait);
                Log.BroadcastWaits(logger, run.Record.Name, tools.AppId, wait, trouble.Reason);
                break;
        }
    }

    private async Task WaitAsync(BroadcastRun run, DateTimeOffset until, string reason, CancellationToken stop)
    {
        if (run.Record.WaitsUntil == Millisecond.Cut(until))
        {
            return;
        }

        if (await TryUpdateAsync(run, record => record with { WaitsUntil = until, Reason = reason }, stop).ConfigureAwait(false))
        {
            Log.BroadcastWaits(logger, run.Record.Name, tools.AppId, until - tools.Time.GetUtcNow(), reason);
        }
        else
        {
            // Somebody else wrote it; this process waits in any case.
            run.BackOff(tools.Time.GetUtcNow() + tools.Options.PollInterval);
        }
    }

    /// <summary>Writes down that this process has stopped the run, unless another lane has, or somebody has paused or ended it meanwhile.</summary>
    private async Task StopAsync(BroadcastRun run, CancellationToken stop)
    {
        while (run.UnwrittenStop is { } reason
            && await tools.Journal.FindAsync(tools.AppId, run.Record.Name, stop).ConfigureAwait(false) is { State: BroadcastState.Running } record
            && string.Equals(record.Id, run.Record.Id, StringComparison.Ordinal))
        {
            var stopped = record with { State = BroadcastState.Stopped, Reason = reason, WaitsUntil = null };
            if (await tools.Journal.TryUpdateAsync(stopped, stop).ConfigureAwait(false))
            {
                run.Record = stopped with { Revision = stopped.Revision + 1 };
                Log.BroadcastStopped(logger, record.Name, tools.AppId, reason);
                break;
            }
        }

        run.Close();
    }

    /// <summary>Tells all processes which template to leave out.</summary>
    private async Task StopTemplateAsync(BroadcastRun run, SendTrouble trouble, CancellationToken stop)
    {
        while (await tools.Journal.FindAsync(tools.AppId, run.Record.Name, stop).ConfigureAwait(false) is { State: BroadcastState.Running } record
            && string.Equals(record.Id, run.Record.Id, StringComparison.Ordinal))
        {
            var stopped = BroadcastContent.Stop(record, trouble.TemplateId!, trouble.Reason);
            if (await tools.Journal.TryUpdateAsync(stopped, stop).ConfigureAwait(false))
            {
                run.Record = stopped with { Revision = stopped.Revision + 1 };
                Log.BroadcastTemplateStopped(logger, trouble.TemplateId!, record.Name, tools.AppId, trouble.Reason);
                return;
            }
        }
    }

    /// <summary>Nothing is left that may be claimed: all recipients have an outcome, or the rest waits for a template.</summary>
    private async Task EndAsync(BroadcastRun run, BroadcastProgress progress, CancellationToken stop)
    {
        if (progress.Counts.Settled == progress.Recipients)
        {
            await FinishAsync(run, progress, stop).ConfigureAwait(false);
            return;
        }

        if (run.Content.StopReason is { } reason)
        {
            // Only as it was read: it may be resumed by now.
            if (await TryUpdateAsync(run, record => record with { State = BroadcastState.Stopped, Reason = reason, WaitsUntil = null }, stop).ConfigureAwait(false))
            {
                run.Close();
                Log.BroadcastStopped(logger, run.Record.Name, tools.AppId, reason);
            }

            return;
        }

        // Somebody has resumed the run since they were left out.
        await foreach (var batch in tools.Journal.ListBatchesAsync(run.Record.Id, stop).ConfigureAwait(false))
        {
            if (batch.Counts.Settled < batch.Size)
            {
                await tools.Journal.TryReopenAsync(batch with { AvailableAt = tools.Time.GetUtcNow() }, stop).ConfigureAwait(false);
            }
        }
    }

    private async Task FinishAsync(BroadcastRun run, BroadcastProgress progress, CancellationToken stop)
    {
        var now = tools.Time.GetUtcNow();
        if (await TryUpdateAsync(run, record => record with { State = BroadcastState.Finished, EndedAt = now, WaitsUntil = null, Reason = null }, stop).ConfigureAwait(false))
        {
            Log.BroadcastFinished(logger, run.Record.Name, tools.AppId, progress.Recipients, progress.Counts.Sent, progress.Counts.Unknown);
        }
    }

    private async Task<bool> TryUpdateAsync(BroadcastRun run, Func<BroadcastRecord, BroadcastRecord> change, CancellationToken stop)
    {
        var record = run.Record;
        var changed = change(record);
        if (record.State == BroadcastState.Running && await tools.Journal.TryUpdateAsync(changed, stop).ConfigureAwait(false))
        {
            run.Record = changed with { Revision = record.Revision + 1 };
            return true;
        }

        Interlocked.Exchange(ref _refreshedAt, 0);
        return false;
    }
}
