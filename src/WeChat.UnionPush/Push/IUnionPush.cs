namespace WeChat.UnionPush;

/// <summary>The whole flow: Mini Program users sign in, the Official Account's followers are known, and a push finds its way from one to the other.</summary>
public interface IUnionPush
{
    /// <summary>Signs a Mini Program user in and saves who it is.</summary>
    /// <param name="code">The code of <c>wx.login</c>. Works once, for five minutes.</param>
    /// <param name="openData">Open data of <c>wx.getUserInfo</c> and its relatives, from which the UnionID is taken where the sign-in came without one.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The user with the session key, which is not saved.</returns>
    /// <exception cref="WeChatApiException">The platform refused the code, the user or the Mini Program's credentials.</exception>
    /// <exception cref="OpenDataException">The open data cannot be trusted. The user has been saved without it.</exception>
    Task<MiniProgramUser> SignInAsync(string code, EncryptedOpenData? openData = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Brings the repository up to the Official Account's followers. Asks for details only of those it does not know (or that grew old), goes on where a
    /// killed sync stopped, and marks who left. One at a time per account, over all processes that share the store.
    /// </summary>
    /// <param name="progress">Told after each page and while details arrive.</param>
    /// <param name="full">Asks for everybody's details again.</param>
    /// <param name="cancellationToken">Stops the sync, which goes on at the next call.</param>
    /// <exception cref="WeChatApiException">The platform refused; what was saved stays, and the next call goes on.</exception>
    Task<FollowerSyncReport> SyncFollowersAsync(IProgress<FollowerSyncProgress>? progress = null, bool full = false, CancellationToken cancellationToken = default);

    /// <summary>Sends an Official Account template message to a Mini Program user.</summary>
    /// <param name="miniProgramOpenId">The user's openid in the Mini Program.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Cancels the call; the message may be sent nevertheless.</param>
    /// <returns>Sent, or why not: an unknown openid, a missing UnionID and a user who does not follow are results, not exceptions.</returns>
    /// <exception cref="WeChatApiException">Template, values, account or credentials are wrong, the quota is used up, or the platform stayed busy.</exception>
    Task<PushResult> PushAsync(string miniProgramOpenId, TemplateMessage message, CancellationToken cancellationToken = default);

    /// <summary>Sends an Official Account template message to a person known by UnionID.</summary>
    /// <param name="unionId">The person's UnionID.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Cancels the call; the message may be sent nevertheless.</param>
    /// <returns>Sent, or why not.</returns>
    /// <exception cref="WeChatApiException">As for <see cref="PushAsync"/>.</exception>
    Task<PushResult> PushToUnionIdAsync(string unionId, TemplateMessage message, CancellationToken cancellationToken = default);

    /// <summary>Counts how many of the Mini Program's users can be reached, and why the others cannot.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IdentityCoverage> GetCoverageAsync(CancellationToken cancellationToken = default);
}
