using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>A message that waits for its recipient to follow, as the store keeps it.</summary>
internal sealed record HeldMessage
{
    /// <summary>The message. It has an id, by which it is found among those that the person waits for.</summary>
    [JsonPropertyName("m")]
    public required StoredMessage Message { get; init; }

    /// <summary>Until when it is worth sending, in milliseconds since 1970.</summary>
    [JsonPropertyName("e")]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required long ExpiresAt { get; init; }

    /// <summary>When it was tried first, in milliseconds since 1970; 0 when it was not.</summary>
    [JsonPropertyName("s")]
    public long TriedAt { get; init; }

    /// <summary>Until when one machine has it, in milliseconds since 1970.</summary>
    [JsonPropertyName("b")]
    public long BusyUntil { get; init; }

    [JsonIgnore]
    public string ClientMessageId => Message.ClientMessageId!;

    public static HeldMessage Of(TemplateMessage message, DateTimeOffset expiresAt) => new()
    {
        Message = StoredMessage.Of(message) with { ClientMessageId = message.ClientMessageId ?? Guid.NewGuid().ToString("N") },
        ExpiresAt = expiresAt.ToUnixTimeMilliseconds(),
    };

    public TemplateMessage ToMessage() => Message.ToMessage();

    /// <exception cref="JsonException">They are no stored messages.</exception>
    public static List<HeldMessage> Read(string? json)
    {
        var messages = json is null ? [] : JsonSerializer.Deserialize(json, StoredJson.Plain.ListHeldMessage);
        return messages is not null && !messages.Contains(null!) ? messages : throw new JsonException("A message that is held is null.");
    }

    public static string Write(List<HeldMessage> messages) => JsonSerializer.Serialize(messages, StoredJson.Plain.ListHeldMessage);
}
