namespace WeChat.UnionPush;

/// <summary>
/// Sends messages to people who agreed to them with a tap. They need not follow the Official Account. In this process one message at a time is on its way to
/// one person, because the platform refuses several at once (43108).
/// </summary>
/// <remarks>
/// The platform knows no anti-duplicate id here. A send whose answer was lost is therefore not repeated, and its outcome is <see cref="PushStatus.Unknown"/>.
/// </remarks>
public interface ISubscribeMessageSender
{
    /// <summary>
    /// Sends a subscribe message (订阅消息) of the Mini Program (<c>subscribe/send</c>). One tap of the person allows one message. See
    /// <see href="https://developers.weixin.qq.com/miniprogram/dev/server/API/mp-message-management/subscribe-message/api_sendmessage"/>.
    /// </summary>
    /// <param name="miniProgramOpenId">The recipient's openid in the Mini Program.</param>
    /// <param name="message">The message, of one of the Mini Program's subscription templates.</param>
    /// <param name="cancellationToken">Cancels the call; the message may be sent nevertheless.</param>
    /// <returns>The outcome: <see cref="PushStatus.Sent"/>, or <see cref="PushStatus.NotSubscribed"/> when the person never agreed, has used up what they allowed, or
    /// refuses.</returns>
    /// <exception cref="TemplateMessageException">A value does not fit; the platform was not called.</exception>
    /// <exception cref="WeChatApiException">Template, values, account or credentials are wrong, the quota is used up, or the platform was still busy after all retries.</exception>
    Task<PushResult> SendAsync(string miniProgramOpenId, SubscribeMessage message, CancellationToken cancellationToken = default);

    /// <summary>
    /// Sends a subscribe notice (订阅通知) of the Official Account (<c>subscribe/bizsend</c>), for accounts that have this feature. See
    /// <see href="https://developers.weixin.qq.com/doc/service/api/notify/notify/api_sendnewsubscribemsg"/>.
    /// </summary>
    /// <param name="officialAccountOpenId">The recipient's openid in the Official Account, whether they follow it or not.</param>
    /// <param name="message">The message, of one of the Official Account's own notice templates. Its page is one of the registration's Mini Program.</param>
    /// <param name="cancellationToken">Cancels the call; the message may be sent nevertheless.</param>
    /// <returns>The outcome, as for <see cref="SendAsync"/>. The platform answers no message id.</returns>
    /// <exception cref="TemplateMessageException">A value does not fit; the platform was not called.</exception>
    /// <exception cref="WeChatApiException">As for <see cref="SendAsync"/>; 48001 where the account does not have the feature.</exception>
    Task<PushResult> SendNoticeAsync(string officialAccountOpenId, SubscribeMessage message, CancellationToken cancellationToken = default);
}
