using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

internal sealed class SessionAnswer : ApiAnswer
{
    [JsonPropertyName("openid")]
    public string? OpenId { get; set; }

    [JsonPropertyName("session_key")]
    public string? SessionKey { get; set; }

    [JsonPropertyName("unionid")]
    public string? UnionId { get; set; }
}
