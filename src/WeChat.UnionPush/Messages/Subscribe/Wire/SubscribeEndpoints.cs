namespace WeChat.UnionPush;

/// <summary>The endpoints of subscribe messages.</summary>
internal static class SubscribeEndpoints
{
    // No message has an id by which the platform would know it again, so one that may have arrived is not repeated.
    public static readonly ApiEndpoint<SubscribeSendAnswer> Send =
        new(HttpMethod.Post, "/cgi-bin/message/subscribe/send", ApiRepeat.WhenNotDone, static () => SubscribeJson.Default.SubscribeSendAnswer) { Pace = ApiPace.Messages };

    public static readonly ApiEndpoint<SubscribeSendAnswer> SendNotice =
        new(HttpMethod.Post, "/cgi-bin/message/subscribe/bizsend", ApiRepeat.WhenNotDone, static () => SubscribeJson.Default.SubscribeSendAnswer) { Pace = ApiPace.Messages };

    public static readonly ApiEndpoint<SubscribeTemplateListAnswer> TemplateList =
        new(HttpMethod.Get, "/wxaapi/newtmpl/gettemplate", ApiRepeat.Always, static () => SubscribeJson.Default.SubscribeTemplateListAnswer);

    public static readonly ApiEndpoint<SubscribeTemplateAddAnswer> TemplateAdd =
        new(HttpMethod.Post, "/wxaapi/newtmpl/addtemplate", ApiRepeat.WhenNotDone, static () => SubscribeJson.Default.SubscribeTemplateAddAnswer);

    public static readonly ApiEndpoint<DoneAnswer> TemplateDelete =
        new(HttpMethod.Post, "/wxaapi/newtmpl/deltemplate", ApiRepeat.WhenNotDone, static () => ApiJson.Default.DoneAnswer);

    public static readonly ApiEndpoint<SubscribeKeywordsAnswer> Keywords =
        new(HttpMethod.Get, "/wxaapi/newtmpl/getpubtemplatekeywords", ApiRepeat.Always, static () => SubscribeJson.Default.SubscribeKeywordsAnswer);

    public static readonly ApiEndpoint<SubscribeCategoriesAnswer> Categories =
        new(HttpMethod.Get, "/wxaapi/newtmpl/getcategory", ApiRepeat.Always, static () => SubscribeJson.Default.SubscribeCategoriesAnswer);

    public static readonly ApiEndpoint<SubscribeLibraryAnswer> Library =
        new(HttpMethod.Get, "/wxaapi/newtmpl/getpubtemplatetitles", ApiRepeat.Always, static () => SubscribeJson.Default.SubscribeLibraryAnswer);
}
