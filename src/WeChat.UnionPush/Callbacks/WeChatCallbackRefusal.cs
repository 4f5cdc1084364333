namespace WeChat.UnionPush;

/// <summary>Why a push was not accepted.</summary>
public enum WeChatCallbackRefusal
{
    /// <summary>It was accepted.</summary>
    None = 0,

    /// <summary>A signature is missing or wrong: it does not come from the platform, or the Token is not the one in the console.</summary>
    Signature,

    /// <summary>Its time lies outside <see cref="WeChatCallbackOptions.ReplayWindow"/>: it is replayed, or this machine's clock is wrong.</summary>
    Expired,

    /// <summary>It was sent in another mode than the one configured, such as plain in safe mode.</summary>
    Mode,

    /// <summary>Its body is longer than <see cref="WeChatCallbackReader.MaxBodyLength"/>.</summary>
    TooLarge,

    /// <summary>It cannot be read: not UTF-8, neither XML nor JSON, with a DTD, nested too deep, or without sender, time or type.</summary>
    Malformed,

    /// <summary>It cannot be decrypted: it was damaged, or the EncodingAESKey is not the one in the console.</summary>
    Encryption,

    /// <summary>It was meant for another app id.</summary>
    WrongApp,
}
