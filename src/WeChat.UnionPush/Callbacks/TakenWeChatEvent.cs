namespace WeChat.UnionPush;

/// <summary>An event that was taken out of an <see cref="IWeChatEventInbox"/>.</summary>
/// <param name="AppId"><see cref="WeChatCallback.AppId"/> of the event.</param>
/// <param name="DeduplicationKey"><see cref="WeChatCallback.DeduplicationKey"/> of the event.</param>
/// <param name="Body"><see cref="WeChatCallback.Body"/> of the event.</param>
/// <param name="Attempt">How often it has been taken, this time included.</param>
/// <param name="LeaseId">The inbox's own mark of this taking, by which it knows the event when it is settled.</param>
public sealed record TakenWeChatEvent(string AppId, string DeduplicationKey, string Body, int Attempt, string LeaseId)
{
    /// <summary>Says app and attempt, and nothing of the body.</summary>
    public override string ToString() => $"event of {AppId}, attempt {Attempt}";
}
