using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;

namespace WeChat.UnionPush.EntityFrameworkCore;

/// <summary>Identities in one table. A batch is read, merged and written, and read again where somebody else wrote meanwhile.</summary>
internal sealed class EfUnionIdRepository(EfDatabase database, TimeProvider timeProvider) : IUnionIdRepository
{
    private const int PageSize = 1_000;
    private const int Following = (int)FollowState.Following;
    private const int NotFollowing = (int)FollowState.NotFollowing;
    private const int Refusing = (int)FollowState.Refusing;

    private readonly DistinctTexts _distinct = new();

    public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, CancellationToken cancellationToken = default) =>
        SaveAsync(observations, erasuresSeen: null, cancellationToken);

    public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, long erasuresSeen, CancellationToken cancellationToken = default) =>
        SaveAsync(observations, (long?)erasuresSeen, cancellationToken);

    public ValueTask<long> CountErasuresAsync(CancellationToken cancellationToken = default) => database.ReadAsync(EfErasures.LastAsync, cancellationToken);

    public async ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default) =>
        (await database.ReadAsync(Asked(appId, openIds), (context, ids) => Find(context, appId, ids), cancellationToken).ConfigureAwait(false))
            .ConvertAll(static row => row.ToIdentity());

    public async ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(
        string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default)
    {
        var target = StorableText.Fits(targetAppId) ? targetAppId : "";
        var links = await database.ReadAsync(Asked(appId, openIds), (context, ids) => Resolve(context, appId, ids, target), cancellationToken).ConfigureAwait(false);
        return OneOfEach.Source(links.ConvertAll(static link => new IdentityLink(link.Source.ToIdentity(), link.Target?.ToIdentity())));
    }

    public async ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default) =>
        OneOfEach.UnionId((await database.ReadAsync(Asked(appId, unionIds), (context, ids) => FindByUnionId(context, appId, ids), cancellationToken).ConfigureAwait(false))
            .ConvertAll(static row => row.ToIdentity()));

    public async ValueTask<IReadOnlyList<string>> FindOutdatedAsync(
        string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default)
    {
        var asked = _distinct.Of(openIds);
        var linked = linkedBefore.ToUnixTimeMilliseconds();
        var unlinked = unlinkedBefore.ToUnixTimeMilliseconds();
        var fresh = await database.ReadAsync(Asked(appId, asked), (context, ids) => Fresh(context, appId, ids, linked, unlinked), cancellationToken).ConfigureAwait(false);
        return fresh.Count == 0 ? asked : [.. asked.Except(fresh, StringComparer.Ordinal)];
    }

    public ValueTask<FollowerCount> CountFollowersAsync(string appId, DateTimeOffset observedBefore, CancellationToken cancellationToken = default)
    {
        var before = observedBefore.ToUnixTimeMilliseconds();
        return database.ReadAsync(
            async (context, cancellationToken) =>
            {
                var counts = await CountFollowers(context, appId, before).ToListAsync(cancellationToken).ConfigureAwait(false);
                return counts is [var count] ? new FollowerCount(count.Followers, count.Unseen, count.Unlinked) : default;
            },
            cancellationToken);
    }

    public ValueTask<long> CloseWalkAsync(string appId, DateTimeOffset walkStartedAt, CancellationToken cancellationToken = default)
    {
        var startedAt = walkStartedAt.ToUnixTimeMilliseconds();
        return database.WriteAsync<long>(
            async (context, cancellationToken) => await Followers(context, appId).Where(row => row.ObservedAt < startedAt).ExecuteUpdateAsync(
                set => set
                    .SetProperty(static row => row.FollowState, NotFollowing)
                    .SetProperty(static row => row.ObservedAt, startedAt)
                    .SetProperty(static row => row.Version, static row => row.Version + 1),
                cancellationToken).ConfigureAwait(false),
            cancellationToken);
    }

    public async IAsyncEnumerable<WeChatIdentity> ListAsync(string appId, string? afterOpenId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<IdentityRow> page;
        do
        {
            var after = afterOpenId;
            page = await database.ReadAsync((context, cancellationToken) => Page(context, appId, after).ToListAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
            foreach (var row in page)
            {
                yield return row.ToIdentity();
                afterOpenId = row.OpenId;
            }
        }
        while (page.Count == PageSize);
    }

    public async ValueTask<IdentityCoverage> GetCoverageAsync(string miniProgramAppId, string officialAccountAppId, CancellationToken cancellationToken = default)
    {
        var count = new CoverageCount();
        string? after = null;
        string[] openIds;
        do
        {
            var page = after;
            openIds = [.. await database.ReadAsync(
                (context, cancellationToken) => Page(context, miniProgramAppId, page).Select(static row => row.OpenId).ToListAsync(cancellationToken),
                cancellationToken).ConfigureAwait(false)];
            foreach (var link in await ResolveAsync(miniProgramAppId, openIds, officialAccountAppId, cancellationToken).ConfigureAwait(false))
            {
                count.Add(link.Source.UnionId is not null, link.Target?.FollowState);
            }

            after = openIds.LastOrDefault();
        }
        while (openIds.Length == PageSize);
        var followers = await CountFollowersAsync(officialAccountAppId, DateTimeOffset.MinValue, cancellationToken).ConfigureAwait(false);
        return count.Coverage with { UnlinkedFollowers = followers.Unlinked };
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default)
    {
        List<string> openIds = StorableText.Fits(appId) && StorableText.Fits(openId) ? [openId] : [];
        return EraseAsync(
            Erasure.KeyOf(appId, openId),
            async (context, cancellationToken) =>
            {
                var named = context.Set<IdentityRow>().Where(row => row.AppId == appId && openIds.Contains(row.OpenId));
                var erased = await DeleteAsync(named, cancellationToken).ConfigureAwait(false);
                return erased is [{ UnionId: { } unionId }] ? [.. erased, .. await DeleteHoldersAsync(context, [unionId], cancellationToken).ConfigureAwait(false)] : erased;
            },
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default)
    {
        List<string> unionIds = StorableText.Fits(unionId) ? [unionId] : [];
        return EraseAsync(Erasure.KeyOf(unionId), (context, cancellationToken) => DeleteHoldersAsync(context, unionIds, cancellationToken), cancellationToken);
    }

    public ValueTask<int> ExpireErasuresAsync(DateTimeOffset erasedBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var before = erasedBefore.ToUnixTimeMilliseconds();
        return database.WriteAsync(
            async (context, cancellationToken) =>
            {
                // The last one stays: its number is the count.
                var last = await EfErasures.LastAsync(context, cancellationToken).ConfigureAwait(false);
                var old = context.Set<ErasureRow>().Where(row => row.ErasedAt < before && row.Number < last);
                var deleted = 0;
                foreach (IEnumerable<string> keys in (await old.OrderBy(static row => row.Number).ThenBy(static row => row.Key).Take(limit).Select(static row => row.Key)
                    .ToListAsync(cancellationToken).ConfigureAwait(false)).Chunk(EfDatabase.ListSize))
                {
                    deleted += await old.Where(row => keys.Contains(row.Key)).ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false);
                }

                return deleted;
            },
            cancellationToken);
    }

    internal static IQueryable<IdentityRow> Find(DbContext context, string appId, IEnumerable<string> openIds) =>
        context.Set<IdentityRow>().AsNoTracking().Where(row => row.AppId == appId && openIds.Contains(row.OpenId));

    internal static IQueryable<LinkRow> Resolve(DbContext context, string appId, IEnumerable<string> openIds, string targetAppId) =>
        Find(context, appId, openIds).LeftJoin(
            context.Set<IdentityRow>().Where(row => row.AppId == targetAppId),
            static source => source.UnionId,
            static target => target.UnionId,
            static (source, target) => new LinkRow { Source = source, Target = target });

    internal static IQueryable<IdentityRow> FindByUnionId(DbContext context, string appId, IEnumerable<string> unionIds) =>
        context.Set<IdentityRow>().AsNoTracking().Where(row => row.AppId == appId && unionIds.Contains(row.UnionId));

    internal static IQueryable<string> Fresh(DbContext context, string appId, IEnumerable<string> openIds, long linkedBefore, long unlinkedBefore) =>
        Find(context, appId, openIds)
            .Where(row => row.FollowState != NotFollowing && row.DetailsAt >= (row.UnionId == null ? unlinkedBefore : linkedBefore))
            .Select(static row => row.OpenId);

    [SuppressMessage("Globalization", "CA1309:Use ordinal string comparison", Justification = "The database compares, by the column's collation.")]
    internal static IQueryable<IdentityRow> Page(DbContext context, string appId, string? afterOpenId)
    {
        var rows = context.Set<IdentityRow>().AsNoTracking().Where(row => row.AppId == appId);
        return (string.IsNullOrEmpty(afterOpenId) ? rows : rows.Where(row => string.Compare(row.OpenId, afterOpenId) > 0)).OrderBy(static row => row.OpenId).Take(PageSize);
    }

    internal static IQueryable<CountRow> CountFollowers(DbContext context, string appId, long observedBefore) =>
        Followers(context, appId).GroupBy(static row => row.AppId).Select(group => new CountRow
        {
            Followers = group.Count(),
            Unseen = group.Sum(row => row.ObservedAt < observedBefore ? 1 : 0),
            Unlinked = group.Sum(static row => row.UnionId == null ? 1 : 0),
        });

    private static IQueryable<IdentityRow> Followers(DbContext context, string appId) =>
        context.Set<IdentityRow>().Where(row => row.AppId == appId && (row.FollowState == Following || row.FollowState == Refusing));

    private string[] Asked(string appId, IReadOnlyCollection<string> ids) => StorableText.Fits(appId) ? _distinct.Of(ids) : [];

    private async ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, long? erasuresSeen, CancellationToken cancellationToken)
    {
        var batch = IdentityBatch.Checked(observations);
        cancellationToken.ThrowIfCancellationRequested();
        if (batch.Length == 0)
        {
            return default;
        }

        WeChatIdentity[] sorted = [.. batch.Order(IdentityBatch.KeyOrder)];
        return await database.WriteAsync(
            async (context, cancellationToken) =>
            {
                await EfErasures.LockAsync(context, sorted, cancellationToken).ConfigureAwait(false);
                var merge = new IdentityMerge(await EfErasures.AdmitAsync(context, sorted, erasuresSeen, cancellationToken).ConfigureAwait(false));
                var stored = await FindAsync(context, merge, cancellationToken).ConfigureAwait(false);
                var (updates, inserts) = merge.Merge(stored.ToDictionary(static row => row.Key, static row => row.Value.ToIdentity()));
                foreach (var chunk in updates.Chunk(EfDatabase.WriteSize))
                {
                    foreach (var identity in chunk)
                    {
                        var row = IdentityRow.Of(identity, stored[(identity.AppId, identity.OpenId)].Version);
                        context.Update(row);
                        row.Version++;
                    }

                    await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
                }

                foreach (var chunk in inserts.Chunk(EfDatabase.WriteSize))
                {
                    context.AddRange(chunk.Select(static identity => IdentityRow.Of(identity, 0)));
                    await EfDatabase.SaveAsync(context, cancellationToken).ConfigureAwait(false);
                }

                merge.Inserted(inserts.Count);
                return merge.Saved;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static async Task<Dictionary<(string AppId, string OpenId), IdentityRow>> FindAsync(
        DbContext context, IdentityMerge merge, CancellationToken cancellationToken)
    {
        var found = new Dictionary<(string AppId, string OpenId), IdentityRow>();
        foreach (var (appId, openIds) in merge.Lists(EfDatabase.ListSize))
        {
            foreach (var row in await Find(context, appId, openIds).ToListAsync(cancellationToken).ConfigureAwait(false))
            {
                found.Add((row.AppId, row.OpenId), row);
            }
        }

        return found;
    }

    private async ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(
        string key, Func<DbContext, CancellationToken, Task<List<WeChatIdentity>>> deleteAsync, CancellationToken cancellationToken) =>
        await database.WriteAsync(
            async (context, cancellationToken) =>
            {
                await EfErasures.LockAllAsync(context, cancellationToken).ConfigureAwait(false);
                var erased = await deleteAsync(context, cancellationToken).ConfigureAwait(false);
                await EfErasures.AddAsync(context, erased, key, timeProvider.GetUtcNow(), cancellationToken).ConfigureAwait(false);
                return erased;
            },
            cancellationToken).ConfigureAwait(false);

    private static Task<List<WeChatIdentity>> DeleteHoldersAsync(DbContext context, List<string> unionIds, CancellationToken cancellationToken) =>
        DeleteAsync(context.Set<IdentityRow>().Where(row => unionIds.Contains(row.UnionId!)), cancellationToken);

    private static async Task<List<WeChatIdentity>> DeleteAsync(IQueryable<IdentityRow> rows, CancellationToken cancellationToken)
    {
        var deleted = await rows.AsNoTracking().ToListAsync(cancellationToken).ConfigureAwait(false);
        await rows.ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false);
        return deleted.ConvertAll(static row => row.ToIdentity());
    }

    /// <summary>Somebody, and the same person in another app.</summary>
    internal sealed class LinkRow
    {
        public required IdentityRow Source { get; init; }

        public IdentityRow? Target { get; init; }
    }

    /// <summary>What one statement counts.</summary>
    internal sealed class CountRow
    {
        public int Followers { get; init; }

        public int Unseen { get; init; }

        public int Unlinked { get; init; }
    }
}
