namespace WeChat.UnionPush;

/// <summary>
/// What each code of <c>subscribe/send</c> and <c>subscribe/bizsend</c> comes to. Only codes whose reason is the recipient are a result; the others are
/// thrown, because somebody has to mend something. What a code means to a human is in <see cref="WeChatErrorTable"/>.
/// </summary>
internal static class SubscribeOutcomes
{
    /// <summary>The status of a refusal, or null when it is thrown.</summary>
    /// <param name="path">Path of the API.</param>
    /// <param name="errorCode">The platform's code; not 0.</param>
    /// <param name="errorMessage">The platform's text, if any.</param>
    public static PushStatus? Of(string path, int errorCode, string? errorMessage) => errorCode switch
    {
        WeChatErrorCodes.UserRefused => PushStatus.NotSubscribed,
        WeChatErrorCodes.RecipientTooFrequent => PushStatus.TooFrequent,
        WeChatErrorCodes.InvalidOpenId => PushStatus.NotSignedIn,
        _ => WeChatApiErrors.Classify(path, errorCode, errorMessage) switch
        {
            WeChatErrorClass.Recipient => PushStatus.Refused,
            WeChatErrorClass.Duplicate => PushStatus.Duplicate,
            _ => null,
        },
    };
}
