namespace WeChat.UnionPush.Storage;

/// <summary>
/// The receipts of accepted messages. A send saves what the host knows of the message, and the event <c>TEMPLATESENDJOBFINISH</c> adds the outcome.
/// Both are merged under the message's id, whichever comes first.
/// </summary>
/// <remarks>
/// <para>Check your own store with the conformance cases of the <c>WeChat.UnionPush.Testing</c> package. The default store is in memory,
/// where a message takes a few hundred bytes until it expires.</para>
/// <para>How receipts of one (app id, message id) merge, in whatever order they are saved: what is known stays, what is missing is filled; status,
/// its text and its time belong together, and the first ones stay, so a message has one outcome however often the platform repeats it.
/// <see cref="MessageReceipt.MergedWith"/> does it.</para>
/// <para>Texts are compared ordinally. All members may be called by many threads and processes at once. A cancelled or failed call has happened whole
/// or not at all.</para>
/// </remarks>
public interface IMessageReceipts
{
    /// <summary>Saves receipts, or halves of them. A batch may contain a message twice.</summary>
    /// <param name="receipts">Any number, of any apps.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask SaveAsync(IReadOnlyCollection<MessageReceipt> receipts, CancellationToken cancellationToken = default);

    /// <summary>The receipts of these messages, in any order; unknown ones are left out.</summary>
    /// <param name="appId">App id of the Official Account that sent.</param>
    /// <param name="messageIds">What the sends returned as <see cref="PushResult.MessageId"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<MessageReceipt>> FindAsync(string appId, IReadOnlyCollection<long> messageIds, CancellationToken cancellationToken = default);

    /// <summary>The receipts of all messages that carry one of these correlation ids, in any order.</summary>
    /// <param name="appId">App id of the Official Account that sent.</param>
    /// <param name="correlationIds">What was given with <see cref="TemplateMessageBuilder.CorrelationId"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<MessageReceipt>> FindByCorrelationIdAsync(string appId, IReadOnlyCollection<string> correlationIds, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lists receipts of an account, the newest first, a page at a time: the last receipt of one page is <see cref="MessageReceiptQuery.After"/> of the next.
    /// A page with fewer receipts than <see cref="MessageReceiptQuery.Limit"/> is the last one. What is stored throughout comes exactly once.
    /// </summary>
    /// <param name="appId">App id of the Official Account that sent.</param>
    /// <param name="query">Which ones.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<MessageReceipt>> ListAsync(string appId, MessageReceiptQuery query, CancellationToken cancellationToken = default);

    /// <summary>Forgets recipients: the openid of every receipt of these recipients becomes empty, permanently. The rest stays, for the counts.</summary>
    /// <param name="appId">App id of the Official Account that sent.</param>
    /// <param name="openIds">The recipients' openids in it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask ForgetRecipientsAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default);

    /// <summary>Deletes receipts that were saved before a time, by the store's clock, and not again since.</summary>
    /// <param name="savedBefore">The time.</param>
    /// <param name="limit">How many at most, so that one call does not hold the store for long; at least one.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many were deleted; fewer than <paramref name="limit"/> when no more are left.</returns>
    ValueTask<int> ExpireAsync(DateTimeOffset savedBefore, int limit, CancellationToken cancellationToken = default);
}
