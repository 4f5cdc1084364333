namespace WeChat.UnionPush.Testing;

/// <summary>A customer service message (客服消息) that the platform accepted.</summary>
public sealed class SimulatedCustomerMessage
{
    internal SimulatedCustomerMessage(SimulatedPerson person, string type, string content, DateTimeOffset acceptedAt)
    {
        Person = person;
        Type = type;
        Content = content;
        AcceptedAt = acceptedAt;
    }

    /// <summary>To whom.</summary>
    public SimulatedPerson Person { get; }

    /// <summary>Its kind (<c>msgtype</c>), such as <c>text</c>.</summary>
    public string Type { get; }

    /// <summary>The text; of another kind its object as JSON.</summary>
    public string Content { get; }

    /// <summary>When the platform accepted it.</summary>
    public DateTimeOffset AcceptedAt { get; }
}
