namespace WeChat.UnionPush;

/// <summary>How a push, or a reply to one, is written.</summary>
public enum WeChatCallbackFormat
{
    /// <summary>XML, as every Official Account and most Mini Programs have it.</summary>
    Xml = 0,

    /// <summary>JSON, which a Mini Program may choose in the console.</summary>
    Json,
}
