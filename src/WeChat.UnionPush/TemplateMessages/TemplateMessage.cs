using System.Buffers;
using System.Collections.Immutable;

namespace WeChat.UnionPush;

/// <summary>
/// A template message (模板消息) without its recipient: made once with <see cref="Create"/>, sent to as many as it suits. Immutable.
/// See <see href="https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage"/>.
/// </summary>
/// <example>
/// <code>
/// var message = TemplateMessage.Create("ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY")
///     .Thing("thing1", order.Title)
///     .Amount("amount2", order.Total)
///     .Time("time3", order.PaidAt)
///     .OpenMiniProgram("wx0123456789abcdef", "pages/order?id=42")
///     .IdempotencyKey($"order-paid/{order.Id}")
///     .Build();
/// </code>
/// </example>
public sealed class TemplateMessage
{
    internal TemplateMessage(
        string templateId,
        ImmutableArray<TemplateField> fields,
        string? url,
        MiniProgramLink? miniProgram,
        string? clientMessageId,
        TemplateValuePolicy? valuePolicy)
    {
        TemplateId = templateId;
        Fields = fields;
        Url = url;
        MiniProgram = miniProgram;
        ClientMessageId = clientMessageId;
        ValuePolicy = valuePolicy;
    }

    /// <summary>Id of a template in the sending Official Account's own list (not of a subscribe notification, 订阅通知).</summary>
    public string TemplateId { get; }

    /// <summary>The fields in the order they were set. Keys are unique.</summary>
    public ImmutableArray<TemplateField> Fields { get; }

    /// <summary>Page that a tap opens, or <see langword="null"/>. Beside a <see cref="MiniProgram"/> only old clients use it.</summary>
    public string? Url { get; }

    /// <summary>Mini Program page that a tap opens, or <see langword="null"/>.</summary>
    public MiniProgramLink? MiniProgram { get; }

    /// <summary>
    /// Anti-duplicate id (<c>client_msg_id</c>, 防重入id) of at most 32 characters, or <see langword="null"/> to have each send draw one of
    /// its own. The platform delivers the same id to the same recipient once within ten minutes.
    /// </summary>
    public string? ClientMessageId { get; }

    /// <summary>What becomes of a value that does not fit, where this message differs from its registration; otherwise <see langword="null"/>.</summary>
    public TemplateValuePolicy? ValuePolicy { get; }

    /// <summary>Begins a message.</summary>
    /// <param name="templateId">Id of a template in the sending Official Account's own list.</param>
    /// <exception cref="ArgumentException"><paramref name="templateId"/> is null, empty or blank.</exception>
    public static TemplateMessageBuilder Create(string templateId) => new(templateId);

    /// <summary>Writes the body of <c>template/send</c> for one recipient.</summary>
    /// <param name="output">Where to; gets its bytes in one piece.</param>
    /// <param name="toUser">Openid of the recipient in the Official Account.</param>
    /// <param name="clientMessageId">The <c>client_msg_id</c> of this send, or <see langword="null"/> to leave it out. Most often
    /// <see cref="ClientMessageId"/> or a fresh one.</param>
    internal void WriteTo(IBufferWriter<byte> output, string toUser, string? clientMessageId) =>
        TemplateMessageJson.Write(output, this, toUser, clientMessageId);
}
