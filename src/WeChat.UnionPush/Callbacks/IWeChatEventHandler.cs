using System.Diagnostics.CodeAnalysis;

namespace WeChat.UnionPush;

/// <summary>
/// A host's own reaction to what the platform pushes, added with <see cref="WeChatUnionPushBuilder.AddWeChatEventHandler{THandler}"/>. Each event
/// has a scope of its own, so a handler may take scoped services such as a database context.
/// </summary>
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "It handles the platform's events, and no other word says so.")]
public interface IWeChatEventHandler
{
    /// <summary>
    /// Handles an event, after the library has done its own part. Events of one person come one after the other, mostly in the order in which they
    /// happened; those of different persons come at the same time.
    /// </summary>
    /// <remarks>
    /// An event comes at least once: again when a handler threw or took longer than <see cref="WeChatEventOptions.HandlerTimeout"/>, and again when the
    /// process ended before it was done. <see cref="WeChatCallback.DeduplicationKey"/> tells that it is the same.
    /// </remarks>
    /// <param name="received">One of the library's events, or <see cref="OtherEvent"/> for everything else.</param>
    /// <param name="cancellationToken">Ends at the time limit, and when the host stops; the event then comes again.</param>
    ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default);
}
