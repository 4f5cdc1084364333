namespace WeChat.UnionPush.Broadcasts;

/// <summary>How a process takes part in broadcasts.</summary>
public sealed class BroadcastOptions
{
    /// <summary>
    /// Whether the process sends. <see langword="true"/> by default. A process that only pushes to single persons sets it to <see langword="false"/>: its calls
    /// count in the account's pace and quota, so that the broadcasts of the others make room for them.
    /// </summary>
    public bool TakesPart { get; set; } = true;

    /// <summary>
    /// How long a batch of recipients belongs to a worker that shows no sign of life. One minute by default, at least one second. The recipients of a worker
    /// that died wait that long. Clocks of machines should agree to well under it.
    /// </summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often the process looks for broadcasts, and for pauses and cancellations. One second by default.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);
}
