using MySqlConnector;

namespace WeChat.UnionPush.MySql;

/// <summary>
/// Events in one table. One take at a time over all machines: two at once would each see that a sender is not out yet, and give its events to two. It does
/// not wait for settlements under way where the server knows <c>skip locked</c>; elsewhere the lease that was written tells what was taken.
/// </summary>
internal sealed class MySqlWeChatEventInbox(MySqlDatabase database, TimeProvider timeProvider, bool skipsLocked)
    : SqlWeChatEventInbox(database, timeProvider, DeleteSettled)
{
    /// <summary>Locks a row that is there for this, until the transaction ends.</summary>
    public const string LockGate = "update unionpush_schema set version = version where id = 0; ";

    private const string DeleteSettled = "delete from unionpush_event where settled_at < @1 order by settled_at limit @2";
    private const int CharactersAtOnce = 500_000;

    private volatile bool _skipsLocked = skipsLocked;

    /// <summary>Finds what may be taken.</summary>
    internal static MySqlText SelectWaiting(MySqlText text, IEnumerable<string> appIds, int limit, long now) => text
        .Sql("select e.id, e.app_id, e.deduplication_key, e.body, e.attempt, e.progress from unionpush_event e force index (unionpush_event_waiting) "
            + "where e.settled_at is null and e.available_at <= ")
        .Number(now).Sql(" and e.app_id in ").Ids(appIds.Distinct(StringComparer.Ordinal))
        .Sql(" and not exists (select 1 from unionpush_event o force index (unionpush_event_out) "
            + "where o.app_id = e.app_id and o.open_id = e.open_id and o.lease_id is not null and o.available_at > ")
        .Number(now).Sql(") order by e.available_at, e.id limit ").Number(limit);

    protected override ValueTask<bool> AddAsync(WeChatCallback[] callbacks, long now, CancellationToken cancellationToken) =>
        database.WriteAsync((callbacks, now), AddAsync, cancellationToken);

    protected override async ValueTask<List<TakenWeChatEvent>> TakeAsync(SqlTake take, CancellationToken cancellationToken)
    {
        while (true)
        {
            var skips = _skipsLocked;
            try
            {
                return await database.WriteAsync((take, skips), TakeAsync, cancellationToken).ConfigureAwait(false);
            }
            catch (UnionPushStorageException exception) when (skips
                && exception.InnerException is MySqlException { ErrorCode: MySqlErrorCode.ParseError or MySqlErrorCode.NotSupportedYet })
            {
                _skipsLocked = false;
            }
        }
    }

    private static async ValueTask<bool> AddAsync(AdoSession session, (WeChatCallback[] Batch, long Now) add, CancellationToken cancellationToken)
    {
        for (var (first, next) = (0, 0); first < add.Batch.Length; first = next)
        {
            // No statement grows larger than servers take.
            for (var size = 0; next < add.Batch.Length && next - first < MySqlText.ListSize && size < CharactersAtOnce; next++)
            {
                size += add.Batch[next].Body.Length;
            }

            var text = new MySqlText().Sql("insert into unionpush_event (app_id, deduplication_key, open_id, body, available_at, attempt, progress) values ")
                .Items(add.Batch[first..next], (text, one) => text.Row(one.AppId, one.DeduplicationKey, one.OpenId, one.Body, add.Now, 0, ""))
                .Sql(" on duplicate key update id = id");
            await session.RunAsync(text.Command, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    private static async ValueTask<List<TakenWeChatEvent>> TakeAsync(AdoSession session, (SqlTake What, bool SkipsLocked) take, CancellationToken cancellationToken)
    {
        var (what, skips) = take;
        var waiting = (await session.RunAsync(
            SelectWaiting(new MySqlText().Sql(LockGate), what.AppIds, what.Limit, what.Now).Sql(skips ? " for update skip locked" : "").Command,
            row => (Id: row.Int64(0), Event: new TakenWeChatEvent(row.Text(1), row.Text(2), row.Text(3), (int)row.Int64(4) + 1, what.LeaseId) { Progress = row.Text(5) }),
            cancellationToken).ConfigureAwait(false)).Rows;
        if (waiting.Count == 0)
        {
            return [];
        }

        // A settlement that came late may have come in between, where the rows were not locked.
        var text = new MySqlText().Sql("update unionpush_event set attempt = attempt + 1, available_at = ").Number(what.Until).Sql(", lease_id = ").Text(what.LeaseId)
            .Sql(" where id in ").List(waiting, static (text, one) => text.Number(one.Id)).Sql(" and settled_at is null and available_at <= ").Number(what.Now)
            .Sql("; select id from unionpush_event where id in ").List(waiting, static (text, one) => text.Number(one.Id)).Sql(" and lease_id = ").Text(what.LeaseId);
        var mine = (await session.RunAsync(text.Command, static row => row.Int64(0), cancellationToken).ConfigureAwait(false)).Rows.ToHashSet();
        return [.. waiting.Where(one => mine.Contains(one.Id)).Select(static one => one.Event)];
    }
}
