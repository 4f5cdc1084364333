namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// <c>subscribe_msg_change_event</c>: a person changed in the settings which subscribe messages (订阅消息) the app may send. The platform pushes refusals only.
/// See <see href="https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/subscribe-message.html"/>.
/// </summary>
/// <param name="Callback">Sender, time and body of the push.</param>
/// <param name="Choices">The templates that were changed; at least one.</param>
public sealed record SubscribeMessageChangeEvent(WeChatCallback Callback, IReadOnlyList<SubscribeMessageChoice> Choices) : IWeChatEvent;
