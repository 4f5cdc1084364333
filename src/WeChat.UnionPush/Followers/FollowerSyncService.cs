using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>Syncs followers on schedule. Of many instances that share a store, the lease lets one walk; the others find everything done.</summary>
internal sealed class FollowerSyncService(IUnionPush push, IFollowerSyncStore store, string appId, TimeSpan every, TimeProvider time, ILogger<FollowerSyncService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Instances that start together do not ask together.
        var wait = every * (Random.Shared.NextDouble() * 0.05);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(wait, time, stoppingToken).ConfigureAwait(false);
                if (await DueAsync(stoppingToken).ConfigureAwait(false))
                {
                    await push.SyncFollowersAsync(cancellationToken: stoppingToken).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // A service that ends would end the schedule; the next round may find the database or the platform back.
                Log.ScheduledSyncFailed(logger, appId, exception);
            }

            wait = every * (0.95 + (Random.Shared.NextDouble() * 0.05));
        }
    }

    /// <summary>Not when another instance finished a walk within the span, and always when one was left unfinished.</summary>
    private async Task<bool> DueAsync(CancellationToken cancellationToken)
    {
        var state = await store.GetAsync(appId, cancellationToken).ConfigureAwait(false);
        return state is null || state.InProgress || state.CompletedAt is not { } completed || time.GetUtcNow() - completed >= every * 0.9;
    }
}
