namespace WeChat.UnionPush;

/// <summary>The grain of every time that is stored: whole milliseconds since 1970, cut and never rounded.</summary>
internal static class Millisecond
{
    /// <summary><see cref="DateTimeOffset.MinValue"/> in milliseconds since 1970.</summary>
    public const long MinValue = -62_135_596_800_000;

    /// <summary>Cuts what is finer than a millisecond, so that a time compares the same before and after it was stored.</summary>
    public static DateTimeOffset Cut(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
}
