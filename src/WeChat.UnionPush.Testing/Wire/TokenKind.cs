namespace WeChat.UnionPush.Testing;

/// <summary>The kind of access token that an API takes.</summary>
internal enum TokenKind
{
    None,
    Any,
    VerifiedOfficialAccount,
    MiniProgram,
}
