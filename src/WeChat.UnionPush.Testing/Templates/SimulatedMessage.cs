namespace WeChat.UnionPush.Testing;

/// <summary>A template message that the platform accepted.</summary>
public sealed class SimulatedMessage
{
    internal SimulatedMessage(
        long messageId, SimulatedPerson person, SimulatedTemplate template, IReadOnlyDictionary<string, string> values, DateTimeOffset acceptedAt, string status)
    {
        MessageId = messageId;
        Person = person;
        Template = template;
        Values = values;
        AcceptedAt = acceptedAt;
        Status = status;
    }

    /// <summary>The number that the send answered (<c>msgid</c>): 64 bits, above 2^53.</summary>
    public long MessageId { get; }

    /// <summary>The recipient.</summary>
    public SimulatedPerson Person { get; }

    /// <summary>The template.</summary>
    public SimulatedTemplate Template { get; }

    /// <summary>
    /// The values that the phone shows, by key in the template's order: those of a historical template cut at 20 characters and at the first line
    /// break, without <c>first</c>, <c>remark</c> and keys the template does not have.
    /// </summary>
    public IReadOnlyDictionary<string, string> Values { get; }

    /// <summary>The text that the phone shows under the title.</summary>
    public string Text => Template.Render(Values);

    /// <summary>The link (<c>url</c>), or <see langword="null"/>.</summary>
    public string? Url { get; init; }

    /// <summary>The Mini Program that a tap opens, or <see langword="null"/>.</summary>
    public string? MiniProgramAppId { get; init; }

    /// <summary>Its page, or <see langword="null"/>.</summary>
    public string? PagePath { get; init; }

    /// <summary>The caller's anti-duplicate id (<c>client_msg_id</c>), or <see langword="null"/>.</summary>
    public string? ClientMessageId { get; init; }

    /// <summary>When the platform accepted it.</summary>
    public DateTimeOffset AcceptedAt { get; }

    /// <summary>
    /// What the <c>TEMPLATESENDJOBFINISH</c> event says of it: <c>success</c>, <c>failed:user block</c> when the person turned the account's messages off, or what
    /// <see cref="SimulatedOfficialAccount.FailedMessages"/> gave.
    /// </summary>
    public string Status { get; }

    /// <summary>Whether it reached the phone: whether <see cref="Status"/> is <c>success</c>.</summary>
    public bool IsDelivered => string.Equals(Status, Outbox.Success, StringComparison.Ordinal);
}
