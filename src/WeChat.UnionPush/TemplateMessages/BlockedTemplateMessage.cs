namespace WeChat.UnionPush;

/// <summary>A message that the platform held back for its content.</summary>
/// <param name="Id">The platform's number of it.</param>
/// <param name="TemplateId">Id of the template.</param>
/// <param name="Title">Title of the template.</param>
/// <param name="Content">What was to be sent. Personal data.</param>
/// <param name="OpenId">Openid of the recipient.</param>
/// <param name="SentAt">When it was sent.</param>
public sealed record BlockedTemplateMessage(long Id, string TemplateId, string Title, string Content, string OpenId, DateTimeOffset SentAt)
{
    /// <summary>Says number and template only.</summary>
    public override string ToString() => $"blocked message {Id} of {TemplateId}";
}
