namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// The query parameters of a request to the callback URL, as they came and decoded once. Whatever is missing is <see langword="null"/>.
/// </summary>
public sealed record WeChatCallbackQuery
{
    /// <summary><c>signature</c>: covers Token, timestamp and nonce.</summary>
    public string? Signature { get; init; }

    /// <summary><c>timestamp</c>: seconds since 1970.</summary>
    public string? Timestamp { get; init; }

    /// <summary><c>nonce</c>.</summary>
    public string? Nonce { get; init; }

    /// <summary><c>encrypt_type</c>: <c>aes</c>; missing or <c>raw</c> in plain mode.</summary>
    public string? EncryptType { get; init; }

    /// <summary><c>msg_signature</c>: covers the encrypted body too.</summary>
    public string? MessageSignature { get; init; }

    /// <summary><c>echostr</c>: what the answer to the verification of the URL has to be.</summary>
    public string? Echo { get; init; }
}
