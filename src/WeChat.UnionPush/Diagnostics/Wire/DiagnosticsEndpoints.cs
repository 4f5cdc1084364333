namespace WeChat.UnionPush.Diagnostics;

/// <summary>The endpoints that an operator uses.</summary>
internal static class DiagnosticsEndpoints
{
    public static readonly ApiEndpoint<QuotaAnswer> QuotaGet =
        new(HttpMethod.Post, "/cgi-bin/openapi/quota/get", ApiRepeat.Always, static () => DiagnosticsJson.Default.QuotaAnswer);

    // Only ten a month are allowed, so a call that may have been carried out is not repeated.
    public static readonly ApiEndpoint<DoneAnswer> ClearQuota = new(HttpMethod.Post, "/cgi-bin/clear_quota", ApiRepeat.WhenNotDone, static () => ApiJson.Default.DoneAnswer);

    public static readonly ApiEndpoint<RequestAnswer> RequestGet =
        new(HttpMethod.Post, "/cgi-bin/openapi/rid/get", ApiRepeat.Always, static () => DiagnosticsJson.Default.RequestAnswer) { AnswersSecret = true };

    public static readonly ApiEndpoint<CallbackCheckAnswer> CallbackCheck =
        new(HttpMethod.Post, "/cgi-bin/callback/check", ApiRepeat.Always, static () => DiagnosticsJson.Default.CallbackCheckAnswer);

    public static readonly ApiEndpoint<AddressesAnswer> ApiAddresses =
        new(HttpMethod.Get, "/cgi-bin/get_api_domain_ip", ApiRepeat.Always, static () => DiagnosticsJson.Default.AddressesAnswer);
}
