namespace WeChat.UnionPush.Sqlite;

/// <summary>Receipts in one table.</summary>
internal sealed class SqliteMessageReceipts(SqliteDatabase database, TimeProvider timeProvider)
    : SqlMessageReceipts(database, timeProvider, ListedAt, UpdateForgotten, DeleteOld)
{
    internal const string ListedAt = "coalesce(sent_at, finished_at, 0)";
    private const string Select = "select " + Columns + " from unionpush_receipt ";
    internal const string SelectByMessageId = Select + "where app_id = ?1 and message_id = ?2";

    // Without figures the planner takes an app for a better choice than an index of what is not null.
    internal const string SelectByCorrelationId = Select + "indexed by unionpush_receipt_correlation_id where app_id = ?1 and correlation_id = ?2";
    internal const string UpdateForgotten = "update unionpush_receipt indexed by unionpush_receipt_open_id set open_id = '' where app_id = ?1 and open_id = ?2";

    internal const string DeleteOld = """
        delete from unionpush_receipt where (app_id, message_id) in (select app_id, message_id from unionpush_receipt where saved_at < ?1 limit ?2)
        """;

    // Prepared statements are kept by the text's reference.
    private readonly string _save = InsertInto + "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)" + MergeIn(database.Dialect);

    public override async ValueTask<IReadOnlyList<MessageReceipt>> FindAsync(string appId, IReadOnlyCollection<long> messageIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messageIds);
        return await database.ReadAsync(
            (appId, messageIds),
            static (session, query, cancellationToken) =>
            {
                var found = new List<MessageReceipt>(query.messageIds.Count);
                var select = session.Prepare(SelectByMessageId).Bind(1, query.appId);
                foreach (var messageId in query.messageIds.Distinct())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    ReadAll(select.Bind(2, messageId), query.appId, found);
                }

                return found;
            },
            asTransaction: messageIds.Count > 1,
            cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask<IReadOnlyList<MessageReceipt>> FindByCorrelationIdAsync(
        string appId, IReadOnlyCollection<string> correlationIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(correlationIds);
        return await database.ReadAsync(
            (appId, correlationIds),
            static (session, query, cancellationToken) =>
            {
                var found = new List<MessageReceipt>();
                var select = session.Prepare(SelectByCorrelationId).Bind(1, query.appId);
                foreach (var correlationId in query.correlationIds.Distinct(StringComparer.Ordinal))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    ReadAll(select.Bind(2, correlationId), query.appId, found);
                }

                return found;
            },
            asTransaction: correlationIds.Count > 1,
            cancellationToken).ConfigureAwait(false);
    }

    protected override async ValueTask SaveAsync(IReadOnlyCollection<MessageReceipt> receipts, long now, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            (receipts, now, save: _save),
            static (session, batch, cancellationToken) =>
            {
                foreach (var receipt in batch.receipts)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    session.Prepare(batch.save)
                        .Bind(1, receipt.AppId).Bind(2, receipt.MessageId).Bind(3, receipt.OpenId).Bind(4, receipt.TemplateId).Bind(5, receipt.CorrelationId)
                        .Bind(6, receipt.SentAt?.ToUnixTimeMilliseconds()).Bind(7, (long?)receipt.Status).Bind(8, receipt.StatusText)
                        .Bind(9, receipt.FinishedAt?.ToUnixTimeMilliseconds()).Bind(10, batch.now)
                        .Run();
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);

    private static void ReadAll(SqliteStatement rows, string appId, List<MessageReceipt> found)
    {
        while (rows.Step())
        {
            found.Add(Read(rows, appId));
        }
    }
}
