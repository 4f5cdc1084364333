using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>Syncs followers on schedule. Of many instances that share a store, the lease lets one walk; the others find everything done.</summary>
internal sealed class FollowerSyncService(
    FollowerSync sync, IFollowerSyncStore store, string appId, TimeSpan every, TimeProvider time, ILogger<FollowerSyncService> logger) : BackgroundService
{
    // Instances that start together do not ask together.
    private static readonly TimeSpan StartJitter = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);

    // The walk that is to agree with a doubted one does not come while the same glitch may last.
    private static readonly TimeSpan SecondOpinion = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan NextDaysCalls = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wait = TimeSpan.FromMilliseconds(Random.Shared.Next(1, (int)StartJitter.TotalMilliseconds));
        var failures = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(wait, time, stoppingToken).ConfigureAwait(false);
                wait = await UntilDueAsync(stoppingToken).ConfigureAwait(false);
                if (wait <= TimeSpan.Zero)
                {
                    wait = WaitAfter((await sync.RunAsync(full: false, progress: null, stoppingToken).ConfigureAwait(false)).Outcome);
                }

                failures = 0;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // A service that ends would end the schedule; the next round may find the database or the platform back.
                wait = Jittered(Shorter(FirstRetry * Math.Pow(2, Math.Min(failures++, 10)), LongestRetry));
                Log.ScheduledSyncFailed(logger, appId, wait, exception);
            }
        }
    }

    /// <summary>Zero or less where no complete walk is known, where one was left unfinished, and where the last one, of whatever instance, is old enough.</summary>
    private async Task<TimeSpan> UntilDueAsync(CancellationToken cancellationToken)
    {
        var state = await store.GetAsync(appId, cancellationToken).ConfigureAwait(false);
        var now = time.GetUtcNow();
        return state switch
        {
            null or { InProgress: true } => TimeSpan.Zero,
            { DoubtedAt: { } doubted } => Shorter(SecondOpinion, every) - (now - doubted),
            { CompletedAt: { } completed } when now - completed < every * 0.9 => Shorter(Jittered(every) - (now - completed), every),
            _ => TimeSpan.Zero,
        };
    }

    private TimeSpan WaitAfter(FollowerSyncOutcome outcome) => outcome switch
    {
        FollowerSyncOutcome.Completed => Jittered(every),
        FollowerSyncOutcome.Incomplete => Jittered(Shorter(SecondOpinion, every)),
        FollowerSyncOutcome.DailyCallsUsedUp => Jittered(Shorter(NextDaysCalls, every)),

        // Somebody else walks; whether they came to the end is seen then.
        _ => Jittered(Shorter(FirstRetry, every)),
    };

    private static TimeSpan Jittered(TimeSpan wait) => wait * (0.95 + (Random.Shared.NextDouble() * 0.05));

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
