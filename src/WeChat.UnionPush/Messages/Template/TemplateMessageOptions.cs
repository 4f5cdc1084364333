namespace WeChat.UnionPush;

/// <summary>How template messages are sent.</summary>
public sealed class TemplateMessageOptions
{
    /// <summary>
    /// How many messages a process sends in a second. 60 by default: the platform names no figure, and bursts of several hundred are answered
    /// with "system busy". 0 for no limit. The pace is the Official Account's: registrations that share one share it, and the smallest number counts. When
    /// more is offered, who gives up loses nothing and holds nobody up, and whose turn would come after <see cref="WeChatHttpOptions.TotalTimeout"/> is told
    /// at once.
    /// </summary>
    public int MaxPerSecond { get; set; } = 60;

    /// <summary>
    /// How many messages are on their way at the same time, and no more than twice <see cref="MaxPerSecond"/>. 64 by default. The Official Account's, as the
    /// pace is.
    /// </summary>
    public int MaxConcurrent { get; set; } = 64;

    /// <summary>
    /// What becomes of a value that does not fit its key's type, where the message does not say otherwise. <see cref="TemplateValuePolicy.Reject"/> by
    /// default: the message is not sent, and a <see cref="TemplateMessageException"/> lists every reason.
    /// </summary>
    public TemplateValuePolicy WhenValuesDoNotFit { get; set; }

    /// <summary>
    /// Checks every message against the account's own template too: missing, unknown and misspelt keys. Costs one call in
    /// <see cref="CatalogLifetime"/>; when that call fails, messages are checked by their keys' types alone. Off by default.
    /// </summary>
    public bool ValidateAgainstCatalog { get; set; }

    /// <summary>How long the copy of the account's templates is good. One hour by default.</summary>
    public TimeSpan CatalogLifetime { get; set; } = TimeSpan.FromHours(1);
}
