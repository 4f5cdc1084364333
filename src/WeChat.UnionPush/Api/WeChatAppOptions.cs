using System.Text.Json.Serialization;

namespace WeChat.UnionPush;

/// <summary>The credentials of one app, from the platform's console (开发 → 基本配置).</summary>
public sealed class WeChatAppOptions
{
    /// <summary>App id, such as <c>wx0123456789abcdef</c>. Required.</summary>
    public string AppId { get; set; } = "";

    /// <summary>App secret (AppSecret). Required. Belongs into user secrets, the environment or a vault, not into source control.</summary>
    [JsonIgnore]
    public string AppSecret { get; set; } = "";

    /// <summary>Which of the two apps it is.</summary>
    internal WeChatAccountKind Kind { get; init; }
}
