namespace WeChat.UnionPush;

/// <summary>
/// A signed-in user of the Mini Program. See
/// <see href="https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_code2session"/>.
/// </summary>
/// <param name="OpenId">The person's openid in the Mini Program.</param>
/// <param name="UnionId">The person's UnionID, or <see langword="null"/>: the Mini Program is not bound to an Open Platform account, or the platform
/// did not tell it at this sign-in.</param>
/// <param name="SessionKey">The session key, base64 of 16 bytes. It never goes to the client or a log; <see cref="SecretText.Reveal"/> gives the text.</param>
public sealed record MiniProgramUser(string OpenId, string? UnionId, SecretText SessionKey)
{
    /// <summary>Says the openid only.</summary>
    public override string ToString() => OpenId;
}
