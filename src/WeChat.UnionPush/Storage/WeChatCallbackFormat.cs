namespace WeChat.UnionPush.Callbacks;

/// <summary>The format of a push or of a reply to one.</summary>
public enum WeChatCallbackFormat
{
    /// <summary>XML, the format of every Official Account and most Mini Programs.</summary>
    Xml = 0,

    /// <summary>JSON, which can be chosen in the console of a Mini Program.</summary>
    Json,
}
