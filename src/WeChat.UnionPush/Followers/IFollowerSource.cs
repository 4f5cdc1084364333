namespace WeChat.UnionPush;

/// <summary>The followers of the registration's Official Account, as the platform tells them.</summary>
public interface IFollowerSource
{
    /// <summary>
    /// Walks the openids of all followers, a page of up to 10,000 at a time, to the very end. A page is asked for when the one before has been
    /// consumed. Who follows or leaves meanwhile may be missed or come twice. See
    /// <see href="https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_getfans"/> (500 calls a day).
    /// </summary>
    /// <param name="nextOpenId">Goes on after this openid, the <see cref="FollowerPage.NextOpenId"/> of an earlier page; from the beginning without it.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    /// <exception cref="WeChatApiException">The platform refused, or its answer makes no sense.</exception>
    IAsyncEnumerable<FollowerPage> GetPagesAsync(string? nextOpenId = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Asks for the details of many, in batches of a hundred, several at a time, in any order. A follower whose row lacks the UnionID is asked for
    /// once more alone, where others of the account have one. Openids that are not this account's, and followers whose answer cannot be read, are left out. See
    /// <see href="https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_batchuserinfo"/>.
    /// </summary>
    /// <param name="openIds">Any number of openids of the Official Account.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    /// <exception cref="WeChatApiException">The platform refused, or its answer makes no sense.</exception>
    IAsyncEnumerable<Follower> GetFollowersAsync(IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default);

    /// <summary>Asks for the details of one person. See <see href="https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo"/>.</summary>
    /// <param name="openId">Openid of the Official Account.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="WeChatApiException">The platform refused; 40003 when the openid is not this account's.</exception>
    Task<Follower> GetFollowerAsync(string openId, CancellationToken cancellationToken = default);
}
