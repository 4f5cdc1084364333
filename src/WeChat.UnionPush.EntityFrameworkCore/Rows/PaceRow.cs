namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>An account's pace and its calls of the day.</summary>
internal class PaceRow
{
    public string AppId { get; set; } = null!;

    /// <summary>The next slot, in microseconds since 1970.</summary>
    public long NextAt { get; set; }

    /// <summary>By China time, as days since the year 1.</summary>
    public int Day { get; set; }

    public long Used { get; set; }

    /// <summary>Counts the writes, so that nobody writes over what they have not read.</summary>
    public long Version { get; set; }
}
