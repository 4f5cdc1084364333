using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Storage;

/// <summary>Deletes from a store what has become old, every ten minutes, in batches so that no call holds the store for long.</summary>
/// <param name="what">What is deleted, for the log.</param>
/// <param name="expireAsync">Deletes what was written before a time, as many as the limit, and tells how many it deleted.</param>
/// <param name="keepFor">How long entries are kept.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class ExpiryService(
    string what, Func<DateTimeOffset, int, CancellationToken, ValueTask<int>> expireAsync, TimeSpan keepFor, TimeProvider time, ILogger<ExpiryService> logger) : BackgroundService
{
    private const int BatchSize = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    // Also runs at the start, for processes that never live for long.
    private static readonly TimeSpan First = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.Delay(First, time, stoppingToken).ConfigureAwait(false);
            using var timer = new PeriodicTimer(Interval, time);
            do
            {
                await ExpireAsync(stoppingToken).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task ExpireAsync(CancellationToken stoppingToken)
    {
        try
        {
            var before = time.GetUtcNow() - keepFor;
            while (await expireAsync(before, BatchSize, stoppingToken).ConfigureAwait(false) == BatchSize)
            {
            }
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            Log.ExpiryFailed(logger, what, exception);
        }
    }
}
