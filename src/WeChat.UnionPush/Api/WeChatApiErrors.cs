using System.Globalization;

namespace WeChat.UnionPush;

/// <summary>Turns an answer with an error code into the exception that says what it means and what to do.</summary>
internal static class WeChatApiErrors
{
    // API 报错诊断: https://developers.weixin.qq.com/doc/oplatform/developers/basic_func/api_diagnosis
    private const string DiagnosisPage = "https://developers.weixin.qq.com/console/devtools/debug?tab=errorDiag";

    /// <summary>What an error asks for, judged by code and API.</summary>
    /// <param name="apiPath">Path of the API, without its query.</param>
    /// <param name="errorCode">The platform's code.</param>
    /// <param name="errorMessage">The platform's text, if any.</param>
    internal static WeChatErrorClass Classify(string apiPath, int errorCode, string? errorMessage) =>
        WeChatErrorTable.Read(apiPath, errorCode, errorMessage).Class;

    /// <summary>Whether a refused call may be made again at once, by whoever made it and without more ado.</summary>
    /// <param name="apiPath">Path of the API, without its query.</param>
    /// <param name="errorCode">The platform's code.</param>
    /// <param name="errorMessage">The platform's text, if any.</param>
    /// <remarks>Not after 43108: as long as others send to the same person, only taking turns with them helps.</remarks>
    internal static bool MayRepeat(string apiPath, int errorCode, string? errorMessage) =>
        Classify(apiPath, errorCode, errorMessage) == WeChatErrorClass.Transient && errorCode != WeChatErrorCodes.RecipientBusy;

    /// <summary>Makes the exception for an answer that carries an error code.</summary>
    /// <param name="apiPath">Path of the API, without its query.</param>
    /// <param name="errorCode">The platform's code.</param>
    /// <param name="errorMessage">The platform's text, if any.</param>
    /// <param name="account">The account that called, where the path does not tell.</param>
    internal static WeChatApiException Create(string apiPath, int errorCode, string? errorMessage, WeChatAccountKind account = WeChatAccountKind.Unknown)
    {
        var reading = WeChatErrorTable.Read(apiPath, errorCode, errorMessage);
        var field = errorCode is WeChatErrorCodes.InvalidTemplateValue ? WeChatErrorText.Field(errorMessage) : null;
        var isAddressRefused = errorCode is WeChatErrorCodes.IpNotInWhitelist or WeChatErrorCodes.ApiAddressRefused or WeChatErrorCodes.ClientIpNotRegistered;
        var address = isAddressRefused ? WeChatErrorText.IpAddress(errorMessage) : null;
        var requestId = WeChatErrorText.RequestId(errorMessage);
        var quoted = string.IsNullOrEmpty(errorMessage) ? null : Redaction.Quote(errorMessage, Redaction.ErrorMessageLimit);
        var advice = field is not null ? $"Correct the value of {field}: it is missing, empty, or breaks the rule of its type."
            : isAddressRefused ? AddressAdvice(address ?? "the address that this machine calls from", account == WeChatAccountKind.Unknown ? AccountOf(apiPath) : account)
            : reading.Advice;
        var text = quoted is null ? "" : $" \"{quoted}\"";
        var diagnosis = requestId is null ? "" : $" WeChat diagnoses rid {requestId} for seven days: {DiagnosisPage}";
        return new(apiPath, errorCode, reading.Class, $"{apiPath} was refused: {errorCode}{text} ({reading.Meaning}). {advice}{diagnosis}")
        {
            ErrorMessage = quoted,
            RequestId = requestId,
            Field = field,
            IpAddress = address,
            RetryAfter = RetryAfter(errorCode, reading.Class),
        };
    }

    /// <summary>Makes the exception for an answer without an error code that lacks what it must have.</summary>
    /// <param name="apiPath">Path of the API, without its query.</param>
    /// <param name="missing">Names of the members that are missing or empty.</param>
    internal static WeChatApiException Incomplete(string apiPath, string missing) => new(
        apiPath,
        null,
        WeChatErrorClass.Transient,
        $"{apiPath} gave an answer without {missing}. What became of the call is not known.")
    {
        OutcomeUnknown = true,
        IsUnreadable = true,
    };

    /// <summary>Makes the exception for a call that failed after an attempt of it had got no readable answer.</summary>
    /// <param name="apiPath">Path of the API, without its query.</param>
    /// <param name="last">What came of the last attempt.</param>
    internal static WeChatApiException Lost(string apiPath, WeChatApiException last) => new(
        apiPath,
        null,
        WeChatErrorClass.Transient,
        $"An attempt of {apiPath} got no readable answer, and what became of it is not known. The next one failed: {last.Message}",
        last)
    {
        OutcomeUnknown = true,
        RequestId = last.RequestId,
    };

    // https://developers.weixin.qq.com/doc/oplatform/developers/basic_func/ip_whitelist
    private static string AddressAdvice(string address, WeChatAccountKind account) => account switch
    {
        WeChatAccountKind.OfficialAccount =>
            $"Add {address} to the API IP whitelist (API IP白名单) of the Official Account on developers.weixin.qq.com/platform (我的业务 > 公众号/服务号 > 基础信息 > 开发信息). " +
            "The list is asked at every call of the account, with the AppSecret and with an access token, so a central token service does not help a machine that is not on it.",
        WeChatAccountKind.MiniProgram =>
            $"Add {address} to the API IP whitelist (API IP白名单) of the Mini Program on mp.weixin.qq.com (开发管理 > 开发设置 > 开发者ID > IP白名单); "
                + "the one for code uploads (代码上传 IP白名单) is another list. "
                + "It is asked at calls with the AppSecret only, so a machine whose tokens a central service fetches needs no entry.",
        _ =>
            $"Add {address} to the account's API IP whitelist (API IP白名单): that of an Official Account is on developers.weixin.qq.com/platform and is asked at every call, " +
            "so a central token service does not help; that of a Mini Program is on mp.weixin.qq.com and is asked at calls with the AppSecret only.",
    };

    /// <summary>Whose list was asked. The Mini Program's is asked at calls with the AppSecret alone, so a call with an access token tells the account.</summary>
    private static WeChatAccountKind AccountOf(string apiPath) =>
        apiPath.StartsWith("/sns/", StringComparison.Ordinal) ? WeChatAccountKind.MiniProgram
        : WeChatErrorTable.CarriesSecret(apiPath) || apiPath.Length == 0 ? WeChatAccountKind.Unknown
        : WeChatAccountKind.OfficialAccount;

    /// <summary>The same failure for another caller: one exception that many threads throw grows its stack trace without end.</summary>
    /// <param name="failure">What happened.</param>
    internal static WeChatApiException Again(WeChatApiException failure) => new(failure.ApiPath, failure.ErrorCode, failure.ErrorClass, failure.Message, failure)
    {
        ErrorMessage = failure.ErrorMessage,
        RequestId = failure.RequestId,
        Field = failure.Field,
        IpAddress = failure.IpAddress,
        StatusCode = failure.StatusCode,
        OutcomeUnknown = failure.OutcomeUnknown,
        RetryAfter = failure.RetryAfter,
    };

    /// <summary>Makes the exception for a call whose turn would come too late.</summary>
    /// <param name="apiPath">Path of the API, without its query.</param>
    /// <param name="appId">The account.</param>
    /// <param name="ahead">How many calls go before it.</param>
    /// <param name="perSecond">The account's pace.</param>
    /// <param name="wait">When its turn would come.</param>
    /// <param name="longest">How long it may wait.</param>
    internal static WeChatApiException TurnTooLate(string apiPath, string appId, int ahead, int perSecond, TimeSpan wait, TimeSpan longest) => new(
        apiPath,
        null,
        WeChatErrorClass.RateLimited,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{apiPath} was not called: {ahead} calls of {appId} go before it, and at {perSecond} a second (TemplateMessages:MaxPerSecond) its turn would come in "
            + $"{wait.TotalSeconds:0.#} s, which is more than Http:TotalTimeout allows ({longest.TotalSeconds:0.###} s). Nothing was sent. Send more slowly, or try again later."))
    {
        RetryAfter = wait - longest,
    };

    /// <summary>Makes the exception for a call whose turn came when it was not allowed to go any more.</summary>
    /// <param name="apiPath">Path of the API, without its query.</param>
    /// <param name="appId">The account.</param>
    internal static WeChatApiException TurnGone(string apiPath, string appId) => new(
        apiPath, null, WeChatErrorClass.RateLimited, $"{apiPath} was not called for {appId}: its turn came after the claim under which it was to be sent. Nothing was sent.");

    /// <summary>Makes the exception for a call whose turn did not come in time.</summary>
    /// <param name="apiPath">Path of the API, without its query.</param>
    /// <param name="appId">The account.</param>
    /// <param name="waiting">How many calls wait.</param>
    /// <param name="underWay">How many calls are under way.</param>
    /// <param name="longest">How long it waited.</param>
    /// <param name="retryAfter">How long a new call would wait.</param>
    internal static WeChatApiException TurnDidNotCome(string apiPath, string appId, int waiting, int underWay, TimeSpan longest, TimeSpan retryAfter) => new(
        apiPath,
        null,
        WeChatErrorClass.RateLimited,
        string.Create(
            CultureInfo.InvariantCulture,
            $"{apiPath} was not called: its turn did not come within Http:TotalTimeout ({longest.TotalSeconds:0.###} s), "
            + $"while {underWay} calls of {appId} were under way and {waiting} others waited. Nothing was sent. Send more slowly, or try again later; "
            + $"where the platform answers slowly, raise TemplateMessages:MaxConcurrent."))
    {
        RetryAfter = retryAfter > TimeSpan.Zero ? retryAfter : TimeSpan.FromSeconds(1),
    };

    /// <summary>Makes the exception for a call that was not made, since the platform has refused one like it for the rest of the day.</summary>
    /// <param name="refusal">What the platform said.</param>
    /// <param name="appId">The account.</param>
    /// <param name="left">How long until the calls are counted anew.</param>
    internal static WeChatApiException StillUsedUp(WeChatApiException refusal, string appId, TimeSpan left) => new(
        refusal.ApiPath,
        refusal.ErrorCode,
        WeChatErrorClass.Quota,
        $"{refusal.ApiPath} was not called: the day's calls of {appId} are used up, as the platform said before. They are counted anew at 00:00 China time; "
            + $"until then one call a minute asks whether they were reset. {refusal.Message}",
        refusal)
    {
        ErrorMessage = refusal.ErrorMessage,
        RequestId = refusal.RequestId,
        RetryAfter = left,
    };

    private static TimeSpan? RetryAfter(int errorCode, WeChatErrorClass errorClass) => errorCode switch
    {
        WeChatErrorCodes.SendTooFast => TimeSpan.FromSeconds(1),
        WeChatErrorCodes.ApiQuotaReached or WeChatErrorCodes.ApiMinuteQuotaReached when errorClass is WeChatErrorClass.RateLimited => TimeSpan.FromMinutes(1),
        WeChatErrorCodes.IpRefusedTwice => TimeSpan.FromHours(24),
        WeChatErrorCodes.IpRefused => TimeSpan.FromHours(1),
        _ => null,
    };
}
