namespace WeChat.UnionPush.MySql;

/// <summary>Receipts in one table. Batches travel as lists in one command.</summary>
internal sealed class MySqlMessageReceipts(MySqlDatabase database, TimeProvider timeProvider)
    : SqlMessageReceipts(database, timeProvider, ListedAt, Forget, DeleteOld)
{
    internal const string ListedAt = "listed_at";

    private const string Forget = "update unionpush_receipt set open_id = '' where app_id = @1 and open_id = @2";
    private const string DeleteOld = "delete from unionpush_receipt where saved_at < @1 order by saved_at limit @2";

    private readonly string _merge = MergeIn(database.Dialect);

    public override async ValueTask<IReadOnlyList<MessageReceipt>> FindAsync(string appId, IReadOnlyCollection<long> messageIds, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            messageIds.Distinct(),
            (text, ids) => Find(text, "primary", appId).Sql("message_id in ").List(ids, static (text, id) => text.Number(id)),
            row => Read(row, appId),
            cancellationToken).ConfigureAwait(false);

    public override async ValueTask<IReadOnlyList<MessageReceipt>> FindByCorrelationIdAsync(
        string appId, IReadOnlyCollection<string> correlationIds, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            correlationIds.Distinct(StringComparer.Ordinal),
            (text, ids) => Find(text, "unionpush_receipt_correlation_id", appId).Sql("correlation_id in ").Ids(ids),
            row => Read(row, appId),
            cancellationToken).ConfigureAwait(false);

    internal static MySqlText Find(MySqlText text, string index, string appId) =>
        text.Sql("select " + Columns + " from unionpush_receipt force index (").Sql(index).Sql(") where app_id = ").Id(appId).Sql(" and ");

    protected override async ValueTask SaveAsync(IReadOnlyCollection<MessageReceipt> receipts, long now, CancellationToken cancellationToken) =>
        await database.WriteAsync((ReceiptBatch.Merged(receipts), now), WriteAsync, cancellationToken).ConfigureAwait(false);

    private async ValueTask<bool> WriteAsync(AdoSession session, (MessageReceipt[] Batch, long Now) save, CancellationToken cancellationToken)
    {
        foreach (var chunk in save.Batch.Chunk(MySqlText.ListSize))
        {
            var text = new MySqlText().Sql(InsertInto + "values ").Items(chunk, (text, receipt) => text.Row(
                receipt.AppId, receipt.MessageId, receipt.OpenId, receipt.TemplateId, receipt.CorrelationId,
                receipt.SentAt, (long?)receipt.Status, receipt.StatusText, receipt.FinishedAt, save.Now)).Sql(_merge);
            await session.RunAsync(text.Command, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }
}
