namespace WeChat.UnionPush;

/// <summary>Sign-in and session keys of the registration's Mini Program. Saves nothing; <see cref="IUnionPush.SignInAsync"/> signs in and saves.</summary>
public interface IMiniProgramSession
{
    /// <summary>
    /// Turns a login code into the user who got it (<c>jscode2session</c>). See
    /// <see href="https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_code2session"/>.
    /// </summary>
    /// <param name="code">The code of <c>wx.login</c>. Works once, for five minutes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused: 40029 for a wrong or expired code, 40163 for one used already (the client calls
    /// <c>wx.login</c> again), 40226 for a user it blocks, 45011 for one that signs in too often.</exception>
    Task<MiniProgramUser> SignInAsync(string code, CancellationToken cancellationToken = default);

    /// <summary>
    /// Asks whether a session key still works (<c>checksession</c>). See
    /// <see href="https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_checksessionkey"/>.
    /// </summary>
    /// <param name="openId">The user's openid in the Mini Program.</param>
    /// <param name="sessionKey">The session key, as sign-in gave it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns><see langword="false"/> when the user must sign in again.</returns>
    /// <exception cref="WeChatApiException">The platform refused for another reason.</exception>
    Task<bool> CheckAsync(string openId, SecretText sessionKey, CancellationToken cancellationToken = default);

    /// <summary>
    /// Replaces a session key (<c>resetusersessionkey</c>); its life does not grow longer. See
    /// <see href="https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_resetusersessionkey"/>.
    /// </summary>
    /// <param name="openId">The user's openid in the Mini Program.</param>
    /// <param name="sessionKey">The session key so far.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The user with the new session key and no UnionID, which this API does not tell.</returns>
    /// <exception cref="WeChatApiException">The platform refused; 87007 or 87009 when the user must sign in again.</exception>
    Task<MiniProgramUser> ResetAsync(string openId, SecretText sessionKey, CancellationToken cancellationToken = default);

    /// <summary>Decrypts open data, and checks that its watermark names this Mini Program and that its signature is right where one is given.</summary>
    /// <param name="sessionKey">The session key of the sign-in the data belongs to.</param>
    /// <param name="data">The data as the client got it.</param>
    /// <exception cref="ArgumentException">Session key, data or iv are not base64 of the right length; the message names which.</exception>
    /// <exception cref="OpenDataException">The data cannot be trusted.</exception>
    OpenData Decrypt(SecretText sessionKey, EncryptedOpenData data);

    /// <summary>Checks the signature of <c>rawData</c>.</summary>
    /// <param name="sessionKey">The session key of the sign-in the data belongs to.</param>
    /// <param name="rawData">The text that was signed.</param>
    /// <param name="signature">The signature in hexadecimal.</param>
    bool VerifySignature(SecretText sessionKey, string rawData, string signature);
}
