namespace WeChat.UnionPush.MySql;

/// <summary>
/// Identities in one table. Batches travel as lists in one command. Indexes are named where they must be used, for a server that knows little of a table
/// would rather read all of it.
/// </summary>
internal sealed class MySqlUnionIdRepository(MySqlDatabase database, TimeProvider timeProvider)
    : SqlUnionIdRepository(database, timeProvider, DeleteOldErasures, SelectReach)
{
    private const int WriteSize = 1_000;

    // The server does not select from the table that it deletes from, but from a copy.
    private const string DeleteOldErasures = """
        delete from unionpush_erasure
        where erased_at < @1 and number < (select last from (select max(number) as last from unionpush_erasure) as erasures)
        order by number limit @2
        """;

    private const string FromApp = " from unionpush_identity force index (primary) where app_id = ";
    private const string Insert = "into unionpush_identity (app_id, " + Columns + ") values ";

    private const string SelectLinks = """
        select s.open_id, s.union_id, s.follow_state, s.observed_at, s.details_at, s.follow_changed_at,
            t.open_id, t.follow_state, t.observed_at, t.details_at, t.follow_changed_at
        from unionpush_identity s force index (primary)
            left join unionpush_identity t force index (unionpush_identity_union_id) on t.union_id = s.union_id and t.app_id =
        """;

    private const string SelectReach = """
        select case when s.union_id is null then -1 else coalesce((
            select t.follow_state from unionpush_identity t force index (unionpush_identity_union_id) where t.union_id = s.union_id and t.app_id = $2
            order by t.follow_state = 1 desc, t.observed_at desc, t.open_id limit 1), 0) end as reach
        from unionpush_identity s force index (primary) where s.app_id = $1
        """;

    private readonly string _replace =
        database.Dialect.OrReplace("app_id, open_id", "union_id", "follow_state", "observed_at", "details_at", "follow_changed_at");

    private volatile bool _expectsStrangers = true;

    public override async ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default) =>
        await database.ReadAsync(Distinct.Of(openIds), (text, ids) => Find(text, appId, ids), row => Read(row, appId), cancellationToken).ConfigureAwait(false);

    public override async ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(
        string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default) =>
        OneOfEach.Source(await database.ReadAsync(
            Distinct.Of(openIds),
            (text, ids) => Resolve(text, appId, ids, targetAppId),
            row =>
            {
                var source = Read(row, appId);
                return new IdentityLink(source, row.IsNull(6) ? null : Read(row, targetAppId, row.Text(6), source.UnionId, 7));
            },
            cancellationToken).ConfigureAwait(false));

    public override async ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(
        string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default) =>
        OneOfEach.UnionId(await database.ReadAsync(
            Distinct.Of(unionIds), (text, ids) => FindByUnionId(text, appId, ids), row => Read(row, appId), cancellationToken).ConfigureAwait(false));

    public override async ValueTask<IReadOnlyList<string>> FindOutdatedAsync(
        string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default)
    {
        var asked = Distinct.Of(openIds);

        // Nearly always a sync asks about pages of which all are known or none, and counting tells it without sending an id back.
        var fresh = (await database.ReadAsync(asked, (text, ids) => Fresh(text, "count(*)", ids), static row => row.Int64(0), cancellationToken).ConfigureAwait(false)).Sum();
        if (fresh == 0 || fresh == asked.Length)
        {
            return fresh == 0 ? asked : [];
        }

        var known = await database.ReadAsync(asked, (text, ids) => Fresh(text, "open_id", ids), static row => row.Text(0), cancellationToken).ConfigureAwait(false);
        return [.. asked.Except(known, StringComparer.Ordinal)];

        void Fresh(MySqlText text, string what, string[] ids) => text.Sql("select ").Sql(what).Sql(FromApp).Id(appId).Sql(" and open_id in ").Ids(ids)
            .Sql(" and follow_state <> 2 and details_at >= case when union_id is null then ").Number(unlinkedBefore.ToUnixTimeMilliseconds())
            .Sql(" else ").Number(linkedBefore.ToUnixTimeMilliseconds()).Sql(" end");
    }

    public override ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default) =>
        EraseAsync(
            Erasure.KeyOf(appId, openId),
            async (session, cancellationToken) =>
            {
                var erased = await DeleteAsync(session, text => text.Sql(" app_id = ").Id(appId).Sql(" and open_id = ").Id(openId), cancellationToken).ConfigureAwait(false);
                return erased is [{ UnionId: { } unionId }] ? [.. erased, .. await DeleteHoldersAsync(session, unionId, cancellationToken).ConfigureAwait(false)] : erased;
            },
            cancellationToken);

    public override ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default) =>
        EraseAsync(Erasure.KeyOf(unionId), (session, cancellationToken) => DeleteHoldersAsync(session, unionId, cancellationToken), cancellationToken);

    internal static MySqlText Find(MySqlText text, string appId, string[] openIds) =>
        text.Sql("select " + Columns + ", app_id" + FromApp).Id(appId).Sql(" and open_id in ").Ids(openIds);

    internal static MySqlText Resolve(MySqlText text, string appId, string[] openIds, string targetAppId) =>
        text.Sql(SelectLinks).Sql(" ").Id(targetAppId).Sql(" where s.app_id = ").Id(appId).Sql(" and s.open_id in ").Ids(openIds);

    internal static MySqlText FindByUnionId(MySqlText text, string appId, string[] unionIds) =>
        text.Sql("select " + Columns + " from unionpush_identity force index (unionpush_identity_union_id) where app_id = ").Id(appId)
            .Sql(" and union_id in ").Ids(unionIds);

    protected override async ValueTask<SavedIdentities> SaveBatchAsync(WeChatIdentity[] batch, long? erasuresSeen, CancellationToken cancellationToken)
    {
        WeChatIdentity[] sorted = [.. batch.Order(IdentityBatch.KeyOrder)];
        var saved = await database.WriteAsync((sorted, erasuresSeen, looks: !_expectsStrangers), MergeAsync, cancellationToken).ConfigureAwait(false);
        _expectsStrangers = saved.Added * 2 > batch.Length;
        return saved;
    }

    /// <summary>A batch of strangers, which is what a first sync brings, is written without looking.</summary>
    private async ValueTask<SavedIdentities> MergeAsync(
        AdoSession session, (WeChatIdentity[] Sorted, long? ErasuresSeen, bool Looks) batch, CancellationToken cancellationToken)
    {
        var merge = new IdentityMerge(await MySqlErasures.AdmitAsync(session, batch.Sorted, batch.ErasuresSeen, cancellationToken).ConfigureAwait(false));
        for (var looks = batch.Looks || merge.NamesSomebodyTwice; !merge.IsDone; looks = true)
        {
            var stored = looks ? await FindForUpdateAsync(session, merge, cancellationToken).ConfigureAwait(false) : [];
            var (updates, inserts) = merge.Merge(stored);
            await WriteAsync(session, "insert ", updates, _replace, cancellationToken).ConfigureAwait(false);
            merge.Inserted(await WriteAsync(session, "insert ignore ", inserts, "", cancellationToken).ConfigureAwait(false));
        }

        return merge.Saved;
    }

    private static async ValueTask<int> WriteAsync(AdoSession session, string insert, List<WeChatIdentity> identities, string otherwise, CancellationToken cancellationToken)
    {
        var written = 0;
        foreach (var chunk in identities.Chunk(WriteSize))
        {
            var text = new MySqlText().Sql(insert).Sql(Insert).Items(chunk, static (text, identity) => text.Row(
                identity.AppId, identity.OpenId, identity.UnionId, (long)identity.FollowState, identity.ObservedAt, identity.DetailsAt, identity.FollowChangedAt))
                .Sql(otherwise);
            written += await session.RunAsync(text.Command, cancellationToken).ConfigureAwait(false);
        }

        return written;
    }

    private static async ValueTask<Dictionary<(string AppId, string OpenId), WeChatIdentity>> FindForUpdateAsync(
        AdoSession session, IdentityMerge merge, CancellationToken cancellationToken)
    {
        var text = new MySqlText();
        foreach (var (appId, openIds) in merge.Lists(MySqlText.ListSize))
        {
            Find(text, appId, openIds).Sql(" for update; ");
        }

        return (await session.RunAsync(text.Command, static row => Read(row, row.Text(6)), cancellationToken).ConfigureAwait(false)).Rows.ToDictionary(
            static found => (found.AppId, found.OpenId));
    }

    private async ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(
        string key, Func<AdoSession, CancellationToken, ValueTask<List<WeChatIdentity>>> deleteAsync, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            (key, deleteAsync, now: Now),
            static async (session, person, cancellationToken) =>
            {
                await MySqlErasures.BeginAsync(session, cancellationToken).ConfigureAwait(false);
                var erased = await person.deleteAsync(session, cancellationToken).ConfigureAwait(false);
                await MySqlErasures.AddAsync(session, erased, person.key, person.now, cancellationToken).ConfigureAwait(false);
                return erased;
            },
            cancellationToken).ConfigureAwait(false);

    private static ValueTask<List<WeChatIdentity>> DeleteHoldersAsync(AdoSession session, string unionId, CancellationToken cancellationToken) =>
        DeleteAsync(session, text => text.Sql(" union_id = ").Id(unionId), cancellationToken);

    private static async ValueTask<List<WeChatIdentity>> DeleteAsync(AdoSession session, Func<MySqlText, MySqlText> where, CancellationToken cancellationToken)
    {
        var text = where(new MySqlText().Sql("select " + Columns + ", app_id from unionpush_identity where")).Sql(" for update; ");
        return (await session.RunAsync(where(text.Sql("delete from unionpush_identity where")).Command, static row => Read(row, row.Text(6)), cancellationToken)
            .ConfigureAwait(false)).Rows;
    }
}
