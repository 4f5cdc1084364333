namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// <c>subscribe_msg_sent_event</c>: the platform sent a subscribe message (订阅消息), or could not.
/// See <see href="https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/subscribe-message.html"/>.
/// </summary>
/// <param name="Callback">Sender, time and body of the push.</param>
/// <param name="Deliveries">What became of each message; at least one.</param>
public sealed record SubscribeMessageSentEvent(WeChatCallback Callback, IReadOnlyList<SubscribeMessageDelivery> Deliveries) : IWeChatEvent;
