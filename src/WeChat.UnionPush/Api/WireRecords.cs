using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

internal sealed class AccessTokenAnswer : ApiAnswer
{
    [JsonPropertyName("access_token")]
    public string? AccessToken { get; set; }

    [JsonPropertyName("expires_in")]
    public long ExpiresIn { get; set; }

    public override string? FindMissing() => string.IsNullOrWhiteSpace(AccessToken) || ExpiresIn <= 0 ? "access_token and expires_in" : null;
}

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

[JsonConverter(typeof(FollowerAnswerConverter))]
internal sealed class FollowerAnswer : ApiAnswer
{
    public FollowerWire Follower { get; set; }

    public override string? FindMissing() => Follower.OpenId is null ? "openid" : null;
}

internal sealed class FollowerBatchAnswer : ApiAnswer
{
    [JsonPropertyName("user_info_list")]
    [JsonConverter(typeof(FollowersConverter))]
    public List<FollowerWire>? Followers { get; set; }
}

internal sealed class SessionAnswer : ApiAnswer
{
    [JsonPropertyName("openid")]
    public string? OpenId { get; set; }

    [JsonPropertyName("session_key")]
    public string? SessionKey { get; set; }

    [JsonPropertyName("unionid")]
    public string? UnionId { get; set; }
}

internal sealed class MessageAnswer : ApiAnswer
{
    [JsonPropertyName("msgid")]
    public long? MessageId { get; set; }

    public override string? FindMissing() => MessageId is null ? "msgid" : null;
}

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

internal sealed class QuotaAnswer : ApiAnswer
{
    [JsonPropertyName("quota")]
    public QuotaWire? Quota { get; set; }

    [JsonPropertyName("rate_limit")]
    public RateLimitWire? RateLimit { get; set; }
}

internal sealed class QuotaWire
{
    [JsonPropertyName("daily_limit")]
    public long DailyLimit { get; set; }

    [JsonPropertyName("used")]
    public long Used { get; set; }

    [JsonPropertyName("remain")]
    public long Remain { get; set; }
}

internal sealed class RateLimitWire
{
    [JsonPropertyName("call_count")]
    public long CallCount { get; set; }

    [JsonPropertyName("refresh_second")]
    public long RefreshSecond { get; set; }
}

internal sealed class RequestAnswer : ApiAnswer
{
    [JsonPropertyName("request")]
    public RequestWire? Request { get; set; }
}

internal sealed class RequestWire
{
    [JsonPropertyName("invoke_time")]
    public long InvokeTime { get; set; }

    [JsonPropertyName("cost_in_ms")]
    public long CostInMs { get; set; }

    [JsonPropertyName("request_url")]
    public string? RequestUrl { get; set; }

    [JsonPropertyName("request_body")]
    public string? RequestBody { get; set; }

    [JsonPropertyName("response_body")]
    public string? ResponseBody { get; set; }

    [JsonPropertyName("client_ip")]
    public string? ClientIp { get; set; }
}

internal sealed class CallbackCheckAnswer : ApiAnswer
{
    [JsonPropertyName("dns")]
    public List<CallbackDnsWire?>? Dns { get; set; }

    [JsonPropertyName("ping")]
    public List<CallbackPingWire?>? Ping { get; set; }
}

internal sealed class CallbackDnsWire
{
    [JsonPropertyName("ip")]
    public string? Ip { get; set; }

    [JsonPropertyName("real_operator")]
    public string? RealOperator { get; set; }
}

internal sealed class CallbackPingWire
{
    [JsonPropertyName("ip")]
    public string? Ip { get; set; }

    [JsonPropertyName("from_operator")]
    public string? FromOperator { get; set; }

    [JsonPropertyName("package_loss")]
    public string? PackageLoss { get; set; }

    [JsonPropertyName("time")]
    public string? Time { get; set; }
}

internal sealed class AddressesAnswer : ApiAnswer
{
    [JsonPropertyName("ip_list")]
    public List<string?>? Addresses { get; set; }
}

internal sealed class TemplateListAnswer : ApiAnswer
{
    [JsonPropertyName("template_list")]
    public List<TemplateWire?>? Templates { get; set; }

    public override string? FindMissing() => Templates is null ? "template_list" : null;
}

internal sealed class TemplateWire
{
    [JsonPropertyName("template_id")]
    public string? Id { get; set; }

    [JsonPropertyName("title")]
    public string? Title { get; set; }

    [JsonPropertyName("primary_industry")]
    public string? PrimaryIndustry { get; set; }

    [JsonPropertyName("deputy_industry")]
    public string? DeputyIndustry { get; set; }

    [JsonPropertyName("content")]
    public string? Content { get; set; }

    [JsonPropertyName("example")]
    public string? Example { get; set; }
}

internal sealed class TemplateAddAnswer : ApiAnswer
{
    [JsonPropertyName("template_id")]
    public string? TemplateId { get; set; }

    public override string? FindMissing() => string.IsNullOrWhiteSpace(TemplateId) ? "template_id" : null;
}

internal sealed class IndustryAnswer : ApiAnswer
{
    [JsonPropertyName("primary_industry")]
    public IndustryWire? Primary { get; set; }

    [JsonPropertyName("secondary_industry")]
    public IndustryWire? Secondary { get; set; }

    public override string? FindMissing() => Primary is null ? "primary_industry" : null;
}

internal sealed class IndustryWire
{
    [JsonPropertyName("first_class")]
    public string? FirstClass { get; set; }

    [JsonPropertyName("second_class")]
    public string? SecondClass { get; set; }
}

internal sealed class BlockedAnswer : ApiAnswer
{
    [JsonPropertyName("msginfo")]
    [JsonConverter(typeof(OneOrManyConverter<BlockedWire>))]
    public List<BlockedWire>? Messages { get; set; }
}

internal sealed class BlockedWire
{
    [JsonPropertyName("id")]
    public long Id { get; set; }

    [JsonPropertyName("tmpl_msg_id")]
    public string? TemplateId { get; set; }

    [JsonPropertyName("title")]
    public string? Title { get; set; }

    [JsonPropertyName("content")]
    public string? Content { get; set; }

    [JsonPropertyName("openid")]
    public string? OpenId { get; set; }

    [JsonPropertyName("send_timestamp")]
    public long SentAt { get; set; }
}

/// <summary>
/// Reads a page's openids, leaving out those that are null or blank. A list that grew to a page's size would leave arrays on the large object heap,
/// where they stay until everything is collected.
/// </summary>
internal sealed class OpenIdsConverter : JsonConverter<List<string>?>
{
    private const int PageSize = 10_000;

    public override List<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        var openIds = new List<string>(PageSize);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var openId = reader.TokenType is JsonTokenType.String or JsonTokenType.Null ? reader.GetString() : throw new JsonException();
            if (!string.IsNullOrWhiteSpace(openId))
            {
                openIds.Add(openId);
            }
        }

        return openIds;
    }

    public override void Write(Utf8JsonWriter writer, List<string>? value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>Reads what comes as an array, as one object, or as nothing.</summary>
internal sealed class OneOrManyConverter<T> : JsonConverter<List<T>?>
    where T : class
{
    public override List<T>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var type = options.GetTypeInfo(typeof(T));
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return [(T)JsonSerializer.Deserialize(ref reader, type)!];
            case JsonTokenType.StartArray:
                var list = new List<T>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (JsonSerializer.Deserialize(ref reader, type) is T item)
                    {
                        list.Add(item);
                    }
                }

                return list;
            default:
                reader.Skip();
                return null;
        }
    }

    public override void Write(Utf8JsonWriter writer, List<T>? value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>Reads an object; a PHP-style empty array or an empty string in its place is nothing.</summary>
internal sealed class ObjectOrNothingConverter<T> : JsonConverter<T?>
    where T : class
{
    public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            return (T?)JsonSerializer.Deserialize(ref reader, options.GetTypeInfo(typeof(T)));
        }

        reader.Skip();
        return null;
    }

    public override void Write(Utf8JsonWriter writer, T? value, JsonSerializerOptions options) => throw new NotSupportedException();
}

/// <summary>Reads a text that some pages type as a number.</summary>
internal sealed class TextOrNumberConverter : JsonConverter<string?>
{
    // Those that come with every answer or follower, so that they are there once and not a million times.
    private static readonly (byte[] Utf8, string Text)[] Usual =
    [
        .. new[]
        {
            "", "ok", "0", "ADD_SCENE_SEARCH", "ADD_SCENE_QR_CODE", "ADD_SCENE_PROFILE_CARD", "ADD_SCENE_PROFILE_LINK", "ADD_SCENE_PROFILE_ITEM",
            "ADD_SCENE_ACCOUNT_MIGRATION", "ADD_SCENE_PAID", "ADD_SCENE_WECHAT_ADVERTISEMENT", "ADD_SCENE_OTHERS",
        }.Select(static text => (Encoding.UTF8.GetBytes(text), text)),
    ];

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

    public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) => throw new NotSupportedException();

    public static string? Read(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return UsualText(ref reader) ?? reader.GetString();
            case JsonTokenType.Number:
                return UsualText(ref reader) ?? Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);
            default:
                reader.Skip();
                return null;
        }
    }

    private static string? UsualText(ref Utf8JsonReader reader)
    {
        if (!reader.HasValueSequence && !reader.ValueIsEscaped)
        {
            foreach (var (utf8, text) in Usual)
            {
                if (reader.ValueSpan.SequenceEqual(utf8))
                {
                    return text;
                }
            }
        }

        return null;
    }
}
