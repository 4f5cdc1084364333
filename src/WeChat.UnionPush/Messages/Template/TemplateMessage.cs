using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace WeChat.UnionPush;

/// <summary>
/// A template message (模板消息) without its recipient. Make it once with <see cref="Create"/> and send it to any number of people. Immutable.
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
        TemplateValuePolicy? valuePolicy,
        string? correlationId = null,
        TemplateAlternatives? alternatives = null)
    {
        TemplateId = templateId;
        Fields = fields;
        Url = url;
        MiniProgram = miniProgram;
        ClientMessageId = clientMessageId;
        ValuePolicy = valuePolicy;
        CorrelationId = correlationId;
        Alternatives = alternatives;
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
    /// Anti-duplicate id (<c>client_msg_id</c>, 防重入id) of at most 32 characters, or <see langword="null"/> to give each send a new
    /// one. The platform delivers the same id to the same recipient once within ten minutes.
    /// </summary>
    public string? ClientMessageId { get; }

    /// <summary>What to do with a value that does not fit, when this message overrides its registration; otherwise <see langword="null"/>.</summary>
    public TemplateValuePolicy? ValuePolicy { get; }

    /// <summary>
    /// The host's own name for what the message is about, under which its receipt is found (<see cref="IMessageReceipts"/>); <see langword="null"/>
    /// for none. Never sent to the platform.
    /// </summary>
    public string? CorrelationId { get; }

    /// <summary>The subscribe message that <c>AddReach</c> sends where this message cannot arrive; <see langword="null"/> for none.</summary>
    public SubscribeMessage? Subscribe => Alternatives?.Subscribe;

    /// <summary>The subscribe notice of the Official Account that <c>AddReach</c> sends where this message cannot arrive; <see langword="null"/> for none.</summary>
    public SubscribeMessage? Notice => Alternatives?.Notice;

    /// <summary>The text of the customer service message that <c>AddReach</c> sends where this message cannot arrive; <see langword="null"/> for none.</summary>
    public string? CustomerServiceText => Alternatives?.CustomerServiceText;

    internal TemplateAlternatives? Alternatives { get; }

    /// <summary>Begins a message.</summary>
    /// <param name="templateId">Id of a template in the sending Official Account's own list.</param>
    /// <exception cref="ArgumentException"><paramref name="templateId"/> is null, empty or blank.</exception>
    public static TemplateMessageBuilder Create(string templateId) => new(templateId);

    /// <summary>
    /// Reports what the platform would refuse or not show, without calling it. The types in the keys decide. With a template, the message is also
    /// checked against the template's keys and against the rules of historical templates.
    /// </summary>
    /// <param name="template">The account's template of <see cref="TemplateId"/>, or <see langword="null"/> to check by the keys' types alone.</param>
    /// <param name="policy">What to do with values that do not fit, when the message itself does not say (<see cref="ValuePolicy"/>). With
    /// <see cref="TemplateValuePolicy.Trim"/> a value that will be repaired or cut is a warning, and the suggestion is what is sent; with
    /// <see cref="TemplateValuePolicy.PassThrough"/> no value is more than a warning.</param>
    /// <returns>The problems in the order of the fields, then of the template's keys; empty when there is none.</returns>
    public IReadOnlyList<TemplateMessageProblem> Validate(MessageTemplate? template = null, TemplateValuePolicy policy = TemplateValuePolicy.Reject) =>
        TemplateMessageValidation.Problems(Fields, template, ValuePolicy ?? policy);

    /// <summary>Shows the message as text, laid out as on the phone.</summary>
    /// <param name="template">The account's template, which gives title, labels and order and tells what is not shown. Without it the keys are shown
    /// as labels.</param>
    /// <returns>Lines joined with <c>\n</c>: the title, a line for each value, and a line for the link if there is one.</returns>
    public string Preview(MessageTemplate? template = null) => TemplateMessagePreview.Text(Sent(TemplateValuePolicy.Reject), template);

    /// <summary>Shows the exact JSON that would be sent; a message without a <see cref="ClientMessageId"/> gets one when it is sent, which is one more member.</summary>
    /// <param name="openId">Openid of the recipient in the Official Account.</param>
    public string ToJson(string openId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(openId);
        using var buffer = new PooledBuffer();
        Sent(TemplateValuePolicy.Reject).WriteTo(buffer, openId, ClientMessageId);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The message to send: this one, or a copy with values repaired and cut.</summary>
    /// <param name="registrationPolicy">The registration's policy, which applies when the message has none.</param>
    /// <param name="template">The account's template, or <see langword="null"/> to check by the keys' types alone.</param>
    /// <exception cref="TemplateMessageException">The platform would refuse it.</exception>
    internal TemplateMessage Prepare(TemplateValuePolicy registrationPolicy, MessageTemplate? template = null)
    {
        var policy = ValuePolicy ?? registrationPolicy;
        if (TemplateMessageValidation.HasErrors(Fields, template, policy))
        {
            throw new TemplateMessageException(TemplateId, TemplateMessageValidation.Problems(Fields, template, policy));
        }

        return Sent(registrationPolicy);
    }

    /// <summary>Writes the body of <c>template/send</c> for one recipient.</summary>
    /// <param name="output">The buffer; the bytes are written to it in one piece.</param>
    /// <param name="toUser">Openid of the recipient in the Official Account.</param>
    /// <param name="clientMessageId">The <c>client_msg_id</c> of this send, or nothing to leave it out. Usually
    /// <see cref="ClientMessageId"/> or a new one.</param>
    internal void WriteTo(IBufferWriter<byte> output, string toUser, ReadOnlySpan<char> clientMessageId) =>
        TemplateMessageJson.Write(output, this, toUser, clientMessageId);

    private TemplateMessage Sent(TemplateValuePolicy registrationPolicy)
    {
        if ((ValuePolicy ?? registrationPolicy) != TemplateValuePolicy.Trim)
        {
            return this;
        }

        var mended = TemplateFieldRules.Mend(Fields);
        return mended == Fields ? this : new(TemplateId, mended, Url, MiniProgram, ClientMessageId, ValuePolicy, CorrelationId, Alternatives);
    }
}
