using System.Runtime.CompilerServices;

namespace WeChat.UnionPush;

/// <summary>Identities in one table. What all SQL databases do in the same words is here; look-ups and batches are each database's own.</summary>
/// <param name="database">Where they are.</param>
/// <param name="timeProvider">The clock that erasures are noted by.</param>
/// <param name="deleteOldErasures">Deletes erasures before a time, a number of them at most, and never the last one: its number is the count.</param>
/// <param name="selectReach">For each user of an app its <c>reach</c> in another one: the follow state of who is preferred there, 0 for nobody, -1 for no UnionID.</param>
internal abstract class SqlUnionIdRepository(ISqlDatabase database, TimeProvider timeProvider, string deleteOldErasures, string selectReach) : IUnionIdRepository
{
    internal const string Columns = "open_id, union_id, follow_state, observed_at, details_at, follow_changed_at";

    internal const string SelectPage = "select " + Columns + " from unionpush_identity where app_id = $1 and open_id > $2 order by open_id limit $3";

    private const int PageSize = 1_000;
    private const string SelectErasureCount = "select coalesce(max(number), 0) from unionpush_erasure";

    private readonly string _selectPage = database.Dialect.Spell(SelectPage);

    private readonly string _countFollowers = database.Dialect.Spell("""
        select count(*), coalesce(sum(case when observed_at < $2 then 1 else 0 end), 0), coalesce(sum(case when union_id is null then 1 else 0 end), 0)
        from unionpush_identity
        where app_id = $1 and follow_state in (1, 3)
        """);

    private readonly string _countReach = database.Dialect.Spell($"""
        select reach, count(*) from ({selectReach}) as people group by reach
        union all
        select -2, count(*) from unionpush_identity where app_id = $2 and follow_state in (1, 3) and union_id is null
        """);

    private readonly string _closeWalk = database.Dialect.Spell(
        "update unionpush_identity set follow_state = 2, observed_at = $2 where app_id = $1 and follow_state in (1, 3) and observed_at < $2");

    protected DistinctTexts Distinct { get; } = new();

    protected DateTimeOffset Now => timeProvider.GetUtcNow();

    public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, CancellationToken cancellationToken = default) =>
        SaveCheckedAsync(observations, erasuresSeen: null, cancellationToken);

    public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, long erasuresSeen, CancellationToken cancellationToken = default) =>
        SaveCheckedAsync(observations, erasuresSeen, cancellationToken);

    public async ValueTask<long> CountErasuresAsync(CancellationToken cancellationToken = default) =>
        (await database.QueryAsync(SelectErasureCount, static row => row.Int64(0), cancellationToken).ConfigureAwait(false))[0];

    public abstract ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(
        string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default);

    public abstract ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(
        string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default);

    public abstract ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(
        string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default);

    public abstract ValueTask<IReadOnlyList<string>> FindOutdatedAsync(
        string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default);

    public async ValueTask<FollowerCount> CountFollowersAsync(string appId, DateTimeOffset observedBefore, CancellationToken cancellationToken = default) =>
        (await database.QueryAsync(
            _countFollowers, static row => new FollowerCount(row.Int64(0), row.Int64(1), row.Int64(2)), cancellationToken, appId, observedBefore).ConfigureAwait(false))[0];

    public async ValueTask<long> CloseWalkAsync(string appId, DateTimeOffset walkStartedAt, CancellationToken cancellationToken = default) =>
        await database.ExecuteAsync(_closeWalk, cancellationToken, appId, walkStartedAt).ConfigureAwait(false);

    public async IAsyncEnumerable<WeChatIdentity> ListAsync(
        string appId, string? afterOpenId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<WeChatIdentity> page;
        do
        {
            page = await database.QueryAsync(_selectPage, row => Read(row, appId), cancellationToken, appId, afterOpenId ?? "", PageSize).ConfigureAwait(false);
            foreach (var identity in page)
            {
                yield return identity;
                afterOpenId = identity.OpenId;
            }
        }
        while (page.Count == PageSize);
    }

    public async ValueTask<IdentityCoverage> GetCoverageAsync(string miniProgramAppId, string officialAccountAppId, CancellationToken cancellationToken = default)
    {
        var counts = new Dictionary<long, long>(await database.QueryAsync(
            _countReach, static row => KeyValuePair.Create(row.Int64(0), row.Int64(1)), cancellationToken, miniProgramAppId, officialAccountAppId).ConfigureAwait(false));
        return new(counts.GetValueOrDefault(1), counts.GetValueOrDefault(-1), counts.GetValueOrDefault(0), counts.GetValueOrDefault(2), counts.GetValueOrDefault(3))
        {
            UnlinkedFollowers = counts.GetValueOrDefault(-2),
        };
    }

    public abstract ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default);

    public abstract ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default);

    public ValueTask<int> ExpireErasuresAsync(DateTimeOffset erasedBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return database.ExecuteAsync(deleteOldErasures, cancellationToken, erasedBefore, limit);
    }

    /// <summary>Saves observations, of which there are some and none is null.</summary>
    protected abstract ValueTask<SavedIdentities> SaveBatchAsync(WeChatIdentity[] batch, long? erasuresSeen, CancellationToken cancellationToken);

    /// <summary>The identity of a row that begins with <see cref="Columns"/>.</summary>
    protected static WeChatIdentity Read(ISqlRow row, string appId) => Read(row, appId, row.Text(0), row.NullableText(1), 2);

    protected static WeChatIdentity Read(ISqlRow row, string appId, string openId, string? unionId, int stateColumn) => new(appId, openId)
    {
        UnionId = unionId,
        FollowState = (FollowState)row.Int64(stateColumn),
        ObservedAt = row.Time(stateColumn + 1),
        DetailsAt = row.NullableTime(stateColumn + 2),
        FollowChangedAt = row.NullableTime(stateColumn + 3),
    };

    private async ValueTask<SavedIdentities> SaveCheckedAsync(
        IReadOnlyCollection<WeChatIdentity> observations, long? erasuresSeen, CancellationToken cancellationToken)
    {
        var batch = IdentityBatch.Checked(observations);
        cancellationToken.ThrowIfCancellationRequested();
        return batch.Length == 0 ? default : await SaveBatchAsync(batch, erasuresSeen, cancellationToken).ConfigureAwait(false);
    }
}
