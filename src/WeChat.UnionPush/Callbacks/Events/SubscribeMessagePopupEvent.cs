namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// <c>subscribe_msg_popup_event</c>: a person answered the question whether the app may send subscribe messages (订阅消息).
/// See <see href="https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/subscribe-message.html"/>.
/// </summary>
/// <param name="Callback">Sender, time and body of the push.</param>
/// <param name="Choices">The answer for each template that the person was asked about; at least one.</param>
public sealed record SubscribeMessagePopupEvent(WeChatCallback Callback, IReadOnlyList<SubscribeMessageChoice> Choices) : IWeChatEvent;
