namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// What every push of the platform has: sender, time, type, and the body it was read from.
/// See <see href="https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_event_pushes"/>.
/// </summary>
public sealed record WeChatCallback
{
    /// <summary>App id of the Official Account or Mini Program the push was made to.</summary>
    public required string AppId { get; init; }

    /// <summary><c>ToUserName</c>: the original id (原始 ID) of the account, such as <c>gh_0123456789ab</c>; empty when missing.</summary>
    public required string ToUserName { get; init; }

    /// <summary><c>FromUserName</c>: the sender's openid in this app.</summary>
    public required string OpenId { get; init; }

    /// <summary><c>CreateTime</c>, to the second.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary><c>MsgType</c>: <c>event</c> for events, otherwise the type of the message, such as <c>text</c>.</summary>
    public required string MessageType { get; init; }

    /// <summary><c>Event</c> as the platform spelt it, such as <c>subscribe</c>; <see langword="null"/> for messages.</summary>
    public required string? EventName { get; init; }

    /// <summary>
    /// Equal for the platform's tries of one push, and different for two pushes: sender, time, event, and its <c>MsgID</c> or a hash of all it says;
    /// for messages sender and <c>MsgId</c>. Unique within one app. At most 420 characters.
    /// </summary>
    public required string DeduplicationKey { get; init; }

    /// <summary>The decrypted body, as the platform wrote it. It holds what users wrote.</summary>
    public required string Body { get; init; }

    /// <summary>What <see cref="Body"/> is written in.</summary>
    public required WeChatCallbackFormat Format { get; init; }

    /// <summary>Says what came and when, and nothing of the body.</summary>
    public override string ToString() => $"{EventName ?? MessageType} at {CreatedAt:O}";
}
