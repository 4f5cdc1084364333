using System.Runtime.CompilerServices;
using System.Text;

namespace WeChat.UnionPush.Tests.Stores;

/// <summary>
/// The contract in the plainest words, as a model for the real stores and as a store that can be broken on purpose. It says the merge rules
/// anew, and uses none of the library's code for them.
/// </summary>
internal sealed class DictionaryRepository(DictionaryRepository.Fault fault = DictionaryRepository.Fault.None) : IUnionIdRepository
{
    private readonly Dictionary<(string AppId, string OpenId), WeChatIdentity> _all = [];
    private readonly List<Erased> _erased = [];
    private long _erasures;

    public enum Fault
    {
        None,
        LastSavedWins,
        OlderUnionIdReplaces,
        NullUnionIdErases,
        UnknownStateErases,
        ForgetsDetails,
        RefusesDuplicates,
        IgnoresApp,
        IgnoresCase,
        TrimsTexts,
        ClosesNewerIdentities,
        ListsUnordered,
        PrefersTheFirst,
        ErasesOneSide,
        ForgetsErasures,
        ForgetsTheErasedUnionId,
        ForgetsWhoWasNamed,
        RefusesForEver,
        RefusesWhoCameBack,
        BringsBackWhoStillFollows,
        IgnoresTheOrderOfTheStore,
        IgnoresThePlatformsClock,
        BelievesListsAboutLeavers,
        CountsEverybody,
        SavesPartOfAFailedBatch,
        IgnoresCancellation,
    }

    public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, CancellationToken cancellationToken = default) =>
        SaveAsync(observations, (long?)null, cancellationToken);

    public ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, long erasuresSeen, CancellationToken cancellationToken = default) =>
        SaveAsync(observations, fault == Fault.IgnoresTheOrderOfTheStore ? null : (long?)erasuresSeen, cancellationToken);

    public ValueTask<long> CountErasuresAsync(CancellationToken cancellationToken = default) => Locked(cancellationToken, () => _erasures);

    private ValueTask<SavedIdentities> SaveAsync(IReadOnlyCollection<WeChatIdentity> observations, long? erasuresSeen, CancellationToken cancellationToken)
    {
        Cancel(cancellationToken);
        IEnumerable<WeChatIdentity> batch = fault == Fault.SavesPartOfAFailedBatch ? observations : [.. observations];
        if (fault != Fault.SavesPartOfAFailedBatch && batch.Contains(null!))
        {
            throw new ArgumentException("null", nameof(observations));
        }

        if (fault == Fault.RefusesDuplicates && batch.DistinctBy(o => (o.AppId, o.OpenId)).Count() < observations.Count)
        {
            throw new InvalidOperationException("ON CONFLICT DO UPDATE command cannot affect row a second time");
        }

        var (added, changed) = (0, 0);
        string? replaced = null;
        lock (_all)
        {
            foreach (var observation in batch)
            {
                var o = fault == Fault.TrimsTexts ? observation with { OpenId = observation.OpenId.Trim() is { Length: > 0 } trimmed ? trimmed : "x" } : observation;
                var met = _erased.Where(e => e.Key == (o.AppId, o.OpenId) || (o.UnionId != null && e.Key == ("", o.UnionId) && fault != Fault.ForgetsTheErasedUnionId)).ToList();
                if (fault != Fault.ForgetsErasures && met.Exists(e => IsRefused(e, o, erasuresSeen)))
                {
                    continue;
                }

                _erased.Where(e => met.Exists(m => m.Number == e.Number)).ToList().ForEach(e => e.IsOver = true);
                if (!_all.TryGetValue(Key(o.AppId, o.OpenId), out var s))
                {
                    _all.Add(Key(o.AppId, o.OpenId), o);
                    added++;
                    continue;
                }

                var merged = fault == Fault.LastSavedWins ? o : Merge(s, o);
                if (s.UnionId != null && merged.UnionId != s.UnionId)
                {
                    changed++;
                    replaced = s.UnionId;
                }

                _all[Key(o.AppId, o.OpenId)] = merged;
            }
        }

        return new(new SavedIdentities(added, changed) { ReplacedUnionId = replaced });
    }

    public ValueTask<IReadOnlyList<WeChatIdentity>> FindAsync(string appId, IReadOnlyCollection<string> openIds, CancellationToken cancellationToken = default) =>
        Locked<IReadOnlyList<WeChatIdentity>>(cancellationToken, () => [.. openIds.Distinct().Where(o => _all.ContainsKey(Key(appId, o))).Select(o => _all[Key(appId, o)])]);

    public ValueTask<IReadOnlyList<IdentityLink>> ResolveAsync(
        string appId, IReadOnlyCollection<string> openIds, string targetAppId, CancellationToken cancellationToken = default) =>
        Locked<IReadOnlyList<IdentityLink>>(cancellationToken, () =>
        {
            var preferred = Preferred(targetAppId);
            return
            [
                .. openIds.Distinct().Where(o => _all.ContainsKey(Key(appId, o))).Select(o => _all[Key(appId, o)])
                    .Select(s => new IdentityLink(s, s.UnionId == null ? null : preferred.GetValueOrDefault(s.UnionId))),
            ];
        });

    public ValueTask<IReadOnlyList<WeChatIdentity>> FindByUnionIdAsync(string appId, IReadOnlyCollection<string> unionIds, CancellationToken cancellationToken = default) =>
        Locked<IReadOnlyList<WeChatIdentity>>(cancellationToken, () =>
        {
            var wanted = unionIds.ToHashSet();
            return [.. Preferred(appId).Where(pair => wanted.Contains(pair.Key)).Select(pair => pair.Value)];
        });

    public ValueTask<IReadOnlyList<string>> FindOutdatedAsync(
        string appId, IReadOnlyCollection<string> openIds, DateTimeOffset linkedBefore, DateTimeOffset unlinkedBefore, CancellationToken cancellationToken = default) =>
        Locked<IReadOnlyList<string>>(cancellationToken, () =>
        [
            .. openIds.Distinct().Where(o => !_all.TryGetValue(Key(appId, o), out var s)
                || s.DetailsAt == null
                || (s.FollowState == FollowState.NotFollowing && fault != Fault.BelievesListsAboutLeavers)
                || s.DetailsAt.Value.ToUnixTimeMilliseconds() < (s.UnionId == null ? unlinkedBefore : linkedBefore).ToUnixTimeMilliseconds()),
        ]);

    public ValueTask<FollowerCount> CountFollowersAsync(string appId, DateTimeOffset observedBefore, CancellationToken cancellationToken = default) =>
        Locked(cancellationToken, () =>
        {
            var followers = _all.Values.Where(s => s.AppId == appId && (s.FollowState is FollowState.Following or FollowState.Refusing || fault == Fault.CountsEverybody)).ToList();
            return new FollowerCount(
                followers.Count,
                followers.Count(s => s.ObservedAt.ToUnixTimeMilliseconds() < observedBefore.ToUnixTimeMilliseconds()),
                followers.Count(s => s.UnionId == null));
        });

    public ValueTask<long> CloseWalkAsync(string appId, DateTimeOffset walkStartedAt, CancellationToken cancellationToken = default) =>
        Locked(cancellationToken, () =>
        {
            var started = DateTimeOffset.FromUnixTimeMilliseconds(walkStartedAt.ToUnixTimeMilliseconds());
            WeChatIdentity[] gone =
            [
                .. _all.Values.Where(s => s.AppId == appId && s.FollowState is FollowState.Following or FollowState.Refusing)
                    .Where(s => s.AppId == appId && (s.ObservedAt < started || fault == Fault.ClosesNewerIdentities)),
            ];
            foreach (var s in gone)
            {
                _all[Key(appId, s.OpenId)] = s with { FollowState = FollowState.NotFollowing, ObservedAt = started };
            }

            return (long)gone.Length;
        });

    public async IAsyncEnumerable<WeChatIdentity> ListAsync(string appId, string? afterOpenId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var page = await Locked(cancellationToken, () =>
        {
            var all = _all.Values.Where(s => s.AppId == appId && (afterOpenId == null || Bytes(s.OpenId).AsSpan().SequenceCompareTo(Bytes(afterOpenId)) > 0)).ToList();
            if (fault != Fault.ListsUnordered)
            {
                all.Sort((x, y) => Bytes(x.OpenId).AsSpan().SequenceCompareTo(Bytes(y.OpenId)));
            }

            return all;
        });
        foreach (var identity in page)
        {
            yield return identity;
        }
    }

    public ValueTask<IdentityCoverage> GetCoverageAsync(string miniProgramAppId, string officialAccountAppId, CancellationToken cancellationToken = default) =>
        Locked(cancellationToken, () =>
        {
            var users = _all.Values.Where(s => s.AppId == miniProgramAppId).ToList();
            var preferred = Preferred(officialAccountAppId);
            var states = users.Where(s => s.UnionId != null).Select(s => preferred.GetValueOrDefault(s.UnionId!)?.FollowState ?? FollowState.Unknown).ToList();
            return new IdentityCoverage(
                states.Count(s => s == FollowState.Following),
                users.Count(s => s.UnionId == null),
                states.Count(s => s == FollowState.Unknown),
                states.Count(s => s == FollowState.NotFollowing),
                states.Count(s => s == FollowState.Refusing))
            {
                UnlinkedFollowers = _all.Values.Count(
                    s => s.AppId == officialAccountAppId && s.UnionId == null && (s.FollowState is FollowState.Following or FollowState.Refusing)),
            };
        });

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseAsync(string appId, string openId, CancellationToken cancellationToken = default) =>
        Locked<IReadOnlyList<WeChatIdentity>>(cancellationToken, () =>
        {
            var named = _all.GetValueOrDefault(Key(appId, openId));
            return Erase((appId, openId), s => s == named || (s.UnionId != null && s.UnionId == named?.UnionId && fault != Fault.ErasesOneSide));
        });

    public ValueTask<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default) =>
        Locked<IReadOnlyList<WeChatIdentity>>(cancellationToken, () => Erase(("", unionId), s => s.UnionId == unionId));

    public ValueTask<int> ExpireErasuresAsync(DateTimeOffset erasedBefore, int limit, CancellationToken cancellationToken = default) =>
        limit < 1 ? throw new ArgumentOutOfRangeException(nameof(limit))
        : Locked(cancellationToken, () => fault == Fault.RefusesForEver ? 0 : _erased.Where(e => e.ErasedAt < erasedBefore).Take(limit).ToList().Count(_erased.Remove));

    private bool IsRefused(Erased e, WeChatIdentity o, long? erasuresSeen)
    {
        var before = erasuresSeen == null ? o.ObservedAt <= e.ErasedAt : erasuresSeen < e.Number;
        var stillFollows = o.FollowChangedAt != null
            && (o.FollowChangedAt.Value.AddMinutes(2) < e.ErasedAt
                || (e.ChangedAt != null ? o.FollowChangedAt <= e.ChangedAt : o.FollowChangedAt.Value.AddSeconds(1) <= e.ErasedAt));
        return before
            || o.FollowState == FollowState.NotFollowing
            || (stillFollows && fault != Fault.BringsBackWhoStillFollows && (!e.IsOver || fault == Fault.RefusesWhoCameBack));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private WeChatIdentity Merge(WeChatIdentity s, WeChatIdentity o)
    {
        var state = s.FollowState;
        var observedAt = o.ObservedAt > s.ObservedAt ? o.ObservedAt : s.ObservedAt;
        var changedAt = s.FollowChangedAt == null || o.FollowChangedAt > s.FollowChangedAt ? o.FollowChangedAt : s.FollowChangedAt;
        if (s.FollowChangedAt != null && o.FollowChangedAt != null && s.FollowChangedAt != o.FollowChangedAt && fault != Fault.IgnoresThePlatformsClock
            ? o.FollowChangedAt > s.FollowChangedAt
            : o.ObservedAt >= s.ObservedAt)
        {
            state = o.FollowState == FollowState.Unknown && fault != Fault.UnknownStateErases ? state : o.FollowState;
        }
        else if (state == FollowState.Unknown)
        {
            state = o.FollowState;
        }

        var unionId = s.UnionId;
        if (o.UnionId != null)
        {
            if (s.UnionId == null || s.DetailsAt == null || o.ObservedAt >= s.DetailsAt || fault == Fault.OlderUnionIdReplaces)
            {
                unionId = o.UnionId;
            }
        }
        else if (fault == Fault.NullUnionIdErases && o.ObservedAt >= s.ObservedAt)
        {
            unionId = null;
        }

        var detailsAt = s.DetailsAt == null || (o.DetailsAt != null && o.DetailsAt > s.DetailsAt) || fault == Fault.ForgetsDetails ? o.DetailsAt : s.DetailsAt;
        return s with { FollowState = state, FollowChangedAt = changedAt, ObservedAt = observedAt, UnionId = unionId, DetailsAt = detailsAt };
    }

    private (string, string) Key(string appId, string openId) =>
        (fault == Fault.IgnoresApp ? "" : appId, fault == Fault.IgnoresCase ? openId.ToUpperInvariant() : openId);

    private Dictionary<string, WeChatIdentity> Preferred(string appId) => _all.Values
        .Where(s => s.AppId == appId && s.UnionId != null)
        .GroupBy(s => s.UnionId!)
        .ToDictionary(holders => holders.Key, holders => fault == Fault.PrefersTheFirst ? holders.First() : holders
            .OrderBy(s => s.FollowState == FollowState.Following ? 0 : 1)
            .ThenByDescending(s => s.ObservedAt)
            .ThenBy(s => Convert.ToHexString(Bytes(s.OpenId)), StringComparer.Ordinal)
            .First());

    private List<WeChatIdentity> Erase((string AppId, string Id) named, Func<WeChatIdentity, bool> condition)
    {
        var erased = _all.Values.Where(condition).ToList();
        erased.ForEach(s => _all.Remove(Key(s.AppId, s.OpenId)));
        _erasures++;
        var changedAt = erased.Select(s => s.FollowState == FollowState.NotFollowing ? s.FollowChangedAt?.AddSeconds(-1) : s.FollowChangedAt).Max();
        List<(string, string)> keys = [.. erased.Select(s => (s.AppId, s.OpenId)), .. erased.Where(s => s.UnionId != null).Select(s => ("", s.UnionId!))];
        if (fault != Fault.ForgetsWhoWasNamed)
        {
            keys.Add(named);
        }

        foreach (var key in keys.Distinct())
        {
            _erased.RemoveAll(e => e.Key == key);
            _erased.Add(new(key, _erasures, DateTimeOffset.UtcNow, changedAt));
        }

        return erased;
    }

    private ValueTask<T> Locked<T>(CancellationToken cancellationToken, Func<T> action)
    {
        Cancel(cancellationToken);
        lock (_all)
        {
            return new(action());
        }
    }

    private sealed class Erased((string AppId, string Id) key, long number, DateTimeOffset erasedAt, DateTimeOffset? changedAt)
    {
        public (string AppId, string Id) Key => key;

        public long Number => number;

        public DateTimeOffset ErasedAt => erasedAt;

        public DateTimeOffset? ChangedAt => changedAt;

        public bool IsOver { get; set; }
    }

    private void Cancel(CancellationToken cancellationToken)
    {
        if (fault != Fault.IgnoresCancellation)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
