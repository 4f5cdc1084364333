using System.CommandLine;
using WeChat.UnionPush.Templates;
using WeChat.UnionPush.Tool.Hosts;
using WeChat.UnionPush.Tool.Output;

namespace WeChat.UnionPush.Tool.Commands;

/// <summary><c>unionpush push</c>: exit code 0 when it was (or would be) sent, 1 when the person cannot be reached, 2 when the message is wrong.</summary>
internal static class PushCommand
{
    public static Command Create()
    {
        var to = new Option<string>("--to") { Description = "An openid of the Mini Program or the Official Account, or a UnionID.", Required = true };
        var template = new Option<string>("--template") { Description = "The id of the template.", Required = true };
        var data = new Option<string[]>("--data") { Description = "A field as key=value; may be given several times.", AllowMultipleArgumentsPerToken = true };
        var url = new Option<string?>("--url") { Description = "The page that opens when the message is tapped." };
        var dry = new Option<bool>("--dry-run") { Description = "Shows what would be sent, and sends nothing." };
        return HostCommand.Create(
            "push", "Sends one template message, or with --dry-run shows what would be sent.", [to, template, data, url, dry],
            async (parsed, host, cancellationToken) =>
            {
                var person = await Person.FindAsync(host, parsed.GetValue(to)!, cancellationToken);
                var message = await Message.BuildAsync(host, parsed.GetValue(template)!, parsed.GetValue(data) ?? [], parsed.GetValue(url), cancellationToken);
                if (person is null)
                {
                    Terminal.Line($"Nobody is stored under {parsed.GetValue(to)}: {PushStatus.NotSignedIn}.");
                    return 1;
                }

                if (parsed.GetValue(dry) || person.Outcome != PushStatus.Sent)
                {
                    Terminal.Line($"{person.Outcome}: {person.Explanation}.{(parsed.GetValue(dry) ? " Nothing was sent." : "")}");
                    return person.Outcome == PushStatus.Sent ? 0 : 1;
                }

                var result = await host.Get<ITemplateMessageSender>().SendAsync(person.Follower!.OpenId, message, cancellationToken);
                Terminal.Line(result.IsSent ? $"Sent, message id {result.MessageId}." : $"{result.Status}: {result.Reason}");
                return result.IsSent ? 0 : 1;
            });
    }
}
