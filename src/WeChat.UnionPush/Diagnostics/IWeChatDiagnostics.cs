namespace WeChat.UnionPush.Diagnostics;

/// <summary>
/// Questions that an operator asks the platform about the registration's Official Account. See
/// <see href="https://developers.weixin.qq.com/doc/service/api/apimanage/"/>.
/// </summary>
public interface IWeChatDiagnostics
{
    /// <summary>How much of an API's call quota is used (<c>openapi/quota/get</c>).</summary>
    /// <param name="apiPath">Path of the API, such as <c>/cgi-bin/message/template/send</c>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused; 76021 for a path it does not know.</exception>
    Task<ApiQuota> GetQuotaAsync(string apiPath, CancellationToken cancellationToken = default);

    /// <summary>Resets the day's call count of every API to zero (<c>clear_quota</c>). Allowed ten times a month, together with resets made in the console.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused; 48006 when the ten resets of the month are used up.</exception>
    Task ClearQuotaAsync(CancellationToken cancellationToken = default);

    /// <summary>Looks up a call of the last seven days by its request id (<c>openapi/rid/get</c>); not for <c>/sns/</c> calls. Bodies hold personal data.</summary>
    /// <param name="requestId">The <see cref="WeChatApiException.RequestId"/> of an error.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused; 76001 to 76004 for an id that is unknown, malformed, foreign or too old.</exception>
    Task<ApiRequestRecord> FindRequestAsync(string requestId, CancellationToken cancellationToken = default);

    /// <summary>Has the platform resolve and ping the account's callback address (<c>callback/check</c>).</summary>
    /// <param name="check">What to check.</param>
    /// <param name="checkOperator">The network operator to check from: <c>DEFAULT</c>, <c>CHINANET</c>, <c>UNICOM</c> or <c>CAP</c>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused; 40201 when the account has no callback address.</exception>
    Task<CallbackReachability> CheckCallbackAsync(CallbackCheck check = CallbackCheck.All, string checkOperator = "DEFAULT", CancellationToken cancellationToken = default);

    /// <summary>The IP addresses of the platform's APIs (<c>get_api_domain_ip</c>), for outbound firewall rules. They change.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused.</exception>
    Task<IReadOnlyList<string>> GetApiAddressesAsync(CancellationToken cancellationToken = default);
}
