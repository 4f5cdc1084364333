using System.Globalization;
using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>What became of a broadcast.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">Its state.</param>
public sealed record BroadcastReport(string Name, BroadcastState State)
{
    /// <summary>Why it stopped or waits, or which template it leaves out; otherwise <see langword="null"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>How many recipients it has.</summary>
    public long Recipients { get; init; }

    /// <summary>Recipients with an outcome, by outcome.</summary>
    public BroadcastCounts Counts
    {
        get;

        // The serializer sets what a stored report lacks to null.
        init => field = value ?? new();
    } = new();

    /// <summary>Recipients without an outcome: <see cref="Recipients"/> less <see cref="BroadcastCounts.Settled"/>.</summary>
    public long Pending { get; init; }

    /// <summary>Accepted messages that reached the phone, as their receipts tell.</summary>
    public long Delivered { get; init; }

    /// <summary>Accepted messages that their recipient had turned off.</summary>
    public long Blocked { get; init; }

    /// <summary>Accepted messages that failed otherwise.</summary>
    public long FailedLater { get; init; }

    /// <summary>Accepted template messages of which no receipt tells an end.</summary>
    public long WithoutReceipt { get; init; }

    /// <summary>When it was first started.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When sending could begin.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it was finished or cancelled.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The report as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, BroadcastJson.Default.BroadcastReport);

    /// <summary>The report as lines of text.</summary>
    public string ToText()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Name}: {State}");
        if (EndedAt is { } ended && StartedAt is { } started)
        {
            text.Append(CultureInfo.InvariantCulture, $" after {ended - started:d\\.hh\\:mm\\:ss}");
        }

        text.AppendLine();
        if (Reason is not null)
        {
            text.Append("  ").AppendLine(Reason);
        }

        IEnumerable<(string Label, long Count)> channels =
        [
            ("  by subscribe message", Counts.SentBySubscribeMessage), ("  by subscribe notice", Counts.SentBySubscribeNotice),
            ("  by customer service", Counts.SentByCustomerService), ("  by the host's own way", Counts.SentByFallback),
        ];
        (string Label, long Count)[] lines =
        [
            ("recipients", Recipients), ("sent", Counts.Sent), .. channels.Where(static channel => channel.Count > 0),
            ("  delivered", Delivered), ("  blocked by the recipient", Blocked), ("  failed later", FailedLater), ("  without a receipt", WithoutReceipt),
            ("never signed in", Counts.NotSignedIn), ("not linked", Counts.NotLinked), ("not following", Counts.NotFollowing),
            ("refused", Counts.Refused), ("too frequent", Counts.TooFrequent), ("duplicate", Counts.Duplicate), ("unknown", Counts.Unknown), ("failed", Counts.Failed),
            ("not sent", Pending),
        ];
        foreach (var (label, count) in lines)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {label,-26} {count,12:N0}");
        }

        return text.ToString();
    }

    /// <exception cref="JsonException">It is no report.</exception>
    internal static BroadcastReport FromJson(string json) =>
        JsonSerializer.Deserialize(json, BroadcastJson.Default.BroadcastReport) ?? throw new JsonException("A report is null.");
}
