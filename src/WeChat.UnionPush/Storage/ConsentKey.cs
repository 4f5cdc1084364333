namespace WeChat.UnionPush.Storage;

/// <summary>Whose consent to what: one person, one subscription template, in one app.</summary>
/// <param name="AppId">App that sends: the Mini Program, or the Official Account for subscribe notices.</param>
/// <param name="OpenId">The person's openid in that app.</param>
/// <param name="TemplateId">Id of the app's subscription template.</param>
public sealed record ConsentKey(string AppId, string OpenId, string TemplateId)
{
    /// <summary>App that sends: the Mini Program, or the Official Account for subscribe notices.</summary>
    public string AppId { get; } = PlatformId.Checked(AppId, nameof(AppId));

    /// <summary>The person's openid in that app.</summary>
    public string OpenId { get; } = PlatformId.Checked(OpenId, nameof(OpenId));

    /// <summary>Id of the app's subscription template.</summary>
    public string TemplateId { get; } = PlatformId.Checked(TemplateId, nameof(TemplateId));
}
