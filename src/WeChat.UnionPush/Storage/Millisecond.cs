namespace WeChat.UnionPush.Storage;

/// <summary>The precision of all stored times: whole milliseconds since 1970, cut and never rounded.</summary>
public static class Millisecond
{
    /// <summary><see cref="DateTimeOffset.MinValue"/> in milliseconds since 1970.</summary>
    internal const long MinValue = -62_135_596_800_000;

    /// <summary>Cuts a time to the millisecond, so that it compares the same before and after it was stored.</summary>
    /// <param name="time">The time.</param>
    /// <returns>The time, cut to the millisecond, in UTC.</returns>
    public static DateTimeOffset Cut(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
}
