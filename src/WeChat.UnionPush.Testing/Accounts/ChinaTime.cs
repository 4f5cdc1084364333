namespace WeChat.UnionPush.Testing;

/// <summary>The platform's calendar: UTC+8 without daylight saving.</summary>
internal static class ChinaTime
{
    private static readonly TimeSpan Offset = TimeSpan.FromHours(8);

    public static long Day(DateTimeOffset moment) => moment.Add(Offset).UtcTicks / TimeSpan.TicksPerDay;

    public static int Month(DateTimeOffset moment)
    {
        var there = moment.ToOffset(Offset);
        return (there.Year * 12) + there.Month;
    }

    public static long Minute(DateTimeOffset moment) => moment.UtcTicks / TimeSpan.TicksPerMinute;
}
