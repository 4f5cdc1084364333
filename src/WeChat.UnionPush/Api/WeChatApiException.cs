using System.Net;

namespace WeChat.UnionPush;

/// <summary>
/// The platform refused a call, or what became of it is not known. The message quotes the platform's own text, says what to do, and names the platform's
/// page for diagnosis where there is a <see cref="RequestId"/>; neither it nor any property carries a token, a secret or the URL of a call.
/// </summary>
public sealed class WeChatApiException : Exception
{
    /// <summary>Makes the exception for a call.</summary>
    /// <param name="apiPath">Path of the API, such as <c>/cgi-bin/user/get</c>, without its query.</param>
    /// <param name="errorCode">The platform's code, or <see langword="null"/> when there was no readable answer.</param>
    /// <param name="errorClass">What the error asks for.</param>
    /// <param name="message">What happened and what to do.</param>
    /// <param name="innerException">The failure beneath, if any.</param>
    public WeChatApiException(string apiPath, WeChatErrorCode? errorCode, WeChatErrorClass errorClass, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        ApiPath = apiPath;
        ErrorCode = errorCode;
        ErrorClass = errorClass;
    }

    /// <summary>Path of the API that answered, such as <c>/cgi-bin/user/get</c>, without its query.</summary>
    public string ApiPath { get; }

    /// <summary>The platform's error code, or <see langword="null"/> when there was no readable answer (time-out, reset, HTML from a gateway).</summary>
    public WeChatErrorCode? ErrorCode { get; }

    /// <summary>What the error asks for, judged by code and API.</summary>
    public WeChatErrorClass ErrorClass { get; }

    /// <summary>The platform's own text (<c>errmsg</c>), or <see langword="null"/>.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>
    /// The platform's request id (<c>rid</c>), or <see langword="null"/>. <c>openapi/rid/get</c> and
    /// <see href="https://developers.weixin.qq.com/console/devtools/debug?tab=errorDiag"/> look it up for seven days.
    /// </summary>
    public string? RequestId { get; init; }

    /// <summary>The template key that 47003 names, such as <c>thing1</c>, or <see langword="null"/>.</summary>
    public string? Field { get; init; }

    /// <summary>The caller's address that 40164 or 61004 names and that belongs on the account's IP whitelist, or <see langword="null"/>.</summary>
    public string? IpAddress { get; init; }

    /// <summary>The HTTP status, when it was not 200; otherwise <see langword="null"/>.</summary>
    public HttpStatusCode? StatusCode { get; init; }

    /// <summary>Whether the platform may have carried the call out although no answer could be read.</summary>
    public bool OutcomeUnknown { get; init; }

    /// <summary>Whether the platform answered with something that is no JSON, so that asking for less may help.</summary>
    internal bool IsUnreadable { get; init; }

    /// <summary>How long to wait before the platform takes such calls again, where that is known; otherwise <see langword="null"/>.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
