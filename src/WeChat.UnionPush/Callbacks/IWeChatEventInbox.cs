namespace WeChat.UnionPush;

/// <summary>Where received events wait for their handlers.</summary>
internal interface IWeChatEventInbox
{
    /// <summary>Keeps an event for its handlers, so that it outlives the process.</summary>
    /// <param name="event">The event. One whose <see cref="WeChatCallback.DeduplicationKey"/> is known already is kept by doing nothing.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns><see langword="false"/> when there is no room: the platform shall try again.</returns>
    ValueTask<bool> TryAddAsync(IWeChatEvent @event, CancellationToken cancellationToken);
}
