using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush.Sqlite;

/// <summary>Events in one table. Whoever takes holds the file's one write lock, so two takers never see the same state.</summary>
internal sealed class SqliteWeChatEventInbox(SqliteDatabase database, TimeProvider timeProvider) : IWeChatEventInbox
{
    // The index gives the events in their order, so that a take reads what it takes and not all that waits.
    internal const string SelectWaiting = """
        select e.id, e.app_id, e.deduplication_key, e.body, e.attempt
        from unionpush_event e indexed by unionpush_event_waiting
        where e.settled_at is null and e.available_at <= ?1 and e.app_id in (select value from json_each(?2))
          and not exists (
            select 1 from unionpush_event o where o.lease_id is not null and o.app_id = e.app_id and o.open_id = e.open_id and o.available_at > ?1)
        order by e.available_at, e.id
        limit ?3
        """;

    internal const string DeleteSettled =
        "delete from unionpush_event where id in (select id from unionpush_event where settled_at is not null and settled_at < ?1 limit ?2)";

    internal const string Insert = """
        insert into unionpush_event (app_id, deduplication_key, open_id, body, available_at, attempt) values (?1, ?2, ?3, ?4, ?5, 0)
        on conflict (app_id, deduplication_key) do nothing
        """;

    private const string UpdateTaken = "update unionpush_event set lease_id = ?2, available_at = ?3, attempt = attempt + 1 where id = ?1";

    private const string Held = " where app_id = ?1 and deduplication_key = ?2 and lease_id = ?3";
    internal const string UpdateCompleted = "update unionpush_event set lease_id = null, settled_at = ?4, body = ''" + Held;
    private const string UpdateBuried = "update unionpush_event set lease_id = null, settled_at = ?4" + Held;
    private const string UpdateReturned = "update unionpush_event set lease_id = null, available_at = ?4" + Held;

    private long Now => timeProvider.GetUtcNow().ToUnixTimeMilliseconds();

    public ValueTask<bool> TryAddAsync(IReadOnlyCollection<WeChatCallback> callbacks, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(callbacks);
        return database.WriteAsync(
            (callbacks, now: Now),
            static (session, batch, cancellationToken) =>
            {
                foreach (var callback in batch.callbacks)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    session.Prepare(Insert)
                        .Bind(1, callback.AppId).Bind(2, callback.DeduplicationKey).Bind(3, callback.OpenId).Bind(4, callback.Body).Bind(5, batch.now)
                        .Run();
                }

                return true;
            },
            cancellationToken);
    }

    public async ValueTask<IReadOnlyList<TakenWeChatEvent>> TakeAsync(
        IReadOnlyCollection<string> appIds, int limit, TimeSpan leaseDuration, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(appIds);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(leaseDuration, TimeSpan.Zero);
        return await database.WriteAsync(
            (appIds: JsonArray(appIds), limit, now: Now, duration: (long)Math.Ceiling(leaseDuration.TotalMilliseconds)),
            static (session, query, _) =>
            {
                var leaseId = Guid.NewGuid().ToString("N");
                var taken = new List<TakenWeChatEvent>();
                var ids = new List<long>();
                var select = session.Prepare(SelectWaiting).Bind(1, query.now).Bind(2, query.appIds).Bind(3, query.limit);
                while (select.Step())
                {
                    ids.Add(select.Int64(0));
                    taken.Add(new TakenWeChatEvent(select.Text(1), select.Text(2), select.Text(3), (int)select.Int64(4) + 1, leaseId));
                }

                foreach (var id in ids)
                {
                    session.Prepare(UpdateTaken).Bind(1, id).Bind(2, leaseId).Bind(3, query.now + query.duration).Run();
                }

                return taken;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask CompleteAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default) =>
        SettleAsync(UpdateCompleted, events, Now, cancellationToken);

    public ValueTask ReturnAsync(IReadOnlyCollection<TakenWeChatEvent> events, DateTimeOffset availableAt, CancellationToken cancellationToken = default) =>
        SettleAsync(UpdateReturned, events, availableAt.ToUnixTimeMilliseconds(), cancellationToken);

    public ValueTask BuryAsync(IReadOnlyCollection<TakenWeChatEvent> events, CancellationToken cancellationToken = default) =>
        SettleAsync(UpdateBuried, events, Now, cancellationToken);

    public ValueTask<int> ExpireAsync(DateTimeOffset settledBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return database.WriteAsync(
            (settledBefore, limit),
            static (session, query, _) =>
            {
                session.Prepare(DeleteSettled).Bind(1, query.settledBefore.ToUnixTimeMilliseconds()).Bind(2, query.limit).Run();
                return session.Changes;
            },
            cancellationToken);
    }

    private async ValueTask SettleAsync(string sql, IReadOnlyCollection<TakenWeChatEvent> events, long moment, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        await database.WriteAsync(
            (sql, events, moment),
            static (session, batch, cancellationToken) =>
            {
                foreach (var taken in batch.events)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    session.Prepare(batch.sql).Bind(1, taken.AppId).Bind(2, taken.DeduplicationKey).Bind(3, taken.LeaseId).Bind(4, batch.moment).Run();
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static string JsonArray(IReadOnlyCollection<string> texts)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            foreach (var text in texts)
            {
                json.WriteStringValue(text);
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
