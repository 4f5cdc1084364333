using System.Net;

namespace WeChat.UnionPush;

/// <summary>Says what an attempt came to: the platform's answer, a stranger's, none, or nothing that left this machine.</summary>
internal sealed class AttemptJudge(ApiHosts hosts)
{
    public ApiAttempt Answered(ApiEndpoint endpoint, int host, HttpResponseMessage response, ReadOnlyMemory<byte> body)
    {
        var status = response.StatusCode;

        // The platform's own codes count under any status; a success only under 200.
        var answer = endpoint.Read(body.Span);
        if (answer is { ErrorCode: not 0 })
        {
            return new(answer, mayRepeat: endpoint.Repeat != ApiRepeat.WhenNotSent && WeChatApiErrors.MayRepeat(endpoint.Path, answer.ErrorCode, answer.ErrorMessage));
        }

        if (answer is not null && status == HttpStatusCode.OK)
        {
            return answer.FindMissing() is { } missing
                ? new(WeChatApiErrors.Incomplete(endpoint.Path, missing), mayRepeat: endpoint.Repeat == ApiRepeat.Always)
                : new(answer, mayRepeat: false);
        }

        if (status == HttpStatusCode.PreconditionFailed)
        {
            return Refused(endpoint, status, $"{endpoint.Path} answered HTTP 412: the request arrived without Content-Length. The library sends one, "
                + "so a proxy or a handler added with ConfigureHttpClient re-encodes the body.");
        }

        var shown = endpoint.AnswersSecret ? Redaction.QuoteBesideSecrets(body.Span) : Redaction.Quote(body.Span);
        if (status is >= HttpStatusCode.MultipleChoices and < HttpStatusCode.InternalServerError and not HttpStatusCode.RequestTimeout and not HttpStatusCode.TooManyRequests)
        {
            return Refused(endpoint, status,
                $"{endpoint.Path} answered HTTP {(int)status} and nothing of the platform's: {shown} Check ApiBaseAddress, and the proxy if there is one.");
        }

        hosts.Failed(host);
        var message = status == HttpStatusCode.OK
            ? $"{endpoint.Path} gave an answer that cannot be read: {shown}{AnswerEncoding.Unknown(response)} What became of the call is not known."
            : $"{endpoint.Path} answered HTTP {(int)status}: {shown} A gateway failed; what became of the call is not known.";
        return Unknown(endpoint, new WeChatApiException(endpoint.Path, null, WeChatErrorClass.Transient, message)
        {
            StatusCode = status == HttpStatusCode.OK ? null : status,
            OutcomeUnknown = true,
            IsUnreadable = status == HttpStatusCode.OK,
        });
    }

    /// <summary>Nothing left this machine, so the call may be made again whatever it does.</summary>
    public ApiAttempt Unreached(ApiEndpoint endpoint, int host, Exception exception)
    {
        hosts.Failed(host);
        return new(
            new WeChatApiException(
                endpoint.Path,
                null,
                WeChatErrorClass.Transient,
                $"{endpoint.Path} could not be reached on {hosts[host].Host}: {Redaction.Quote(exception.Message)} Check network, proxy and DNS of this machine.",
                Redaction.Masked(exception)),
            mayRepeat: true);
    }

    /// <summary>The request left, and no answer came.</summary>
    public ApiAttempt Lost(ApiEndpoint endpoint, int host, Exception? exception, string what)
    {
        hosts.Failed(host);
        return Unknown(endpoint, new WeChatApiException(
            endpoint.Path, null, WeChatErrorClass.Transient, $"{endpoint.Path} on {hosts[host].Host} {what}; what became of the call is not known.", Redaction.Masked(exception))
        {
            OutcomeUnknown = true,
        });
    }

    private static ApiAttempt Refused(ApiEndpoint endpoint, HttpStatusCode status, string message) =>
        new(new WeChatApiException(endpoint.Path, null, WeChatErrorClass.Request, message) { StatusCode = status }, mayRepeat: false);

    private static ApiAttempt Unknown(ApiEndpoint endpoint, WeChatApiException failure) =>
        new(failure, mayRepeat: endpoint.Repeat == ApiRepeat.Always);
}
