namespace WeChat.UnionPush.Testing;

/// <summary>One API of the platform: how it must be called, and what answers it.</summary>
internal sealed record Route(string Path, HttpMethod Method, TokenKind Token, Func<Call, Answer> Handle)
{
    private static readonly Dictionary<string, Route> All = Make().ToDictionary(route => route.Path, StringComparer.Ordinal);

    public string ContentType { get; init; } = Answer.Json;

    public static IReadOnlyCollection<string> Paths => All.Keys;

    public static Route? Find(string path) => All.GetValueOrDefault(path);

    private static IEnumerable<Route> Make() =>
    [
        new("/cgi-bin/token", HttpMethod.Get, TokenKind.None, TokenApi.GetToken),
        new("/cgi-bin/stable_token", HttpMethod.Post, TokenKind.None, TokenApi.GetStableToken),
        new("/cgi-bin/user/get", HttpMethod.Get, TokenKind.VerifiedOfficialAccount, FollowerApi.List),
        new("/cgi-bin/user/info", HttpMethod.Get, TokenKind.VerifiedOfficialAccount, FollowerApi.Get),
        new("/cgi-bin/user/info/batchget", HttpMethod.Post, TokenKind.VerifiedOfficialAccount, FollowerApi.GetBatch),
        new("/sns/jscode2session", HttpMethod.Get, TokenKind.None, LoginApi.CodeToSession) { ContentType = "text/plain" },
        new("/wxa/checksession", HttpMethod.Get, TokenKind.MiniProgram, LoginApi.CheckSession),
        new("/wxa/resetusersessionkey", HttpMethod.Get, TokenKind.MiniProgram, LoginApi.ResetSessionKey),
        new("/cgi-bin/message/template/send", HttpMethod.Post, TokenKind.VerifiedOfficialAccount, TemplateSendApi.Send),
        new("/cgi-bin/message/subscribe/send", HttpMethod.Post, TokenKind.MiniProgram, SubscriptionApi.Send),
        new("/cgi-bin/message/subscribe/bizsend", HttpMethod.Post, TokenKind.VerifiedOfficialAccount, SubscriptionApi.Send),
        new("/wxaapi/newtmpl/gettemplate", HttpMethod.Get, TokenKind.Any, SubscriptionApi.ListTemplates),
        new("/cgi-bin/message/custom/send", HttpMethod.Post, TokenKind.Any, CustomerMessageApi.Send),
        new("/cgi-bin/qrcode/create", HttpMethod.Post, TokenKind.VerifiedOfficialAccount, QrCodeApi.Create),
        new("/cgi-bin/message/wxopen/template/uniform_send", HttpMethod.Post, TokenKind.Any, call => call.Refuse(45109)),
        new("/cgi-bin/template/get_all_private_template", HttpMethod.Get, TokenKind.VerifiedOfficialAccount, TemplateAdminApi.List),
        new("/cgi-bin/template/api_add_template", HttpMethod.Post, TokenKind.VerifiedOfficialAccount, TemplateAdminApi.Add),
        new("/cgi-bin/template/del_private_template", HttpMethod.Post, TokenKind.VerifiedOfficialAccount, TemplateAdminApi.Delete),
        new("/cgi-bin/template/get_industry", HttpMethod.Get, TokenKind.VerifiedOfficialAccount, TemplateAdminApi.GetIndustry),
        new("/cgi-bin/template/api_set_industry", HttpMethod.Post, TokenKind.VerifiedOfficialAccount, TemplateAdminApi.SetIndustry),
        new("/wxa/sec/queryblocktmplmsg", HttpMethod.Post, TokenKind.VerifiedOfficialAccount, TemplateAdminApi.ListBlocked),
        new("/cgi-bin/openapi/quota/get", HttpMethod.Post, TokenKind.Any, OperationsApi.GetQuota),
        new("/cgi-bin/openapi/quota/clear", HttpMethod.Post, TokenKind.Any, OperationsApi.ClearOneQuota),
        new("/cgi-bin/openapi/rid/get", HttpMethod.Post, TokenKind.Any, OperationsApi.GetRequest),
        new("/cgi-bin/clear_quota", HttpMethod.Post, TokenKind.Any, OperationsApi.ClearQuota),
        new("/cgi-bin/clear_quota/v2", HttpMethod.Post, TokenKind.None, OperationsApi.ClearQuotaWithSecret),
        new("/cgi-bin/callback/check", HttpMethod.Post, TokenKind.Any, OperationsApi.CheckCallback),
        new("/cgi-bin/get_api_domain_ip", HttpMethod.Get, TokenKind.Any, OperationsApi.GetApiAddresses),
        new("/cgi-bin/getcallbackip", HttpMethod.Get, TokenKind.Any, OperationsApi.GetCallbackAddresses),
    ];
}
