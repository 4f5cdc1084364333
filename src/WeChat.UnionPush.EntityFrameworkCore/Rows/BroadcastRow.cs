namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>A broadcast. Texts that may be empty are null then, for some databases have no empty texts.</summary>
internal class BroadcastRow
{
    public string AppId { get; set; } = null!;

    public string Name { get; set; } = null!;

    /// <summary>Names its batches.</summary>
    public string? Id { get; set; }

    public int State { get; set; }

    public string? Reason { get; set; }

    public long Recipients { get; set; }

    public string? Content { get; set; }

    public long CreatedAt { get; set; }

    public long? StartedAt { get; set; }

    public long? EndedAt { get; set; }

    public long? WaitsUntil { get; set; }

    public string? Report { get; set; }

    public long Revision { get; set; }

    public static BroadcastRow Of(BroadcastRecord broadcast) => new()
    {
        AppId = broadcast.AppId,
        Name = broadcast.Name,
        Id = Known(broadcast.Id),
        State = (int)broadcast.State,
        Reason = broadcast.Reason,
        Recipients = broadcast.Recipients,
        Content = Known(broadcast.Content),
        CreatedAt = broadcast.CreatedAt.ToUnixTimeMilliseconds(),
        StartedAt = broadcast.StartedAt?.ToUnixTimeMilliseconds(),
        EndedAt = broadcast.EndedAt?.ToUnixTimeMilliseconds(),
        WaitsUntil = broadcast.WaitsUntil?.ToUnixTimeMilliseconds(),
        Report = broadcast.Report,
        Revision = broadcast.Revision,
    };

    public static string? Known(string text) => text.Length == 0 ? null : text;

    public BroadcastRecord ToRecord() => new(AppId, Name)
    {
        Id = Id ?? "",
        State = (BroadcastState)State,
        Reason = Reason,
        Recipients = Recipients,
        Content = Content ?? "",
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(CreatedAt),
        StartedAt = IdentityRow.Time(StartedAt),
        EndedAt = IdentityRow.Time(EndedAt),
        WaitsUntil = IdentityRow.Time(WaitsUntil),
        Report = Report,
        Revision = Revision,
    };
}
