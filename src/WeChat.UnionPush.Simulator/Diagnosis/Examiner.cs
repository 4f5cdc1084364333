using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>Tells of one push why it did not arrive, from the answer and from what the platform knows.</summary>
internal static partial class Examiner
{
    private const string TemplateSend = "/cgi-bin/message/template/send";
    private const string SubscribeSend = "/cgi-bin/message/subscribe/send";
    private const string BizSend = "/cgi-bin/message/subscribe/bizsend";
    private const string CustomSend = "/cgi-bin/message/custom/send";
    private const string UniformSend = "/cgi-bin/message/wxopen/template/uniform_send";

    public static bool IsPush(string path) => path is TemplateSend or SubscribeSend or BizSend or CustomSend or UniformSend;

    public static Verdict? Examine(SimulatedPlatform platform, Exchange exchange, int? status, string? error, Func<long, string?> statusOf)
    {
        var path = exchange.Request.Address.AbsolutePath;
        if (!IsPush(path))
        {
            return null;
        }

        var body = Parse(exchange.Request.Body);
        var verdict = exchange.Answer is { } answer ? OfAnswer(platform, exchange, answer, path, body, statusOf) : NeverAnswered(error);
        if (exchange.Fault is { } fault)
        {
            var name = FaultName(fault);
            verdict = verdict.Arrived
                ? new("answerLost", true, $"It is on the phone, but the fault “{name}” kept the answer from the caller. Repeat it only with the same client_msg_id.",
                    $"消息已到达手机，但故障“{name}”使调用方没有得到正常应答。重试时须使用同一个 client_msg_id。")
                : new("fault", false, $"The fault “{name}”, declared here, struck the call. {verdict.En}", $"此处设置的故障“{name}”命中了这次调用。{verdict.Zh}");
        }

        return status is 412
            ? new("chunked", false, "The request had no Content-Length (chunked). The gateway answers that with 412: send the length.",
                "请求没有 Content-Length（分块传输），网关以 412 拒绝；请发送长度。")
            : verdict;
    }

    /// <summary>The person that a push names, in whichever app the openid belongs to.</summary>
    public static long? Recipient(SimulatedPlatform platform, Exchange exchange)
    {
        var openId = Text(Parse(exchange.Request.Body), "touser") ?? QueryOpenId(exchange);
        return openId is null ? null : Owner(platform, openId)?.Person;
    }

    private static string? QueryOpenId(Exchange exchange)
    {
        foreach (var part in exchange.Request.Address.Query.TrimStart('?').Split('&'))
        {
            if (part.StartsWith("openid=", StringComparison.Ordinal))
            {
                return Uri.UnescapeDataString(part["openid=".Length..]);
            }
        }

        return null;
    }

    private static string FaultName(SimulatedFault fault)
    {
        var text = fault.ToString();
        return text[..text.LastIndexOf(':')];
    }

    private static Verdict NeverAnswered(string? error) => new(
        "noAnswer", false, $"The call broke off before it was answered: {error}. Whether it was carried out, the caller cannot know.",
        $"调用在得到应答之前中断：{error}。调用方无法知道它是否已被执行。");

    private static Verdict OfAnswer(SimulatedPlatform platform, Exchange exchange, Answer answer, string path, JsonElement body, Func<long, string?> statusOf)
    {
        if (answer.ErrorCode != 0)
        {
            return OfError(platform, exchange.App, answer.ErrorCode, Message(answer), path, body);
        }

        if ((int)answer.Status != 200)
        {
            return new("gateway", false, $"HTTP {(int)answer.Status} came from a gateway instead of an answer.", $"网关返回了 HTTP {(int)answer.Status}，而不是平台应答。");
        }

        if (path == TemplateSend && MessageId(answer) is { } id && statusOf(id) is { } status)
        {
            return status.Contains("user", StringComparison.Ordinal)
                ? new("refused", false, $"Accepted as {id}, but the person has turned the account's messages off: the event says “{status}”.",
                    $"已受理（msgid {id}），但该用户拒收此账号的消息：事件结果为“{status}”。")
                : new("failed", false, $"Accepted as {id}, but it did not reach the phone: the event says “{status}”. It may be sent again.",
                    $"已受理（msgid {id}），但未送达手机：事件结果为“{status}”，可以重发。");
        }

        return new("arrived", true, "It is on the phone.", "已到达手机。");
    }

    private static Verdict OfError(SimulatedPlatform platform, SimulatedApp? app, int code, string text, string path, JsonElement body)
    {
        var openId = Text(body, "touser") ?? "";
        var templateId = Text(body, "template_id") ?? "";
        switch (code)
        {
            case -1:
                return new("busy", false, "The platform was busy (-1). Try again a little later, with the same client_msg_id.", "平台繁忙（-1）。稍后用同一个 client_msg_id 重试。");
            case 40001 or 40014 or 42001:
                return new(
                    "token", false,
                    $"The access token is not valid (any more) ({code}). Take a new one and try once more. "
                    + "A second owner of the token on the classic channel causes this again and again.",
                    $"access_token 无效或已过期（{code}）。重新获取后再试一次；若有另一处也在用旧接口取 token，会反复出现。");
            case 41001:
                return new("token", false, "The call had no access_token.", "调用没有带 access_token。");
            case 40003:
                return WrongOpenId(platform, app, openId);
            case 43004:
                return NotFollowing(app, openId);
            case 43019:
                return new("blacklisted", false, "The person is on the account's blacklist (43019). Only the operator can take them off it.", "该用户在账号黑名单中（43019），只有运营人员能将其移出。");
            case 43101 when path == TemplateSend:
                return new("refused", false, "The person has turned the account's messages off (43101). Do not try again until they turn them on.",
                    "该用户已拒收此账号的消息（43101）。在其重新开启之前不要重试。");
            case 43101:
                return new("noConsent", false, "The person has not allowed this template, or what was allowed is used up (43101): one tap of “allow” is one message.",
                    "该用户没有订阅此模板，或订阅次数已用完（43101）：点一次“允许”只能发一条。");
            case 48002:
                return new("refused", false, "The person takes no messages of the account (48002).", "该用户不接收此账号的消息（48002）。");
            case 40036:
                return new("templateMissing", false, "template_id is missing or misspelt (40036).", "template_id 缺失或拼写有误（40036）。");
            case 40037:
                return WrongTemplate(platform, app, templateId, path);
            case 47003:
                return WrongValue(app, text, templateId, path, body);
            case 40013:
                return new("miniProgram", false, "The Mini Program named in the message is not associated with the account (40013). Associate it in the console.",
                    "消息中的小程序未与该账号关联（40013），请在公众平台关联。");
            case 40165 or 40166 or 41030:
                return new("miniProgram", false, $"The Mini Program's page or app id is not valid ({code}): the page must be in the published version.",
                    $"小程序页面或 appid 无效（{code}）：页面须在已发布版本中存在。");
            case 45009:
                return Quota(platform, app, path);
            case 45011:
                return new("rate", false, "Too many calls in this minute (45011). Go on in the next one.", "本分钟调用次数超限（45011），下一分钟再继续。");
            case 43117 or 43108:
                return new("tooFrequent", false, $"Too many messages to this person at once ({code}). Try later, one after the other.", $"短时间内向该用户发送过于频繁（{code}），请稍后逐条发送。");
            case 40241 or 44007 or 45065:
                return new("duplicate", false, $"The same message was sent a moment ago ({code}). The first one counts; do not repeat it.", $"刚刚发送过相同的消息（{code}），以第一条为准，不要重试。");
            case 40249 or 43116 or 40252 or 43107 or 45168:
                return new("content", false, $"The template or its content is blocked or under review ({code}). Stop this template and look into the console.",
                    $"模板或内容被封禁或正在审核（{code}）。请停用该模板并到公众平台查看。");
            case 45015:
                return new("windowClosed", false, "The person has not written or acted recently enough, or does not follow (45015).", "用户近期没有互动，或没有关注（45015），不能发送客服消息。");
            case 45047:
                return new("windowUsedUp", false, "All messages that the last interaction allowed are used up (45047).", "本次互动允许的客服消息条数已用完（45047）。");
            case 48001:
                return new("unauthorized", false, "This token may not call this API (48001): the account is not verified, or the token is that of another kind of app.",
                    "该 token 无权调用此接口（48001）：账号未认证，或用了另一类应用的 token。");
            case 45109:
                return new("retired", false, "uniform_send was switched off in 2023 (45109). Join the UnionIDs and use template/send: that is what this library is for.",
                    "统一服务消息已于 2023 年下线（45109）。请用 UnionID 关联身份后改用模板消息接口。");
            case 47001 or 47002 or 44002 or 40033:
                return new("body", false, $"The body is not the JSON that the platform takes ({code}): UTF-8, no \\u escapes, data as an object of objects.",
                    $"请求体不是平台接受的 JSON（{code}）：须为 UTF-8、不含 \\u 转义，data 为对象。");
            case 40164 or 61004:
                return new("ipList", false, $"The caller's address is not on the account's IP list ({code}).", $"调用方 IP 不在账号的 IP 白名单中（{code}）。");
            default:
                return new("error", false, $"The platform refused it: {code} {text}", $"平台拒绝：{code} {text}");
        }
    }

    private static Verdict WrongOpenId(SimulatedPlatform platform, SimulatedApp? app, string openId)
    {
        if (openId.Length == 0)
        {
            return new("recipientMissing", false, "touser is missing.", "缺少 touser。");
        }

        if (Owner(platform, openId) is not { } owner)
        {
            return new("unknownOpenId", false, "touser is nobody's openid on this platform (40003).", "touser 不是本平台上任何人的 openid（40003）。");
        }

        if (owner.App is null)
        {
            return new("unionIdAsOpenId", false, "touser is a UnionID (40003). The platform wants the openid in the sending account.",
                "touser 是 UnionID（40003）。平台要的是用户在发送账号下的 openid。");
        }

        return owner.App.MiniProgram is not null && app?.OfficialAccount is not null
            ? new(
                "miniProgramOpenId", false,
                "touser is the person's openid in the Mini Program (40003). Template messages go to the openid in the Official Account: join the two by UnionID.",
                "touser 是用户在小程序下的 openid（40003）。模板消息要用服务号下的 openid，请通过 UnionID 关联。")
            : new("otherOpenId", false, $"touser is the person's openid in {owner.App.AppId}, and the token belongs to {app?.AppId} (40003).",
                $"touser 是用户在 {owner.App.AppId} 下的 openid，而 token 属于 {app?.AppId}（40003）。");
    }

    private static Verdict NotFollowing(SimulatedApp? app, string openId)
    {
        if (app?.OfficialAccount is { } account && app.TryFindPerson(openId, out var person) && account.Followers.Find(person) is { Following: false, Since: > 0 } left)
        {
            var since = DateTimeOffset.FromUnixTimeSeconds(left.Since).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            return new("left", false, $"The person followed on {since} UTC, but has left since (43004).", $"该用户曾于 {since}（UTC）关注，现已取消关注（43004）。");
        }

        return new("notFollowing", false, "The person does not follow the Official Account (43004). Only followers get template messages.", "该用户没有关注服务号（43004），模板消息只能发给关注者。");
    }

    private static Verdict WrongTemplate(SimulatedPlatform platform, SimulatedApp? app, string templateId, string path)
    {
        if (path == TemplateSend && platform.Apps.Any(other => other.Subscriptions.Find(templateId) is not null))
        {
            return new("subscriptionTemplate", false, "template_id is that of a subscription template (40037); it cannot be sent as a template message.",
                "template_id 是订阅消息的模板（40037），不能用模板消息接口发送。");
        }

        if (path != TemplateSend && app?.OfficialAccount?.TemplateBook.Find(templateId) is not null)
        {
            return new("messageTemplate", false, "template_id is that of a template message (40037); it is no subscription template.", "template_id 是模板消息的模板（40037），不是订阅模板。");
        }

        return platform.Apps.FirstOrDefault(other => other.OfficialAccount?.TemplateBook.Find(templateId) is not null) is { } owner && owner != app
            ? new("otherTemplate", false, $"template_id belongs to {owner.AppId}, not to {app?.AppId} (40037).", $"template_id 属于 {owner.AppId}，不属于 {app?.AppId}（40037）。")
            : new("unknownTemplate", false, "The account has no template of that id (40037).", "账号中没有该 template_id 对应的模板（40037）。");
    }

    private static Verdict WrongValue(SimulatedApp? app, string text, string templateId, string path, JsonElement body)
    {
        if (FieldName().Match(text) is not { Success: true } match)
        {
            return new("value", false, $"A value does not fit: {text}", $"有字段不合规则：{text}");
        }

        var key = match.Groups["key"].Value;
        var template = path == TemplateSend ? app?.OfficialAccount?.TemplateBook.Find(templateId) : app?.Subscriptions.Find(templateId);
        var label = template is null ? key : CardLayout.Labels(template.Content).GetValueOrDefault(key, key);
        var value = body.ValueKind == JsonValueKind.Object && body.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object
            && data.TryGetProperty(key, out var member) && member.ValueKind == JsonValueKind.Object ? Text(member, "value") ?? "" : "";
        var length = value.EnumerateRunes().Count();
        var (en, zh) = FieldRules.Describe(ValueRules.TypeOf(key));
        return new("value", false, $"{key} ({label}) does not fit (47003); the value has {length} characters. The rule: {en}",
            $"字段 {key}（{label}）不合规则（47003），当前值共 {length} 个字符。规则：{zh}");
    }

    private static Verdict Quota(SimulatedPlatform platform, SimulatedApp? app, string path)
    {
        if (app is null)
        {
            return new("quota", false, "The day's quota is used up (45009).", "当日额度已用完（45009）。");
        }

        var (limit, used) = (app.Quotas.GetDailyLimit(path), app.Quotas.GetUsedToday(path));
        return used < limit
            ? new("quota", false, "The day's quota is used up (45009).", "当日额度已用完（45009）。")
            : new("quota", false, $"The day's quota is used up (45009): {used} of {limit} calls. It begins anew at 00:00 China time; it is now {At(platform.Now)} there.",
                $"当日额度已用完（45009）：{used}/{limit} 次。北京时间 00:00 重置，现在是 {At(platform.Now)}。");
    }

    private static string At(DateTimeOffset moment) => moment.ToOffset(TimeSpan.FromHours(8)).ToString("HH:mm", CultureInfo.InvariantCulture);

    private static (SimulatedApp? App, long Person)? Owner(SimulatedPlatform platform, string id)
    {
        foreach (var app in platform.Apps)
        {
            if (app.TryFindPerson(id, out var person))
            {
                return (app, person);
            }
        }

        foreach (var openPlatform in platform.Apps.Select(static app => app.OpenPlatform).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            if (platform.UnionIds(openPlatform).TryDecode(id, out var person) && platform.HasPerson(person))
            {
                return (null, person);
            }
        }

        return null;
    }

    private static long? MessageId(Answer answer) =>
        Parse(answer.Body) is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("msgid", out var id) && id.ValueKind == JsonValueKind.Number ? id.GetInt64() : null;

    private static string Message(Answer answer)
    {
        var text = Text(Parse(answer.Body), "errmsg") ?? "";
        var rid = text.IndexOf(" rid:", StringComparison.Ordinal);
        return rid < 0 ? text : text[..rid];
    }

    private static JsonElement Parse(byte[] body)
    {
        try
        {
            return body.Length == 0 ? default : JsonSerializer.Deserialize(body, SimulatorJson.Default.JsonElement);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    [GeneratedRegex(@"data\.(?<key>[A-Za-z_]+[0-9]*)\.value", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FieldName();
}
