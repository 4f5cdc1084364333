namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>A pushed event that waits, is out, or was settled.</summary>
internal class EventRow
{
    /// <summary>In the order of arrival.</summary>
    public long Id { get; set; }

    public string AppId { get; set; } = null!;

    public string DeduplicationKey { get; set; } = null!;

    /// <summary>The sender's.</summary>
    public string OpenId { get; set; } = null!;

    /// <summary>As UTF-8, because texts of some databases cannot hold every character; null once completed.</summary>
    public byte[]? Body { get; set; }

    /// <summary>From when it may be taken; while it is out, the end of its lease.</summary>
    public long AvailableAt { get; set; }

    public int Attempt { get; set; }

    public string? LeaseId { get; set; }

    /// <summary>Null while it waits or is out.</summary>
    public long? SettledAt { get; set; }

    /// <summary>Null where it was not set aside.</summary>
    public long? BuriedAt { get; set; }

    /// <summary>Which handlers are done; null at first.</summary>
    public string? Progress { get; set; }
}
