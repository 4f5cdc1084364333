namespace WeChat.UnionPush;

/// <summary>The platform counts days in China time, UTC+8 the year round.</summary>
internal static class ChinaTime
{
    private static readonly TimeSpan Offset = TimeSpan.FromHours(8);

    /// <summary>When the platform's next day begins.</summary>
    public static DateTimeOffset NextDay(DateTimeOffset moment) => new(DayOf(moment).AddDays(1).ToDateTime(TimeOnly.MinValue), Offset);

    public static DateOnly DayOf(DateTimeOffset moment) => DateOnly.FromDateTime(moment.ToOffset(Offset).DateTime);
}
