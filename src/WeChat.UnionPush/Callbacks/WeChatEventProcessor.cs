using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>
/// Handles what waits in the inbox: receipts a batch at a time, everything else one event at a time for each person, with the library's own part
/// first and then the host's handlers. Any number of machines share one inbox.
/// </summary>
internal sealed class WeChatEventProcessor(
    WeChatEventIntake intake,
    IWeChatEventInbox inbox,
    IReadOnlyCollection<string> appIds,
    FollowerUpdates followers,
    IMessageReceipts? receipts,
    IServiceScopeFactory? handlerScopes,
    object? registrationKey,
    WeChatEventOptions options,
    TimeProvider time,
    ILogger<WeChatEventProcessor> logger) : BackgroundService
{
    private const int BatchSize = 100;
    private const int ExpirySize = 1000;
    private const int MaxWorkers = 4;

    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ExpiryInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestRetryDelay = TimeSpan.FromHours(1);

    private readonly int _workers = Math.Min(MaxWorkers, options.MaxConcurrentHandlers);
    private long _expiredAt = time.GetTimestamp();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Events come back after a failure or from a machine that died, and others may come over another machine.
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

                await ExpireAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The next poll may find the store back; what was taken comes back with its lease.
                Log.InboxFailed(logger, exception);
            }
        }
    }

    private async Task<bool> HandleSomeAsync(CancellationToken stoppingToken)
    {
        // Not cancelled by the host's stop: a store may have given what nobody then waits for, and only the end of the lease would bring it back.
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

        List<Work> batch = [.. taken.Select(static one => new Work(one))];
        await SaveReceiptsAsync(batch, stoppingToken).ConfigureAwait(false);

        // Receipts are the bulk, and do not wait for the slowest handler.
        var remaining = batch.FindAll(NeedsHandling);
        await SettleAsync(batch.FindAll(work => !NeedsHandling(work))).ConfigureAwait(false);
        await HandleEachAsync(remaining, stoppingToken).ConfigureAwait(false);
        await SettleAsync(remaining).ConfigureAwait(false);
        return true;
    }

    private bool NeedsHandling(Work work) =>
        work is { HasFailed: false, WasLeft: false } && (handlerScopes is not null || FollowerUpdates.Concerns(work.Event!));

    private async Task SaveReceiptsAsync(List<Work> batch, CancellationToken stoppingToken)
    {
        var finished = receipts is null ? [] : batch.FindAll(static work => work.Event is TemplateSendJobFinishEvent);
        if (finished.Count == 0)
        {
            return;
        }

        try
        {
            await receipts!.SaveAsync(finished.ConvertAll(static work => Receipt((TemplateSendJobFinishEvent)work.Event!)), stoppingToken).ConfigureAwait(false);
            finished.ForEach(static work => Telemetry.ReceiptSaved(((TemplateSendJobFinishEvent)work.Event!).Status));
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            finished.ForEach(static work => work.Leave());
        }
        catch (Exception exception)
        {
            finished.ForEach(work => work.Fail(exception));
        }
    }

    private static MessageReceipt Receipt(TemplateSendJobFinishEvent finished) => new(finished.Callback.AppId, finished.MessageId)
    {
        OpenId = finished.Callback.OpenId,
        Status = finished.Status,
        StatusText = finished.StatusText,
        FinishedAt = finished.Callback.CreatedAt,
    };

    private async Task HandleEachAsync(List<Work> batch, CancellationToken stoppingToken)
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
                    // What is begun in the lease's first half ends with it.
                    if (stoppingToken.IsCancellationRequested || time.GetTimestamp() > startBy)
                    {
                        work.Leave();
                        continue;
                    }

                    await HandleAsync(work, stoppingToken).ConfigureAwait(false);
                }
            }).ConfigureAwait(false);
    }

    private async Task HandleAsync(Work work, CancellationToken stoppingToken)
    {
        using var limit = new CancellationTokenSource(options.HandlerTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        using var activity = Telemetry.StartEvent();
        var handling = RunHandlersAsync(work.Event!, both.Token);
        try
        {
            // Waited for from outside: a handler may not heed the token.
            await handling.WaitAsync(both.Token).ConfigureAwait(false);
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            // Whatever it failed with, the stop is reason enough.
            work.Leave();
        }
        catch (OperationCanceledException exception) when (limit.IsCancellationRequested)
        {
            work.Fail(new TimeoutException($"The event was not handled within {options.HandlerTimeout}.", exception));
        }
        catch (Exception exception)
        {
            work.Fail(exception);
        }

        if (!handling.IsCompleted)
        {
            _ = handling.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private async Task RunHandlersAsync(IWeChatEvent @event, CancellationToken cancellationToken)
    {
        await followers.ApplyAsync(@event, cancellationToken).ConfigureAwait(false);
        if (handlerScopes is null)
        {
            return;
        }

        var scope = handlerScopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            var handlers = registrationKey is null
                ? scope.ServiceProvider.GetServices<IWeChatEventHandler>()
                : scope.ServiceProvider.GetKeyedServices<IWeChatEventHandler>(registrationKey);
            foreach (var handler in handlers)
            {
                await handler.HandleAsync(@event, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Not cancelled by the host's stop: what was done is written down as done.</summary>
    private async Task SettleAsync(List<Work> batch)
    {
        var now = time.GetUtcNow();
        var handled = batch.FindAll(static work => work is { HasFailed: false, WasLeft: false });
        await SettleAsync(handled, inbox.CompleteAsync).ConfigureAwait(false);
        await SettleAsync(batch.Where(static work => work.WasLeft), (events, cancellationToken) => inbox.ReturnAsync(events, now, cancellationToken)).ConfigureAwait(false);
        var buried = batch.FindAll(work => work.HasFailed && (work.Event is null || work.Taken.Attempt >= options.MaxAttempts));
        await SettleAsync(buried, inbox.BuryAsync).ConfigureAwait(false);
        foreach (var work in buried)
        {
            Log.EventBuried(logger, work.Event?.Callback.EventName ?? work.Event?.Callback.MessageType, work.Taken.AppId, work.Taken.Attempt, work.Exception);
        }

        var failed = batch.Where(static work => work.HasFailed).Except(buried).ToList();
        foreach (var attempt in failed.GroupBy(static work => work.Taken.Attempt))
        {
            await SettleAsync(attempt, (events, cancellationToken) => inbox.ReturnAsync(events, now + DelayAfter(attempt.Key), cancellationToken)).ConfigureAwait(false);
        }

        if (failed.Count > 0)
        {
            Log.EventsFailed(logger, failed.Count, batch.Count, failed[0].Exception);
        }

        Telemetry.EventsHandled(handled.Count, failed.Count, buried.Count);
    }

    private static async Task SettleAsync(IEnumerable<Work> works, Func<IReadOnlyCollection<TakenWeChatEvent>, CancellationToken, ValueTask> settle)
    {
        if (works.Select(static work => work.Taken).ToList() is { Count: > 0 } events)
        {
            await settle(events, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Twice as long each time, and never for all machines and batches at the same moment.</summary>
    private TimeSpan DelayAfter(int attempt)
    {
        var delay = options.RetryDelay * Math.Pow(2, Math.Min(attempt - 1, 20));
        return (delay < LongestRetryDelay ? delay : LongestRetryDelay) * (0.9 + (Random.Shared.NextDouble() * 0.2));
    }

    private async Task ExpireAsync(CancellationToken stoppingToken)
    {
        var last = Interlocked.Read(ref _expiredAt);
        if (time.GetElapsedTime(last) < ExpiryInterval || Interlocked.CompareExchange(ref _expiredAt, time.GetTimestamp(), last) != last)
        {
            return;
        }

        var now = time.GetUtcNow();
        while (await inbox.ExpireAsync(now - options.KeepEventsFor, ExpirySize, stoppingToken).ConfigureAwait(false) == ExpirySize)
        {
        }

        while (receipts is not null && await receipts.ExpireAsync(now - options.KeepReceiptsFor, ExpirySize, stoppingToken).ConfigureAwait(false) == ExpirySize)
        {
        }
    }

    /// <summary>One event and what became of it.</summary>
    private sealed class Work
    {
        public Work(TakenWeChatEvent taken)
        {
            Taken = taken;
            if (WeChatEventParser.TryParse(taken.AppId, Encoding.UTF8.GetBytes(taken.Body), out var read))
            {
                Event = read;
            }
            else
            {
                Fail(new InvalidDataException("The inbox gave back another body than it was given."));
            }
        }

        public TakenWeChatEvent Taken { get; }

        public IWeChatEvent? Event { get; }

        public Exception? Exception { get; private set; }

        public bool HasFailed => Exception is not null;

        public bool WasLeft { get; private set; }

        public void Fail(Exception exception) => Exception = exception;

        public void Leave() => WasLeft = true;
    }
}
