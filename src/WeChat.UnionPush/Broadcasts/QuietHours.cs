namespace WeChat.UnionPush.Broadcasts;

/// <summary>Hours of the day, by China time, at which nothing is sent.</summary>
/// <param name="From">When they begin.</param>
/// <param name="To">When they end; on the next day when it is not later than <paramref name="From"/>.</param>
public readonly record struct QuietHours(TimeOnly From, TimeOnly To)
{
    private static readonly TimeSpan ChinaOffset = TimeSpan.FromHours(8);

    /// <summary>When the quiet hours that a moment lies in end; <see langword="null"/> when it lies in none.</summary>
    internal DateTimeOffset? EndAt(DateTimeOffset moment)
    {
        var china = moment.ToOffset(ChinaOffset);
        if (From == To || !TimeOnly.FromDateTime(china.DateTime).IsBetween(From, To))
        {
            return null;
        }

        var end = new DateTimeOffset(china.Date + To.ToTimeSpan(), ChinaOffset);
        return end > moment ? end : end.AddDays(1);
    }
}
