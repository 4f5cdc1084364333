using System.Text.Json.Serialization;

namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// What the console shows under message push (消息推送) for one app.
/// See <see href="https://developers.weixin.qq.com/doc/service/guide/dev/push/"/>.
/// </summary>
public sealed class WeChatCallbackAppOptions
{
    /// <summary>The Token of the console, 3 to 32 letters and digits. A secret.</summary>
    [JsonIgnore]
    public string Token { get; set; } = "";

    /// <summary>The EncodingAESKey of the console, 43 characters; needed in every mode but plain. A secret.</summary>
    [JsonIgnore]
    public string? EncodingAesKey { get; set; }

    /// <summary>The EncodingAESKey before this one, so that pushes under way while it is changed can be read. A secret.</summary>
    [JsonIgnore]
    public string? PreviousEncodingAesKey { get; set; }

    /// <summary>The mode of the console; <see cref="WeChatCallbackMode.Safe"/> by default.</summary>
    public WeChatCallbackMode Mode { get; set; }

    /// <summary>
    /// How far the time of a push may lie from now, in either direction; five minutes by default. The platform's second and third try carry
    /// the time of the first. <see cref="Timeout.InfiniteTimeSpan"/> accepts any time.
    /// </summary>
    public TimeSpan ReplayWindow { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether the console's values were given at all.</summary>
    internal bool IsUsed => !string.IsNullOrEmpty(Token) || EncodingAesKey is not null;
}
