namespace WeChat.UnionPush.Callbacks;

/// <summary>Goes on to the next channel where the platform tells that an accepted message did not arrive.</summary>
internal sealed class LateUpdates(string officialAccountAppId, Func<string, string, long, CancellationToken, Task> goOn)
{
    /// <summary>Whether an event tells that a message did not arrive for a reason of the recipient's.</summary>
    public bool Concerns(IWeChatEvent @event) => FailedIn(@event).Any();

    public async Task ApplyAsync(IWeChatEvent @event, CancellationToken cancellationToken)
    {
        foreach (var messageId in FailedIn(@event))
        {
            await goOn(@event.Callback.AppId, @event.Callback.OpenId, messageId, cancellationToken).ConfigureAwait(false);
        }
    }

    private IEnumerable<long> FailedIn(IWeChatEvent @event) => @event switch
    {
        TemplateSendJobFinishEvent { Status: TemplateDeliveryStatus.UserBlocked } finished
            when string.Equals(@event.Callback.AppId, officialAccountAppId, StringComparison.Ordinal) => [finished.MessageId],
        SubscribeMessageSentEvent sent => sent.Deliveries.Where(static delivery => delivery is { ErrorCode: not (0 or null), MessageId: not null })
            .Select(static delivery => delivery.MessageId!.Value),
        _ => [],
    };
}
