namespace WeChat.UnionPush.Broadcasts;

/// <summary>Where a broadcast stands.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">Its state.</param>
public sealed record BroadcastStatus(string Name, BroadcastState State)
{
    /// <summary>Why it stopped or waits, or which template it leaves out, and what to do; otherwise <see langword="null"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>How many recipients it has; while it is planned, how many so far.</summary>
    public long Recipients { get; init; }

    /// <summary>Recipients with an outcome, by outcome.</summary>
    public BroadcastCounts Counts { get; init; } = new();

    /// <summary>Recipients without an outcome so far, or for good where it was cancelled.</summary>
    public long Pending => Recipients - Counts.Settled;

    /// <summary>When it was first started.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its recipients were written down, so that sending could begin.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it was finished or cancelled.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Until when it waits, such as for the next day's quota; <see langword="null"/> when it does not.</summary>
    public DateTimeOffset? WaitsUntil { get; init; }

    /// <summary>Recipients a second over the last minute, by all processes.</summary>
    public double PerSecond { get; init; }

    /// <summary>How long it takes to the end at that rate; <see langword="null"/> when nothing moves.</summary>
    public TimeSpan? TimeLeft => State == BroadcastState.Running && PerSecond > 0 ? TimeSpan.FromSeconds(Pending / PerSecond) : null;

    /// <summary>Shows name, state and how far it is.</summary>
    public override string ToString() => $"{Name}: {State}, {Counts.Settled} of {Recipients}";
}
