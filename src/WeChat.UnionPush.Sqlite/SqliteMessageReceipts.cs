namespace WeChat.UnionPush.Sqlite;

internal sealed class SqliteMessageReceipts(SqliteDatabase database, TimeProvider timeProvider) : IMessageReceipts
{
    // The rules of MessageReceipt.MergedWith.
    internal const string Upsert = """
        insert into unionpush_receipt as r (app_id, message_id, open_id, template_id, correlation_id, sent_at, status, status_text, finished_at, saved_at)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        on conflict (app_id, message_id) do update set
            open_id = coalesce(r.open_id, excluded.open_id),
            template_id = coalesce(r.template_id, excluded.template_id),
            correlation_id = coalesce(r.correlation_id, excluded.correlation_id),
            sent_at = coalesce(r.sent_at, excluded.sent_at),
            status = coalesce(r.status, excluded.status),
            status_text = iif(r.status is null, excluded.status_text, r.status_text),
            finished_at = iif(r.status is null, excluded.finished_at, r.finished_at),
            saved_at = excluded.saved_at
        """;

    private const string Columns = "select message_id, open_id, template_id, correlation_id, sent_at, status, status_text, finished_at from unionpush_receipt ";
    internal const string SelectByMessageId = Columns + "where app_id = ?1 and message_id = ?2";

    // Without figures the planner takes an app for a better choice than an index of what is not null.
    internal const string SelectByCorrelationId = Columns + "indexed by unionpush_receipt_correlation_id where app_id = ?1 and correlation_id = ?2";
    internal const string UpdateForgotten = "update unionpush_receipt indexed by unionpush_receipt_open_id set open_id = '' where app_id = ?1 and open_id = ?2";

    internal const string DeleteOld = """
        delete from unionpush_receipt where (app_id, message_id) in (select app_id, message_id from unionpush_receipt where saved_at < ?1 limit ?2)
        """;

    public async ValueTask SaveAsync(IReadOnlyCollection<MessageReceipt> receipts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(receipts);
        await database.WriteAsync(
            (receipts, now: timeProvider.GetUtcNow().ToUnixTimeMilliseconds()),
            static (session, batch, cancellationToken) =>
            {
                foreach (var receipt in batch.receipts)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    session.Prepare(Upsert)
                        .Bind(1, receipt.AppId).Bind(2, receipt.MessageId).Bind(3, receipt.OpenId).Bind(4, receipt.TemplateId).Bind(5, receipt.CorrelationId)
                        .Bind(6, receipt.SentAt?.ToUnixTimeMilliseconds()).Bind(7, (long?)receipt.Status).Bind(8, receipt.StatusText)
                        .Bind(9, receipt.FinishedAt?.ToUnixTimeMilliseconds()).Bind(10, batch.now)
                        .Run();
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<MessageReceipt>> FindAsync(string appId, IReadOnlyCollection<long> messageIds, CancellationToken cancellationToken = default)
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
                    Read(select.Bind(2, messageId), query.appId, found);
                }

                return found;
            },
            asTransaction: messageIds.Count > 1,
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<MessageReceipt>> FindByCorrelationIdAsync(
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
                    Read(select.Bind(2, correlationId), query.appId, found);
                }

                return found;
            },
            asTransaction: correlationIds.Count > 1,
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask ForgetRecipientsAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openIds);
        await database.WriteAsync(
            (appId, openIds),
            static (session, people, cancellationToken) =>
            {
                var update = session.Prepare(UpdateForgotten).Bind(1, people.appId);
                foreach (var openId in people.openIds)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    update.Bind(2, openId).Run();
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<int> ExpireAsync(DateTimeOffset savedBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return database.WriteAsync(
            (savedBefore, limit),
            static (session, query, _) =>
            {
                session.Prepare(DeleteOld).Bind(1, query.savedBefore.ToUnixTimeMilliseconds()).Bind(2, query.limit).Run();
                return session.Changes;
            },
            cancellationToken);
    }

    private static void Read(SqliteStatement rows, string appId, List<MessageReceipt> found)
    {
        while (rows.Step())
        {
            found.Add(new MessageReceipt(appId, rows.Int64(0))
            {
                OpenId = rows.NullableText(1),
                TemplateId = rows.NullableText(2),
                CorrelationId = rows.NullableText(3),
                SentAt = Time(rows.NullableInt64(4)),
                Status = (TemplateDeliveryStatus?)rows.NullableInt64(5),
                StatusText = rows.NullableText(6),
                FinishedAt = Time(rows.NullableInt64(7)),
            });
        }
    }

    private static DateTimeOffset? Time(long? milliseconds) => milliseconds is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;
}
