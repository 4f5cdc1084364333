using WeChat.UnionPush;
using WeChat.UnionPush.Broadcasts;
using WeChat.UnionPush.Storage;

namespace BroadcastSample;

/// <summary>Plans the broadcast, tells what it will come to, starts it and shows how far it is. A further copy finds it started and joins in.</summary>
internal sealed class Campaign(IUnionPush push, IBroadcasts broadcasts, IHostApplicationLifetime host) : BackgroundService
{
    private const int BarLength = 40;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await RunAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            Console.WriteLine("\nLeft in order. What was not sent waits for the others, or for the next start.");
        }
        catch (WeChatApiException exception)
        {
            Console.WriteLine($"{exception.Message}\nIs the platform running? dotnet run --project samples/Broadcast -- platform");
            host.StopApplication();
        }
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        var message = TemplateMessage.Create(BookShop.TemplateId).Thing("thing1", "山茶花开时").Thing("thing2", "全部门店").Build();
        var broadcast = new Broadcast("new-book", BroadcastAudience.AllUsers(), message)
        {
            QuotaReserve = 1_000,
            QuietHours = null, // new QuietHours(new TimeOnly(22, 0), new TimeOnly(8, 0)) keeps the nights quiet
            Cap = new BroadcastCap(4, TimeSpan.FromDays(30)),
        };

        if (await broadcasts.GetAsync(broadcast.Name, stoppingToken) is null)
        {
            await push.SyncFollowersAsync(cancellationToken: stoppingToken);
            var forecast = await broadcasts.ForecastAsync(broadcast, stoppingToken);
            Console.WriteLine(
                $"{forecast.Reachable:N0} of {forecast.Recipients:N0} people can be reached ({forecast.Unreachable.NotFollowing:N0} do not follow). " +
                $"It takes {forecast.SendingTime:mm\\:ss} and {forecast.Days} day(s) of calls; {forecast.RemainingToday:N0} are left today.");
        }

        await broadcasts.StartAsync(broadcast, cancellationToken: stoppingToken);
        await foreach (var status in broadcasts.WatchAsync(broadcast.Name, stoppingToken))
        {
            Draw(status);
            if (status.State is BroadcastState.Finished or BroadcastState.Stopped or BroadcastState.Cancelled)
            {
                break;
            }
        }

        Console.WriteLine();
        Console.WriteLine((await broadcasts.GetReportAsync(broadcast.Name, stoppingToken)).ToText());
        host.StopApplication();
    }

    private static void Draw(BroadcastStatus status)
    {
        var done = status.Recipients == 0 ? 1 : (double)status.Counts.Settled / status.Recipients;
        var filled = (int)(done * BarLength);
        var left = status.TimeLeft is { } time ? $"{time:mm\\:ss} left" : status.Reason ?? status.State.ToString();
        var line = $"{status.Name} [{new string('#', filled)}{new string('-', BarLength - filled)}] {done,4:P0}  {status.Counts.Sent:N0} sent  {status.PerSecond:0}/s  {left}";
        if (Console.IsOutputRedirected)
        {
            Console.WriteLine(line);
        }
        else
        {
            Console.Write($"\r{line,-110}");
        }
    }
}
