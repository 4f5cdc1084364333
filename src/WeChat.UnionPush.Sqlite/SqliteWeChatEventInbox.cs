using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush.Sqlite;

/// <summary>Events in one table. Whoever takes holds the file's one write lock, so two takers never see the same state.</summary>
internal sealed class SqliteWeChatEventInbox(SqliteDatabase database, TimeProvider timeProvider)
    : SqlWeChatEventInbox(database, timeProvider, DeleteSettled)
{
    // The index gives the events in their order, so that a take reads what it takes and not all that waits.
    internal const string SelectWaiting = """
        select e.id, e.app_id, e.deduplication_key, e.body, e.attempt, e.progress
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

    protected override ValueTask<bool> AddAsync(WeChatCallback[] callbacks, long now, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (callbacks, now),
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

    protected override ValueTask<List<TakenWeChatEvent>> TakeAsync(SqlTake take, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (take, appIds: JsonArray(take.AppIds)),
            static (session, query, _) =>
            {
                var (_, limit, now, until, leaseId) = query.take;
                var taken = new List<TakenWeChatEvent>();
                var ids = new List<long>();
                var select = session.Prepare(SelectWaiting).Bind(1, now).Bind(2, query.appIds).Bind(3, limit);
                while (select.Step())
                {
                    ids.Add(select.Int64(0));
                    taken.Add(new TakenWeChatEvent(select.Text(1), select.Text(2), select.Text(3), (int)select.Int64(4) + 1, leaseId) { Progress = select.Text(5) });
                }

                foreach (var id in ids)
                {
                    session.Prepare(UpdateTaken).Bind(1, id).Bind(2, leaseId).Bind(3, until).Run();
                }

                return taken;
            },
            cancellationToken);

    private static string JsonArray(string[] texts)
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
