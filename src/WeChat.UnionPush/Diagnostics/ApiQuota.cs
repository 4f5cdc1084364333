namespace WeChat.UnionPush.Diagnostics;

/// <summary>How much of an API's call quota is used. Counts are exact to about one percent.</summary>
/// <param name="DailyLimit">Calls a day, reset at midnight China time.</param>
/// <param name="Used">Calls made today.</param>
/// <param name="Remaining">Calls left today.</param>
public sealed record ApiQuota(long DailyLimit, long Used, long Remaining)
{
    /// <summary>Calls within each <see cref="Window"/>, or <see langword="null"/> when the platform reports none.</summary>
    public long? CallsPerWindow { get; init; }

    /// <summary>The span that <see cref="CallsPerWindow"/> counts, or <see langword="null"/>.</summary>
    public TimeSpan? Window { get; init; }
}
