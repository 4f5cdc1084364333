using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

internal sealed class OpenDataWire
{
    [JsonPropertyName("openId")]
    public string? OpenId { get; set; }

    [JsonPropertyName("unionId")]
    public string? UnionId { get; set; }

    [JsonPropertyName("watermark")]
    public OpenDataWatermark? Watermark { get; set; }
}

internal sealed class OpenDataWatermark
{
    [JsonPropertyName("appid")]
    public string? AppId { get; set; }

    [JsonPropertyName("timestamp")]
    public long Timestamp { get; set; }
}
