using System.Globalization;
using System.Text.Json;

namespace WeChat.UnionPush.Testing;

/// <summary>Sends template messages, as strictly as the platform has ever been seen to be.</summary>
internal static class TemplateSendApi
{
    private static readonly int LongestClientMessageId = PlatformRules.Number("client_msg_id length");

    // The platform tells that there is a limit (40039), not which one.
    private const int LongestUrl = 2_048;
    private static readonly string[] OptionalTexts = ["url", "client_msg_id"];

    public static Answer Send(Call call)
    {
        if (call.ReadJson(out var body) is { } refusal)
        {
            return refusal;
        }

        if (Call.Text(body, "template_id") is not { Length: > 0 } templateId)
        {
            return call.Refuse(40036);
        }

        if (Call.Text(body, "touser") is not { Length: > 0 } openId)
        {
            return call.Refuse(41009);
        }

        if (OptionalTexts.Any(name => body.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.String))
        {
            return call.Refuse(47001);
        }

        var account = call.OfficialAccount;
        var url = Call.Text(body, "url") is { Length: > 0 } text ? text : null;
        if (CheckUrl(url) is not 0 and var badUrl)
        {
            return call.Refuse(badUrl);
        }

        if (CheckMiniProgram(call, body, out var miniProgramAppId, out var pagePath) is { } badMiniProgram)
        {
            return badMiniProgram;
        }

        var clientMessageId = Call.Text(body, "client_msg_id");
        if (clientMessageId?.Length > LongestClientMessageId)
        {
            return call.Refuse(45067);
        }

        if (account.TemplateBook.Find(templateId) is not { } template)
        {
            return call.Refuse(40037);
        }

        if (!body.TryGetProperty("data", out var data))
        {
            return call.Refuse(47003, "argument invalid! data is emtpy");
        }

        if (ReadValues(call, template, data, account.IsSandbox, account.RefusesUnprovenValues, out var values) is { } badValue)
        {
            return badValue;
        }

        if (CheckTemplateState(call, template, openId) is { } badTemplate)
        {
            return badTemplate;
        }

        if (CheckRecipient(call, openId, out var person, out var status) is { } badRecipient)
        {
            return badRecipient;
        }

        var draft = new Outbox.Draft(
            person, template, values, url, miniProgramAppId, pagePath,
            string.IsNullOrEmpty(clientMessageId) ? null : clientMessageId, status);
        if (account.Outbox.TryAccept(draft, call.Now, out var messageId, out var errorCode))
        {
            call.Platform.Callbacks.Raise(
                account.App, person, "TEMPLATESENDJOBFINISH", ("MsgID", messageId.ToString(CultureInfo.InvariantCulture)), ("Status", status));
        }

        return errorCode != 0
            ? call.Refuse(errorCode)
            : call.WriteOk(messageId, static (json, messageId) => json.WriteNumber("msgid", messageId));
    }

    private static int CheckUrl(string? url) =>
        url is null ? 0
        : url.Length > LongestUrl ? 40039
        : Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Host.Length > 0 && address.Scheme is "http" or "https" && !HasBlank(url) ? 0
        : 40066;

    private static bool HasBlank(string text) => text.Any(character => char.IsWhiteSpace(character) || char.IsControl(character));

    private static Answer? CheckMiniProgram(Call call, JsonElement body, out string? appId, out string? pagePath)
    {
        (appId, pagePath) = (null, null);
        if (!body.TryGetProperty("miniprogram", out var miniProgram))
        {
            return null;
        }

        if (miniProgram.ValueKind != JsonValueKind.Object)
        {
            return call.Refuse(miniProgram.ValueKind == JsonValueKind.Array ? -1 : 47001);
        }

        appId = Call.Text(miniProgram, "appid");
        if (string.IsNullOrEmpty(appId))
        {
            return call.Refuse(40166);
        }

        if (miniProgram.TryGetProperty("pagepath", out var page))
        {
            if (page.ValueKind != JsonValueKind.String)
            {
                return call.Refuse(40165);
            }

            pagePath = page.GetString();
        }

        if (!call.OfficialAccount.IsAssociated(appId))
        {
            return call.Refuse(40013);
        }

        return string.IsNullOrEmpty(pagePath) || call.Platform.FindApp(appId)!.MiniProgram!.HasPage(pagePath) ? null : call.Refuse(40165);
    }

    public static Answer? ReadValues(
        Call call, SimulatedTemplate template, JsonElement data, bool isSandbox, bool refusesUnproven, out Dictionary<string, string> values)
    {
        values = new Dictionary<string, string>(StringComparer.Ordinal);
        if (data.ValueKind != JsonValueKind.Object)
        {
            return call.Refuse(data.ValueKind == JsonValueKind.String ? 47001 : 47003);
        }

        foreach (var member in data.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Object || Call.Text(member.Value, "value") is null)
            {
                return call.Refuse(47003, $"argument invalid! data.{member.Name}.value invalid");
            }
        }

        foreach (var key in template.Keys)
        {
            var value = data.TryGetProperty(key, out var member) ? Call.Text(member, "value")! : "";
            if (SimulatedTemplate.IsDecoration(key))
            {
                continue;
            }

            if (template.IsHistorical)
            {
                values.Add(key, ValueRules.Cut(value));
                continue;
            }

            if (ValueRules.IsEmpty(value))
            {
                return call.Refuse(47003, $"argument invalid! data.{key}.value is emtpy");
            }

            var verdict = ValueRules.Judge(ValueRules.TypeOf(key)!, value, template.ApprovedValues(key), isSandbox);
            if (verdict == ValueVerdict.Refused || (verdict == ValueVerdict.Unknown && refusesUnproven))
            {
                return call.Refuse(47003, $"argument invalid! data.{key}.value invalid");
            }

            values.Add(key, value);
        }

        return null;
    }

    private static Answer? CheckTemplateState(Call call, SimulatedTemplate template, string openId)
    {
        switch (template.State)
        {
            case SimulatedTemplateState.UnderReview:
                return call.Refuse(40252);
            case SimulatedTemplateState.ContentBlocked:
                call.OfficialAccount.Outbox.Block(template, openId, template.Content, call.Now);
                return call.Refuse(40249);
            case SimulatedTemplateState.Banned:
                return call.Refuse(43116);
            default:
                return null;
        }
    }

    private static Answer? CheckRecipient(Call call, string openId, out long person, out string status)
    {
        status = Outbox.Success;
        var account = call.OfficialAccount;
        if (!account.App.TryFindPerson(openId, out person))
        {
            return call.Refuse(40003);
        }

        var follower = account.Followers.Find(person);
        if (follower.Blacklisted)
        {
            return call.Refuse(43019);
        }

        if (!follower.Following)
        {
            return call.Refuse(43004);
        }

        if (follower.Refuses)
        {
            status = "failed:user block";
            return account.RefusedMessages == SimulatedRefusal.AtSend ? call.Refuse(43101) : null;
        }

        status = account.FailedMessages?.Invoke(new SimulatedPerson(call.Platform, person)) ?? Outbox.Success;
        return null;
    }
}
