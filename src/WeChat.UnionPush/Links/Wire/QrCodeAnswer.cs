using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

internal sealed class QrCodeAnswer : ApiAnswer
{
    [JsonPropertyName("ticket")]
    public string? Ticket { get; set; }

    [JsonPropertyName("url")]
    public string? Url { get; set; }

    public override string? FindMissing() => string.IsNullOrWhiteSpace(Ticket) ? "ticket" : string.IsNullOrWhiteSpace(Url) ? "url" : null;
}
