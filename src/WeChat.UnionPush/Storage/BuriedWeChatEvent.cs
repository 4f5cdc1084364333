namespace WeChat.UnionPush.Storage;

/// <summary>An event that could not be handled and was set aside. It is kept until it expires.</summary>
/// <param name="AppId"><see cref="WeChatCallback.AppId"/> of the event.</param>
/// <param name="DeduplicationKey"><see cref="WeChatCallback.DeduplicationKey"/> of the event.</param>
/// <param name="OpenId"><see cref="WeChatCallback.OpenId"/>: the sender's.</param>
/// <param name="Body"><see cref="WeChatCallback.Body"/> of the event. It holds what users wrote.</param>
/// <param name="Attempts">How many times it was taken.</param>
/// <param name="BuriedAt">When it was set aside, by the store's clock, to the millisecond.</param>
public sealed record BuriedWeChatEvent(string AppId, string DeduplicationKey, string OpenId, string Body, int Attempts, DateTimeOffset BuriedAt)
{
    /// <summary>Shows app, attempts and time, but not the body.</summary>
    public override string ToString() => $"event of {AppId}, set aside at {BuriedAt:O} after {Attempts} attempts";
}
