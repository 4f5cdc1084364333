namespace WeChat.UnionPush.Callbacks;

/// <summary>The answer to a request at the callback URL, as <c>text/plain</c> in UTF-8.</summary>
/// <param name="StatusCode">The HTTP status. The platform tries again, three times in all, unless it is 200.</param>
/// <param name="Body">The body, possibly empty.</param>
public readonly record struct WeChatCallbackAnswer(int StatusCode, string Body)
{
    /// <summary>The push was kept: the platform need not retry.</summary>
    internal static WeChatCallbackAnswer Success => new(200, "success");

    /// <summary>The push could not be kept now: the platform should retry.</summary>
    internal static WeChatCallbackAnswer TryAgain => new(503, "");

    /// <summary>The request was not accepted.</summary>
    internal static WeChatCallbackAnswer Refused(CallbackRefusal refusal) => new(
        refusal switch
        {
            CallbackRefusal.Signature or CallbackRefusal.MessageSignature or CallbackRefusal.Expired or CallbackRefusal.WrongApp => 403,
            CallbackRefusal.TooLarge => 413,
            CallbackRefusal.Interrupted => 408,
            _ => 400,
        },
        "");
}
