namespace WeChat.UnionPush.Callbacks;

/// <summary>Why a request at the callback URL was not accepted.</summary>
internal enum CallbackRefusal
{
    /// <summary>It was accepted.</summary>
    None = 0,

    /// <summary>The query's <c>signature</c> is missing or wrong: it does not come from the platform, or the Token differs from the one in the console.</summary>
    Signature,

    /// <summary>The query is signed, but its <c>msg_signature</c> does not match the body.</summary>
    MessageSignature,

    /// <summary>Its time is outside <see cref="WeChatCallbackAppOptions.ReplayWindow"/>: it is replayed, or this machine's clock is wrong.</summary>
    Expired,

    /// <summary>It was sent in a mode other than the configured one, such as plain in safe mode.</summary>
    Mode,

    /// <summary>Its body is longer than <see cref="WeChatCallbackOptions.MaxBodyLength"/>.</summary>
    TooLarge,

    /// <summary>Its body is incomplete: the connection broke or was too slow.</summary>
    Interrupted,

    /// <summary>It has no body, or a middleware read the body before.</summary>
    Empty,

    /// <summary>It cannot be read: not UTF-8, neither XML nor JSON, with a DTD, nested too deep, or without sender, time or type.</summary>
    Malformed,

    /// <summary>It cannot be decrypted: it was damaged, or the EncodingAESKey is not the one in the console.</summary>
    Encryption,

    /// <summary>It was meant for another app id.</summary>
    WrongApp,
}
