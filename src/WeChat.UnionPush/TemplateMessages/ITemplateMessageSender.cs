namespace WeChat.UnionPush;

/// <summary>Sends template messages of the registration's Official Account to openids of that account, for hosts that hold those already.</summary>
public interface ITemplateMessageSender
{
    /// <summary>
    /// Sends a message (<c>template/send</c>). What a business must expect is a result; what a programmer or an operator must mend throws. See
    /// <see href="https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage"/>.
    /// </summary>
    /// <param name="officialAccountOpenId">The recipient's openid in the Official Account: never the Mini Program's openid or a UnionID.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Cancels the call; the message may be sent nevertheless.</param>
    /// <returns>What became of it; <see cref="PushStatus.Sent"/> means accepted.</returns>
    /// <exception cref="WeChatApiException">Template, values, account or credentials are wrong, the quota is used up, or the platform stayed busy.</exception>
    Task<PushResult> SendAsync(string officialAccountOpenId, TemplateMessage message, CancellationToken cancellationToken = default);
}
