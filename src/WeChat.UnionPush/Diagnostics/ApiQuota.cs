namespace WeChat.UnionPush;

/// <summary>How much of an API's calls is used up. Counts are exact to about a hundredth.</summary>
/// <param name="DailyLimit">Calls a day, reset at midnight China time.</param>
/// <param name="Used">Calls of today.</param>
/// <param name="Remaining">Calls left today.</param>
public sealed record ApiQuota(long DailyLimit, long Used, long Remaining)
{
    /// <summary>Calls within each <see cref="Window"/>, or <see langword="null"/> when the platform names none.</summary>
    public long? CallsPerWindow { get; init; }

    /// <summary>The span that <see cref="CallsPerWindow"/> counts, or <see langword="null"/>.</summary>
    public TimeSpan? Window { get; init; }
}
