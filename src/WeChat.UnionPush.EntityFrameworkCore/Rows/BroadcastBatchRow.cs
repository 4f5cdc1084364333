namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>Some recipients of a broadcast, and what became of them.</summary>
internal class BroadcastBatchRow
{
    public string BroadcastId { get; set; } = null!;

    public int Number { get; set; }

    public string? ClaimId { get; set; }

    /// <summary>From when it may be claimed: the end of a claim; the last moment of the year 9999 when all have an outcome.</summary>
    public long AvailableAt { get; set; }

    public long SavedAt { get; set; }

    public int Size { get; set; }

    public long Sent { get; set; }

    public long NotSignedIn { get; set; }

    public long NotLinked { get; set; }

    public long NotFollowing { get; set; }

    public long Refused { get; set; }

    public long TooFrequent { get; set; }

    public long Duplicate { get; set; }

    public long UnknownOutcome { get; set; }

    public long Failed { get; set; }

    public long SentBySubscribe { get; set; }

    public long SentByNotice { get; set; }

    public long SentByService { get; set; }

    public long SentByFallback { get; set; }

    public string? Outcomes { get; set; }

    public string? Recipients { get; set; }

    public static BroadcastBatchRow Of(BroadcastBatch batch) => new()
    {
        BroadcastId = batch.BroadcastId,
        Number = batch.Number,
        AvailableAt = batch.AvailableAt.ToUnixTimeMilliseconds(),
        SavedAt = batch.SavedAt.ToUnixTimeMilliseconds(),
        Size = batch.Size,
        Sent = batch.Counts.Sent,
        NotSignedIn = batch.Counts.NotSignedIn,
        NotLinked = batch.Counts.NotLinked,
        NotFollowing = batch.Counts.NotFollowing,
        Refused = batch.Counts.Refused,
        TooFrequent = batch.Counts.TooFrequent,
        Duplicate = batch.Counts.Duplicate,
        UnknownOutcome = batch.Counts.Unknown,
        Failed = batch.Counts.Failed,
        SentBySubscribe = batch.Counts.SentBySubscribeMessage,
        SentByNotice = batch.Counts.SentBySubscribeNotice,
        SentByService = batch.Counts.SentByCustomerService,
        SentByFallback = batch.Counts.SentByFallback,
        Outcomes = BroadcastRow.Known(batch.Outcomes),
        Recipients = BroadcastRow.Known(batch.Recipients),
    };

    public BroadcastBatch ToBatch() => new(BroadcastId, Number)
    {
        Size = Size,
        Recipients = Recipients ?? "",
        Outcomes = Outcomes ?? "",
        AvailableAt = DateTimeOffset.FromUnixTimeMilliseconds(AvailableAt),
        ClaimId = ClaimId,
        SavedAt = DateTimeOffset.FromUnixTimeMilliseconds(SavedAt),
        Counts = new()
        {
            Sent = Sent,
            NotSignedIn = NotSignedIn,
            NotLinked = NotLinked,
            NotFollowing = NotFollowing,
            Refused = Refused,
            TooFrequent = TooFrequent,
            Duplicate = Duplicate,
            Unknown = UnknownOutcome,
            Failed = Failed,
            SentBySubscribeMessage = SentBySubscribe,
            SentBySubscribeNotice = SentByNotice,
            SentByCustomerService = SentByService,
            SentByFallback = SentByFallback,
        },
    };
}
