namespace WeChat.UnionPush;

/// <summary>Turns an answer with an error code into the exception that says what it means and what to do.</summary>
internal static class WeChatApiErrors
{
    /// <summary>What an error asks for, judged by code and API.</summary>
    /// <param name="apiPath">Path of the API, without its query.</param>
    /// <param name="errorCode">The platform's code.</param>
    /// <param name="errorMessage">The platform's text, if any.</param>
    internal static WeChatErrorClass Classify(string apiPath, int errorCode, string? errorMessage) =>
        WeChatErrorTable.Read(apiPath, errorCode, errorMessage).Class;

    /// <summary>Makes the exception for an answer that carries an error code.</summary>
    /// <param name="apiPath">Path of the API, without its query.</param>
    /// <param name="errorCode">The platform's code.</param>
    /// <param name="errorMessage">The platform's text, if any.</param>
    internal static WeChatApiException Create(string apiPath, int errorCode, string? errorMessage)
    {
        var reading = WeChatErrorTable.Read(apiPath, errorCode, errorMessage);
        var field = errorCode is 47003 ? WeChatErrorText.Field(errorMessage) : null;
        var address = errorCode is 40164 ? WeChatErrorText.IpAddress(errorMessage) : null;
        var quoted = string.IsNullOrEmpty(errorMessage) ? null : Redaction.Quote(errorMessage, Redaction.ErrorMessageLimit);
        var advice = (field, address) switch
        {
            (not null, _) => $"Correct the value of {field}: it is missing, empty, or breaks the rule of its type.",
            (_, not null) => $"Add {address} to the IP whitelist (IP白名单) of the account on mp.weixin.qq.com.",
            _ => reading.Advice,
        };
        var text = quoted is null ? "" : $" \"{quoted}\"";
        return new(apiPath, errorCode, reading.Class, $"{apiPath} was refused: {errorCode}{text} ({reading.Meaning}). {advice}")
        {
            ErrorMessage = quoted,
            RequestId = WeChatErrorText.RequestId(errorMessage),
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
    };

    private static TimeSpan? RetryAfter(int errorCode, WeChatErrorClass errorClass) => errorCode switch
    {
        44990 => TimeSpan.FromSeconds(1),
        45009 or 45011 when errorClass is WeChatErrorClass.RateLimited => TimeSpan.FromMinutes(1),
        89506 => TimeSpan.FromHours(24),
        89507 => TimeSpan.FromHours(1),
        _ => null,
    };
}
