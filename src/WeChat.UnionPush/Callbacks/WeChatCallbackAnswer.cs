namespace WeChat.UnionPush;

/// <summary>What a server has to answer to a request at the callback URL, as <c>text/plain</c> in UTF-8.</summary>
/// <param name="StatusCode">The HTTP status. The platform tries again, three times in all, unless it is 200.</param>
/// <param name="Body">The body, possibly empty.</param>
public readonly record struct WeChatCallbackAnswer(int StatusCode, string Body)
{
    /// <summary>The push was kept: the platform need not try again.</summary>
    public static WeChatCallbackAnswer Success => new(200, "success");

    /// <summary>The push could not be kept just now: the platform should try again.</summary>
    public static WeChatCallbackAnswer TryAgain => new(503, "");

    /// <summary>The request was not accepted.</summary>
    /// <param name="refusal">Why.</param>
    public static WeChatCallbackAnswer Refused(WeChatCallbackRefusal refusal) => new(
        refusal switch
        {
            WeChatCallbackRefusal.Signature or WeChatCallbackRefusal.Expired or WeChatCallbackRefusal.WrongApp => 403,
            WeChatCallbackRefusal.TooLarge => 413,
            _ => 400,
        },
        "");
}
