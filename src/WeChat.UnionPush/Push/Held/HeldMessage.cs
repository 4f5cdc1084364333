using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>A message that waits for its recipient to follow, as the store keeps it.</summary>
internal sealed record HeldMessage
{
    [JsonPropertyName("i")]
    public required string ClientMessageId { get; init; }

    /// <summary>Until when it is worth sending, in milliseconds since 1970.</summary>
    [JsonPropertyName("e")]
    public required long ExpiresAt { get; init; }

    /// <summary>When it was tried first, in milliseconds since 1970; 0 when it was not.</summary>
    [JsonPropertyName("s")]
    public long TriedAt { get; init; }

    /// <summary>Until when one machine has it, in milliseconds since 1970.</summary>
    [JsonPropertyName("b")]
    public long BusyUntil { get; init; }

    [JsonPropertyName("t")]
    public required HeldContent Content { get; init; }

    [JsonPropertyName("u")]
    public string? Url { get; init; }

    [JsonPropertyName("m")]
    public string? MiniProgramAppId { get; init; }

    [JsonPropertyName("c")]
    public string? CorrelationId { get; init; }

    [JsonPropertyName("x")]
    public HeldContent? Subscribe { get; init; }

    [JsonPropertyName("n")]
    public HeldContent? Notice { get; init; }

    [JsonPropertyName("w")]
    public string? CustomerServiceText { get; init; }

    public static HeldMessage Of(TemplateMessage message, DateTimeOffset expiresAt) => new()
    {
        ClientMessageId = message.ClientMessageId ?? Guid.NewGuid().ToString("N"),
        ExpiresAt = expiresAt.ToUnixTimeMilliseconds(),
        Content = new HeldContent
        {
            TemplateId = message.TemplateId,
            Fields = HeldContent.Write(message.Fields),
            Page = message.MiniProgram?.PagePath,
            ValuePolicy = (int?)message.ValuePolicy,
        },
        Url = message.Url,
        MiniProgramAppId = message.MiniProgram?.AppId,
        CorrelationId = message.CorrelationId,
        Subscribe = HeldContent.Of(message.Subscribe),
        Notice = HeldContent.Of(message.Notice),
        CustomerServiceText = message.CustomerServiceText,
    };

    public TemplateMessage ToMessage() => new(
        Content.TemplateId,
        HeldContent.ReadFields(Content.Fields),
        Url,
        MiniProgramAppId is { } appId ? new MiniProgramLink(appId, Content.Page) : null,
        ClientMessageId,
        (TemplateValuePolicy?)Content.ValuePolicy,
        CorrelationId,
        HeldContent.Alternatives(Subscribe, Notice, CustomerServiceText));

    public static List<HeldMessage> Read(string? json) => json is null ? [] : JsonSerializer.Deserialize(json, HeldJson.Plain.ListHeldMessage)!;

    public static string Write(List<HeldMessage> messages) => JsonSerializer.Serialize(messages, HeldJson.Plain.ListHeldMessage);
}

/// <summary>What the template message and its alternatives have in common.</summary>
internal sealed record HeldContent
{
    [JsonPropertyName("t")]
    public required string TemplateId { get; init; }

    /// <summary>Key, value and, where there is one, colour.</summary>
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

    public static HeldContent? Of(SubscribeMessage? message) => message is null ? null : new HeldContent
    {
        TemplateId = message.TemplateId,
        Fields = Write(message.Fields),
        Page = message.Page,
        State = (int)message.State,
        Language = message.Language,
        ValuePolicy = (int?)message.ValuePolicy,
    };

    public static string[][] Write(ImmutableArray<TemplateField> fields) =>
        [.. fields.Select(static field => field.Color is { } color ? [field.Key, field.Value, color] : (string[])[field.Key, field.Value])];

    public static ImmutableArray<TemplateField> ReadFields(string[][] fields) =>
        [.. fields.Select(static field => new TemplateField(field[0], field[1], field.Length > 2 ? field[2] : null))];

    public static TemplateAlternatives? Alternatives(HeldContent? subscribe, HeldContent? notice, string? customerServiceText) =>
        subscribe is null && notice is null && customerServiceText is null
            ? null
            : new TemplateAlternatives { Subscribe = subscribe?.ToSubscribeMessage(), Notice = notice?.ToSubscribeMessage(), CustomerServiceText = customerServiceText };

    private SubscribeMessage ToSubscribeMessage() => new(TemplateId, ReadFields(Fields), Page, (MiniProgramState)State, Language, (TemplateValuePolicy?)ValuePolicy);
}

/// <summary>Reads and writes held messages.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(List<HeldMessage>))]
internal sealed partial class HeldJson : JsonSerializerContext
{
    /// <summary>With Chinese as it is, which takes half the room.</summary>
    public static HeldJson Plain { get; } = new(new JsonSerializerOptions
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
