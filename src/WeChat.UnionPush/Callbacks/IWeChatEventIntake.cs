namespace WeChat.UnionPush;

/// <summary>Where received events go in.</summary>
internal interface IWeChatEventIntake
{
    /// <summary>Keeps an event for its handlers, so that it outlives the process.</summary>
    /// <param name="event">The event. One whose <see cref="WeChatCallback.DeduplicationKey"/> is known already is kept by doing nothing.</param>
    /// <param name="cancellationToken">Ends the wait; the event may be kept nevertheless.</param>
    /// <returns><see langword="false"/> when there is no room: the platform shall try again.</returns>
    ValueTask<bool> TryAddAsync(IWeChatEvent @event, CancellationToken cancellationToken);
}
