namespace WeChat.UnionPush.Simulator;

/// <summary>Something on a phone: a card, a text of the account, a text of the person.</summary>
internal sealed record MessageEntry(long Id, DateTimeOffset At, string AppId, long Person, string Kind, string? Title) : IEntry
{
    /// <summary>The text of a message without fields.</summary>
    public string? Text { get; init; }

    /// <summary>The lines of a card.</summary>
    public IReadOnlyList<CardField>? Fields { get; init; }

    public string? TemplateId { get; init; }

    public string? Url { get; init; }

    public string? MiniProgramAppId { get; init; }

    public string? Page { get; init; }

    /// <summary>The platform's number of it, as text: it has more bits than a number of JavaScript.</summary>
    public string? MessageId { get; init; }

    public string? ClientMessageId { get; init; }

    /// <summary>What the event about its end says; <c>success</c> when it is on the phone.</summary>
    public string? Status { get; init; }
}
