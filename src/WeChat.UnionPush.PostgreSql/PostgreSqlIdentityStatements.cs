namespace WeChat.UnionPush.PostgreSql;

/// <summary>
/// What <see cref="PostgreSqlUnionIdRepository"/> asks the server. Batches travel as arrays, one statement each; <c>lateral … offset 0</c> keeps the
/// planner from reading the whole table for what are seeks, however large the batch is.
/// </summary>
internal static class PostgreSqlIdentityStatements
{
    // The rules of IUnionIdRepository. What the batch replaces is counted in the state before the statement, so of two processes that replace one
    // UnionID at the same moment both may report it; and only where it found somebody, for the server looks nobody up whom no row asks for.
    // Erasures: an Erasure refuses here what Erasure.Refuses does. Its row is locked, and with it the table against an erasure under way; while
    // there are none, nothing is hashed.
    internal const string Upsert = """
        with input as (
            select * from unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::bigint[], $6::bigint[], $7::bigint[])
                as n (app_id, open_id, union_id, follow_state, observed_at, details_at, follow_changed_at)
        ), met as (
            select n.app_id, n.open_id, e.number, e.is_over,
                case when $8::bigint is null then n.observed_at <= e.erased_at else $8::bigint < e.number end
                or n.follow_state = 2
                or (not e.is_over and n.follow_changed_at is not null
                    and (n.follow_changed_at <= coalesce(e.follow_changed_at, e.erased_at - 1000) or n.follow_changed_at < e.erased_at - 120000)) as is_refused
            from input n cross join lateral (
                select * from unionpush_erasure e
                where e.key = sha256(convert_to(n.app_id || E'\n' || n.open_id, 'UTF8')) or e.key = sha256(convert_to(E'\n' || n.union_id, 'UTF8'))
                offset 0 for key share) e
            where (select true from unionpush_erasure limit 1)
        ), refused as (
            select app_id, open_id from met where is_refused
        ), returned as (
            update unionpush_erasure set is_over = true
            where number in (
                select m.number from met m
                where not m.is_over and not exists (select from refused r where r.app_id = m.app_id and r.open_id = m.open_id))
        ), taken as (
            select * from input n where not exists (select from refused r where r.app_id = n.app_id and r.open_id = n.open_id)
        ), replaced as (
            select count(*), max(i.union_id)
            from taken n cross join lateral (
                select * from unionpush_identity i where i.app_id = n.app_id and i.open_id = n.open_id offset 0) i
            where n.union_id <> i.union_id and (i.details_at is null or n.observed_at >= i.details_at)
        ), saved as (
            insert into unionpush_identity as i (app_id, open_id, union_id, follow_state, observed_at, details_at, follow_changed_at)
            select * from taken
            on conflict (app_id, open_id) do update set
                union_id = case
                    when excluded.union_id is null then i.union_id
                    when i.union_id is null or i.details_at is null or excluded.observed_at >= i.details_at then excluded.union_id
                    else i.union_id end,
                follow_state = case
                    when excluded.follow_state = 0 then i.follow_state
                    when i.follow_state = 0 then excluded.follow_state
                    when excluded.follow_changed_at <> i.follow_changed_at then
                        case when excluded.follow_changed_at > i.follow_changed_at then excluded.follow_state else i.follow_state end
                    when excluded.observed_at >= i.observed_at then excluded.follow_state
                    else i.follow_state end,
                observed_at = greatest(i.observed_at, excluded.observed_at),
                details_at = greatest(i.details_at, excluded.details_at),
                follow_changed_at = greatest(i.follow_changed_at, excluded.follow_changed_at)
            returning i.xmax = 0 as is_new
        )
        select
            (count(*) filter (where is_new))::integer,
            case when bool_and(is_new) then 0 else (select count::integer from replaced) end,
            case when bool_and(is_new) then null else (select max from replaced) end
        from saved
        """;

    // In a block of its own, because a batch is no transaction block to the server's mind. It is held to the end of the batch.
    internal const string LockErasures = "do 'begin lock table unionpush_erasure in exclusive mode; end'";

    // The last one stays: its number is the count.
    internal const string DeleteOldErasures = """
        delete from unionpush_erasure where key in (
            select key from unionpush_erasure
            where erased_at < $1 and number < (select max(number) from unionpush_erasure)
            order by number
            limit $2)
        """;

    internal const string SelectIdentities = """
        select q.n::integer, i.union_id, i.follow_state, i.observed_at, i.details_at, i.follow_changed_at
        from unnest($2::text[]) with ordinality q (open_id, n) cross join lateral (
            select * from unionpush_identity i where i.app_id = $1 and i.open_id = q.open_id offset 0) i
        """;

    // A push asks for one: without the array the server and the driver are through in half the time. Which of several targets is preferred is decided
    // by who reads them, here and below: sorting each one's single row costs the server a sixth.
    internal const string SelectLink = """
        select s.union_id, s.follow_state, s.observed_at, s.details_at, s.follow_changed_at,
            t.open_id, t.follow_state, t.observed_at, t.details_at, t.follow_changed_at
        from unionpush_identity s
        left join lateral (
            select * from unionpush_identity t where t.app_id = $3 and t.union_id = s.union_id offset 0) t on true
        where s.app_id = $1 and s.open_id = $2
        """;

    // That n is positive is nothing new; said inside, it keeps the server from remembering targets by their UnionID, of which it never sees one twice.
    internal const string SelectLinks = """
        select s.union_id, s.follow_state, s.observed_at, s.details_at, s.follow_changed_at,
            t.open_id, t.follow_state, t.observed_at, t.details_at, t.follow_changed_at, q.n
        from unnest($2::text[]) with ordinality q (open_id, n)
        cross join lateral (
            select s.union_id, s.follow_state, s.observed_at, s.details_at, s.follow_changed_at
            from unionpush_identity s where s.app_id = $1 and s.open_id = q.open_id offset 0) s
        left join lateral (
            select t.open_id, t.follow_state, t.observed_at, t.details_at, t.follow_changed_at
            from unionpush_identity t where t.app_id = $3 and t.union_id = s.union_id and q.n > 0 offset 0) t on true
        """;

    internal const string SelectByUnionIds = """
        select q.n::integer, i.open_id, i.follow_state, i.observed_at, i.details_at, i.follow_changed_at
        from unnest($2::text[]) with ordinality q (union_id, n) cross join lateral (
            select * from unionpush_identity i where i.app_id = $1 and i.union_id = q.union_id offset 0) i
        """;

    internal const string SelectOutdated = """
        select q.n::integer
        from unnest($2::text[]) with ordinality q (open_id, n) left join lateral (
            select i.union_id, i.details_at, i.follow_state from unionpush_identity i where i.app_id = $1 and i.open_id = q.open_id offset 0) i on true
        where i.details_at is null or i.follow_state = 2 or i.details_at < case when i.union_id is null then $4::bigint else $3::bigint end
        """;

    internal const string SelectReach = """
        select case when s.union_id is null then -1 else coalesce(t.follow_state, 0) end as reach
        from unionpush_identity s left join (
            select distinct on (union_id) union_id, follow_state
            from unionpush_identity
            where app_id = $2 and union_id is not null
            order by union_id, follow_state = 1 desc, observed_at desc, open_id) t on t.union_id = s.union_id
        where s.app_id = $1
        """;

    internal const string Delete = $"""
        with named as (
            select app_id, open_id, union_id from unionpush_identity where app_id = $1 and open_id = $2
        ), person as (
            select app_id, open_id from named
            union
            select i.app_id, i.open_id from named n join unionpush_identity i on i.union_id = n.union_id
        ), gone as (
            delete from unionpush_identity i using person p where i.app_id = p.app_id and i.open_id = p.open_id
            returning i.*
        ), asked as (
            select sha256(convert_to($1::text || E'\n' || $2::text, 'UTF8')) as key
        ), {NoteKeys} $3 {NoteRest}
        """;

    internal const string DeleteByUnionId = $"""
        with gone as (
            delete from unionpush_identity where union_id = $1 returning *
        ), asked as (
            select sha256(convert_to(E'\n' || $1::text, 'UTF8')) as key
        ), {NoteKeys} $2 {NoteRest}
        """;

    private const string NoteKeys = """
        keys as (
            select key from asked where key is not null
            union
            select sha256(convert_to(app_id || E'\n' || open_id, 'UTF8')) from gone
            union
            select sha256(convert_to(E'\n' || union_id, 'UTF8')) from gone where union_id is not null
        ), noted as (
            insert into unionpush_erasure (key, number, erased_at, follow_changed_at, is_over)
            select key, (select coalesce(max(number), 0) + 1 from unionpush_erasure),
        """;

    private const string NoteRest = """
                , (select max(follow_changed_at - case when follow_state = 2 then 1000 else 0 end) from gone), false
            from keys
            on conflict (key) do update set
                number = excluded.number, erased_at = excluded.erased_at, follow_changed_at = excluded.follow_changed_at, is_over = false
        )
        select app_id, open_id, union_id, follow_state, observed_at, details_at, follow_changed_at from gone
        """;
}
