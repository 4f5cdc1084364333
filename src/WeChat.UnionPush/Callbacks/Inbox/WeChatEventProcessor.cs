using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// Takes waiting events from the inbox, runs their handlers and settles them: receipts in batches, everything else one event at a time for each person. Any number
/// of machines can share one inbox.
/// </summary>
internal sealed class WeChatEventProcessor(
    WeChatEventIntake intake,
    IWeChatEventInbox inbox,
    IReadOnlyCollection<string> appIds,
    EventSteps steps,
    WeChatCallbackOptions options,
    TimeProvider time,
    ILogger<WeChatEventProcessor> logger) : BackgroundService
{
    private const int BatchSize = 100;
    private const int MaxWorkers = 4;

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromHours(1);

    private readonly int _workers = Math.Min(MaxWorkers, options.MaxConcurrentHandlers);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Events come back after a failure or from a machine that died, and other machines may add events.
        var poll = time.CreateTimer(static intake => ((WeChatEventIntake)intake!).WakeWorker(), intake, TimeSpan.Zero, PollInterval);
        await using (poll.ConfigureAwait(false))
        {
            await Task.WhenAll(Enumerable.Range(0, _workers).Select(_ => WorkAsync(stoppingToken))).ConfigureAwait(false);
        }
    }

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await intake.WaitForWorkAsync(stoppingToken).ConfigureAwait(false);
                while (await HandleSomeAsync(stoppingToken).ConfigureAwait(false))
                {
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The store may work again at the next poll. Events that were taken come back when their lease ends.
                Log.InboxFailed(logger, exception);
            }
        }
    }

    private async Task<bool> HandleSomeAsync(CancellationToken stoppingToken)
    {
        // Not cancelled by the host's stop: the store may have leased events that nobody would then handle until the lease ends.
        stoppingToken.ThrowIfCancellationRequested();
        var taken = await inbox.TakeAsync(appIds, BatchSize, 2 * options.HandlerTimeout, CancellationToken.None).ConfigureAwait(false);
        if (taken.Count == 0)
        {
            return false;
        }

        if (taken.Count == BatchSize)
        {
            intake.WakeWorker();
        }

        List<EventWork> batch = [.. taken.Select(static one => new EventWork(one))];
        await steps.SaveReceiptsAsync(batch, stoppingToken).ConfigureAwait(false);

        // Receipts are most of the events. They do not wait for the slowest handler.
        var remaining = batch.FindAll(steps.NeedsHandling);
        await SettleAsync([.. batch.Except(remaining)]).ConfigureAwait(false);
        await HandleEachAsync(remaining, stoppingToken).ConfigureAwait(false);
        await SettleAsync(remaining).ConfigureAwait(false);
        return true;
    }

    private async Task HandleEachAsync(List<EventWork> batch, CancellationToken stoppingToken)
    {
        var startBy = time.GetTimestamp() + (long)(options.HandlerTimeout.TotalSeconds * time.TimestampFrequency);
        var people = batch.GroupBy(static work => (work.Event!.Callback.AppId, work.Event.Callback.OpenId));
        await Parallel.ForEachAsync(
            people,
            new ParallelOptions { MaxDegreeOfParallelism = options.MaxConcurrentHandlers / _workers },
            async (events, _) =>
            {
                foreach (var work in events)
                {
                    // Work that begins in the first half of the lease ends within the lease.
                    if (stoppingToken.IsCancellationRequested || time.GetTimestamp() > startBy)
                    {
                        work.Leave();
                        continue;
                    }

                    using var activity = Telemetry.StartEvent();
                    await steps.HandleAsync(work, options.HandlerTimeout, stoppingToken).ConfigureAwait(false);
                }
            }).ConfigureAwait(false);
    }

    /// <summary>Not cancelled by the host's stop, so that finished work is recorded as done.</summary>
    private async Task SettleAsync(List<EventWork> batch)
    {
        var now = time.GetUtcNow();
        var handled = batch.FindAll(static work => work.IsHandled);
        await SettleAsync(handled, inbox.CompleteAsync).ConfigureAwait(false);
        await SettleAsync(batch.Where(static work => work.WasLeft), (events, cancellationToken) => inbox.ReturnAsync(events, now, cancellationToken)).ConfigureAwait(false);
        var buried = batch.FindAll(work => work.HasFailed && (work.Event is null || work.Attempt >= options.MaxAttempts));
        await SettleAsync(buried, inbox.BuryAsync).ConfigureAwait(false);
        foreach (var work in buried)
        {
            Log.EventBuried(logger, work.Event?.Callback.EventName ?? work.Event?.Callback.MessageType, work.Taken.AppId, work.Attempt, work.FailedStep, work.Exception);
        }

        var failed = batch.Where(static work => work.HasFailed).Except(buried).ToList();
        if (failed.Count > 0)
        {
            // Told first: the store may fail too, and this is the cause.
            Log.EventsFailed(logger, failed.Count, batch.Count, failed[0].FailedStep, failed[0].Exception);
        }

        foreach (var attempt in failed.GroupBy(static work => work.Attempt))
        {
            await SettleAsync(attempt, (events, cancellationToken) => inbox.ReturnAsync(events, now + DelayAfter(attempt.Key), cancellationToken)).ConfigureAwait(false);
        }

        Telemetry.EventsHandled(handled.Count, failed.Count, buried.Count);
    }

    private static async Task SettleAsync(IEnumerable<EventWork> works, Func<IReadOnlyCollection<TakenWeChatEvent>, CancellationToken, ValueTask> settle)
    {
        if (works.Select(static work => work.Taken).ToList() is { Count: > 0 } events)
        {
            await settle(events, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Doubles each time, with jitter, so that machines and batches do not retry at the same moment.</summary>
    private TimeSpan DelayAfter(int attempt)
    {
        var delay = options.RetryDelay * Math.Pow(2, Math.Min(attempt - 1, 20));
        return (delay < LongestRetryDelay ? delay : LongestRetryDelay) * (0.9 + (Random.Shared.NextDouble() * 0.2));
    }
}
