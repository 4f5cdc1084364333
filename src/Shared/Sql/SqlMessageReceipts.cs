namespace WeChat.UnionPush;

/// <summary>Receipts in one table. What all SQL databases do in the same words is here: a page of a list is a range of one index.</summary>
/// <param name="database">Where they are.</param>
/// <param name="timeProvider">The clock that says when a receipt was saved.</param>
/// <param name="listedAt">How the index of the list spells <see cref="MessageReceipt.ListedAt"/>.</param>
/// <param name="forget">Takes an openid out of an app's receipts.</param>
/// <param name="deleteOld">Deletes receipts saved before a time, a number of them at most.</param>
internal abstract class SqlMessageReceipts(ISqlDatabase database, TimeProvider timeProvider, string listedAt, string forget, string deleteOld) : IMessageReceipts
{
    internal const string Columns = "message_id, open_id, template_id, correlation_id, sent_at, status, status_text, finished_at";

    /// <summary>Begins to save receipts; what follows gives the values of these columns.</summary>
    protected const string InsertInto = "insert into unionpush_receipt (app_id, " + Columns + ", saved_at) ";

    private readonly string _all = SelectPage(database.Dialect, listedAt, "");
    private readonly string _withOutcome = SelectPage(database.Dialect, listedAt, " and status is not null");
    private readonly string _withoutOutcome = SelectPage(database.Dialect, listedAt, " and status is null");
    private readonly string _ofStatus = SelectPage(database.Dialect, listedAt, " and status = $7");

    public ValueTask SaveAsync(IReadOnlyCollection<MessageReceipt> receipts, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(receipts);
        return SaveAsync(receipts, timeProvider.GetUtcNow().ToUnixTimeMilliseconds(), cancellationToken);
    }

    public abstract ValueTask<IReadOnlyList<MessageReceipt>> FindAsync(
        string appId, IReadOnlyCollection<long> messageIds, CancellationToken cancellationToken = default);

    public abstract ValueTask<IReadOnlyList<MessageReceipt>> FindByCorrelationIdAsync(
        string appId, IReadOnlyCollection<string> correlationIds, CancellationToken cancellationToken = default);

    public async ValueTask<IReadOnlyList<MessageReceipt>> ListAsync(string appId, MessageReceiptQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);

        // The last millisecond that the page may reach into, and the last one that is behind the receipt before the page.
        var newest = query.Before?.ToUnixTimeMilliseconds() - 1 ?? long.MaxValue;
        var after = query.After?.ListedAt.ToUnixTimeMilliseconds() ?? long.MaxValue;
        SqlValue[] values = [appId, Math.Min(newest, after), query.From ?? DateTimeOffset.MinValue, after, query.After?.MessageId ?? long.MaxValue, query.Limit];
        return (query.Status, query.HasOutcome) switch
        {
            ({ }, false) => [],
            ({ } status, _) => await QueryAsync(_ofStatus, [.. values, (long)status]).ConfigureAwait(false),
            (null, true) => await QueryAsync(_withOutcome, values).ConfigureAwait(false),
            (null, false) => await QueryAsync(_withoutOutcome, values).ConfigureAwait(false),
            _ => await QueryAsync(_all, values).ConfigureAwait(false),
        };

        ValueTask<List<MessageReceipt>> QueryAsync(string sql, SqlValue[] parameters) => database.QueryAsync(sql, row => Read(row, appId), cancellationToken, parameters);
    }

    public async ValueTask ForgetRecipientsAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openIds);
        await database.ExecuteAsync(
            forget, [.. openIds.Distinct(StringComparer.Ordinal).Select(openId => new SqlValue[] { appId, openId })], cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<int> ExpireAsync(DateTimeOffset savedBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return database.ExecuteAsync(deleteOld, cancellationToken, savedBefore, limit);
    }

    internal static string SelectPage(SqlDialect dialect, string listedAt, string condition) => dialect.Spell($"""
        select {Columns}
        from unionpush_receipt
        where app_id = $1 and {listedAt} <= $2 and {listedAt} >= $3 and ({listedAt} < $4 or message_id < $5){condition}
        order by {listedAt} desc, message_id desc
        limit $6
        """);

    /// <summary>Ends to save receipts, by the rules of <see cref="MessageReceipt.MergedWith"/>.</summary>
    protected static string MergeIn(SqlDialect dialect)
    {
        // The status comes last of the three that tell the outcome, for some servers see what a statement has set already.
        return dialect.OnConflict("app_id, message_id") + string.Join(
            ", ",
            Known("open_id"), Known("template_id"), Known("correlation_id"), Known("sent_at"), Outcome("status_text"), Outcome("finished_at"), Known("status"),
            $"saved_at = {dialect.Brought("saved_at")}");

        string Known(string column) => $"{column} = coalesce(unionpush_receipt.{column}, {dialect.Brought(column)})";

        string Outcome(string column) => $"{column} = case when unionpush_receipt.status is null then {dialect.Brought(column)} else unionpush_receipt.{column} end";
    }

    protected abstract ValueTask SaveAsync(IReadOnlyCollection<MessageReceipt> receipts, long now, CancellationToken cancellationToken);

    /// <summary>The receipt of a row that begins with <see cref="Columns"/>.</summary>
    protected static MessageReceipt Read(ISqlRow row, string appId) => new(appId, row.Int64(0))
    {
        OpenId = row.NullableText(1),
        TemplateId = row.NullableText(2),
        CorrelationId = row.NullableText(3),
        SentAt = row.NullableTime(4),
        Status = row.IsNull(5) ? null : (TemplateDeliveryStatus)row.Int64(5),
        StatusText = row.NullableText(6),
        FinishedAt = row.NullableTime(7),
    };
}
