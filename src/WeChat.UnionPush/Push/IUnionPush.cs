namespace WeChat.UnionPush;

/// <summary>The whole flow: Mini Program users sign in, the Official Account's followers are known, and a push finds its way from one to the other.</summary>
public interface IUnionPush
{
    /// <summary>
    /// Signs a Mini Program user in and saves who it is. The code works once, so that nothing keeps the identity from being saved once the code is sent:
    /// no open data, no cancellation, no store that answers at the second try.
    /// </summary>
    /// <param name="code">The code of <c>wx.login</c>. Works once, for five minutes.</param>
    /// <param name="openData">Open data of <c>wx.getUserInfo</c> and its relatives, from which the UnionID is taken where the sign-in came without one.</param>
    /// <param name="cancellationToken">Cancels the call before the code is sent. Afterwards it goes on to its end, <see cref="WeChatHttpOptions.TotalTimeout"/>
    /// at the latest.</param>
    /// <returns>The user with the session key, which is not saved.</returns>
    /// <exception cref="WeChatApiException">The platform refused the code, the user or the Mini Program's credentials.</exception>
    /// <exception cref="OpenDataException">The open data cannot be trusted. The user has been saved without it.</exception>
    /// <exception cref="ArgumentException">The open data is no open data, such as the text <c>undefined</c>. The user has been saved without it. Or
    /// <paramref name="code"/> is blank.</exception>
    /// <exception cref="SignInNotSavedException">The store stayed out of order. The exception has the user.</exception>
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
    /// <returns>Sent, with <c>AddReach</c> on the first channel that serves, or why not: an unknown openid, a missing UnionID and a user who does not follow are
    /// results, not exceptions.</returns>
    /// <exception cref="WeChatApiException">Template, values, account or credentials are wrong, the quota is used up, or the platform stayed busy.</exception>
    Task<PushResult> PushAsync(string miniProgramOpenId, TemplateMessage message, CancellationToken cancellationToken = default);

    /// <summary>
    /// Pushes a message that must not go out twice however often the call is made, such as for a command of a message broker, which may be delivered again and
    /// to two machines at once. The message's idempotency key is written to the storage before it is sent, and is remembered for thirty days.
    /// </summary>
    /// <param name="miniProgramOpenId">The user's openid in the Mini Program.</param>
    /// <param name="message">The message, with an idempotency key (<see cref="TemplateMessageBuilder.IdempotencyKey"/>), such as the id of the command.</param>
    /// <param name="cancellationToken">Cancels the call; the message may be sent nevertheless, and the same call tells.</param>
    /// <returns>As <see cref="PushAsync"/>. <see cref="PushStatus.Duplicate"/>, with the first push's message id, where it went out before.
    /// <see cref="PushStatus.Unknown"/> where an earlier attempt came to no known end: for nine minutes after that one the same call sends again under the
    /// platform's protection, later it sends nothing. Where nothing was sent the key is free, and the same call tries again.</returns>
    /// <exception cref="WeChatApiException">As for <see cref="PushAsync"/>; the same call tries again.</exception>
    /// <exception cref="ArgumentException">The message has no idempotency key.</exception>
    /// <exception cref="InvalidOperationException">The storage keeps no notes (<see cref="IUnionPushStorage.Reach"/>).</exception>
    Task<PushResult> PushOnceAsync(string miniProgramOpenId, TemplateMessage message, CancellationToken cancellationToken = default);

    /// <summary>Sends an Official Account template message to a person known by UnionID.</summary>
    /// <param name="unionId">The person's UnionID.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Cancels the call; the message may be sent nevertheless.</param>
    /// <returns>Sent, or why not.</returns>
    /// <exception cref="WeChatApiException">As for <see cref="PushAsync"/>.</exception>
    Task<PushResult> PushToUnionIdAsync(string unionId, TemplateMessage message, CancellationToken cancellationToken = default);

    /// <summary>Pushes a message to a person known by UnionID that must not go out twice, as <see cref="PushOnceAsync"/> does to an openid.</summary>
    /// <param name="unionId">The person's UnionID. The idempotency key counts for it: the same key to the person's openid is another push.</param>
    /// <param name="message">The message, with an idempotency key (<see cref="TemplateMessageBuilder.IdempotencyKey"/>).</param>
    /// <param name="cancellationToken">Cancels the call; the message may be sent nevertheless, and the same call tells.</param>
    /// <returns>As <see cref="PushOnceAsync"/>.</returns>
    /// <exception cref="WeChatApiException">As for <see cref="PushToUnionIdAsync"/>; the same call tries again.</exception>
    /// <exception cref="ArgumentException">The message has no idempotency key.</exception>
    /// <exception cref="InvalidOperationException">The storage keeps no notes (<see cref="IUnionPushStorage.Reach"/>).</exception>
    Task<PushResult> PushOnceToUnionIdAsync(string unionId, TemplateMessage message, CancellationToken cancellationToken = default);

    /// <summary>
    /// Pushes as <see cref="PushAsync"/> does, and where nobody is found (<see cref="PushStatus.NotSignedIn"/>, <see cref="PushStatus.NotLinked"/>,
    /// <see cref="PushStatus.NotFollowing"/>) holds the message: it is sent once, as a new push, when the callback tells that the user follows or was linked by a
    /// code of <see cref="IFollowLinks"/>, or when a sign-in brings the UnionID of somebody who follows already. Needs <c>AddFollowLinks</c>, and
    /// <c>AddCallback</c> here or in a process that shares the storage.
    /// </summary>
    /// <remarks>
    /// The message stands in the store until then, and is erased with the person. Held messages of one person have 8,000 characters of room together; the
    /// result says where there was none. One with the same idempotency key replaces the one that is held.
    /// </remarks>
    /// <param name="miniProgramOpenId">The user's openid in the Mini Program.</param>
    /// <param name="message">The message.</param>
    /// <param name="holdFor">How long the message is worth sending, at most 30 days.</param>
    /// <param name="cancellationToken">Cancels the call; the message may be sent, or held, nevertheless.</param>
    /// <returns>Sent, <see cref="PushStatus.Held"/>, or why neither.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="holdFor"/> is not more than zero, or more than 30 days.</exception>
    /// <exception cref="InvalidOperationException"><c>AddFollowLinks</c> was not called.</exception>
    /// <exception cref="WeChatApiException">As for <see cref="PushAsync"/>; nothing is held then.</exception>
    Task<PushResult> HoldUntilLinkedAsync(string miniProgramOpenId, TemplateMessage message, TimeSpan holdFor, CancellationToken cancellationToken = default);

    /// <summary>
    /// Erases a person: the identities of all apps that share the UnionID, and who received from the receipts. What was asked before does not bring the
    /// person back, nor that they still follow; a later sign-in does, and a later follow. What is remembered of it is a hash, for
    /// <see cref="FollowerSyncOptions.KeepErasuresFor"/>.
    /// </summary>
    /// <param name="miniProgramOpenId">The user's openid in the Mini Program, whether it is known or not.</param>
    /// <param name="cancellationToken">Cancels the call; made again, it finishes what is left.</param>
    /// <returns>The identities that were erased.</returns>
    /// <exception cref="UnionPushStorageException">A store failed; the call can be made again.</exception>
    Task<IReadOnlyList<WeChatIdentity>> EraseAsync(string miniProgramOpenId, CancellationToken cancellationToken = default);

    /// <summary>Erases a person known by UnionID, as <see cref="EraseAsync"/> does.</summary>
    /// <param name="unionId">The person's UnionID, whether it is known or not.</param>
    /// <param name="cancellationToken">Cancels the call; made again, it finishes what is left.</param>
    /// <returns>The identities that were erased.</returns>
    /// <exception cref="UnionPushStorageException">A store failed; the call can be made again.</exception>
    Task<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default);

    /// <summary>Counts how many of the Mini Program's users can be reached, and why the others cannot.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IdentityCoverage> GetCoverageAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Counts how many of the Mini Program's users a message would reach on which channel of <c>AddReach</c>, by what the stores know now. It reads all users,
    /// so use it for reports.
    /// </summary>
    /// <param name="message">The message, which says what it has for each channel. Nothing is sent.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<ReachCoverage> GetReachAsync(TemplateMessage message, CancellationToken cancellationToken = default);
}
