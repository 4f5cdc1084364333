namespace WeChat.UnionPush.Callbacks;

/// <summary>Opens and closes the windows of customer service messages by what people do.</summary>
internal sealed class WindowUpdates(string officialAccountAppId, ServiceWindows windows, UnsubscribeAction onUnsubscribe)
{
    /// <summary>Whether an event opens or closes a window.</summary>
    public bool Concerns(IWeChatEvent @event) =>
        string.Equals(@event.Callback.AppId, officialAccountAppId, StringComparison.Ordinal)
        && (@event is SubscribeEvent or ScanEvent or UnsubscribeEvent || IsMessage(@event) || IsClick(@event));

    public async Task ApplyAsync(IWeChatEvent @event, CancellationToken cancellationToken)
    {
        var (openId, at) = (@event.Callback.OpenId, @event.Callback.CreatedAt);
        if (@event is UnsubscribeEvent && onUnsubscribe is UnsubscribeAction.Erase)
        {
            // Of whom is erased nothing is noted, not even that they left.
            await windows.CloseAsync(openId, cancellationToken).ConfigureAwait(false);
        }
        else if (@event is UnsubscribeEvent)
        {
            await windows.LeftAsync(openId, at, cancellationToken).ConfigureAwait(false);
        }
        else if (IsMessage(@event))
        {
            await windows.WroteAsync(openId, at, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await windows.ActedAsync(openId, at, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsMessage(IWeChatEvent @event) => @event.Callback.EventName is null;

    private static bool IsClick(IWeChatEvent @event) => string.Equals(@event.Callback.EventName, "CLICK", StringComparison.OrdinalIgnoreCase);
}
