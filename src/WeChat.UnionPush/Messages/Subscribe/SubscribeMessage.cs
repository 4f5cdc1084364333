using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush;

/// <summary>
/// A subscribe message (订阅消息) without its recipient, for people who agreed to it with a tap. Make it once with <see cref="Create"/> and send it to any
/// number of people. Immutable. The fields have the same types and rules as those of a <see cref="TemplateMessage"/>.
/// See <see href="https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_sendmessage"/>.
/// </summary>
/// <example>
/// <code>
/// var message = SubscribeMessage.Create("hsKVNL9ytF1oiFI_ZW6qe9Rnb5RAmZOkD4XTF2NLQYs")
///     .Thing("thing1", order.Title)
///     .Amount("amount2", order.Total)
///     .Page("pages/order?id=42")
///     .Build();
/// </code>
/// </example>
public sealed class SubscribeMessage
{
    // The policies under which the values are known to fit, a bit for each: a message is checked once, however many people it is pushed to.
    private int _fits;

    internal SubscribeMessage(
        string templateId, ImmutableArray<TemplateField> fields, string? page, MiniProgramState state, string? language, TemplateValuePolicy? valuePolicy)
    {
        TemplateId = templateId;
        Fields = fields;
        Page = page;
        State = state;
        Language = language;
        ValuePolicy = valuePolicy;
    }

    /// <summary>Id of a subscription template of the sending app (<c>priTmplId</c>), not of a template message's.</summary>
    public string TemplateId { get; }

    /// <summary>The fields in the order they were set. Keys are unique.</summary>
    public ImmutableArray<TemplateField> Fields { get; }

    /// <summary>Mini Program page that a tap opens, or <see langword="null"/>: then a tap opens nothing.</summary>
    public string? Page { get; }

    /// <summary>Which version of the Mini Program the page is opened in; <see cref="MiniProgramState.Formal"/> by default.</summary>
    public MiniProgramState State { get; }

    /// <summary>Language in which the phone opens the page (<c>lang</c>), or <see langword="null"/> for the platform's default, <c>zh_CN</c>.</summary>
    public string? Language { get; }

    /// <summary>What to do with a value that does not fit, when this message overrides its registration; otherwise <see langword="null"/>.</summary>
    public TemplateValuePolicy? ValuePolicy { get; }

    /// <summary>Begins a message.</summary>
    /// <param name="templateId">Id of a subscription template of the sending app.</param>
    /// <exception cref="ArgumentException"><paramref name="templateId"/> is null, empty or blank.</exception>
    public static SubscribeMessageBuilder Create(string templateId) => new(templateId);

    /// <summary>Reports what the platform would refuse, without calling it, as <see cref="TemplateMessage.Validate"/> does.</summary>
    /// <param name="template">The app's template of <see cref="TemplateId"/>, or <see langword="null"/> to check by the keys' types alone.</param>
    /// <param name="policy">What to do with values that do not fit, when the message itself does not say (<see cref="ValuePolicy"/>).</param>
    /// <returns>The problems in the order of the fields, then of the template's keys; empty when there is none.</returns>
    public IReadOnlyList<TemplateMessageProblem> Validate(MessageTemplate? template = null, TemplateValuePolicy policy = TemplateValuePolicy.Reject) =>
        TemplateMessageValidation.Problems(Fields, template, ValuePolicy ?? policy);

    /// <summary>Shows the exact JSON that would be sent to a Mini Program user.</summary>
    /// <param name="miniProgramOpenId">Openid of the recipient in the Mini Program.</param>
    public string ToJson(string miniProgramOpenId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(miniProgramOpenId);
        using var buffer = new PooledBuffer();
        Mended(TemplateValuePolicy.Reject).WriteTo(buffer, miniProgramOpenId);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Checks the values.</summary>
    /// <param name="registrationPolicy">The registration's policy, which applies when the message has none.</param>
    /// <exception cref="TemplateMessageException">The platform would refuse the message.</exception>
    internal void ThrowIfUnfit(TemplateValuePolicy registrationPolicy)
    {
        var policy = ValuePolicy ?? registrationPolicy;
        if ((_fits & (1 << (int)policy)) == 0)
        {
            ThrowIfUnfitUnder(policy);
        }
    }

    /// <summary>The message to send: this one, or a copy with values repaired and cut.</summary>
    /// <param name="registrationPolicy">The registration's policy, which applies when the message has none.</param>
    /// <exception cref="TemplateMessageException">The platform would refuse it.</exception>
    internal SubscribeMessage Prepare(TemplateValuePolicy registrationPolicy)
    {
        ThrowIfUnfit(registrationPolicy);
        return Mended(registrationPolicy);
    }

    /// <summary>Writes the body of <c>subscribe/send</c>.</summary>
    internal void WriteTo(IBufferWriter<byte> output, string toUser)
    {
        using var json = new Utf8JsonWriter(output, WireText.WriterOptions);
        Begin(json, toUser);
        if (Page is not null)
        {
            json.WriteString("page"u8, Page);
        }

        json.WriteString("miniprogram_state"u8, State switch
        {
            MiniProgramState.Trial => "trial"u8,
            MiniProgramState.Developer => "developer"u8,
            _ => "formal"u8,
        });
        if (Language is not null)
        {
            json.WriteString("lang"u8, Language);
        }

        End(json);
    }

    /// <summary>Writes the body of <c>subscribe/bizsend</c>, where the page is that of a Mini Program beside the Official Account.</summary>
    internal void WriteNoticeTo(IBufferWriter<byte> output, string toUser, string miniProgramAppId)
    {
        using var json = new Utf8JsonWriter(output, WireText.WriterOptions);
        Begin(json, toUser);
        if (Page is not null)
        {
            json.WriteStartObject("miniprogram"u8);
            json.WriteString("appid"u8, miniProgramAppId);
            json.WriteString("pagepath"u8, Page);
            json.WriteEndObject();
        }

        End(json);
    }

    private void ThrowIfUnfitUnder(TemplateValuePolicy policy)
    {
        if (TemplateMessageValidation.HasErrors(Fields, template: null, policy))
        {
            throw new TemplateMessageException(TemplateId, TemplateMessageValidation.Problems(Fields, template: null, policy));
        }

        Interlocked.Or(ref _fits, 1 << (int)policy);
    }

    private void Begin(Utf8JsonWriter json, string toUser)
    {
        json.WriteStartObject();
        json.WriteString("touser"u8, toUser);
        json.WriteString("template_id"u8, TemplateId);
    }

    private void End(Utf8JsonWriter json)
    {
        json.WriteStartObject("data"u8);
        foreach (ref readonly var field in Fields.AsSpan())
        {
            json.WriteStartObject(field.Key);
            json.WriteString("value"u8, field.Value);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private SubscribeMessage Mended(TemplateValuePolicy registrationPolicy)
    {
        if ((ValuePolicy ?? registrationPolicy) != TemplateValuePolicy.Trim)
        {
            return this;
        }

        var mended = TemplateFieldRules.Mend(Fields);
        return mended == Fields ? this : new(TemplateId, mended, Page, State, Language, ValuePolicy);
    }
}
