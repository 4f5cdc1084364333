namespace WeChat.UnionPush;

/// <summary>
/// Open data (开放数据) as the Mini Program got it from <c>wx.getUserInfo</c> and its relatives, to be decrypted with the session key. See
/// <see href="https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html"/>.
/// </summary>
/// <param name="EncryptedData">The <c>encryptedData</c>, base64.</param>
/// <param name="Iv">The <c>iv</c>, base64.</param>
public sealed record EncryptedOpenData(string EncryptedData, string Iv)
{
    /// <summary>The <c>rawData</c> that came along, whose <see cref="Signature"/> is then checked; <see langword="null"/> for no check.</summary>
    public string? RawData { get; init; }

    /// <summary>The <c>signature</c> of <see cref="RawData"/>, in hexadecimal.</summary>
    public string? Signature { get; init; }

    /// <summary>Shows nothing of the data.</summary>
    public override string ToString() => nameof(EncryptedOpenData);
}
