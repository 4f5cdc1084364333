using System.Diagnostics.CodeAnalysis;

namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// A host's handler for the platform's pushes, added with <c>AddWeChatEventHandler</c>. Each handler runs in a separate scope for each event, so it
/// can use scoped services such as a database context.
/// </summary>
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "It handles the platform's events, and no other word says so.")]
public interface IWeChatEventHandler
{
    /// <summary>
    /// Handles an event, after the library has done its own part or failed to do so. Events of one person come one after the other, mostly in the order in
    /// which they happened; those of different persons come at the same time. Several handlers handle one event at the same time.
    /// </summary>
    /// <remarks>
    /// Each handler gets an event at least once: again when it threw or the event took longer than <see cref="WeChatCallbackOptions.HandlerTimeout"/>, and
    /// again when the process ended before the event was recorded as done. A handler that was done does not get the event again because another one, or the
    /// library's own step, failed. <see cref="WeChatCallback.DeduplicationKey"/> tells that it is the same event.
    /// </remarks>
    /// <param name="received">One of the library's events, or <see cref="OtherEvent"/> for everything else.</param>
    /// <param name="cancellationToken">Cancelled at the time limit and when the host stops; the event then comes again.</param>
    ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default);
}
