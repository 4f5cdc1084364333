namespace WeChat.UnionPush;

/// <summary>
/// The receipts of accepted messages. A send is written down with what the host knows of it, the event <c>TEMPLATESENDJOBFINISH</c> with what became
/// of it, and both meet under the message's id, whichever comes first.
/// </summary>
/// <remarks>
/// <para>An own store is checked with the conformance cases of the <c>WeChat.UnionPush.Testing</c> package. The default one is this process's memory,
/// where a message takes a few hundred bytes until it expires.</para>
/// <para>How receipts of one (app id, message id) merge, in whatever order they are saved: what is known stays, what is missing is filled; status,
/// its text and its time belong together, and the first ones stay, so a message has one outcome however often the platform repeats it.
/// <see cref="MessageReceipt.MergedWith"/> does it.</para>
/// <para>Texts are compared ordinally. All members may be called by many threads and processes at once. A cancelled or failed call has happened whole
/// or not at all.</para>
/// </remarks>
public interface IMessageReceipts
{
    /// <summary>Saves receipts, or halves of them. A batch may name one message twice.</summary>
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

    /// <summary>Forgets who received: the openid of every receipt of these recipients becomes empty, for good. The rest stays, for the counts.</summary>
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
