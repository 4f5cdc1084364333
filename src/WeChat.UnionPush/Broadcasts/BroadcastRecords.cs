using System.Runtime.CompilerServices;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>Reads what was written down of broadcasts: where they stand, and what became of them.</summary>
internal sealed class BroadcastRecords(BroadcastTools tools, IMessageReceipts receipts)
{
    private static readonly TimeSpan RateWindow = TimeSpan.FromMinutes(1);

    /// <exception cref="ArgumentException">There is no broadcast of this name.</exception>
    public async Task<BroadcastRecord> FindAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return await tools.Journal.FindAsync(tools.AppId, name, cancellationToken).ConfigureAwait(false)
            ?? throw new ArgumentException(
                $"There is no broadcast '{name}' of {tools.AppId} in this storage. Call StartAsync first; ListAsync tells those there are.", nameof(name));
    }

    public async Task<BroadcastStatus> StatusAsync(BroadcastRecord record, CancellationToken cancellationToken)
    {
        var status = new BroadcastStatus(record.Name, record.State)
        {
            Reason = record.Reason,
            Recipients = record.Recipients,
            CreatedAt = record.CreatedAt,
            StartedAt = record.StartedAt,
            EndedAt = record.EndedAt,
            WaitsUntil = record.WaitsUntil,
        };
        if (record.Report is { } report)
        {
            return status with { Counts = BroadcastReport.FromJson(report).Counts };
        }

        var now = tools.Time.GetUtcNow();
        var since = record.StartedAt is { } started && started > now - RateWindow ? started : now - RateWindow;
        var progress = await tools.Journal.CountAsync(record.Id, since, cancellationToken).ConfigureAwait(false);
        return status with
        {
            Recipients = progress.Recipients,
            Counts = progress.Counts,
            PerSecond = now > since && record.State == BroadcastState.Running ? progress.Recent / (now - since).TotalSeconds : 0,
        };
    }

    /// <summary>What became of each recipient.</summary>
    public async IAsyncEnumerable<BroadcastOutcome> OutcomesAsync(BroadcastRecord record, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var batch in tools.Journal.ListBatchesAsync(record.Id, cancellationToken).ConfigureAwait(false))
        {
            var sheet = new OutcomeSheet(batch.Size, batch.Outcomes);
            var lines = batch.Recipients.Split('\n');
            for (var i = 0; i < batch.Size; i++)
            {
                var status = sheet.StatusOf(i);
                var value = sheet.ValueOf(i);
                yield return new BroadcastOutcome(RecipientLine.Read(lines[i]).Id, status, sheet.IsFailed(i))
                {
                    Channel = sheet.ChannelOf(i),
                    ErrorCode = sheet.CodeOf(i) is var code && code != 0 ? code : null,
                    MessageId = status is PushStatus.Sent && value != 0 ? value : null,
                    AttemptedAt = value != 0 && (status is PushStatus.Unknown || sheet.IsUnderWay(i)) ? DateTimeOffset.FromUnixTimeMilliseconds(value) : null,
                };
            }
        }
    }

    public async Task<BroadcastReport> ReportAsync(BroadcastRecord record, CancellationToken cancellationToken)
    {
        var counts = new BroadcastCounts();
        var (recipients, delivered, blocked, failed, without) = (0L, 0L, 0L, 0L, 0L);
        await foreach (var batch in tools.Journal.ListBatchesAsync(record.Id, cancellationToken).ConfigureAwait(false))
        {
            recipients += batch.Size;
            counts = counts.Plus(batch.Counts);
            var sheet = new OutcomeSheet(batch.Size, batch.Outcomes);

            // Receipts tell of template messages.
            int[] sent = [.. Enumerable.Range(0, batch.Size).Where(i => sheet.StatusOf(i) == PushStatus.Sent && sheet.ChannelOf(i) == PushChannel.TemplateMessage)];
            long[] messages = [.. sent.Select(sheet.ValueOf).Where(static id => id != 0)];
            without += sent.Length;
            if (messages.Length == 0)
            {
                continue;
            }

            foreach (var receipt in await receipts.FindAsync(tools.AppId, messages, cancellationToken).ConfigureAwait(false))
            {
                without -= receipt.Status is null ? 0 : 1;
                delivered += receipt.Status == TemplateDeliveryStatus.Delivered ? 1 : 0;
                blocked += receipt.Status == TemplateDeliveryStatus.UserBlocked ? 1 : 0;
                failed += receipt.Status is null or TemplateDeliveryStatus.Delivered or TemplateDeliveryStatus.UserBlocked ? 0 : 1;
            }
        }

        return new BroadcastReport(record.Name, record.State)
        {
            Reason = record.Reason,
            Recipients = recipients,
            Counts = counts,
            Pending = recipients - counts.Settled,
            Delivered = delivered,
            Blocked = blocked,
            FailedLater = failed,
            WithoutReceipt = without,
            CreatedAt = record.CreatedAt,
            StartedAt = record.StartedAt,
            EndedAt = record.EndedAt,
        };
    }
}
