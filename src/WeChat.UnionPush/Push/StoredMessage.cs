using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>A template message with its alternatives as stores keep it, with short names: a broadcast may keep one for each recipient.</summary>
internal sealed record StoredMessage
{
    [JsonPropertyName("t")]
    public required string TemplateId { get; init; }

    /// <summary>Key, value and, where there is one, colour.</summary>
    [JsonPropertyName("f")]
    public required string[][] Fields { get; init; }

    [JsonPropertyName("u")]
    public string? Url { get; init; }

    [JsonPropertyName("m")]
    public string? MiniProgramAppId { get; init; }

    [JsonPropertyName("p")]
    public string? PagePath { get; init; }

    [JsonPropertyName("i")]
    public string? ClientMessageId { get; init; }

    [JsonPropertyName("c")]
    public string? CorrelationId { get; init; }

    [JsonPropertyName("v")]
    public int? ValuePolicy { get; init; }

    [JsonPropertyName("x")]
    public StoredAlternative? Subscribe { get; init; }

    [JsonPropertyName("n")]
    public StoredAlternative? Notice { get; init; }

    [JsonPropertyName("w")]
    public string? CustomerServiceText { get; init; }

    public static StoredMessage Of(TemplateMessage message) => new()
    {
        TemplateId = message.TemplateId,
        Fields = WriteFields(message.Fields),
        Url = message.Url,
        MiniProgramAppId = message.MiniProgram?.AppId,
        PagePath = message.MiniProgram?.PagePath,
        ClientMessageId = message.ClientMessageId,
        CorrelationId = message.CorrelationId,
        ValuePolicy = (int?)message.ValuePolicy,
        Subscribe = StoredAlternative.Of(message.Subscribe),
        Notice = StoredAlternative.Of(message.Notice),
        CustomerServiceText = message.CustomerServiceText,
    };

    /// <exception cref="JsonException">It is no stored message.</exception>
    public static StoredMessage Read(string json) => JsonSerializer.Deserialize(json, StoredJson.Plain.StoredMessage) ?? throw new JsonException("A stored message is null.");

    public string Write() => JsonSerializer.Serialize(this, StoredJson.Plain.StoredMessage);

    public TemplateMessage ToMessage() => ToMessage(ClientMessageId, CorrelationId);

    /// <summary>The message with another id, and another name of the host's.</summary>
    public TemplateMessage ToMessage(string? clientMessageId, string? correlationId) => new(
        TemplateId,
        ReadFields(Fields),
        Url,
        MiniProgramAppId is { } appId ? new MiniProgramLink(appId, PagePath) : null,
        clientMessageId,
        (TemplateValuePolicy?)ValuePolicy,
        correlationId,
        Subscribe is null && Notice is null && CustomerServiceText is null
            ? null
            : new TemplateAlternatives { Subscribe = Subscribe?.ToMessage(), Notice = Notice?.ToMessage(), CustomerServiceText = CustomerServiceText });

    public static string[][] WriteFields(ImmutableArray<TemplateField> fields) =>
        [.. fields.Select(static field => field.Color is { } color ? [field.Key, field.Value, color] : (string[])[field.Key, field.Value])];

    public static ImmutableArray<TemplateField> ReadFields(string[][] fields) =>
        [.. fields.Select(static field => field is [{ } key, { } value, .. var rest]
            ? new TemplateField(key, value, rest.Length > 0 ? rest[0] : null)
            : throw new JsonException("A field of a stored message has no key and value."))];
}

/// <summary>What is sent instead on the channel of subscribe messages, or of notices.</summary>
internal sealed record StoredAlternative
{
    [JsonPropertyName("t")]
    public required string TemplateId { get; init; }

    /// <summary>Key and value.</summary>
    [JsonPropertyName("f")]
    public required string[][] Fields { get; init; }

    [JsonPropertyName("p")]
    public string? Page { get; init; }

    [JsonPropertyName("s")]
    public int State { get; init; }

    [JsonPropertyName("l")]
    public string? Language { get; init; }

    [JsonPropertyName("v")]
    public int? ValuePolicy { get; init; }

    public static StoredAlternative? Of(SubscribeMessage? message) => message is null ? null : new StoredAlternative
    {
        TemplateId = message.TemplateId,
        Fields = StoredMessage.WriteFields(message.Fields),
        Page = message.Page,
        State = (int)message.State,
        Language = message.Language,
        ValuePolicy = (int?)message.ValuePolicy,
    };

    public SubscribeMessage ToMessage() =>
        new(TemplateId, StoredMessage.ReadFields(Fields), Page, (MiniProgramState)State, Language, (TemplateValuePolicy?)ValuePolicy);
}

/// <summary>Reads and writes stored messages.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(StoredMessage))]
[JsonSerializable(typeof(List<HeldMessage>))]
[JsonSerializable(typeof(LateMessage))]
internal sealed partial class StoredJson : JsonSerializerContext
{
    /// <summary>With Chinese as it is, which takes half the room.</summary>
    public static StoredJson Plain { get; } = new(new JsonSerializerOptions
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
    });
}
