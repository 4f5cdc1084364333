using System.Data.Common;

namespace WeChat.UnionPush.PostgreSql;

/// <summary>Receipts in one table. Batches travel as arrays, one statement each.</summary>
internal sealed class PostgreSqlMessageReceipts(PostgreSqlDatabase database, TimeProvider timeProvider) : IMessageReceipts
{
    // The rules of MessageReceipt.MergedWith.
    internal const string Upsert = """
        insert into unionpush_receipt as r (app_id, message_id, open_id, template_id, correlation_id, sent_at, status, status_text, finished_at, saved_at)
        select n.*, $10
        from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::smallint[], $8::text[], $9::bigint[]) as n
        on conflict (app_id, message_id) do update set
            open_id = coalesce(r.open_id, excluded.open_id),
            template_id = coalesce(r.template_id, excluded.template_id),
            correlation_id = coalesce(r.correlation_id, excluded.correlation_id),
            sent_at = coalesce(r.sent_at, excluded.sent_at),
            status = coalesce(r.status, excluded.status),
            status_text = case when r.status is null then excluded.status_text else r.status_text end,
            finished_at = case when r.status is null then excluded.finished_at else r.finished_at end,
            saved_at = excluded.saved_at
        """;

    private const string Columns = "select r.message_id, r.open_id, r.template_id, r.correlation_id, r.sent_at, r.status, r.status_text, r.finished_at ";

    internal const string SelectByMessageIds = Columns + """
        from unnest($2::bigint[]) as q (message_id) cross join lateral (
            select * from unionpush_receipt r where r.app_id = $1 and r.message_id = q.message_id offset 0) r
        """;

    internal const string SelectByCorrelationIds = Columns + """
        from unnest($2::text[]) as q (correlation_id) cross join lateral (
            select * from unionpush_receipt r where r.app_id = $1 and r.correlation_id = q.correlation_id offset 0) r
        """;

    internal const string Forget = "update unionpush_receipt set open_id = '' where app_id = $1 and open_id = any ($2::text[])";

    internal const string DeleteOld = """
        with gone as (
            delete from unionpush_receipt where ctid = any (array(select ctid from unionpush_receipt where saved_at < $1 limit $2 for update skip locked))
            returning 1)
        select count(*)::integer from gone
        """;

    private static readonly Comparer<MessageReceipt> KeyOrder = Comparer<MessageReceipt>.Create(static (x, y) =>
        string.CompareOrdinal(x.AppId, y.AppId) is var byApp && byApp != 0 ? byApp : x.MessageId.CompareTo(y.MessageId));

    public async ValueTask SaveAsync(IReadOnlyCollection<MessageReceipt> receipts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(receipts);

        // In the order of the keys, so that two writers lock common rows in one order; and each once, as a statement demands.
        MessageReceipt[] batch = [.. receipts
            .GroupBy(static receipt => (receipt.AppId, receipt.MessageId))
            .Select(static same => same.Aggregate(static (known, next) => known.MergedWith(next)))
            .Order(KeyOrder)];
        await database.ReadAsync(
            Upsert,
            static _ => true,
            cancellationToken,
            PostgreSqlDatabase.Value(Array.ConvertAll(batch, static receipt => receipt.AppId)),
            PostgreSqlDatabase.Value(Array.ConvertAll(batch, static receipt => receipt.MessageId)),
            PostgreSqlDatabase.Value(Array.ConvertAll(batch, static receipt => receipt.OpenId)),
            PostgreSqlDatabase.Value(Array.ConvertAll(batch, static receipt => receipt.TemplateId)),
            PostgreSqlDatabase.Value(Array.ConvertAll(batch, static receipt => receipt.CorrelationId)),
            PostgreSqlDatabase.Value(Array.ConvertAll(batch, static receipt => receipt.SentAt?.ToUnixTimeMilliseconds())),
            PostgreSqlDatabase.Value(Array.ConvertAll(batch, static receipt => (short?)receipt.Status)),
            PostgreSqlDatabase.Value(Array.ConvertAll(batch, static receipt => receipt.StatusText)),
            PostgreSqlDatabase.Value(Array.ConvertAll(batch, static receipt => receipt.FinishedAt?.ToUnixTimeMilliseconds())),
            PostgreSqlDatabase.Value(timeProvider.GetUtcNow().ToUnixTimeMilliseconds())).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<MessageReceipt>> FindAsync(string appId, IReadOnlyCollection<long> messageIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messageIds);
        return await database.ReadAsync(
            SelectByMessageIds,
            row => Read(row, appId),
            cancellationToken,
            PostgreSqlDatabase.Value(appId),
            PostgreSqlDatabase.Value(messageIds.Distinct().ToArray())).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<MessageReceipt>> FindByCorrelationIdAsync(
        string appId, IReadOnlyCollection<string> correlationIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(correlationIds);
        return await database.ReadAsync(
            SelectByCorrelationIds,
            row => Read(row, appId),
            cancellationToken,
            PostgreSqlDatabase.Value(appId),
            Storable(correlationIds)).ConfigureAwait(false);
    }

    public async ValueTask ForgetRecipientsAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openIds);
        await database.ReadAsync(Forget, static _ => true, cancellationToken, PostgreSqlDatabase.Value(appId), Storable(openIds)).ConfigureAwait(false);
    }

    public async ValueTask<int> ExpireAsync(DateTimeOffset savedBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return (await database.ReadAsync(
            DeleteOld,
            static row => row.GetInt32(0),
            cancellationToken,
            PostgreSqlDatabase.Value(savedBefore.ToUnixTimeMilliseconds()),
            PostgreSqlDatabase.Value(limit)).ConfigureAwait(false))[0];
    }

    // What no database can hold was never stored.
    private static Npgsql.NpgsqlParameter Storable(IReadOnlyCollection<string> texts) =>
        PostgreSqlDatabase.Value(texts.Where(static text => StorableText.Fits(text)).Distinct(StringComparer.Ordinal).ToArray());

    private static MessageReceipt Read(DbDataReader row, string appId) => new(appId, row.GetInt64(0))
    {
        OpenId = Text(row, 1),
        TemplateId = Text(row, 2),
        CorrelationId = Text(row, 3),
        SentAt = Time(row, 4),
        Status = row.IsDBNull(5) ? null : (TemplateDeliveryStatus)row.GetInt16(5),
        StatusText = Text(row, 6),
        FinishedAt = Time(row, 7),
    };

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static DateTimeOffset? Time(DbDataReader row, int column) => row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
