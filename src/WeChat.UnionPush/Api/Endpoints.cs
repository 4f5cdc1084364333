namespace WeChat.UnionPush;

/// <summary>The APIs that the library calls.</summary>
internal static class Endpoints
{
    public static readonly ApiEndpoint<AccessTokenAnswer> ClassicToken = new(HttpMethod.Get, "/cgi-bin/token", ApiRepeat.Always, ApiJson.Default.AccessTokenAnswer) { AnswersSecret = true };

    public static readonly ApiEndpoint<AccessTokenAnswer> StableToken = new(HttpMethod.Post, "/cgi-bin/stable_token", ApiRepeat.Always, ApiJson.Default.AccessTokenAnswer) { AnswersSecret = true };

    public static readonly ApiEndpoint<FollowerPageAnswer> UserGet = new(HttpMethod.Get, "/cgi-bin/user/get", ApiRepeat.Always, ApiJson.Default.FollowerPageAnswer);

    public static readonly ApiEndpoint<FollowerAnswer> UserInfo = new(HttpMethod.Get, "/cgi-bin/user/info", ApiRepeat.Always, ApiJson.Default.FollowerAnswer);

    public static readonly ApiEndpoint<FollowerBatchAnswer> UserInfoBatch = new(HttpMethod.Post, "/cgi-bin/user/info/batchget", ApiRepeat.Always, ApiJson.Default.FollowerBatchAnswer);

    // A login code works once: asked again after an answer that got lost, the platform says 40163 to a user who did nothing wrong.
    public static readonly ApiEndpoint<SessionAnswer> CodeToSession = new(HttpMethod.Get, "/sns/jscode2session", ApiRepeat.WhenNotDone, ApiJson.Default.SessionAnswer) { AnswersSecret = true };

    public static readonly ApiEndpoint<DoneAnswer> CheckSession = new(HttpMethod.Get, "/wxa/checksession", ApiRepeat.Always, ApiJson.Default.DoneAnswer);

    public static readonly ApiEndpoint<SessionAnswer> ResetSession = new(HttpMethod.Get, "/wxa/resetusersessionkey", ApiRepeat.WhenNotDone, ApiJson.Default.SessionAnswer) { AnswersSecret = true };

    // Repeated freely because every message carries a client_msg_id, which the platform delivers once.
    public static readonly ApiEndpoint<MessageAnswer> TemplateSend = new(HttpMethod.Post, "/cgi-bin/message/template/send", ApiRepeat.Always, ApiJson.Default.MessageAnswer);

    public static readonly ApiEndpoint<QuotaAnswer> QuotaGet = new(HttpMethod.Post, "/cgi-bin/openapi/quota/get", ApiRepeat.Always, ApiJson.Default.QuotaAnswer);

    // Ten a month: one that may have been carried out is not asked for again.
    public static readonly ApiEndpoint<DoneAnswer> ClearQuota = new(HttpMethod.Post, "/cgi-bin/clear_quota", ApiRepeat.WhenNotDone, ApiJson.Default.DoneAnswer);

    public static readonly ApiEndpoint<RequestAnswer> RequestGet = new(HttpMethod.Post, "/cgi-bin/openapi/rid/get", ApiRepeat.Always, ApiJson.Default.RequestAnswer) { AnswersSecret = true };

    public static readonly ApiEndpoint<CallbackCheckAnswer> CallbackCheck = new(HttpMethod.Post, "/cgi-bin/callback/check", ApiRepeat.Always, ApiJson.Default.CallbackCheckAnswer);

    public static readonly ApiEndpoint<AddressesAnswer> ApiAddresses = new(HttpMethod.Get, "/cgi-bin/get_api_domain_ip", ApiRepeat.Always, ApiJson.Default.AddressesAnswer);

    public static readonly ApiEndpoint<TemplateListAnswer> TemplateList = new(HttpMethod.Get, "/cgi-bin/template/get_all_private_template", ApiRepeat.Always, ApiJson.Default.TemplateListAnswer);

    public static readonly ApiEndpoint<TemplateAddAnswer> TemplateAdd = new(HttpMethod.Post, "/cgi-bin/template/api_add_template", ApiRepeat.WhenNotDone, ApiJson.Default.TemplateAddAnswer);

    public static readonly ApiEndpoint<DoneAnswer> TemplateDelete = new(HttpMethod.Post, "/cgi-bin/template/del_private_template", ApiRepeat.WhenNotDone, ApiJson.Default.DoneAnswer);

    public static readonly ApiEndpoint<IndustryAnswer> IndustryGet = new(HttpMethod.Get, "/cgi-bin/template/get_industry", ApiRepeat.Always, ApiJson.Default.IndustryAnswer);

    public static readonly ApiEndpoint<DoneAnswer> IndustrySet = new(HttpMethod.Post, "/cgi-bin/template/api_set_industry", ApiRepeat.WhenNotDone, ApiJson.Default.DoneAnswer);

    public static readonly ApiEndpoint<BlockedAnswer> TemplateBlocked = new(HttpMethod.Post, "/wxa/sec/queryblocktmplmsg", ApiRepeat.Always, ApiJson.Default.BlockedAnswer);
}
