using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WeChat.UnionPush.Bare;

/// <summary>What a developer would write who needs only this: the fields that are used, source-generated.</summary>
[JsonSerializable(typeof(BareMessage))]
[JsonSerializable(typeof(BareSendAnswer))]
[JsonSerializable(typeof(BareTokenAnswer))]
[JsonSerializable(typeof(BarePage))]
[JsonSerializable(typeof(BareBatchRequest))]
[JsonSerializable(typeof(BareBatch))]
internal sealed partial class BareJson : JsonSerializerContext
{
    /// <summary>The platform wants unescaped text, so the encoder must be set explicitly too.</summary>
    public static BareJson Unescaped { get; } = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

internal sealed record BareMessage(
    [property: JsonPropertyName("touser")] string ToUser,
    [property: JsonPropertyName("template_id")] string TemplateId,
    [property: JsonPropertyName("url")] string Url,
    [property: JsonPropertyName("miniprogram")] BareMiniProgram MiniProgram,
    [property: JsonPropertyName("client_msg_id")] string ClientMessageId,
    [property: JsonPropertyName("data")] Dictionary<string, BareField> Data);

internal sealed record BareMiniProgram([property: JsonPropertyName("appid")] string AppId, [property: JsonPropertyName("pagepath")] string PagePath);

internal sealed record BareField([property: JsonPropertyName("value")] string Value);

internal sealed record BareSendAnswer(
    [property: JsonPropertyName("errcode")] int ErrorCode,
    [property: JsonPropertyName("errmsg")] string? ErrorMessage,
    [property: JsonPropertyName("msgid")] long MessageId);

internal sealed record BareTokenAnswer([property: JsonPropertyName("access_token")] string AccessToken, [property: JsonPropertyName("expires_in")] int ExpiresIn);

internal sealed record BarePage(
    [property: JsonPropertyName("total")] long Total,
    [property: JsonPropertyName("count")] int Count,
    [property: JsonPropertyName("data")] BareOpenIds? Data,
    [property: JsonPropertyName("next_openid")] string NextOpenId);

internal sealed record BareOpenIds([property: JsonPropertyName("openid")] List<string> OpenIds);

internal sealed record BareBatchRequest([property: JsonPropertyName("user_list")] BareBatchEntry[] Entries);

internal sealed record BareBatchEntry([property: JsonPropertyName("openid")] string OpenId, [property: JsonPropertyName("lang")] string Language);

internal sealed record BareBatch([property: JsonPropertyName("user_info_list")] List<BareFollower> Followers);

internal sealed record BareFollower(
    [property: JsonPropertyName("subscribe")] int Subscribe,
    [property: JsonPropertyName("openid")] string OpenId,
    [property: JsonPropertyName("unionid")] string? UnionId);
