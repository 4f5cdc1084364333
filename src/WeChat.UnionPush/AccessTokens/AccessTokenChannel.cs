namespace WeChat.UnionPush;

/// <summary>The platform's two calls that return an access token. Tokens of one channel do not affect those of the other.</summary>
public enum AccessTokenChannel
{
    /// <summary>
    /// <c>/cgi-bin/stable_token</c> (稳定版): every machine gets the same token until it is replaced. See
    /// <see href="https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken"/>.
    /// </summary>
    Stable = 0,

    /// <summary>
    /// <c>/cgi-bin/token</c>: each call replaces the previous token, so only one place may call it. See
    /// <see href="https://developers.weixin.qq.com/doc/service/api/base/api_getaccesstoken"/>.
    /// </summary>
    Classic = 1,
}
