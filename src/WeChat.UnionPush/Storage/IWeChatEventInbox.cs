namespace WeChat.UnionPush.Storage;

/// <summary>
/// Where the platform's pushes wait for their handlers, from before they are answered with <c>success</c> until they are settled: what is in it
/// outlives the process, is handed out to one of many machines at a time, and is known again when the platform repeats itself.
/// </summary>
/// <remarks>
/// <para>Check your own inbox with the conformance cases of the <c>WeChat.UnionPush.Testing</c> package. The default inbox is in memory:
/// events that wait in it are lost when the process ends.</para>
/// <para>An event is named by (<see cref="WeChatCallback.AppId"/>, <see cref="WeChatCallback.DeduplicationKey"/>), compared ordinally. It waits, is
/// taken under a lease, and is then completed, returned or buried by its taker; a lease that ends without any of these leaves it waiting again. A
/// completed or buried event is still known until it expires, so that the platform's repetition of it is not handled again.</para>
/// <para>All members may be called by many threads and processes at once. A cancelled or failed call has happened whole or not at all. Times come
/// from the store's clock, to the millisecond.</para>
/// </remarks>
public interface IWeChatEventInbox
{
    /// <summary>
    /// Adds events, durably: when the call returns, they outlive the process. Those that are known already, waiting or settled, are left as they
    /// are; a batch may name one event twice.
    /// </summary>
    /// <param name="callbacks">Any number, of any apps. Their app id, key, sender's openid and body are kept, each character of it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns><see langword="false"/> when there is no room, and nothing was added.</returns>
    ValueTask<bool> TryAddAsync(IReadOnlyCollection<WeChatCallback> callbacks, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes waiting events, those first that wait longest. Events of one sender (app id and openid) are out with one taker at a time: while some of
    /// them are leased, the sender's others stay where they are.
    /// </summary>
    /// <param name="appIds">The apps to take events of.</param>
    /// <param name="limit">How many at most; at least one.</param>
    /// <param name="leaseDuration">How long they are the caller's before they wait again.</param>
    /// <param name="cancellationToken">Cancels the call, and takes nothing.</param>
    /// <returns>The events, in the order in which they became available; empty when none waits.</returns>
    ValueTask<IReadOnlyList<TakenWeChatEvent>> TakeAsync(
        IReadOnlyCollection<string> appIds, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken = default);

    /// <summary>Settles events that were handled. Their bodies are deleted. Those that another has taken meanwhile are left alone.</summary>
    /// <param name="events">What <see cref="TakeAsync"/> gave.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask CompleteAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default);

    /// <summary>
    /// Puts events back, to be taken again later, each with its <see cref="TakenWeChatEvent.Progress"/>. Those that another has taken meanwhile are left
    /// alone.
    /// </summary>
    /// <param name="events">What <see cref="TakeAsync"/> gave, with the progress made since.</param>
    /// <param name="availableAt">When they may be taken again.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask ReturnAsync(IReadOnlyCollection<TakenWeChatEvent> events, DateTimeOffset availableAt, CancellationToken cancellationToken = default);

    /// <summary>
    /// Settles events that cannot be handled. They are not handed out any more, and keep their bodies and their <see cref="TakenWeChatEvent.Progress"/>
    /// until they expire. Those that another has taken meanwhile are left alone.
    /// </summary>
    /// <param name="events">What <see cref="TakeAsync"/> gave, with the progress made since.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask BuryAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default);

    /// <summary>Lists buried events of an app, the last buried first, a page at a time. Events that expired or were put back are not among them.</summary>
    /// <param name="appId">The app.</param>
    /// <param name="limit">How many at most; at least one. A page with fewer events is the last one.</param>
    /// <param name="after">The last event of the page before; <see langword="null"/> for the first page.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    ValueTask<IReadOnlyList<BuriedWeChatEvent>> ListBuriedAsync(string appId, int limit, BuriedWeChatEvent? after = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Puts buried events back: they wait again from now on, and their attempts are counted anew; which of their handlers are done stays known. Others
    /// are left as they are.
    /// </summary>
    /// <param name="appId">The app.</param>
    /// <param name="deduplicationKeys"><see cref="BuriedWeChatEvent.DeduplicationKey"/> of the events.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many were put back.</returns>
    ValueTask<int> RequeueAsync(string appId, IReadOnlyCollection<string> deduplicationKeys, CancellationToken cancellationToken = default);

    /// <summary>Forgets events that were completed or buried before a time. Waiting ones stay, however old.</summary>
    /// <param name="settledBefore">The time.</param>
    /// <param name="limit">How many at most, so that one call does not hold the store for long; at least one.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>How many were forgotten; fewer than <paramref name="limit"/> when no more are left.</returns>
    ValueTask<int> ExpireAsync(DateTimeOffset settledBefore, int limit, CancellationToken cancellationToken = default);
}
