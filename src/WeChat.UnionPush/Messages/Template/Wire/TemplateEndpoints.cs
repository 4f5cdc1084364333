namespace WeChat.UnionPush;

/// <summary>The endpoints of templates.</summary>
internal static class TemplateEndpoints
{
    // Always safe to repeat: every message carries a client_msg_id, and the platform delivers each id once.
    public static readonly ApiEndpoint<MessageAnswer> TemplateSend =
        new(HttpMethod.Post, "/cgi-bin/message/template/send", ApiRepeat.Always, static () => TemplateJson.Default.MessageAnswer) { Pace = ApiPace.Messages };

    public static readonly ApiEndpoint<TemplateListAnswer> TemplateList =
        new(HttpMethod.Get, "/cgi-bin/template/get_all_private_template", ApiRepeat.Always, static () => TemplateJson.Default.TemplateListAnswer);

    public static readonly ApiEndpoint<TemplateAddAnswer> TemplateAdd =
        new(HttpMethod.Post, "/cgi-bin/template/api_add_template", ApiRepeat.WhenNotDone, static () => TemplateJson.Default.TemplateAddAnswer);

    public static readonly ApiEndpoint<DoneAnswer> TemplateDelete =
        new(HttpMethod.Post, "/cgi-bin/template/del_private_template", ApiRepeat.WhenNotDone, static () => ApiJson.Default.DoneAnswer);

    public static readonly ApiEndpoint<IndustryAnswer> IndustryGet =
        new(HttpMethod.Get, "/cgi-bin/template/get_industry", ApiRepeat.Always, static () => TemplateJson.Default.IndustryAnswer);

    public static readonly ApiEndpoint<DoneAnswer> IndustrySet =
        new(HttpMethod.Post, "/cgi-bin/template/api_set_industry", ApiRepeat.WhenNotDone, static () => ApiJson.Default.DoneAnswer);

    public static readonly ApiEndpoint<BlockedAnswer> TemplateBlocked =
        new(HttpMethod.Post, "/wxa/sec/queryblocktmplmsg", ApiRepeat.Always, static () => TemplateJson.Default.BlockedAnswer);
}
