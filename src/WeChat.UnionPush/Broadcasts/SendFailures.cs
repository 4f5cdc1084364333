namespace WeChat.UnionPush.Broadcasts;

/// <summary>What a run does about a send that threw.</summary>
internal static class SendFailures
{
    private const int ContentBlocked = 40249;
    private const int TemplateUnderReview = 40252;
    private const int TemplateBanned = 43116;

    /// <summary>Judges an exception.</summary>
    /// <param name="exception">What the send threw; nothing was sent.</param>
    /// <param name="hasOwnMessage">Whether the message is this recipient's own, so that what is wrong with it concerns nobody else.</param>
    /// <param name="oneOfManyTemplates">The message's template, where others of the run get one of another template; otherwise <see langword="null"/>.</param>
    /// <returns>What keeps the run from going on, or the code with which the recipient alone failed.</returns>
    public static (SendTrouble? Trouble, int Code) Judge(Exception exception, bool hasOwnMessage, string? oneOfManyTemplates)
    {
        switch (exception)
        {
            case WeChatApiException refusal:
                var code = refusal.ErrorCode?.Value ?? 0;
                if (refusal.ErrorClass == WeChatErrorClass.Template && hasOwnMessage && !StopsTemplate(code))
                {
                    return (null, code);
                }

                if (StopsTemplate(code) && oneOfManyTemplates is not null)
                {
                    return (new SendTrouble(SendTroubleKind.StopTemplate, refusal.Message, TemplateId: oneOfManyTemplates), code);
                }

                return refusal.ErrorClass switch
                {
                    WeChatErrorClass.Config or WeChatErrorClass.Template => (Stop(refusal.Message), code),
                    WeChatErrorClass.Quota => (new SendTrouble(SendTroubleKind.Quota, $"{BroadcastReasons.QuotaBegins} {refusal.Message}"), code),
                    WeChatErrorClass.Transient or WeChatErrorClass.RateLimited or WeChatErrorClass.TokenInvalid =>
                        (new SendTrouble(SendTroubleKind.BackOff, refusal.Message, refusal.RetryAfter), code),
                    _ => (null, code),
                };
            case TemplateMessageException invalid:
                return (hasOwnMessage ? null : Stop(invalid.Message), 0);
            default:
                return (new SendTrouble(SendTroubleKind.BackOff, exception.Message), 0);
        }
    }

    /// <summary>What the code of an attempt behind one whose answer was lost asks for.</summary>
    public static SendTrouble? TroubleOf(int code, string reason, string? oneOfManyTemplates) => new WeChatErrorCode(code).Class switch
    {
        _ when code == 0 => null,
        _ when StopsTemplate(code) && oneOfManyTemplates is not null => new SendTrouble(SendTroubleKind.StopTemplate, reason, TemplateId: oneOfManyTemplates),
        WeChatErrorClass.Config or WeChatErrorClass.Template => Stop(reason),
        WeChatErrorClass.Quota => new SendTrouble(SendTroubleKind.Quota, $"{BroadcastReasons.QuotaBegins} {reason}"),
        _ => null,
    };

    private static bool StopsTemplate(int code) => code is ContentBlocked or TemplateUnderReview or TemplateBanned;

    private static SendTrouble Stop(string reason) => new(SendTroubleKind.Stop, reason);
}
