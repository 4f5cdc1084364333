namespace WeChat.UnionPush.Templates;

/// <summary>A message that the platform held back for its content.</summary>
/// <param name="Id">The platform's number of the message.</param>
/// <param name="TemplateId">Id of the template.</param>
/// <param name="Title">Title of the template.</param>
/// <param name="Content">The content of the message. It holds personal data.</param>
/// <param name="OpenId">Openid of the recipient.</param>
/// <param name="SentAt">When it was sent.</param>
public sealed record BlockedTemplateMessage(long Id, string TemplateId, string Title, string Content, string OpenId, DateTimeOffset SentAt)
{
    /// <summary>Shows only the number and the template.</summary>
    public override string ToString() => $"blocked message {Id} of {TemplateId}";
}
