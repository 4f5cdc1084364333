using System.Text;
using Npgsql;

namespace WeChat.UnionPush.PostgreSql;

/// <summary>Events in one table. Batches travel as arrays, one statement each.</summary>
internal sealed class PostgreSqlWeChatEventInbox(PostgreSqlDatabase database, TimeProvider timeProvider)
    : SqlWeChatEventInbox(database, timeProvider, DeleteSettled)
{
    // In the order of the keys, so that two writers of the same events wait for each other and not in a circle.
    internal const string Insert = """
        insert into unionpush_event (app_id, deduplication_key, open_id, body, available_at, attempt)
        select n.app_id, n.deduplication_key, n.open_id, n.body, $5, 0
        from unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) as n (app_id, deduplication_key, open_id, body)
        order by n.app_id collate "C", n.deduplication_key collate "C"
        on conflict (app_id, deduplication_key) do nothing
        """;

    // What waits is a few rows at the head of an index among many that have gone, which the server's figures cannot know: it would gather and sort all
    // of them, or read the whole table by a plan made while that was empty. In order and by key, and only in this transaction.
    internal const string ByIndex =
        "do $$ begin perform set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true); end $$";

    // One take at a time over all machines: two at once would each see that a sender is not out yet, and give its events to two. Any number will do
    // for the lock, so long as nobody else in the database locks it and every version of the library locks the same.
    private const string LockTaking = "do $$ begin perform pg_advisory_xact_lock(128748520435058); end $$";

    // A settlement that came late may have come in between; coalesce, so that the condition does not draw the plan to the index of what waits.
    internal const string Take = """
        with chosen as materialized (
            select e.id, e.available_at
            from unionpush_event e
            where e.settled_at is null and e.available_at <= $1 and e.app_id = any ($2::text[])
                and not exists (
                    select 1 from unionpush_event o
                    where o.lease_id is not null and o.app_id = e.app_id and o.open_id = e.open_id and o.available_at > $1)
            order by e.available_at, e.id
            limit $3
        )
        update unionpush_event e set lease_id = $4, available_at = $5, attempt = e.attempt + 1
        where e.id = any (array(select c.id from chosen c)) and coalesce(e.settled_at, 0) = 0
        returning (select c.available_at from chosen c where c.id = e.id), e.id, e.app_id, e.deduplication_key, e.body, e.attempt, e.progress
        """;

    private const string HeldOnes = """
        from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as t (app_id, deduplication_key, lease_id, progress)
        where e.app_id = t.app_id and e.deduplication_key = t.deduplication_key and e.lease_id = t.lease_id
        """;

    internal const string CompleteAll = "update unionpush_event e set lease_id = null, settled_at = $1, body = '', progress = '' " + HeldOnes;
    private const string BuryAll = "update unionpush_event e set lease_id = null, settled_at = $1, buried_at = $1, progress = t.progress " + HeldOnes;
    private const string ReturnAll = "update unionpush_event e set lease_id = null, available_at = $1, progress = t.progress " + HeldOnes;

    internal const string DeleteSettled = """
        delete from unionpush_event
        where id = any (array(select id from unionpush_event where settled_at is not null and settled_at < $1 limit $2 for update skip locked))
        """;

    public override ValueTask CompleteAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default) =>
        SettleAsync(CompleteAll, events, Now, cancellationToken);

    public override ValueTask ReturnAsync(IReadOnlyCollection<TakenWeChatEvent> events, DateTimeOffset availableAt, CancellationToken cancellationToken = default) =>
        SettleAsync(ReturnAll, events, availableAt, cancellationToken);

    public override ValueTask BuryAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default) =>
        SettleAsync(BuryAll, events, Now, cancellationToken);

    protected override async ValueTask<bool> AddAsync(WeChatCallback[] callbacks, long now, CancellationToken cancellationToken)
    {
        await database.ReadAsync(
            Insert,
            static _ => true,
            cancellationToken,
            PostgreSqlDatabase.Value(Array.ConvertAll(callbacks, static callback => callback.AppId)),
            PostgreSqlDatabase.Value(Array.ConvertAll(callbacks, static callback => callback.DeduplicationKey)),
            PostgreSqlDatabase.Value(Array.ConvertAll(callbacks, static callback => callback.OpenId)),
            PostgreSqlDatabase.Value(Array.ConvertAll(callbacks, static callback => Encoding.UTF8.GetBytes(callback.Body))),
            PostgreSqlDatabase.Value(now)).ConfigureAwait(false);
        return true;
    }

    protected override async ValueTask<List<TakenWeChatEvent>> TakeAsync(SqlTake take, CancellationToken cancellationToken)
    {
        var command = new NpgsqlBatchCommand(Take)
        {
            Parameters =
            {
                PostgreSqlDatabase.Value(take.Now),
                PostgreSqlDatabase.Value(take.AppIds),
                PostgreSqlDatabase.Value(take.Limit),
                PostgreSqlDatabase.Value(take.LeaseId),
                PostgreSqlDatabase.Value(take.Until),
            },
        };
        var taken = await database.ReadAsync(
            [new NpgsqlBatchCommand(ByIndex), new NpgsqlBatchCommand(LockTaking), command],
            row => (AvailableAt: row.GetInt64(0), Id: row.GetInt64(1),
                Event: new TakenWeChatEvent(row.GetString(2), row.GetString(3), Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(4)), row.GetInt32(5), take.LeaseId)
                { Progress = row.GetString(6) }),
            cancellationToken).ConfigureAwait(false);
        taken.Sort(static (left, right) => left.AvailableAt != right.AvailableAt ? left.AvailableAt.CompareTo(right.AvailableAt) : left.Id.CompareTo(right.Id));
        return taken.ConvertAll(static row => row.Event);
    }

    private async ValueTask SettleAsync(string sql, IReadOnlyCollection<TakenWeChatEvent> events, DateTimeOffset moment, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        var batch = events.ToArray();
        var settle = new NpgsqlBatchCommand(sql)
        {
            Parameters =
            {
                PostgreSqlDatabase.Value(moment.ToUnixTimeMilliseconds()),
                PostgreSqlDatabase.Value(Array.ConvertAll(batch, static taken => taken.AppId)),
                PostgreSqlDatabase.Value(Array.ConvertAll(batch, static taken => taken.DeduplicationKey)),
                PostgreSqlDatabase.Value(Array.ConvertAll(batch, static taken => taken.LeaseId)),
                PostgreSqlDatabase.Value(Array.ConvertAll(batch, static taken => taken.Progress)),
            },
        };
        await database.ReadAsync([new NpgsqlBatchCommand(ByIndex), settle], static _ => true, cancellationToken).ConfigureAwait(false);
    }
}
