namespace WeChat.UnionPush.Storage;

/// <summary>One thing that happened to a consent.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="At">When it happened: the event's time, or the time before the call whose answer it is. What is older than the last
/// <see cref="ConsentChangeKind.Emptied"/> changes no credit.</param>
public sealed record ConsentChange(ConsentChangeKind Kind, DateTimeOffset At)
{
    /// <summary>
    /// Equal for the same event when it is told twice; <see langword="null"/> where it cannot be told twice. At most 64 characters, none of them a blank. A
    /// store remembers the last ones.
    /// </summary>
    public string? EventId { get; init; }
}
