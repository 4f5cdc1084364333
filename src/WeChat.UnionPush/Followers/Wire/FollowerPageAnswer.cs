using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

internal sealed class FollowerPageAnswer : ApiAnswer
{
    [JsonPropertyName("total")]
    public long? Total { get; set; }

    [JsonPropertyName("count")]
    public long? Count { get; set; }

    [JsonPropertyName("data")]
    [JsonConverter(typeof(ObjectOrNothingConverter<FollowerPageData>))]
    public FollowerPageData? Data { get; set; }

    [JsonPropertyName("next_openid")]
    public string? NextOpenId { get; set; }
}

internal sealed class FollowerPageData
{
    [JsonPropertyName("openid")]
    [JsonConverter(typeof(OpenIdsConverter))]
    public List<string>? OpenIds { get; set; }
}

/// <summary>
/// Reads a page's openids, leaving out those that are null, blank or what no store can keep. A list that grew to a page's size would leave arrays on the large object heap,
/// where they stay until everything is collected. So it gets that size at once, but only when there are many: an answer may have the member as often as it likes.
/// </summary>
internal sealed class OpenIdsConverter : JsonConverter<List<string>?>
{
    private const int PageSize = 10_000;
    private const int Many = 1024;

    public override List<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        var openIds = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var openId = reader.TokenType is JsonTokenType.String or JsonTokenType.Null ? reader.GetString() : throw new JsonException();
            if (!string.IsNullOrWhiteSpace(openId) && PlatformId.Fits(openId))
            {
                if (openIds.Count == Many)
                {
                    openIds.EnsureCapacity(PageSize);
                }

                openIds.Add(openId);
            }
        }

        return openIds;
    }

    public override void Write(Utf8JsonWriter writer, List<string>? value, JsonSerializerOptions options) => throw new NotSupportedException();
}
