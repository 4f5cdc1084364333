namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// <c>TEMPLATESENDJOBFINISH</c>: the outcome of a template message that the platform had accepted.
/// See <see href="https://developers.weixin.qq.com/doc/service/guide/product/template_message/Template_Message_Operation_Specifications"/>.
/// </summary>
/// <param name="Callback">Sender, time and body of the push. Its openid is the recipient's.</param>
/// <param name="MessageId"><c>MsgID</c>: the <c>msgid</c> that the send returned.</param>
/// <param name="Status">The status.</param>
/// <param name="StatusText">The status as the platform spelt it.</param>
public sealed record TemplateSendJobFinishEvent(WeChatCallback Callback, long MessageId, TemplateDeliveryStatus Status, string StatusText) : IWeChatEvent;
