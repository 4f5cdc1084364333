namespace WeChat.UnionPush.Broadcasts;

/// <summary>The claim on a batch: until when it is good, what is written under it, and how the batch is given back.</summary>
/// <param name="tools">What is sent with.</param>
/// <param name="batch">The batch, claimed.</param>
/// <param name="sheet">The outcomes so far.</param>
/// <param name="lines">The recipients.</param>
/// <param name="templates">Who of them waits for a template.</param>
/// <param name="claimedAt">A timestamp from before the claim.</param>
internal sealed class BatchClaim(BroadcastTools tools, BroadcastBatch batch, OutcomeSheet sheet, RecipientLine[] lines, BatchTemplates templates, long claimedAt)
{
    /// <summary>For how long the platform knows a message id again.</summary>
    public static readonly TimeSpan IdLifetime = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan RetryUnknownAfter = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestSave = TimeSpan.FromMinutes(5);

    private long _renewedAt = claimedAt;

    private DateTimeOffset Now => tools.Time.GetUtcNow();

    /// <summary>Until when a claim is good to send under: what is sent in the last moment ends before somebody else begins.</summary>
    public long SendsUntil => _renewedAt + (long)(tools.Options.LeaseDuration.TotalSeconds * 0.75 * tools.Time.TimestampFrequency);

    /// <summary>How long ago somebody was attempted.</summary>
    public TimeSpan AgeOf(int recipient) => Now - DateTimeOffset.FromUnixTimeMilliseconds(sheet.ValueOf(recipient));

    public async Task GiveBackAsync(CancellationToken stop)
    {
        var began = tools.Time.GetTimestamp();
        for (var pause = TimeSpan.FromMilliseconds(200); ; pause = pause * 2 < TimeSpan.FromSeconds(2) ? pause * 2 : TimeSpan.FromSeconds(2))
        {
            try
            {
                await SaveAsync(release: true, AvailableAgainAt(), CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (UnionPushStorageException) when (tools.Time.GetElapsedTime(began) < (stop.IsCancellationRequested ? TimeSpan.FromSeconds(5) : LongestSave))
            {
                // A database that restarts is back in seconds. Without this, what was sent is sent again under the same message id.
                await Task.Delay(pause, tools.Time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Writes down how far the batch is, which extends the claim.</summary>
    /// <returns><see langword="false"/> when the batch is somebody else's.</returns>
    public async Task<bool> SaveAsync(bool release, DateTimeOffset availableAt, CancellationToken cancellationToken)
    {
        var renewedAt = tools.Time.GetTimestamp();
        var written = batch with { Outcomes = sheet.Text, Counts = sheet.Count(), AvailableAt = availableAt, SavedAt = Now };
        if (!await tools.Journal.SaveAsync(written, release, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        _renewedAt = renewedAt;
        return true;
    }

    private DateTimeOffset AvailableAgainAt()
    {
        var now = Now;
        var at = DateTimeOffset.MaxValue;
        for (var i = 0; i < sheet.Size; i++)
        {
            if (sheet.IsOpen(i) && lines[i].Id.Length == 0)
            {
                // Erased since. Nobody is left to be sent to, and what was under way is nobody's any more.
                sheet.Settle(i, sheet.IsUnderWay(i) ? PushStatus.Unknown : PushStatus.NotFollowing);
            }

            // Who waits for a stopped template does not open the batch: the worker does, once somebody has resumed the run.
            var isStopped = sheet.IsOpen(i) && templates.IsStopped(i);
            var next = sheet.IsPending(i) ? (isStopped ? DateTimeOffset.MaxValue : now)
                : !sheet.IsUnderWay(i) ? DateTimeOffset.MaxValue
                : AgeOf(i) < tools.ResendsFor && !isStopped ? now + RetryUnknownAfter
                : now + (IdLifetime - AgeOf(i));
            at = next < at ? next : at;
        }

        return at;
    }
}
