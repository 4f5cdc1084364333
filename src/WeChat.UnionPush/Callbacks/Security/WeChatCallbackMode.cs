namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// How the platform sends its pushes (消息推送), as chosen in the console. Only the configured mode is accepted.
/// See <see href="https://developers.weixin.qq.com/doc/service/guide/dev/push/encryption"/>.
/// </summary>
public enum WeChatCallbackMode
{
    /// <summary>Safe mode (安全模式): the body is encrypted, and signed. The one to choose.</summary>
    Safe = 0,

    /// <summary>Compatible mode (兼容模式): encrypted and plain fields together. Only the encrypted half is read, because the other is not signed.</summary>
    Compatible,

    /// <summary>
    /// Plain mode (明文模式). The signature covers time and nonce but not the body: anybody who has seen one push can forge others within
    /// <see cref="WeChatCallbackAppOptions.ReplayWindow"/>.
    /// </summary>
    Plain,
}
