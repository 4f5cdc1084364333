namespace WeChat.UnionPush.Callbacks;

/// <summary>A message, or an event the library has no type for: <see cref="WeChatCallback.Body"/> has its fields.</summary>
/// <param name="Callback">Sender, time and body of the push.</param>
public sealed record OtherEvent(WeChatCallback Callback) : IWeChatEvent;
