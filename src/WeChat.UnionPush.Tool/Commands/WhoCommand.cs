using System.CommandLine;
using System.Globalization;
using WeChat.UnionPush.Storage;
using WeChat.UnionPush.Tool.Hosts;
using WeChat.UnionPush.Tool.Output;

namespace WeChat.UnionPush.Tool.Commands;

/// <summary><c>unionpush who</c>: everything known about one person. Exit code 0 when a push would be sent, 1 when not, 2 when nobody is known.</summary>
internal static class WhoCommand
{
    private const int ReceiptPages = 10;
    private const int ReceiptsPerPage = 500;

    public static Command Create()
    {
        var id = new Argument<string>("id") { Description = "An openid of the Mini Program or the Official Account, or a UnionID." };
        var offline = new Option<bool>("--offline") { Description = "Does not ask the platform." };
        return HostCommand.Create(
            "who", "Shows everything known about one person, and what a push would do now.", [id, offline],
            async (parsed, host, cancellationToken) =>
            {
                if (await Person.FindAsync(host, parsed.GetValue(id)!, cancellationToken) is not { } person)
                {
                    return HostCommand.Fail($"nobody is stored under {parsed.GetValue(id)}.");
                }

                Terminal.Table(
                    ["app", "openid", "UnionID", "follows", "observed", "details"],
                    new[] { person.User, person.Follower }.OfType<WeChatIdentity>().Select(static identity => (string[])
                    [
                        identity.AppId, identity.OpenId, identity.UnionId ?? "–", identity.FollowState.ToString(), Time(identity.ObservedAt), Time(identity.DetailsAt),
                    ]));
                if (person.Follower is { } follower)
                {
                    if (!parsed.GetValue(offline))
                    {
                        await ShowPlatformAsync(host, follower.OpenId, cancellationToken);
                    }

                    await ShowReceiptsAsync(host, follower, cancellationToken);
                }

                Terminal.Line($"A push now: {person.Outcome} ({person.Explanation}).");
                return person.Outcome == PushStatus.Sent ? 0 : 1;
            });
    }

    private static async Task ShowPlatformAsync(HostAccess host, string openId, CancellationToken cancellationToken)
    {
        try
        {
            var now = await host.Get<IFollowerSource>().GetFollowerAsync(openId, cancellationToken);
            Terminal.Line(now.IsFollowing
                ? $"WeChat says: follows since {Time(now.SubscribedAt)}, {(now.UnionId is null ? "without a UnionID" : $"UnionID "
                    + $"{now.UnionId}")}{(now.SubscribeScene is null ? "" : $", {now.SubscribeScene}")}."
                : "WeChat says: does not follow.");
        }
        catch (WeChatApiException exception)
        {
            Terminal.Line($"WeChat was asked, and: {exception.Message}");
        }
    }

    private static async Task ShowReceiptsAsync(HostAccess host, WeChatIdentity follower, CancellationToken cancellationToken)
    {
        var receipts = host.Get<IMessageReceipts>();
        var found = new List<MessageReceipt>();
        MessageReceipt? after = null;
        for (var page = 0; page < ReceiptPages; page++)
        {
            var listed = await receipts.ListAsync(follower.AppId, new MessageReceiptQuery { Limit = ReceiptsPerPage, After = after }, cancellationToken);
            found.AddRange(listed.Where(receipt => string.Equals(receipt.OpenId, follower.OpenId, StringComparison.Ordinal)));
            if (listed.Count < ReceiptsPerPage)
            {
                break;
            }

            after = listed[^1];
        }

        if (found.Count > 0)
        {
            Terminal.Table(["message", "template", "sent", "outcome"], found.Take(20).Select(static receipt => (string[])
            [
                receipt.MessageId.ToString(CultureInfo.InvariantCulture), receipt.TemplateId ?? "–", Time(receipt.SentAt),
                    receipt.StatusText ?? receipt.Status?.ToString() ?? "not told yet",
            ]));
        }
    }

    private static string Time(DateTimeOffset? time) => time is { } at ? at.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "–";
}
