namespace WeChat.UnionPush;

/// <summary>The kind of account that a call belongs to, where the advice differs.</summary>
internal enum WeChatAccountKind
{
    /// <summary>Not known; the path may tell.</summary>
    Unknown = 0,

    /// <summary>The Official Account (公众号, 服务号).</summary>
    OfficialAccount,

    /// <summary>The Mini Program (小程序).</summary>
    MiniProgram,
}
