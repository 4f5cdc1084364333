namespace WeChat.UnionPush.Storage;

/// <summary>An event that was taken out of an <see cref="IWeChatEventInbox"/>.</summary>
/// <param name="AppId"><see cref="WeChatCallback.AppId"/> of the event.</param>
/// <param name="DeduplicationKey"><see cref="WeChatCallback.DeduplicationKey"/> of the event.</param>
/// <param name="Body"><see cref="WeChatCallback.Body"/> of the event.</param>
/// <param name="Attempt">How many times it has been taken, including this time.</param>
/// <param name="LeaseId">The inbox's own id of this lease, by which it recognises the event when it is completed, returned or buried.</param>
public sealed record TakenWeChatEvent(string AppId, string DeduplicationKey, string Body, int Attempt, string LeaseId)
{
    /// <summary>
    /// What its handlers recorded in an earlier attempt: which of them are done. Empty at first. An inbox keeps the text that
    /// <see cref="IWeChatEventInbox.ReturnAsync"/> or <see cref="IWeChatEventInbox.BuryAsync"/> brings and gives it to the next taker, without reading it.
    /// </summary>
    public string Progress { get; init; } = "";

    /// <summary>Shows app and attempt, but not the body.</summary>
    public override string ToString() => $"event of {AppId}, attempt {Attempt}";
}
