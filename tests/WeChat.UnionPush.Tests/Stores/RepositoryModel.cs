using FsCheck;
using FsCheck.Fluent;

namespace WeChat.UnionPush.Tests.Stores;

/// <summary>Random operations, answered by a store and by the plain model alike.</summary>
internal static class RepositoryModel
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static int LastUniverse;

    private static Gen<Operation> Operations
    {
        get
        {
            var app = Gen.Elements("wxo", "wxm", "wxx");
            var openId = Gen.Elements("a", "A", "a ", "é", "😀", "\uffff");
            var unionId = Gen.Elements("u", "U", "v");
            var time = Gen.Choose(0, 6).Select(n => Start.AddMilliseconds(n));
            var observation =
                from a in app
                from o in openId
                from u in Gen.Frequency((3, unionId.Select(u => (string?)u)), (2, Gen.Constant<string?>(null)))
                from state in Gen.Elements(Enum.GetValues<FollowState>())
                from observedAt in time
                from detailsAt in Gen.Frequency((2, time.Select(t => (DateTimeOffset?)t)), (1, Gen.Constant<DateTimeOffset?>(null)))

                    // Surely after every erasure, or long before it.
                from years in Gen.Elements(0, 100, 100)
                from changedAt in Gen.Frequency((1, time.Select(t => (DateTimeOffset?)t.AddSeconds(t.Millisecond).AddYears(years))), (2, Gen.Constant<DateTimeOffset?>(null)))
                select new WeChatIdentity(a, o) { UnionId = u, FollowState = state, ObservedAt = observedAt, DetailsAt = detailsAt, FollowChangedAt = changedAt };
            var openIds = Gen.ArrayOf(openId, 4);
            return Gen.Frequency(
                (6, from batch in observation.ArrayOf().Where(batch => batch.Length <= 8) from unseen in Gen.Choose(0, 2) select Save(batch, unseen)),
                (1, observation.ArrayOf().Where(batch => batch.Length <= 8).Select(SaveByTime)),
                (1, from a in app from t in time select CountFollowers(a, t)),
                (1, from a in app from o in openIds select Find(a, o)),
                (2, from a in app from o in openIds from t in app select Resolve(a, o, t)),
                (1, from a in app from u in Gen.ArrayOf(unionId, 3) select FindByUnionId(a, u)),
                (1, from a in app from o in openIds from linked in time from unlinked in time select FindOutdated(a, o, linked, unlinked)),
                (1, from a in app from t in time select CloseWalk(a, t)),
                (1, from a in app from after in Gen.OneOf(openId.Select(o => (string?)o), Gen.Constant<string?>(null)) select List(a, after)),
                (1, from m in app from o in app select Coverage(m, o)),
                (1, from a in app from o in openId select Erase(a, o)),
                (1, unionId.Select(EraseByUnionId)));
        }
    }

    /// <summary>Checks that a store answers as the model does. The store may be used for other checks too: each run has apps and UnionIDs of its own.</summary>
    public static void Check(IUnionIdRepository store, int runs)
    {
        var operations = Arb.From(Operations.ArrayOf(), steps => steps.Select((_, i) => steps.Where((_, j) => j != i).ToArray()));
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(runs).WithEndSize(60), Prop.ForAll(operations, steps => AgreeAsync(store, steps).GetAwaiter().GetResult()));
    }

    private static async Task<Property> AgreeAsync(IUnionIdRepository store, Operation[] steps)
    {
        var universe = $"{Interlocked.Increment(ref LastUniverse)}-";
        var model = new DictionaryRepository();
        var erased = false;
        for (var i = 0; i < steps.Length; i++)
        {
            // Whether somebody who comes back in a batch is back for the rest of the batch is up to the store.
            erased |= steps[i].Erases;
            var step = erased && steps[i].OneByOne is { } oneByOne ? oneByOne : steps[i].RunAsync;
            var expected = await step(model, universe);
            var actual = await step(store, universe);
            if (expected != actual)
            {
                return false.Label($"step {i + 1}, {steps[i].Text}: expected {expected} and got {actual}");
            }
        }

        return true.ToProperty();
    }

    private static Operation Save(WeChatIdentity[] batch, int unseen) => SaveParts(
        $"save {Text(batch, sorted: false)}, {unseen} erasures after the platform was asked",
        batch,
        async (store, part) => await store.SaveAsync(part, Math.Max(0, await store.CountErasuresAsync() - unseen)));

    private static Operation SaveByTime(WeChatIdentity[] batch) => SaveParts(
        $"save {Text(batch, sorted: false)}",
        batch,
        async (store, part) => await store.SaveAsync(part));

    private static Operation SaveParts(string text, WeChatIdentity[] batch, Func<IUnionIdRepository, WeChatIdentity[], Task<SavedIdentities>> saveAsync) => new(
        text,
        async (store, universe) => Text(await saveAsync(store, [.. batch.Select(observation => In(universe, observation))])))
    {
        OneByOne = async (store, universe) =>
        {
            var saved = new List<string>();
            foreach (var observation in batch)
            {
                saved.Add(Text(await saveAsync(store, [In(universe, observation)])));
            }

            return string.Join("; ", saved);
        },
    };

    private static WeChatIdentity In(string universe, WeChatIdentity observation) =>
        observation with { AppId = universe + observation.AppId, UnionId = observation.UnionId is null ? null : universe + observation.UnionId };

    // Which of several replaced UnionIDs is told is the store's choice.
    private static string Text(SavedIdentities saved) => $"{saved.Added} added, {saved.UnionIdsChanged} changed, {(saved.ReplacedUnionId is null ? "none" : "one")} told";

    private static Operation CountFollowers(string app, DateTimeOffset observedBefore) => new(
        $"count {app} {observedBefore.Millisecond}",
        async (store, universe) => (await store.CountFollowersAsync(universe + app, observedBefore)).ToString());

    private static Operation Find(string app, string[] openIds) => new(
        $"find {app} [{string.Join('|', openIds)}]",
        async (store, universe) => Text(await store.FindAsync(universe + app, openIds)));

    private static Operation Resolve(string app, string[] openIds, string target) => new(
        $"resolve {app} [{string.Join('|', openIds)}] to {target}",
        async (store, universe) => string.Join("; ", (await store.ResolveAsync(universe + app, openIds, universe + target))
            .Select(link => $"{Text(link.Source)} -> {Text(link.Target)}").Order(StringComparer.Ordinal)));

    private static Operation FindByUnionId(string app, string[] unionIds) => new(
        $"find {app} by UnionID [{string.Join('|', unionIds)}]",
        async (store, universe) => Text(await store.FindByUnionIdAsync(universe + app, [.. unionIds.Select(unionId => universe + unionId)])));

    private static Operation FindOutdated(string app, string[] openIds, DateTimeOffset linked, DateTimeOffset unlinked) => new(
        $"outdated {app} [{string.Join('|', openIds)}] before {linked.Millisecond} / {unlinked.Millisecond}",
        async (store, universe) => string.Join('|', (await store.FindOutdatedAsync(universe + app, openIds, linked, unlinked)).Order(StringComparer.Ordinal)));

    private static Operation CloseWalk(string app, DateTimeOffset startedAt) => new(
        $"close {app} {startedAt.Millisecond}",
        async (store, universe) => (await store.CloseWalkAsync(universe + app, startedAt)).ToString());

    private static Operation List(string app, string? after) => new(
        $"list {app} after {after}",
        async (store, universe) =>
        {
            var all = new List<WeChatIdentity>();
            await foreach (var identity in store.ListAsync(universe + app, after))
            {
                all.Add(identity);
            }

            return Text(all, sorted: false);
        });

    private static Operation Coverage(string miniProgram, string officialAccount) => new(
        $"coverage of {miniProgram} by {officialAccount}",
        async (store, universe) => (await store.GetCoverageAsync(universe + miniProgram, universe + officialAccount)).ToString());

    private static Operation Erase(string app, string openId) => new(
        $"erase {app}/{openId}",
        async (store, universe) => Text(await store.EraseAsync(universe + app, openId)),
        Erases: true);

    private static Operation EraseByUnionId(string unionId) => new(
        $"erase UnionID {unionId}",
        async (store, universe) => Text(await store.EraseByUnionIdAsync(universe + unionId)),
        Erases: true);

    private static string Text(IEnumerable<WeChatIdentity> identities, bool sorted = true)
    {
        var texts = identities.Select(Text);
        return string.Join("; ", sorted ? texts.Order(StringComparer.Ordinal) : texts);
    }

    private static string Text(WeChatIdentity? identity) => identity is null
        ? "nobody"
        : $"{identity} {identity.UnionId ?? "none"} {identity.FollowState} @{identity.ObservedAt.Millisecond} details " +
            $"{identity.DetailsAt?.Millisecond.ToString() ?? "never"} changed {identity.FollowChangedAt?.ToString("yyyy+s") ?? "never"}";

    internal sealed record Operation(string Text, Func<IUnionIdRepository, string, Task<string>> RunAsync, bool Erases = false)
    {
        public Func<IUnionIdRepository, string, Task<string>>? OneByOne { get; init; }

        public override string ToString() => Text;
    }
}
