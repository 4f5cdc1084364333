namespace WeChat.UnionPush.Testing;

/// <summary>A subscribe message (订阅消息) that the platform accepted: it stands among the service notices (服务通知) on the phone.</summary>
public sealed class SimulatedSubscriptionMessage
{
    internal SimulatedSubscriptionMessage(
        long messageId, SimulatedPerson person, SimulatedTemplate template, IReadOnlyDictionary<string, string> values, DateTimeOffset acceptedAt)
    {
        MessageId = messageId;
        Person = person;
        Template = template;
        Values = values;
        AcceptedAt = acceptedAt;
    }

    /// <summary>The number that the send answered (<c>msgid</c>).</summary>
    public long MessageId { get; }

    /// <summary>To whom.</summary>
    public SimulatedPerson Person { get; }

    /// <summary>The template.</summary>
    public SimulatedTemplate Template { get; }

    /// <summary>The values, by key in the template's order.</summary>
    public IReadOnlyDictionary<string, string> Values { get; }

    /// <summary>The text that the phone shows below the title.</summary>
    public string Text => Template.Render(Values);

    /// <summary>The page (or, from an Official Account, the link) that a tap opens; <see langword="null"/> for none.</summary>
    public string? Page { get; init; }

    /// <summary>When the platform accepted it.</summary>
    public DateTimeOffset AcceptedAt { get; }
}
