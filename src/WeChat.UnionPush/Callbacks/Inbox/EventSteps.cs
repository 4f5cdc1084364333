using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// The handling of an event in steps, each of which is retried separately: the receipt, the library's own part, and each handler of the host. A step
/// that fails does not stop the others, and a step that is done is not repeated.
/// </summary>
internal sealed class EventSteps(
    FollowerUpdates followers, LinkUpdates? links, HeldUpdates? held, LateUpdates? late, ConsentUpdates? consents, WindowUpdates? windows,
    IMessageReceipts? receipts, IReadOnlyList<EventHandlerRegistration> handlers, IServiceScopeFactory scopes, TimeProvider time)
{
    private const string ReceiptStep = "receipt";
    private const string FollowerStep = "follower";
    private const string LinkStep = "link";
    private const string HeldStep = "held";
    private const string ConsentStep = "consent";
    private const string LateStep = "late";
    private const string WindowStep = "window";

    /// <summary>Whether any step applies to an event.</summary>
    public bool Wants(IWeChatEvent @event) => handlers.Count > 0 || HasReceipt(@event) || OwnSteps(@event).Any();

    /// <summary>Whether there are other steps besides the receipt.</summary>
    public bool NeedsHandling(EventWork work) =>
        work is { WasLeft: false, Event: { } @event } && (OwnSteps(@event).Any(step => !work.IsDone(step.Name)) || handlers.Any(handler => !work.IsDone(handler.Name)));

    /// <summary>Saves the receipts of a batch in one write.</summary>
    public async Task SaveReceiptsAsync(IEnumerable<EventWork> batch, CancellationToken stoppingToken)
    {
        var finished = batch.Where(work => work.Event is { } @event && HasReceipt(@event) && !work.IsDone(ReceiptStep)).ToList();
        if (finished.Count == 0)
        {
            return;
        }

        try
        {
            await receipts!.SaveAsync(finished.ConvertAll(static work => Receipt((TemplateSendJobFinishEvent)work.Event!)), stoppingToken).ConfigureAwait(false);
            foreach (var work in finished)
            {
                work.Done(ReceiptStep);
                Telemetry.ReceiptSaved(((TemplateSendJobFinishEvent)work.Event!).Status.Name());
            }
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            finished.ForEach(static work => work.Leave());
        }
        catch (Exception exception)
        {
            finished.ForEach(work => work.Fail(ReceiptStep, exception));
        }
    }

    /// <summary>Runs the remaining steps of an event: the library's part first, then all handlers concurrently.</summary>
    /// <param name="work">The event.</param>
    /// <param name="timeLimit">How long it may take. The library's part has half of it, so that time is always left for the handlers.</param>
    /// <param name="stoppingToken">The host stops.</param>
    public async Task HandleAsync(EventWork work, TimeSpan timeLimit, CancellationToken stoppingToken)
    {
        var began = time.GetTimestamp();
        var steps = OwnSteps(work.Event!).Where(step => !work.IsDone(step.Name)).ToList();
        var share = handlers.Count == 0 ? timeLimit : timeLimit / 2;
        foreach (var (name, apply) in steps)
        {
            await TryAsync(work, name, stop => apply(work.Event!, stop), share / steps.Count, stoppingToken).ConfigureAwait(false);
        }

        var left = timeLimit - time.GetElapsedTime(began);
        left = left > timeLimit / 2 ? left : timeLimit / 2;
        await Task.WhenAll(handlers
            .Where(handler => !work.IsDone(handler.Name))
            .Select(handler => TryAsync(work, handler.Name, stop => RunAsync(handler, work.Event!, stop), left, stoppingToken))).ConfigureAwait(false);
    }

    /// <summary>The library's own part of an event.</summary>
    private IEnumerable<(string Name, Func<IWeChatEvent, CancellationToken, Task> Apply)> OwnSteps(IWeChatEvent @event)
    {
        if (FollowerUpdates.Concerns(@event))
        {
            yield return (FollowerStep, followers.ApplyAsync);
        }

        if (links?.Concerns(@event) == true)
        {
            yield return (LinkStep, links.ApplyAsync);
        }

        if (held?.Concerns(@event) == true)
        {
            yield return (HeldStep, held.ApplyAsync);
        }

        if (consents is not null && ConsentUpdates.Concerns(@event))
        {
            yield return (ConsentStep, consents.ApplyAsync);
        }

        if (late?.Concerns(@event) == true)
        {
            yield return (LateStep, late.ApplyAsync);
        }

        if (windows?.Concerns(@event) == true)
        {
            yield return (WindowStep, windows.ApplyAsync);
        }
    }

    private bool HasReceipt(IWeChatEvent @event) => receipts is not null && @event is TemplateSendJobFinishEvent;

    private static MessageReceipt Receipt(TemplateSendJobFinishEvent finished) => new(finished.Callback.AppId, finished.MessageId)
    {
        OpenId = finished.Callback.OpenId,
        Status = finished.Status,
        StatusText = finished.StatusText,
        FinishedAt = finished.Callback.CreatedAt,
    };

    /// <summary>Runs in a separate scope, so that one handler's database context does not affect another.</summary>
    private async Task RunAsync(EventHandlerRegistration handler, IWeChatEvent @event, CancellationToken cancellationToken)
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            await handler.Create(scope.ServiceProvider).HandleAsync(@event, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task TryAsync(EventWork work, string step, Func<CancellationToken, Task> run, TimeSpan timeLimit, CancellationToken stoppingToken)
    {
        if (stoppingToken.IsCancellationRequested)
        {
            work.Leave();
            return;
        }

        try
        {
            // On a pool thread, because a handler may block.
            await TimeLimit.RunAsync(stop => Task.Run(() => run(stop), CancellationToken.None), timeLimit, "The step", time, stoppingToken).ConfigureAwait(false);
            work.Done(step);
        }
        catch (Exception) when (stoppingToken.IsCancellationRequested)
        {
            // During a stop, the exception does not matter.
            work.Leave();
        }
        catch (Exception exception)
        {
            work.Fail(step, exception);
        }
    }
}
