namespace WeChat.UnionPush.Testing;

/// <summary>One push of one event, and what became of it.</summary>
public sealed class SimulatedDelivery
{
    internal SimulatedDelivery(
        string appId, string openId, string? eventName, string query, ReadOnlyMemory<byte> body, bool isDuplicate, int attempts, string? failure)
    {
        AppId = appId;
        OpenId = openId;
        Event = eventName;
        Query = query;
        Body = body;
        IsDuplicate = isDuplicate;
        Attempts = attempts;
        Failure = failure;
    }

    /// <summary>The app that it was about.</summary>
    public string AppId { get; }

    /// <summary>The openid that it was about.</summary>
    public string OpenId { get; }

    /// <summary>The event, such as <c>subscribe</c>; <see langword="null"/> for a body that a test gave as it stands.</summary>
    public string? Event { get; }

    /// <summary>The query it came with, without the question mark: the same at every attempt.</summary>
    public string Query { get; }

    /// <summary>The bytes of its body: the same at every attempt.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Whether it was the second push of the event.</summary>
    public bool IsDuplicate { get; }

    /// <summary>How often it was sent: 1 to 3.</summary>
    public int Attempts { get; }

    /// <summary>Whether the receiver answered as the platform expects, at last.</summary>
    public bool IsDelivered => Failure is null;

    /// <summary>What came of the last attempt instead, or <see langword="null"/> when it was delivered.</summary>
    public string? Failure { get; }

    /// <summary>Event, openid and what became of it.</summary>
    public override string ToString() => $"{Event ?? "push"} of {OpenId}: {Failure ?? "delivered"}";
}
