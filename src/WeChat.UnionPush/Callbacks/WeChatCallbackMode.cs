namespace WeChat.UnionPush;

/// <summary>
/// How the platform sends its pushes (消息推送), as chosen in the console. Only the mode configured is accepted.
/// See <see href="https://developers.weixin.qq.com/doc/service/guide/dev/push/encryption"/>.
/// </summary>
public enum WeChatCallbackMode
{
    /// <summary>Safe mode (安全模式): the body is encrypted, and signed. The one to choose.</summary>
    Safe = 0,

    /// <summary>Compatible mode (兼容模式): encrypted and plain side by side. Only the encrypted half is read, since nothing signs the other.</summary>
    Compatible,

    /// <summary>
    /// Plain mode (明文模式). The signature covers time and nonce and not the body: whoever has seen one push can make up others within
    /// <see cref="WeChatCallbackOptions.ReplayWindow"/>.
    /// </summary>
    Plain,
}
