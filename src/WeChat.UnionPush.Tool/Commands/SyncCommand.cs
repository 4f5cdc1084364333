using System.CommandLine;
using WeChat.UnionPush.Tool.Output;

namespace WeChat.UnionPush.Tool.Commands;

/// <summary><c>unionpush sync</c>: exit code 0 when the followers were listed to the end, 1 when the next run goes on.</summary>
internal static class SyncCommand
{
    public static Command Create()
    {
        var full = new Option<bool>("--full") { Description = "Asks for everybody's details again." };
        return HostCommand.Create(
            "sync", "Brings the host's database up to the followers of the Official Account. It goes on where a stopped run was.", [full],
            async (parsed, host, cancellationToken) =>
            {
                var push = host.WithStore().Get<IUnionPush>();
                var report = await Terminal.WithBarAsync("Followers", bar => push.SyncFollowersAsync(
                    new Immediate<FollowerSyncProgress>(now => bar(now.Listed, now.Total)), parsed.GetValue(full), cancellationToken));
                Terminal.Pairs(
                    ("outcome", Describe(report)),
                    ("listed", $"{report.Listed}"),
                    ("details fetched", $"{report.Detailed}"),
                    ("with a UnionID", $"{report.Linked}"),
                    ("new", $"{report.Added}"),
                    ("left", $"{report.Left}"),
                    ("calls", $"{report.PageCalls} pages, {report.DetailCalls} details"));
                return report.Outcome == FollowerSyncOutcome.Completed ? 0 : 1;
            });
    }

    private static string Describe(FollowerSyncReport report) => report.Outcome switch
    {
        FollowerSyncOutcome.Completed => report.Resumed ? "completed, going on where a stopped run was" : "completed",
        FollowerSyncOutcome.AlreadyRunning => "another process is syncing this account, or was killed less than a minute ago",
        FollowerSyncOutcome.DailyCallsUsedUp => "the calls of today are used up; the next run goes on after 00:00 China time",
        FollowerSyncOutcome.LeaseLost => "another process has taken the sync over",
        _ => "stopped before the end; the next run goes on",
    };
}
