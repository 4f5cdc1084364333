namespace WeChat.UnionPush.Testing;

/// <summary>
/// How the platform protects pushes (消息加解密方式).
/// See <see href="https://developers.weixin.qq.com/doc/service/guide/dev/push/encryption"/>.
/// </summary>
public enum SimulatedCallbackMode
{
    /// <summary>Plain text (明文模式): the signature in the query does not cover the body.</summary>
    Plain = 0,

    /// <summary>Both (兼容模式): the plain fields and the same content encrypted.</summary>
    Compatible,

    /// <summary>Encrypted only (安全模式).</summary>
    Safe,
}
