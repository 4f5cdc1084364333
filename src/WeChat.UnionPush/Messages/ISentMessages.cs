namespace WeChat.UnionPush;

/// <summary>Is told of each message that the platform accepted.</summary>
internal interface ISentMessages
{
    /// <summary>Records an accepted message. It never fails, because the message is already on its way. The send completes when this call does.</summary>
    /// <param name="messageId">The platform's id of the message.</param>
    /// <param name="openId">The recipient's openid in the app that sent.</param>
    /// <param name="templateId">Id of its template.</param>
    /// <param name="correlationId">The host's own name for it, or <see langword="null"/>.</param>
    Task SentAsync(long messageId, string openId, string templateId, string? correlationId);
}
