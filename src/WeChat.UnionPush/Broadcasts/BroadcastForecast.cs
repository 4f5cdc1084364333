namespace WeChat.UnionPush.Broadcasts;

/// <summary>What a broadcast would come to.</summary>
/// <param name="Recipients">How many people the audience has.</param>
/// <param name="Reachable">How many of them would be sent the template message.</param>
public sealed record BroadcastForecast(long Recipients, long Reachable)
{
    /// <summary>With <c>AddReach</c>: how many of the others would be tried on further channels. How many of those are reached is known when they are tried.</summary>
    public long OnOtherChannels { get; init; }

    /// <summary>The rest, by the reason why they would not be sent to.</summary>
    public BroadcastCounts Unreachable { get; init; } = new();

    /// <summary>Calls that the account may make today; <see langword="null"/> when the platform did not tell.</summary>
    public long? DailyLimit { get; init; }

    /// <summary>Calls that are left today, the reserve included; <see langword="null"/> when the platform did not tell.</summary>
    public long? RemainingToday { get; init; }

    /// <summary>How long the sending takes at the account's pace, without waits for quota and quiet hours; zero without a pace.</summary>
    public TimeSpan SendingTime { get; init; }

    /// <summary>On how many days calls are needed, today included; <see langword="null"/> when the platform did not tell, or the reserve leaves none.</summary>
    public int? Days { get; init; }
}
