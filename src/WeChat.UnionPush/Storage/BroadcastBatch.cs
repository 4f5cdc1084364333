namespace WeChat.UnionPush.Storage;

/// <summary>Some recipients of a broadcast, who are claimed, sent to and written down together.</summary>
/// <param name="BroadcastId">The <see cref="BroadcastRecord.Id"/>.</param>
/// <param name="Number">Its number within the broadcast, from 0 on.</param>
public sealed record BroadcastBatch(string BroadcastId, int Number)
{
    // What AvailableAt gives back for DateTimeOffset.MaxValue, so that comparing with that itself would never hold.
    internal static readonly DateTimeOffset Never = Millisecond.Cut(DateTimeOffset.MaxValue);

    /// <summary>How many recipients it has.</summary>
    public int Size { get; init; }

    /// <summary>
    /// The recipients, a line for each, joined with <c>\n</c>: an id, and behind a tab what only this person gets. Never changed but by
    /// <see cref="IBroadcastJournal.ForgetRecipientsAsync"/>, which empties lines.
    /// </summary>
    public string Recipients { get; init; } = "";

    /// <summary>What is known of each recipient, in the library's own writing.</summary>
    public string Outcomes { get; init; } = "";

    /// <summary>The outcomes so far, counted.</summary>
    public BroadcastCounts Counts { get; init; } = new();

    /// <summary>
    /// From when it may be claimed, cut to the millisecond: while it is claimed, the end of the lease; <see cref="DateTimeOffset.MaxValue"/> when it is
    /// closed, because its recipients have an outcome or wait for somebody to resume the broadcast.
    /// </summary>
    public DateTimeOffset AvailableAt { get; init => field = Millisecond.Cut(value); }

    /// <summary>Who has it: a text that nobody else has; <see langword="null"/> when it is not claimed.</summary>
    public string? ClaimId { get; init; }

    /// <summary>When its outcomes were written last, cut to the millisecond.</summary>
    public DateTimeOffset SavedAt { get; init => field = Millisecond.Cut(value); }
}
