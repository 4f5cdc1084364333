namespace WeChat.UnionPush;

/// <summary>The platform's two ways to an access token. Tokens of one do not disturb those of the other.</summary>
public enum AccessTokenChannel
{
    /// <summary>
    /// <c>/cgi-bin/stable_token</c> (稳定版): every machine that asks gets the same token until it is replaced. See
    /// <see href="https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken"/>.
    /// </summary>
    Stable = 0,

    /// <summary>
    /// <c>/cgi-bin/token</c>: each call replaces the token before it, so exactly one place may ask. See
    /// <see href="https://developers.weixin.qq.com/doc/service/api/base/api_getaccesstoken"/>.
    /// </summary>
    Classic = 1,
}
