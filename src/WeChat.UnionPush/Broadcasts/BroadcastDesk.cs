using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>Starts, steers and reports broadcasts.</summary>
internal sealed class BroadcastDesk(
    BroadcastTools tools, BroadcastWorker worker, BroadcastPlanner planner, BroadcastRecords records, TemplateValuePolicy policy, ILogger<BroadcastDesk> logger) : IBroadcasts
{
    private static readonly TimeSpan PlanLease = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PlanPoll = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    private IBroadcastJournal Journal => tools.Journal;

    private DateTimeOffset Now => tools.Time.GetUtcNow();

    public async Task<BroadcastStatus> StartAsync(Broadcast broadcast, IProgress<BroadcastStatus>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        Check(broadcast);
        while (true)
        {
            var record = await Journal.FindAsync(tools.AppId, broadcast.Name, cancellationToken).ConfigureAwait(false);
            switch (record?.State)
            {
                case null:
                    await Journal.TryAddAsync(
                        new BroadcastRecord(tools.AppId, broadcast.Name) { Id = NewId(), Content = BroadcastContent.Write(broadcast), CreatedAt = Now },
                        cancellationToken).ConfigureAwait(false);
                    break;
                case BroadcastState.Planning:
                    await PlanAsync(record!, broadcast, progress, cancellationToken).ConfigureAwait(false);
                    break;
                case BroadcastState.Paused or BroadcastState.Stopped:
                    return await ResumeAsync(broadcast.Name, cancellationToken).ConfigureAwait(false);
                default:
                    return await records.StatusAsync(record!, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async Task<BroadcastForecast> ForecastAsync(Broadcast broadcast, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(broadcast);
        Check(broadcast);
        var caps = await CapsAsync(broadcast, cancellationToken).ConfigureAwait(false);
        var plan = await planner.PlanAsync(broadcast, NewId(), caps, static (_, _) => default, static _ => { }, cancellationToken).ConfigureAwait(false);
        var reachable = plan.Reachable;
        var quota = await tools.Slots.AskAsync(cancellationToken).ConfigureAwait(false);
        return new BroadcastForecast(plan.Recipients, reachable)
        {
            Unreachable = plan.Unreachable,
            OnOtherChannels = plan.OnOtherChannels,
            DailyLimit = quota?.Limit,
            RemainingToday = quota is { } known ? Math.Max(0, known.Limit - known.Used) : null,
            SendingTime = tools.Slots.PerSecond > 0 ? TimeSpan.FromSeconds((double)reachable / tools.Slots.PerSecond) : TimeSpan.Zero,
            Days = quota is { } limits ? DaysFor(reachable, limits.Limit - broadcast.QuotaReserve, limits.Used) : null,
        };
    }

    public async Task<BroadcastStatus> RunAsync(string name, IProgress<BroadcastStatus>? progress = null, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var status = await records.StatusAsync(await records.FindAsync(name, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            progress?.Report(status);
            if (status.State is not (BroadcastState.Planning or BroadcastState.Running))
            {
                return status;
            }

            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var work = worker.RunAsync(name, ended.Token);
            if (progress is not null)
            {
                while (await Task.WhenAny(work, Task.Delay(WatchInterval, tools.Time, ended.Token)).ConfigureAwait(false) != work && !cancellationToken.IsCancellationRequested)
                {
                    await ReportAsync(progress, name, cancellationToken).ConfigureAwait(false);
                }
            }

            // In order: messages on their way are waited for.
            await work.ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (status.State == BroadcastState.Planning)
            {
                await Task.Delay(PlanPoll, tools.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public async Task<BroadcastStatus?> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var record = await Journal.FindAsync(tools.AppId, name, cancellationToken).ConfigureAwait(false);
        return record is null ? null : await records.StatusAsync(record, cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<BroadcastStatus>> ListAsync(CancellationToken cancellationToken = default)
    {
        var statuses = new List<BroadcastStatus>();
        foreach (var record in await Journal.ListAsync(tools.AppId, onlyRunning: false, cancellationToken).ConfigureAwait(false))
        {
            statuses.Add(await records.StatusAsync(record, cancellationToken).ConfigureAwait(false));
        }

        return statuses;
    }

    public async IAsyncEnumerable<BroadcastStatus> WatchAsync(string name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var status = await records.StatusAsync(await records.FindAsync(name, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            yield return status;
            if (status.State is BroadcastState.Finished or BroadcastState.Cancelled)
            {
                yield break;
            }

            await Task.Delay(WatchInterval, tools.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task<BroadcastStatus> PauseAsync(string name, CancellationToken cancellationToken = default) =>
        ChangeAsync(
            name,
            static record => record.State switch
            {
                BroadcastState.Planning =>
                    throw new InvalidOperationException($"The broadcast '{record.Name}' is still being planned, and nothing of it is sent. Cancel it, or pause it once it runs."),
                BroadcastState.Running or BroadcastState.Stopped => record with { State = BroadcastState.Paused, WaitsUntil = null, Reason = null },
                _ => record,
            },
            cancellationToken);

    public Task<BroadcastStatus> ResumeAsync(string name, CancellationToken cancellationToken = default) =>
        ChangeAsync(
            name,
            static record => record.State switch
            {
                BroadcastState.Planning =>
                    throw new InvalidOperationException($"The planning of the broadcast '{record.Name}' has not come to its end. Call StartAsync with the same broadcast again."),
                BroadcastState.Paused or BroadcastState.Stopped => BroadcastContent.Resume(record),
                BroadcastState.Running when (record.WaitsUntil, record.Reason) is not (null, null) => BroadcastContent.Resume(record),
                _ => record,
            },
            cancellationToken);

    public Task<BroadcastStatus> CancelAsync(string name, CancellationToken cancellationToken = default)
    {
        var now = Now;
        return ChangeAsync(
            name,
            record => record.State is BroadcastState.Finished or BroadcastState.Cancelled
                ? record
                : record with { State = BroadcastState.Cancelled, EndedAt = now, WaitsUntil = null, Reason = null },
            cancellationToken);
    }

    public async Task<BroadcastReport> GetReportAsync(string name, CancellationToken cancellationToken = default)
    {
        var record = await records.FindAsync(name, cancellationToken).ConfigureAwait(false);
        return record.Report is { } report ? BroadcastReport.FromJson(report) : await records.ReportAsync(record, cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<BroadcastOutcome> ListRecipientsAsync(string name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var record = await records.FindAsync(name, cancellationToken).ConfigureAwait(false);
        await foreach (var outcome in records.OutcomesAsync(record, cancellationToken).ConfigureAwait(false))
        {
            yield return outcome;
        }
    }

    public async Task<long> ResendUnknownAsync(string name, CancellationToken cancellationToken = default)
    {
        var record = await records.FindAsync(name, cancellationToken).ConfigureAwait(false);
        var reopened = 0L;
        await foreach (var batch in Journal.ListBatchesAsync(record.Id, cancellationToken).ConfigureAwait(false))
        {
            if (batch.Counts.Unknown == 0)
            {
                continue;
            }

            var sheet = new OutcomeSheet(batch.Size, batch.Outcomes);
            int[] unknown = [.. Enumerable.Range(0, batch.Size).Where(i => sheet.StatusOf(i) == PushStatus.Unknown)];
            if (tools.Reach is { } reach)
            {
                await reach.ForgetClaimsAsync([.. unknown.Select(i => BroadcastPlanner.MessageIdOf(batch, i))], cancellationToken).ConfigureAwait(false);
            }

            Array.ForEach(unknown, sheet.Return);
            var opened = batch with { Outcomes = sheet.Text, Counts = sheet.Count(), AvailableAt = Now };
            reopened += await Journal.TryReopenAsync(opened, cancellationToken).ConfigureAwait(false) ? batch.Counts.Unknown : 0;
        }

        if (reopened > 0)
        {
            await ChangeAsync(
                name,
                static record => record.State is BroadcastState.Finished ? record with { State = BroadcastState.Running, EndedAt = null } : record,
                cancellationToken).ConfigureAwait(false);
        }

        return reopened;
    }

    public async Task<int> PruneAsync(DateTimeOffset endedBefore, CancellationToken cancellationToken = default)
    {
        var pruned = 0;
        foreach (var record in await Journal.ListAsync(tools.AppId, onlyRunning: false, cancellationToken).ConfigureAwait(false))
        {
            if (record.EndedAt is not { } ended || ended >= endedBefore)
            {
                continue;
            }

            if (record.Report is null)
            {
                var report = await records.ReportAsync(record, cancellationToken).ConfigureAwait(false);
                if (!await Journal.TryUpdateAsync(record with { Report = report.ToJson() }, cancellationToken).ConfigureAwait(false))
                {
                    continue;
                }

                pruned++;
            }

            // Also what an earlier call did not come to the end of.
            await Journal.DeleteBatchesAsync(record.Id, cancellationToken).ConfigureAwait(false);
        }

        return pruned;
    }

    /// <summary>What the message everybody gets is worth, on each channel that is on.</summary>
    private void Check(Broadcast broadcast)
    {
        if (broadcast.Message is { } message)
        {
            message.Prepare(policy);
            tools.Reach?.Serves(message);
        }
    }

    private static string NewId() => Convert.ToHexString(RandomNumberGenerator.GetBytes(8));

    private static int? DaysFor(long reachable, long perDay, long usedToday)
    {
        if (perDay <= 0)
        {
            return null;
        }

        var later = Math.Max(0, reachable - Math.Max(0, perDay - usedToday));
        return 1 + (int)Math.Min(int.MaxValue - 1, (later + perDay - 1) / perDay);
    }

    /// <summary>Plans, unless somebody else does, who is waited for a little.</summary>
    private async Task PlanAsync(BroadcastRecord record, Broadcast broadcast, IProgress<BroadcastStatus>? progress, CancellationToken cancellationToken)
    {
        var lease = await Journal.TryLeaseAsync(tools.AppId, broadcast.Name, PlanLease, cancellationToken).ConfigureAwait(false);
        if (lease is null)
        {
            await Task.Delay(PlanPoll, tools.Time, cancellationToken).ConfigureAwait(false);
            return;
        }

        await using var _ = lease.ConfigureAwait(false);
        var keeper = new LeaseKeeper(token => lease.RenewAsync(PlanLease, token), PlanLease, tools.Time);
        await using var __ = keeper.ConfigureAwait(false);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(keeper.Lost, cancellationToken);

        // A name of its own for this attempt: whoever planned before and wakes up again writes where nobody reads.
        var mine = record with { Id = NewId() };
        if (!await Journal.TryUpdateAsync(mine, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        mine = mine with { Revision = mine.Revision + 1 };
        await Journal.DeleteBatchesAsync(record.Id, cancellationToken).ConfigureAwait(false);
        try
        {
            var caps = await CapsAsync(broadcast, either.Token).ConfigureAwait(false);
            var plan = await planner.PlanAsync(
                broadcast,
                mine.Id,
                caps,
                Journal.AddBatchesAsync,
                count => progress?.Report(new BroadcastStatus(mine.Name, BroadcastState.Planning) { Recipients = count, CreatedAt = mine.CreatedAt }),
                either.Token).ConfigureAwait(false);
            var content = BroadcastContent.Write(broadcast, plan.HasManyTemplates);
            var running = mine with { State = BroadcastState.Running, Recipients = plan.Recipients, StartedAt = Now, Content = content };
            if (await Journal.TryUpdateAsync(running, cancellationToken).ConfigureAwait(false))
            {
                Log.BroadcastPlanned(logger, mine.Name, tools.AppId, plan.Recipients, plan.Unreachable.Settled);
                return;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Somebody else has the right to plan by now.
        }

        await Journal.DeleteBatchesAsync(mine.Id, cancellationToken).ConfigureAwait(false);
    }

    private async Task<PersonCaps?> CapsAsync(Broadcast broadcast, CancellationToken cancellationToken) => broadcast.Cap is { } cap
        ? await PersonCaps.ReadAsync(Journal, tools.AppId, broadcast.Name, cap, Now, cancellationToken).ConfigureAwait(false)
        : null;

    private async Task<BroadcastStatus> ChangeAsync(string name, Func<BroadcastRecord, BroadcastRecord> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var record = await records.FindAsync(name, cancellationToken).ConfigureAwait(false);
            var changed = change(record);
            if (changed == record)
            {
                return await records.StatusAsync(record, cancellationToken).ConfigureAwait(false);
            }

            if (await Journal.TryUpdateAsync(changed, cancellationToken).ConfigureAwait(false))
            {
                return await records.StatusAsync(changed, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task ReportAsync(IProgress<BroadcastStatus> progress, string name, CancellationToken cancellationToken)
    {
        try
        {
            progress.Report(await records.StatusAsync(await records.FindAsync(name, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is UnionPushStorageException or OperationCanceledException)
        {
            // The run goes on, and the next second may tell.
        }
    }
}
