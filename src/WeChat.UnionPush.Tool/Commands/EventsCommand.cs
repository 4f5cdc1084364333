using System.CommandLine;
using System.Globalization;
using WeChat.UnionPush.Storage;
using WeChat.UnionPush.Tool.Hosts;
using WeChat.UnionPush.Tool.Output;

namespace WeChat.UnionPush.Tool.Commands;

/// <summary><c>unionpush events</c>: the events that failed in all their attempts.</summary>
internal static class EventsCommand
{
    private const int PageSize = 200;

    public static Command Create() => new("events", "Pushed events that failed in all their attempts and were set aside.") { CreateList(), CreateRequeue() };

    private static Command CreateList()
    {
        var limit = new Option<int>("--limit") { Description = "How many at most.", DefaultValueFactory = static _ => 100 };
        var bodies = new Option<bool>("--bodies") { Description = "Shows the bodies too, which hold what users wrote." };
        return HostCommand.Create(
            "list", "Lists the events, the last one first. Exit code 1 when there are any.", [limit, bodies],
            async (parsed, host, cancellationToken) =>
            {
                var rows = new List<string[]>();
                await foreach (var buried in ListAsync(host, cancellationToken))
                {
                    if (rows.Count == parsed.GetValue(limit))
                    {
                        break;
                    }

                    string[] row =
                    [
                        buried.AppId, buried.DeduplicationKey, buried.OpenId, buried.Attempts.ToString(CultureInfo.InvariantCulture),
                        buried.BuriedAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                    ];
                    rows.Add(parsed.GetValue(bodies) ? [.. row, buried.Body] : row);
                }

                if (rows.Count == 0)
                {
                    Terminal.Line("No event was set aside.");
                    return 0;
                }

                string[] head = ["app", "key", "openid", "attempts", "set aside"];
                Terminal.Table(parsed.GetValue(bodies) ? [.. head, "body"] : head, rows);
                return 1;
            });
    }

    private static Command CreateRequeue()
    {
        var keys = new Argument<string[]>("key") { Description = "The keys that the list shows.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "All events that were set aside." };
        return HostCommand.Create(
            "requeue", "Queues events again, once the handler that failed is mended. The running host handles them.", [keys, all],
            async (parsed, host, cancellationToken) =>
            {
                var named = parsed.GetValue(keys) ?? [];
                if (named.Length == 0 && !parsed.GetValue(all))
                {
                    throw new ToolException("Name the events by their keys, or say --all.");
                }

                var inbox = host.WithStore().Get<IWeChatEventInbox>();
                var count = 0;
                foreach (var appId in AppIds(host))
                {
                    if (named.Length > 0)
                    {
                        count += await inbox.RequeueAsync(appId, named, cancellationToken);
                        continue;
                    }

                    // Those that were queued again are not listed any more, so each page is the first one.
                    while (await inbox.ListBuriedAsync(appId, PageSize, after: null, cancellationToken) is { Count: > 0 } page)
                    {
                        var queued = await inbox.RequeueAsync(appId, [.. page.Select(static buried => buried.DeduplicationKey)], cancellationToken);
                        count += queued;
                        if (queued == 0)
                        {
                            break;
                        }
                    }
                }

                Terminal.Line(string.Create(CultureInfo.InvariantCulture, $"{count} events wait again."));
                return count > 0 || named.Length == 0 ? 0 : 1;
            });
    }

    private static string[] AppIds(HostAccess host) => [host.Options.OfficialAccount.AppId, host.Options.MiniProgram.AppId];

    private static async IAsyncEnumerable<BuriedWeChatEvent> ListAsync(
        HostAccess host, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var inbox = host.WithStore().Get<IWeChatEventInbox>();
        foreach (var appId in AppIds(host))
        {
            BuriedWeChatEvent? last = null;
            IReadOnlyList<BuriedWeChatEvent> page;
            do
            {
                page = await inbox.ListBuriedAsync(appId, PageSize, last, cancellationToken);
                foreach (var buried in page)
                {
                    yield return last = buried;
                }
            }
            while (page.Count == PageSize);
        }
    }
}
