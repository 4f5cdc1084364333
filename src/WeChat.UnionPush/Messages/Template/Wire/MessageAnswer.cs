using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

internal sealed class MessageAnswer : ApiAnswer
{
    /// <summary><see langword="null"/> where it is missing or cannot be read: the message was accepted all the same.</summary>
    [JsonPropertyName("msgid")]
    [JsonConverter(typeof(WholeNumberOrNothingConverter))]
    public long? MessageId { get; set; }

    // A code that says 0 is the platform's word; without it and without an id it could be anybody's JSON.
    public override string? FindMissing() => MessageId is null && Code is null ? "msgid" : null;
}
