using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush.Tests.Stores;

/// <summary>
/// A store of another shape, written from the README's walk-through alone: identities are JSON documents under ordered keys, a second key leads from a UnionID
/// to its holders, and a write is committed where nobody else wrote meanwhile.
/// </summary>
internal sealed class KeyValueRepository(KeyValues values) : IUnionIdRepository
{
    private const string Erasures = "e:";
    private const string LastErasure = "n";
    private const int PageSize = 3;

    public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, CancellationToken cancellationToken = default) =>
        SaveAsync(observations, null, cancellationToken);

    public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, long erasuresSeen, CancellationToken cancellationToken = default) =>
        SaveAsync(observations, (long?)erasuresSeen, cancellationToken);

    public ValueTask<long> CountErasuresAsync(CancellationToken cancellationToken = default) => Read(LastNumber, cancellationToken);

    public ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default) =>
        List(view => Find(view, appId, openIds), cancellationToken);

    public ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(
        string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default) =>
        List(view => Find(view, appId, openIds).Select(source => new IdentityLink(source, Best(view, targetAppId, source.UnionId))), cancellationToken);

    public ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default) =>
        List(view => unionIds.Distinct(StringComparer.Ordinal).Select(unionId => Best(view, appId, unionId)).OfType<WeChatIdentity>(), cancellationToken);

    public ValueTask<IReadOnlyList<string>> FindOutdatedAsync(
        string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default) =>
        List(
            view => openIds.Distinct(StringComparer.Ordinal).Except(
                Find(view, appId, openIds)
                    .Where(one => one.FollowState != FollowState.NotFollowing && one.DetailsAt >= Millisecond.Cut(one.UnionId is null ? unlinkedBefore : linkedBefore))
                    .Select(one => one.OpenId),
                StringComparer.Ordinal),
            cancellationToken);

    public ValueTask<FollowerCount> CountFollowersAsync(string appId, DateTimeOffset observedBefore, CancellationToken cancellationToken = default) =>
        Read(
            view =>
            {
                var followers = Followers(view, appId).ToList();
                return new FollowerCount(followers.Count, followers.Count(one => one.ObservedAt < Millisecond.Cut(observedBefore)), followers.Count(one => one.UnionId is null));
            },
            cancellationToken);

    public ValueTask<long> CloseWalkAsync(string appId, DateTimeOffset walkStartedAt, CancellationToken cancellationToken = default) =>
        Write(
            write =>
            {
                var left = Followers(write, appId).Where(one => one.ObservedAt < Millisecond.Cut(walkStartedAt)).ToList();
                left.ForEach(one => Put(write, one, one with { FollowState = FollowState.NotFollowing, ObservedAt = walkStartedAt }));
                return (long)left.Count;
            },
            cancellationToken);

    public async IAsyncEnumerable<WeChatIdentity> ListAsync(string appId, string? afterOpenId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // Hexadecimal digits are in the order of the bytes that they stand for.
        IReadOnlyList<WeChatIdentity> page;
        do
        {
            var after = afterOpenId is null ? "" : KeyOf(appId, afterOpenId);
            page = await List(view => All(view, appId, after).Take(PageSize), cancellationToken);
            foreach (var one in page)
            {
                yield return one;
            }

            afterOpenId = page.LastOrDefault()?.OpenId;
        }
        while (page.Count == PageSize);
    }

    public ValueTask<IdentityCoverage> GetCoverageAsync(string miniProgramAppId, string officialAccountAppId, CancellationToken cancellationToken = default) =>
        Read(
            view =>
            {
                var users = All(view, miniProgramAppId).ToList();
                var states = users.Where(user => user.UnionId is not null).ToLookup(user => Best(view, officialAccountAppId, user.UnionId)?.FollowState ?? FollowState.Unknown);
                return new IdentityCoverage(
                    states[FollowState.Following].Count(), users.Count(user => user.UnionId is null), states[FollowState.Unknown].Count(),
                    states[FollowState.NotFollowing].Count(), states[FollowState.Refusing].Count())
                {
                    UnlinkedFollowers = Followers(view, officialAccountAppId).Count(one => one.UnionId is null),
                };
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default) =>
        Erase(
            Erasure.KeyOf(appId, openId),
            view => Find(view, appId, [openId]).SelectMany(one => one.UnionId is null ? [one] : Holders(view, one.UnionId)),
            cancellationToken);

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default) =>
        Erase(Erasure.KeyOf(unionId), view => Holders(view, unionId), cancellationToken);

    public ValueTask<int> ExpireErasuresAsync(DateTimeOffset erasedBefore, int limit, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return Write(
            write =>
            {
                var old = write.Scan(Erasures).Where(pair => JsonSerializer.Deserialize<Erasure>(pair.Value)!.ErasedAt < erasedBefore).Take(limit).ToList();
                old.ForEach(pair => write.Set(pair.Key, null));
                return old.Count;
            },
            cancellationToken);
    }

    private ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, long? erasuresSeen, CancellationToken cancellationToken)
    {
        WeChatIdentity[] batch = [.. observations];
        return batch.Contains(null!) ? throw new ArgumentException("One of the observations is null.", nameof(observations)) : Write(
            write =>
            {
                var saved = default(SavedIdentities);
                foreach (var seen in batch.Where(seen => !IsRefused(write, seen, erasuresSeen)))
                {
                    var stored = Find(write, seen.AppId, [seen.OpenId]).FirstOrDefault();
                    var merged = stored?.MergedWith(seen) ?? seen;
                    Put(write, stored, merged);
                    saved = stored is null ? saved with { Added = saved.Added + 1 }
                        : stored.UnionId is null || stored.UnionId == merged.UnionId ? saved
                        : saved with { UnionIdsChanged = saved.UnionIdsChanged + 1, ReplacedUnionId = stored.UnionId };
                }

                return saved;
            },
            cancellationToken);
    }

    private ValueTask<IReadOnlyList<WeChatIdentity>> Erase(string key, Func<KeyValues.View, IEnumerable<WeChatIdentity>> select, CancellationToken cancellationToken) =>
        Write<IReadOnlyList<WeChatIdentity>>(
            write =>
            {
                var erased = select(write).ToList();
                erased.ForEach(one => Put(write, one, null));
                var erasure = new Erasure(LastNumber(write) + 1, DateTimeOffset.UtcNow) { FollowChangedAt = Erasure.LastChangeOf(erased) };
                write.Set(LastErasure, erasure.Number.ToString(CultureInfo.InvariantCulture));
                foreach (var erasedKey in erased.SelectMany(Erasure.KeysOf).Prepend(key))
                {
                    write.Set(Erasures + erasedKey, JsonSerializer.Serialize(erasure));
                }

                return erased;
            },
            cancellationToken);

    private static bool IsRefused(KeyValues.View write, WeChatIdentity seen, long? erasuresSeen)
    {
        var met = Erasure.KeysOf(seen).Select(key => write.Get(Erasures + key)).OfType<string>().Select(json => JsonSerializer.Deserialize<Erasure>(json)!).ToList();
        if (met.Exists(erasure => erasure.Refuses(seen, erasuresSeen)))
        {
            return true;
        }

        foreach (var (key, json) in met.Count == 0 ? [] : write.Scan(Erasures).ToList())
        {
            var erasure = JsonSerializer.Deserialize<Erasure>(json)!;
            if (met.Exists(one => one.Number == erasure.Number))
            {
                write.Set(key, JsonSerializer.Serialize(erasure with { IsOver = true }));
            }
        }

        return false;
    }

    private static void Put(KeyValues.View write, WeChatIdentity? before, WeChatIdentity? after)
    {
        if (before is { UnionId: { } lost } && lost != after?.UnionId)
        {
            write.Set(HolderPrefix(lost) + KeyOf(before.AppId, before.OpenId), null);
        }

        if (after is { UnionId: { } unionId })
        {
            write.Set(HolderPrefix(unionId) + KeyOf(after.AppId, after.OpenId), "");
        }

        var named = (after ?? before)!;
        write.Set(KeyOf(named.AppId, named.OpenId), after is null ? null : JsonSerializer.Serialize(new Document(
            after.AppId, after.OpenId, after.UnionId, after.FollowState, after.ObservedAt.ToUnixTimeMilliseconds(), after.DetailsAt?.ToUnixTimeMilliseconds(),
            after.FollowChangedAt?.ToUnixTimeMilliseconds())));
    }

    private static WeChatIdentity IdentityOf(string json)
    {
        var document = JsonSerializer.Deserialize<Document>(json)!;
        return new(document.AppId, document.OpenId)
        {
            UnionId = document.UnionId,
            FollowState = document.State,
            ObservedAt = DateTimeOffset.FromUnixTimeMilliseconds(document.ObservedAt),
            DetailsAt = Time(document.DetailsAt),
            FollowChangedAt = Time(document.FollowChangedAt),
        };

        static DateTimeOffset? Time(long? milliseconds) => milliseconds is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;
    }

    // What cannot be kept was never stored, and its bytes would be those of another text.
    private static IEnumerable<WeChatIdentity> Find(KeyValues.View view, string appId, IEnumerable<string> openIds) =>
        openIds.Where(openId => StorableText.Fits(appId) && StorableText.Fits(openId)).Distinct(StringComparer.Ordinal)
            .Select(openId => view.Get(KeyOf(appId, openId))).OfType<string>().Select(IdentityOf);

    private static IEnumerable<WeChatIdentity> All(KeyValues.View view, string appId, string after = "") =>
        StorableText.Fits(appId) ? view.Scan(Prefix(appId), after).Select(pair => IdentityOf(pair.Value)) : [];

    private static IEnumerable<WeChatIdentity> Followers(KeyValues.View view, string appId) =>
        All(view, appId).Where(one => one.FollowState is FollowState.Following or FollowState.Refusing);

    private static IEnumerable<WeChatIdentity> Holders(KeyValues.View view, string unionId, string appPrefix = "") => StorableText.Fits(unionId)
        ? view.Scan(HolderPrefix(unionId) + appPrefix).Select(pair => IdentityOf(view.Get(pair.Key[HolderPrefix(unionId).Length..])!))
        : [];

    private static WeChatIdentity? Best(KeyValues.View view, string appId, string? unionId) =>
        unionId is null || !StorableText.Fits(appId) ? null : IdentityPreference.Best(Holders(view, unionId, Prefix(appId)));

    private static long LastNumber(KeyValues.View view) => long.Parse(view.Get(LastErasure) ?? "0", CultureInfo.InvariantCulture);

    private static string Prefix(string appId) => $"i:{Hex(appId)}:";

    private static string KeyOf(string appId, string openId) => Prefix(appId) + Hex(openId);

    private static string HolderPrefix(string unionId) => $"u:{Hex(unionId)}:";

    private static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));

    private ValueTask<T> Read<T>(Func<KeyValues.View, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(read(values.Look()));
    }

    private ValueTask<IReadOnlyList<T>> List<T>(Func<KeyValues.View, IEnumerable<T>> select, CancellationToken cancellationToken) =>
        Read<IReadOnlyList<T>>(view => [.. select(view)], cancellationToken);

    private ValueTask<T> Write<T>(Func<KeyValues.View, T> write, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var view = values.Look();
            var result = write(view);
            if (values.TryCommit(view))
            {
                return new(result);
            }
        }
    }

    private sealed record Document(string AppId, string OpenId, string? UnionId, FollowState State, long ObservedAt, long? DetailsAt, long? FollowChangedAt);
}
