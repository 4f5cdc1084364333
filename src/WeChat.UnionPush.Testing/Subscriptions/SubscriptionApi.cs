namespace WeChat.UnionPush.Testing;

/// <summary>Subscribe messages of Mini Programs (<c>subscribe/send</c>) and subscribe notices of Official Accounts (<c>subscribe/bizsend</c>).</summary>
internal static class SubscriptionApi
{
    public static Answer Send(Call call)
    {
        if (call.ReadJson(out var body) is { } refusal)
        {
            return refusal;
        }

        var app = call.App!;
        if (Call.Text(body, "touser") is not { Length: > 0 } openId || !app.TryFindPerson(openId, out var person))
        {
            return call.Refuse(40003);
        }

        if (Call.Text(body, "template_id") is not { Length: > 0 } templateId || app.Subscriptions.Find(templateId) is not { } template)
        {
            return call.Refuse(40037);
        }

        if (template.State != SimulatedTemplateState.Active)
        {
            return call.Refuse(43107);
        }

        var page = Call.Text(body, "page") is { Length: > 0 } text ? text : null;
        if (page is not null && app.MiniProgram?.HasPage(page) == false)
        {
            return call.Refuse(41030);
        }

        if (!body.TryGetProperty("data", out var data))
        {
            return call.Refuse(47003, "argument invalid! data is emtpy");
        }

        if (TemplateSendApi.ReadValues(call, template, data, isSandbox: false, refusesUnproven: app.OfficialAccount?.RefusesUnprovenValues == true, out var values) is { } badValue)
        {
            return badValue;
        }

        if (app.Subscriptions.IsBusy(person, call.Now))
        {
            return call.Refuse(43108);
        }

        if (app.Subscriptions.TryAccept(person, template, values, page, call.Now) is not { } message)
        {
            return call.Refuse(43101);
        }

        call.Platform.Observer?.Accepted(app, message);
        SubscriptionEvent.Sent(app, person, template.Id, message.MessageId);
        return app.MiniProgram is null ? Answer.Ok : call.WriteOk(message.MessageId, static (json, id) => json.WriteNumber("msgid", id));
    }

    public static Answer ListTemplates(Call call) => call.WriteOk(call.App!.Subscriptions.Templates, static (json, templates) =>
    {
        json.WriteStartArray("data");
        foreach (var template in templates)
        {
            json.WriteStartObject();
            json.WriteString("priTmplId", template.Id);
            json.WriteString("title", template.Title);
            json.WriteString("content", template.Content);
            json.WriteString("example", template.Example);
            json.WriteNumber("type", 2);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
