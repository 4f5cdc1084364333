namespace WeChat.UnionPush.Simulator;

/// <summary>A call of the host and its answer, without secrets and tokens.</summary>
internal sealed record CallEntry(
    long Id,
    DateTimeOffset At,
    string Method,
    string Path,
    string Query,
    string? ContentType,
    string? Request,
    int? Status,
    string? Response,
    string? Error,
    int? ErrorCode,
    string? Rid,
    double Took,
    string? AppId,
    string? Fault,
    bool IsWhole) : IEntry
{
    /// <summary>The person whom the call is about, when it is about one.</summary>
    public long? Person { get; init; }

    /// <summary>What became of the push, when it is one.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>The command that repeats it.</summary>
    public string? Curl { get; init; }

    /// <summary>The number of the call that this one repeats, or null.</summary>
    public long? ReplayOf { get; init; }
}
