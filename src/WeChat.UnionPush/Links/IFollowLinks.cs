namespace WeChat.UnionPush;

/// <summary>
/// QR codes of the Official Account, each for one Mini Program user: who scans it follows, and the two openids are linked at that moment, whether either side
/// has a UnionID or not. Needs <c>AddFollowLinks</c>, and <c>AddCallback</c> here or in a process that shares the storage.
/// </summary>
public interface IFollowLinks
{
    /// <summary>
    /// Makes a code for a user. It holds a secret and no openid, lives for <see cref="FollowLinkOptions.Lifetime"/>, and links who scans it first; the user's
    /// earlier code no longer links. See <see href="https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode"/>.
    /// </summary>
    /// <param name="miniProgramOpenId">The user's openid in the Mini Program, from the host's own session: whoever it names is linked with who scans.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused: the day's 100,000 codes are used up, or the account may make none.</exception>
    Task<FollowLink> CreateAsync(string miniProgramOpenId, CancellationToken cancellationToken = default);

    /// <summary>What became of the code that a user asked for last, for a page that waits for the scan.</summary>
    /// <param name="miniProgramOpenId">The user's openid in the Mini Program.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<FollowLinkStatus> GetStatusAsync(string miniProgramOpenId, CancellationToken cancellationToken = default);

    /// <summary>Ends a user's link, such as one that a stranger's scan made. A UnionID that both sides share links them all the same.</summary>
    /// <param name="miniProgramOpenId">The user's openid in the Mini Program.</param>
    /// <param name="cancellationToken">Cancels the call; made again, it finishes what is left.</param>
    ValueTask UnlinkAsync(string miniProgramOpenId, CancellationToken cancellationToken = default);
}
