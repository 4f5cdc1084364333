using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>Receipts in one table. A batch is read, merged and written, and read again where somebody else wrote meanwhile.</summary>
internal sealed class EfMessageReceipts(EfDatabase database, TimeProvider timeProvider) : IMessageReceipts
{
    public async ValueTask SaveAsync(IReadOnlyCollection<MessageReceipt> receipts, CancellationToken cancellationToken = default)
    {
        var batch = ReceiptBatch.Merged(receipts);
        var now = timeProvider.GetUtcNow().ToUnixTimeMilliseconds();
        await database.WriteAsync(
            async (context, cancellationToken) =>
            {
                foreach (var app in batch.GroupBy(static receipt => receipt.AppId, StringComparer.Ordinal))
                {
                    foreach (var chunk in app.Chunk(EfDatabase.ListSize))
                    {
                        await SaveAsync(context, app.Key, chunk, now, cancellationToken).ConfigureAwait(false);
                    }
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<MessageReceipt>> FindAsync(string appId, IReadOnlyCollection<long> messageIds, CancellationToken cancellationToken = default) =>
        Receipts(await database.ReadAsync(messageIds.Distinct(), (context, ids) => Find(context, appId, ids), cancellationToken).ConfigureAwait(false));

    public async ValueTask<IReadOnlyList<MessageReceipt>> FindByCorrelationIdAsync(
        string appId, IReadOnlyCollection<string> correlationIds, CancellationToken cancellationToken = default) =>
        Receipts(await database.ReadAsync(
            correlationIds.Distinct(StringComparer.Ordinal), (context, ids) => FindByCorrelationId(context, appId, ids), cancellationToken).ConfigureAwait(false));

    public async ValueTask<IReadOnlyList<MessageReceipt>> ListAsync(string appId, MessageReceiptQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Receipts(await database.ReadAsync(
            (context, cancellationToken) => List(context, appId, query).ToListAsync(cancellationToken), cancellationToken).ConfigureAwait(false));
    }

    public async ValueTask ForgetRecipientsAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default) =>
        await database.WriteAsync(
            async (context, cancellationToken) =>
            {
                foreach (IEnumerable<string> recipients in openIds.Where(static openId => StorableText.Fits(openId)).Distinct(StringComparer.Ordinal).Chunk(EfDatabase.ListSize))
                {
                    await context.Set<ReceiptRow>().Where(row => row.AppId == appId && recipients.Contains(row.OpenId)).ExecuteUpdateAsync(
                        static set => set
                            .SetProperty(static row => row.OpenId, (string?)null)
                            .SetProperty(static row => row.IsForgotten, true)
                            .SetProperty(static row => row.Version, static row => row.Version + 1),
                        cancellationToken).ConfigureAwait(false);
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);

    public ValueTask<int> ExpireAsync(DateTimeOffset savedBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var before = savedBefore.ToUnixTimeMilliseconds();
        return database.WriteAsync(
            async (context, cancellationToken) =>
            {
                var old = context.Set<ReceiptRow>().Where(row => row.SavedAt < before);
                var names = await old.OrderBy(static row => row.SavedAt).Take(limit).Select(static row => new { row.AppId, row.MessageId })
                    .ToListAsync(cancellationToken).ConfigureAwait(false);
                var deleted = 0;
                foreach (var app in names.GroupBy(static name => name.AppId, static name => name.MessageId, StringComparer.Ordinal))
                {
                    foreach (IEnumerable<long> ids in app.Chunk(EfDatabase.ListSize))
                    {
                        deleted += await old.Where(row => row.AppId == app.Key && ids.Contains(row.MessageId)).ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false);
                    }
                }

                return deleted;
            },
            cancellationToken);
    }

    internal static IQueryable<ReceiptRow> Find(DbContext context, string appId, IEnumerable<long> messageIds) =>
        context.Set<ReceiptRow>().AsNoTracking().Where(row => row.AppId == appId && messageIds.Contains(row.MessageId));

    internal static IQueryable<ReceiptRow> FindByCorrelationId(DbContext context, string appId, IEnumerable<string> correlationIds) =>
        context.Set<ReceiptRow>().AsNoTracking().Where(row => row.AppId == appId && correlationIds.Contains(row.CorrelationId));

    internal static IQueryable<ReceiptRow> List(DbContext context, string appId, MessageReceiptQuery query)
    {
        var rows = context.Set<ReceiptRow>().AsNoTracking().Where(row => row.AppId == appId);
        if (query.From is { } from)
        {
            var time = from.ToUnixTimeMilliseconds();
            rows = rows.Where(row => row.ListedAt >= time);
        }

        if (query.Before is { } before)
        {
            var time = before.ToUnixTimeMilliseconds();
            rows = rows.Where(row => row.ListedAt < time);
        }

        if (query.Status is { } known)
        {
            var status = (int)known;
            rows = rows.Where(row => row.Status == status);
        }

        if (query.HasOutcome is { } hasOutcome)
        {
            rows = hasOutcome ? rows.Where(static row => row.Status != null) : rows.Where(static row => row.Status == null);
        }

        if (query.After is { } after)
        {
            var (time, id) = (after.ListedAt.ToUnixTimeMilliseconds(), after.MessageId);
            rows = rows.Where(row => row.ListedAt <= time && (row.ListedAt < time || row.MessageId < id));
        }

        return rows.OrderByDescending(static row => row.ListedAt).ThenByDescending(static row => row.MessageId).Take(query.Limit);
    }

    private static List<MessageReceipt> Receipts(List<ReceiptRow> rows) => rows.ConvertAll(static row => row.ToReceipt());

    private static async Task SaveAsync(DbContext context, string appId, MessageReceipt[] chunk, long now, CancellationToken cancellationToken)
    {
        var stored = await Find(context, appId, chunk.Select(static receipt => receipt.MessageId).ToArray())
            .ToDictionaryAsync(static row => row.MessageId, cancellationToken).ConfigureAwait(false);
        foreach (var receipt in chunk)
        {
            if (stored.TryGetValue(receipt.MessageId, out var known))
            {
                var row = ReceiptRow.Of(known.ToReceipt().MergedWith(receipt), now, known.Version);
                context.Update(row);
                row.Version++;
            }
            else
            {
                context.Add(ReceiptRow.Of(receipt, now, 0));
            }
        }

        await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
    }
}
