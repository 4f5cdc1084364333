using System.Globalization;
using WeChat.UnionPush;
using WeChat.UnionPush.Broadcasts;

namespace SchedulesSample;

/// <summary>
/// Starts the week's broadcast. Its name is the week's, so a job that a scheduler runs twice finds it started, and nobody gets the message twice.
/// </summary>
internal sealed class WeeklyNews(IBroadcasts broadcasts, TimeProvider time)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var message = TemplateMessage.Create(NewsShop.TemplateId).Thing("thing1", "山茶花开时").Thing("thing2", "全部门店").Build();
        var broadcast = new Broadcast(NameOf(time.GetUtcNow()), BroadcastAudience.AllUsers(), message) { Cap = new BroadcastCap(4, TimeSpan.FromDays(30)) };

        // The recipients are written down, and the hosts that have AddBroadcasts send in the background: the job does not wait for the last message.
        var status = await broadcasts.StartAsync(broadcast, cancellationToken: cancellationToken);
        Console.WriteLine($"Broadcast {status.Name}: {status.Recipients} recipients.");
    }

    public static string NameOf(DateTimeOffset now) => string.Create(CultureInfo.InvariantCulture, $"news-{ISOWeek.GetYear(now.Date)}-{ISOWeek.GetWeekOfYear(now.Date):00}");
}
