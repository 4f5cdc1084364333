using System.CommandLine;
using System.Globalization;
using WeChat.UnionPush.Broadcasts;
using WeChat.UnionPush.Storage;
using WeChat.UnionPush.Tool.Hosts;
using WeChat.UnionPush.Tool.Output;

namespace WeChat.UnionPush.Tool.Commands;

/// <summary>
/// <c>unionpush broadcast</c>: messages to many people, under a name. Exit code 0 when it is finished, 1 when it is not, 2 when something must be mended.
/// </summary>
internal static class BroadcastCommand
{
    public static Command Create() => new("broadcast", "Messages to many people, as named runs that go on after a stop.")
    {
        CreateStart(),
        CreateNamed("run", "Takes part in a run until it ends. Ctrl-C leaves it in order.", static (broadcasts, name, cancellationToken) => RunAsync(broadcasts, name,
            cancellationToken)),
        CreateNamed("show", "Shows where a run stands.", static async (broadcasts, name, cancellationToken) => await broadcasts.GetAsync(name,
            cancellationToken) ?? throw NoRun(name)),
        CreateNamed("pause", "Pauses a run in all processes.", static (broadcasts, name, cancellationToken) => broadcasts.PauseAsync(name, cancellationToken)),
        CreateNamed("resume", "Lets a run go on that was paused or has stopped.", static (broadcasts, name, cancellationToken) => broadcasts.ResumeAsync(name, cancellationToken)),
        CreateNamed("cancel", "Cancels a run for good.", static (broadcasts, name, cancellationToken) => broadcasts.CancelAsync(name, cancellationToken)),
        CreateList(),
        CreateReport(),
    };

    private static Argument<string> Name() => new("name") { Description = "The name of the run." };

    private static ToolException NoRun(string name) => new($"There is no broadcast {name}. unionpush broadcast list shows those that there are.");

    private static Command CreateStart()
    {
        var name = Name();
        var template = new Option<string>("--template") { Description = "The id of the template.", Required = true };
        var data = new Option<string[]>("--data") { Description = "A field as key=value; may be given several times.", AllowMultipleArgumentsPerToken = true };
        var url = new Option<string?>("--url") { Description = "The page that opens when the message is tapped." };
        var openIds = new Option<FileInfo?>("--openids") { Description = "A file with an openid of the Mini Program a line; all stored users when left out." };
        var reserve = new Option<long>("--reserve") { Description = "How many of the day's messages are left to single pushes.", DefaultValueFactory = static _ => 1_000 };
        var dry = new Option<bool>("--dry-run") { Description = "Counts who can be reached, and sends nothing." };
        return HostCommand.Create(
            "start", "Plans a run and sends it. The same name again goes on.", [name, template, data, url, openIds, reserve, dry],
            async (parsed, host, cancellationToken) =>
            {
                var broadcasts = host.WithStore().Get<IBroadcasts>();
                var message = await Message.BuildAsync(host, parsed.GetValue(template)!, parsed.GetValue(data) ?? [], parsed.GetValue(url), cancellationToken);
                var audience = parsed.GetValue(openIds) is { } file
                    ? BroadcastAudience.OpenIds(File.ReadLines(file.FullName).Select(static line => line.Trim()).Where(static line => line.Length > 0))
                    : BroadcastAudience.AllUsers();
                var broadcast = new Broadcast(parsed.GetValue(name)!, audience, message) { QuotaReserve = parsed.GetValue(reserve) };
                if (parsed.GetValue(dry))
                {
                    Show(await broadcasts.ForecastAsync(broadcast, cancellationToken));
                    return 0;
                }

                await broadcasts.StartAsync(broadcast, progress: null, cancellationToken);
                return Show(await RunAsync(broadcasts, broadcast.Name, cancellationToken));
            });
    }

    private static Command CreateNamed(string verb, string description, Func<IBroadcasts, string, CancellationToken, Task<BroadcastStatus>> act)
    {
        var name = Name();
        return HostCommand.Create(verb, description, [name], async (parsed, host, cancellationToken) =>
            Show(await act(host.WithStore().Get<IBroadcasts>(), parsed.GetValue(name)!, cancellationToken)));
    }

    private static Command CreateList() => HostCommand.Create(
        "list", "Lists the runs, the oldest first.", [],
        async (_, host, cancellationToken) =>
        {
            var all = await host.WithStore().Get<IBroadcasts>().ListAsync(cancellationToken);
            Terminal.Table(["name", "state", "recipients", "sent", "left"], all.Select(static status => (string[])
                [status.Name, status.State.ToString(), Number(status.Recipients), Number(status.Counts.Sent), Number(status.Pending)]));
            return 0;
        });

    private static Command CreateReport()
    {
        var name = Name();
        var json = new Option<bool>("--json") { Description = "Writes the report as JSON." };
        return HostCommand.Create(
            "report", "Tells what became of the messages of a run.", [name, json],
            async (parsed, host, cancellationToken) =>
            {
                var report = await host.WithStore().Get<IBroadcasts>().GetReportAsync(parsed.GetValue(name)!, cancellationToken);
                Terminal.Line(parsed.GetValue(json) ? report.ToJson() : report.ToText().TrimEnd());
                return 0;
            });
    }

    private static Task<BroadcastStatus> RunAsync(IBroadcasts broadcasts, string name, CancellationToken cancellationToken) => Terminal.WithBarAsync(name, bar =>
        broadcasts.RunAsync(name, new Immediate<BroadcastStatus>(status => bar(status.Counts.Settled, status.Recipients)), cancellationToken));

    private static int Show(BroadcastStatus status)
    {
        Terminal.Pairs(
            ("name", status.Name),
            ("state", status.Reason is null ? status.State.ToString() : $"{status.State}: {status.Reason}"),
            ("recipients", Number(status.Recipients)),
            ("sent", Number(status.Counts.Sent)),
            ("other outcomes", Number(status.Counts.Settled - status.Counts.Sent)),
            ("left", Number(status.Pending)));
        return status.State == BroadcastState.Finished ? 0 : 1;
    }

    private static void Show(BroadcastForecast forecast) => Terminal.Pairs(
        ("recipients", Number(forecast.Recipients)),
        ("can be reached", Number(forecast.Reachable)),
        ("other channels", Number(forecast.OnOtherChannels)),
        ("left today", forecast.RemainingToday is { } left ? Number(left) : "not known"),
        ("sending time", forecast.SendingTime.ToString("c", CultureInfo.InvariantCulture)),
        ("days", forecast.Days is { } days ? Number(days) : "not known"));

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
