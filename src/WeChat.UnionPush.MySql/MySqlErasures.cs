namespace WeChat.UnionPush.MySql;

/// <summary>What stays of those who were erased. Part of the repository's transactions.</summary>
internal static class MySqlErasures
{
    private const string SelectLast = "select coalesce(max(number), 0) from unionpush_erasure; ";

    // Writers hold this row together, an erasure holds it alone: it comes after the writers before it, and those behind it see it.
    private const string ShareGate = "select 0 from unionpush_schema where id = 2 lock in share mode; ";
    private const string LockGate = "update unionpush_schema set version = version where id = 2; ";

    /// <summary>Those of the observations that are to be saved. They end the erasures they met.</summary>
    public static async ValueTask<WeChatIdentity[]> AdmitAsync(AdoSession session, WeChatIdentity[] observations, long? erasuresSeen, CancellationToken cancellationToken)
    {
        if (await LastAsync(session, ShareGate, cancellationToken).ConfigureAwait(false) == 0)
        {
            return observations;
        }

        var filter = new ErasureFilter(observations);
        var text = new MySqlText();
        foreach (var keys in filter.Keys.Chunk(MySqlText.ListSize))
        {
            text.Sql("select `key`, number, erased_at, follow_changed_at, is_over from unionpush_erasure where `key` in ").Ids(keys).Sql("; ");
        }

        var erasures = (await session.RunAsync(
            text.Command,
            static row => KeyValuePair.Create(row.Text(0), new Erasure(row.Int64(1), row.Time(2)) { FollowChangedAt = row.NullableTime(3), IsOver = row.Flag(4) }),
            cancellationToken).ConfigureAwait(false)).Rows;
        var (admitted, over) = filter.Admit(new(erasures, StringComparer.Ordinal), erasuresSeen);
        if (over.Count > 0)
        {
            await session.RunAsync(
                new MySqlText().Sql("update unionpush_erasure set is_over = 1 where number in ").List(over, static (text, number) => text.Number(number)).Command,
                cancellationToken).ConfigureAwait(false);
        }

        return admitted;
    }

    /// <summary>Notes that these were erased together, named by this key.</summary>
    public static async ValueTask AddAsync(AdoSession session, List<WeChatIdentity> erased, string key, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var number = await LastAsync(session, "", cancellationToken).ConfigureAwait(false) + 1;
        var changedAt = Erasure.LastChangeOf(erased);
        var keys = erased.SelectMany(Erasure.KeysOf).Prepend(key).Distinct(StringComparer.Ordinal);
        var text = new MySqlText().Sql("insert into unionpush_erasure (`key`, number, erased_at, follow_changed_at, is_over) values ")
            .Items(keys, (text, erasedKey) => text.Row(erasedKey, number, now, changedAt, 0))
            .Sql(" on duplicate key update number = values(number), erased_at = values(erased_at), follow_changed_at = values(follow_changed_at), is_over = 0");
        await session.RunAsync(text.Command, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lets the writers before it finish, and holds those behind it.</summary>
    public static ValueTask<int> BeginAsync(AdoSession session, CancellationToken cancellationToken) => session.RunAsync(new MySqlText().Sql(LockGate).Command, cancellationToken);

    private static async ValueTask<long> LastAsync(AdoSession session, string before, CancellationToken cancellationToken) =>
        (await session.RunAsync(new MySqlText().Sql(before).Sql(SelectLast).Command, static row => row.Int64(0), cancellationToken).ConfigureAwait(false)).Rows[^1];
}
