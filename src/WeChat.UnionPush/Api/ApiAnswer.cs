using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>What every answer of the platform may carry. An absent <c>errcode</c> means success.</summary>
internal class ApiAnswer
{
    [JsonPropertyName("errcode")]
    public int ErrorCode { get; set; }

    [JsonPropertyName("errmsg")]
    public string? ErrorMessage { get; set; }
}
