using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>Takes part in broadcasts while the host runs, and reports what the process sends beside them.</summary>
internal sealed class BroadcastService(BroadcastTools tools, BroadcastWorker worker, ILogger<BroadcastService> logger) : BackgroundService
{
    // How far a broadcast of other machines is behind this process's pushes at most.
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(250);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(ReportAsync(stoppingToken), tools.Options.TakesPart ? worker.RunAsync(onlyName: null, stoppingToken) : Task.CompletedTask);

    [SuppressMessage("Design", "CA1031", Justification = "What could not be reported is reported with the next calls.")]
    private async Task ReportAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(ReportInterval, tools.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                try
                {
                    await tools.Slots.ReportAsync(stoppingToken).ConfigureAwait(false);
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    Log.BroadcastFailed(logger, tools.AppId, exception);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }
}
