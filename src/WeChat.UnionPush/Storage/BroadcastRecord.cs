namespace WeChat.UnionPush.Storage;

/// <summary>One broadcast as its journal keeps it.</summary>
/// <param name="AppId">App id of the Official Account that sends.</param>
/// <param name="Name">The host's name for it, unique within the account.</param>
/// <exception cref="ArgumentException">A text is empty, longer than 128 characters, or holds what no store can keep: U+0000 or half a surrogate pair.</exception>
public sealed record BroadcastRecord(string AppId, string Name)
{
    /// <summary>App id of the Official Account that sends.</summary>
    public string AppId { get; init => field = PlatformId.Checked(value, nameof(AppId)); } = PlatformId.Checked(AppId, nameof(AppId));

    /// <summary>The host's name for it.</summary>
    public string Name { get; init => field = PlatformId.Checked(value, nameof(Name)); } = PlatformId.Checked(Name, nameof(Name));

    /// <summary>Under which its batches are kept: 16 hexadecimal characters, new for each attempt to plan it.</summary>
    public string Id { get; init; } = "";

    /// <summary>Where it stands.</summary>
    public BroadcastState State { get; init; }

    /// <summary>Why it stopped or waits, for people; <see langword="null"/> for no reason.</summary>
    public string? Reason { get; init; }

    /// <summary>How many recipients were written down.</summary>
    public long Recipients { get; init; }

    /// <summary>What is sent and how, in the library's own writing.</summary>
    public string Content { get; init; } = "";

    /// <summary>When it was first started, cut to the millisecond.</summary>
    public DateTimeOffset CreatedAt { get; init => field = Millisecond.Cut(value); }

    /// <summary>When it was planned, so that sending could begin; <see langword="null"/> before.</summary>
    public DateTimeOffset? StartedAt { get; init => field = Cut(value); }

    /// <summary>When it was finished or cancelled; <see langword="null"/> before.</summary>
    public DateTimeOffset? EndedAt { get; init => field = Cut(value); }

    /// <summary>Until when nothing of it is sent, such as until the next day's quota; <see langword="null"/> when it does not wait.</summary>
    public DateTimeOffset? WaitsUntil { get; init => field = Cut(value); }

    /// <summary>Its report, in the library's own writing, once its batches were deleted; otherwise <see langword="null"/>.</summary>
    public string? Report { get; init; }

    /// <summary>How often it was written. A write names the revision that it read, so that of two at once one is refused.</summary>
    public long Revision { get; init; }

    private static DateTimeOffset? Cut(DateTimeOffset? time) => time is { } known ? Millisecond.Cut(known) : null;
}
