namespace WeChat.UnionPush.Sqlite;

/// <summary>What stays of those who were erased. Part of the repository's transactions.</summary>
internal static class SqliteErasures
{
    private const string SelectCount = "select max(number) from unionpush_erasure";

    private const string SelectByKey = "select number, erased_at, follow_changed_at, is_over from unionpush_erasure where key = ?1";

    private const string Replace =
        "insert or replace into unionpush_erasure (key, number, erased_at, follow_changed_at, is_over) values (?1, ?2, ?3, ?4, 0)";

    private const string UpdateOver = "update unionpush_erasure set is_over = 1 where number = ?1";

    // The last one stays: its number is the count.
    public const string DeleteOld = """
        delete from unionpush_erasure where key in (
            select key from unionpush_erasure
            where erased_at < ?1 and number < (select max(number) from unionpush_erasure)
            order by number
            limit ?2)
        """;

    public static long Count(SqliteSession session) => session.Scalar(SelectCount) ?? 0;

    /// <summary>Notes that these were erased together, named by this key.</summary>
    public static void Add(SqliteSession session, List<WeChatIdentity> erased, string key, DateTimeOffset now)
    {
        var number = Count(session) + 1;
        var changedAt = Erasure.LastChangeOf(erased)?.ToUnixTimeMilliseconds();
        foreach (var erasedKey in erased.SelectMany(Erasure.KeysOf).Prepend(key))
        {
            session.Prepare(Replace).Bind(1, erasedKey).Bind(2, number).Bind(3, now.ToUnixTimeMilliseconds()).Bind(4, changedAt).Run();
        }
    }

    /// <summary>Whether an observation is to be ignored. One that is not ends the erasures it met.</summary>
    public static bool Refuse(SqliteSession session, WeChatIdentity observation, long? erasuresSeen)
    {
        var byOpenId = Find(session, Erasure.KeyOf(observation.AppId, observation.OpenId));
        var byUnionId = observation.UnionId is { } unionId ? Find(session, Erasure.KeyOf(unionId)) : null;
        if (byOpenId?.Refuses(observation, erasuresSeen) == true || byUnionId?.Refuses(observation, erasuresSeen) == true)
        {
            return true;
        }

        End(session, byOpenId);
        End(session, byUnionId);
        return false;
    }

    private static Erasure? Find(SqliteSession session, string key)
    {
        var select = session.Prepare(SelectByKey).Bind(1, key);
        if (!select.Step())
        {
            return null;
        }

        var erasure = new Erasure(select.Int64(0), DateTimeOffset.FromUnixTimeMilliseconds(select.Int64(1)))
        {
            FollowChangedAt = select.NullableInt64(2) is { } changedAt ? DateTimeOffset.FromUnixTimeMilliseconds(changedAt) : null,
            IsOver = select.Int64(3) != 0,
        };
        select.Reset();
        return erasure;
    }

    private static void End(SqliteSession session, Erasure? erasure)
    {
        if (erasure is { IsOver: false })
        {
            session.Prepare(UpdateOver).Bind(1, erasure.Number).Run();
        }
    }
}
