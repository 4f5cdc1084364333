using System.CommandLine;
using System.Globalization;
using WeChat.UnionPush.Diagnostics;
using WeChat.UnionPush.Tool.Output;

namespace WeChat.UnionPush.Tool.Commands;

/// <summary><c>unionpush rid</c> and <c>unionpush quota</c>: what the operator asks the platform.</summary>
internal static class OperatorCommands
{
    private static readonly string[] Paths =
    [
        "/cgi-bin/message/template/send", "/cgi-bin/user/get", "/cgi-bin/user/info", "/cgi-bin/user/info/batchget", "/cgi-bin/template/get_all_private_template",
    ];

    public static Command CreateRid()
    {
        var rid = new Argument<string>("rid") { Description = "The request id of an error, such as 6743d2a1-1a2b3c4d-5e6f7a8b." };
        return HostCommand.Create(
            "rid", "Looks up a call of the last seven days by its request id.", [rid],
            async (parsed, host, cancellationToken) =>
            {
                var record = await host.Get<IWeChatDiagnostics>().FindRequestAsync(parsed.GetValue(rid)!, cancellationToken);
                Terminal.Pairs(
                    ("called", record.InvokedAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)),
                    ("took", $"{record.Duration.TotalMilliseconds:0} ms"),
                    ("from", record.ClientIp),
                    ("url", record.Url),
                    ("request", record.RequestBody),
                    ("answer", record.ResponseBody));
                return 0;
            });
    }

    public static Command CreateQuota()
    {
        var path = new Argument<string[]>("path") { Description = "Paths of APIs; the usual ones when left out.", Arity = ArgumentArity.ZeroOrMore };
        return HostCommand.Create(
            "quota", "Shows how many calls of an API are left today. Exit code 1 when one is used up.", [path],
            async (parsed, host, cancellationToken) =>
            {
                var rows = new List<string[]>();
                var usedUp = false;
                foreach (var api in parsed.GetValue(path) is { Length: > 0 } named ? named : Paths)
                {
                    var quota = await host.Get<IWeChatDiagnostics>().GetQuotaAsync(api, cancellationToken);
                    usedUp |= quota.Remaining <= 0;
                    rows.Add([api, Number(quota.Used), Number(quota.Remaining), Number(quota.DailyLimit)]);
                }

                Terminal.Table(["API", "used today", "left", "a day"], rows);
                return usedUp ? 1 : 0;
            });
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
