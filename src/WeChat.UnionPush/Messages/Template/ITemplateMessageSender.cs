namespace WeChat.UnionPush;

/// <summary>Sends template messages of the registration's Official Account to openids of that account, for hosts that already know these openids.</summary>
public interface ITemplateMessageSender
{
    /// <summary>
    /// Sends a message (<c>template/send</c>). Outcomes that a business must expect are returned. Faults that a programmer or an operator must fix are thrown. See
    /// <see href="https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage"/>.
    /// </summary>
    /// <param name="officialAccountOpenId">The recipient's openid in the Official Account: never the Mini Program's openid or a UnionID.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Cancels the call; the message may be sent nevertheless.</param>
    /// <returns>The outcome; <see cref="PushStatus.Sent"/> means that the platform accepted the message.</returns>
    /// <exception cref="WeChatApiException">Template, values, account or credentials are wrong, the quota is used up, or the platform was still busy after all retries.</exception>
    Task<PushResult> SendAsync(string officialAccountOpenId, TemplateMessage message, CancellationToken cancellationToken = default);
}
