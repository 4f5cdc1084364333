using System.CommandLine;
using System.Globalization;
using WeChat.UnionPush.Tool.Output;

namespace WeChat.UnionPush.Tool.Commands;

/// <summary><c>unionpush coverage</c>: how many users can be reached, and why the others cannot.</summary>
internal static class CoverageCommand
{
    public static Command Create() => HostCommand.Create(
        "coverage", "Counts the Mini Program's users who can be reached, and says why the others cannot.", [],
        async (_, host, cancellationToken) =>
        {
            var coverage = await host.WithStore().Get<IUnionPush>().GetCoverageAsync(cancellationToken);
            (string Name, long Count, string Meaning)[] rows =
            [
                ("reachable", coverage.Reachable, "follow the Official Account"),
                ("unlinked", coverage.Unlinked, "no UnionID is known: bind the Mini Program to the Open Platform account, and let them sign in again"),
                ("never followed", coverage.NeverFollowed, "offer them to follow, such as with a QR code"),
                ("left", coverage.Left, "followed, and left"),
                ("refusing", coverage.Refusing, "follow, and refuse the account's messages"),
                ("total", coverage.Total, "users who have signed in"),
            ];
            Terminal.Table(["users", "count", "share", "meaning"], rows.Select(row => (string[])
            [
                row.Name,
                row.Count.ToString(CultureInfo.InvariantCulture),
                coverage.Total == 0 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{100.0 * row.Count / coverage.Total:0.0} %"),
                row.Meaning,
            ]));
            if (coverage.UnlinkedFollowers > 0)
            {
                Terminal.Line(string.Create(CultureInfo.InvariantCulture,
                    $"{coverage.UnlinkedFollowers} followers have no UnionID; some of those who never followed may be among them."));
            }

            return 0;
        });
}
