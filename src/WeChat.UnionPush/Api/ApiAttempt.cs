namespace WeChat.UnionPush;

/// <summary>The outcome of an attempt. Of no type of answer, so that each call after the first of a process finds the code compiled, whatever API it calls.</summary>
/// <param name="Answer">The platform's answer.</param>
/// <param name="Failure">The failure, when there is no answer.</param>
/// <param name="MayRepeat">Whether another attempt may be made.</param>
/// <param name="IsLost">Whether this attempt, or one before it, may have been carried out although no answer came.</param>
internal sealed record ApiAttempt(ApiAnswer? Answer, WeChatApiException? Failure, bool MayRepeat, bool IsLost)
{
    public ApiAttempt(ApiAnswer answer, bool mayRepeat)
        : this(answer, null, mayRepeat, IsLost: false)
    {
    }

    public ApiAttempt(WeChatApiException failure, bool mayRepeat)
        : this(null, failure, mayRepeat, failure.OutcomeUnknown)
    {
    }

    /// <summary>The platform's code, the HTTP status or <c>no_answer</c>, for metrics; <see langword="null"/> after a success.</summary>
    public string? Error => Failure switch
    {
        { StatusCode: { } status } => ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture),
        not null => "no_answer",
        _ => Answer!.ErrorCode != 0 ? new WeChatErrorCode(Answer.ErrorCode).ToString() : null,
    };

    /// <summary>The code or the failure, for the log.</summary>
    public string Reason => Answer is { } answer ? new WeChatErrorCode(answer.ErrorCode).ToString() : Failure!.Message;
}
