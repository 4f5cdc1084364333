namespace WeChat.UnionPush.Testing;

/// <summary>Whose access token an API takes.</summary>
internal enum TokenKind
{
    None,
    Any,
    VerifiedOfficialAccount,
    MiniProgram,
}
