using System.Data.Common;

namespace WeChat.UnionPush.PostgreSql;

/// <summary>Receipts in one table. Batches travel as arrays, one statement each.</summary>
internal sealed class PostgreSqlMessageReceipts(PostgreSqlDatabase database, TimeProvider timeProvider)
    : SqlMessageReceipts(database, timeProvider, ListedAt, Forget, DeleteOld)
{
    internal const string ListedAt = "coalesce(sent_at, finished_at, 0)";

    internal const string SelectByMessageIds = "select " + Columns + """
         from unnest($2::bigint[]) as q (id) cross join lateral (
            select * from unionpush_receipt r where r.app_id = $1 and r.message_id = q.id offset 0) r
        """;

    internal const string SelectByCorrelationIds = "select " + Columns + """
         from unnest($2::text[]) as q (id) cross join lateral (
            select * from unionpush_receipt r where r.app_id = $1 and r.correlation_id = q.id offset 0) r
        """;

    internal const string Forget = "update unionpush_receipt set open_id = '' where app_id = $1 and open_id = $2";

    internal const string DeleteOld = """
        delete from unionpush_receipt where ctid = any (array(select ctid from unionpush_receipt where saved_at < $1 limit $2 for update skip locked))
        """;

    private const string Insert =
        InsertInto + "select n.*, $10 from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::smallint[], $8::text[], $9::bigint[]) as n";

    private readonly string _save = Insert + MergeIn(database.Dialect);

    public override async ValueTask<IReadOnlyList<MessageReceipt>> FindAsync(string appId, IReadOnlyCollection<long> messageIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messageIds);
        return await database.ReadAsync(
            SelectByMessageIds,
            Reads(appId),
            cancellationToken,
            PostgreSqlDatabase.Value(appId),
            PostgreSqlDatabase.Value(messageIds.Distinct().ToArray())).ConfigureAwait(false);
    }

    public override async ValueTask<IReadOnlyList<MessageReceipt>> FindByCorrelationIdAsync(
        string appId, IReadOnlyCollection<string> correlationIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(correlationIds);
        return await database.ReadAsync(
            SelectByCorrelationIds,
            Reads(appId),
            cancellationToken,
            PostgreSqlDatabase.Value(appId),
            Storable(correlationIds)).ConfigureAwait(false);
    }

    protected override async ValueTask SaveAsync(IReadOnlyCollection<MessageReceipt> receipts, long now, CancellationToken cancellationToken)
    {
        var batch = ReceiptBatch.Merged(receipts);
        await database.ReadAsync(
            _save,
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
            PostgreSqlDatabase.Value(now)).ConfigureAwait(false);
    }

    // What no database can hold was never stored.
    private static Npgsql.NpgsqlParameter Storable(IReadOnlyCollection<string> texts) =>
        PostgreSqlDatabase.Value(texts.Where(static text => StorableText.Fits(text)).Distinct(StringComparer.Ordinal).ToArray());

    private static Func<DbDataReader, MessageReceipt> Reads(string appId)
    {
        var row = new DbRow();
        return reader => Read(row.Of(reader), appId);
    }
}
