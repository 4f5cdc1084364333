using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;

namespace WeChat.UnionPush.Tests;

/// <summary>Holds scenarios to their promises in many orders of work.</summary>
internal static class Schedules
{
    /// <summary>How many orders each scenario is run in at every build.</summary>
    public const int Few = 10_000;

    // In these, others may come between two accesses to a field. They are what many threads use at once.
    private static readonly HashSet<string> Shared = new(StringComparer.Ordinal)
    {
        nameof(AccessTokenCache), "RejectedTokens", "ForcedRefreshLedger", nameof(CallQueue), nameof(AccountPace), "SharedAccountPace", "WaitingLine",
        "LeaseKeeper", "OneWriteAhead", "WorkUnderWay", "WriteBatcher", "AccessTokenFetch", "GuardedTokenStore", "BatchTroubles",
        "BatchClaim", "BatchSender", "BroadcastRun", "BroadcastGuards", "BroadcastWorker", "AccountSlots",
        "InMemoryLeases", "InMemorySharedPace", "InMemoryBroadcastJournal", "InMemoryAccessTokenStore",
    };

    private static readonly Lazy<Func<string, int, string?, (int, int, string?)>> Explore = new(Load);

    /// <summary>
    /// Runs a scenario in <see cref="Few"/> different orders, in twenty times as many with <c>UNIONPUSH_FULL=1</c>, and in the one order that <c>UNIONPUSH_SCHEDULE</c> names
    /// where it names one.
    /// </summary>
    public static void Hold<T>(int few = Few)
        where T : IScenario
    {
        var given = Environment.GetEnvironmentVariable("UNIONPUSH_SCHEDULE");
        var wanted = Runs.IsFull ? 20 * few : few;
        var began = Stopwatch.GetTimestamp();
        var (different, longest, failure) = Explore.Value(typeof(T).FullName!, wanted, given);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{typeof(T).Name}: {different} different schedules, of up to {longest} decisions, in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s");
        Assert.True(failure is null, failure);
        Assert.True(given is not null || different >= wanted, $"{different} different schedules where {wanted} were wanted: the scenario has too few decisions.");
    }

    /// <summary>Looks for an order in which a scenario fails.</summary>
    /// <returns>What failed, and in which order; <see langword="null"/> when nothing did.</returns>
    public static string? Find<T>(int orders)
        where T : IScenario => Explore.Value(typeof(T).FullName!, orders, null).Item3;

    /// <summary>Repeats one order, such as one that showed a fault.</summary>
    public static string? Repeat<T>(string schedule)
        where T : IScenario => Explore.Value(typeof(T).FullName!, 1, schedule).Item3;

    private static Func<string, int, string?, (int, int, string?)> Load()
    {
        var tests = typeof(Schedules).Assembly;
        var copy = new Copy(Path.GetDirectoryName(tests.Location)!).LoadFromAssemblyPath(tests.Location);
        return copy.GetType(typeof(Explorer).FullName!)!.GetMethod(nameof(Explorer.Explore), BindingFlags.Public | BindingFlags.Static)!
            .CreateDelegate<Func<string, int, string?, (int, int, string?)>>();
    }

    /// <summary>The woven library, and what stands on it, once more beside the ones that all other tests use.</summary>
    private sealed class Copy(string folder) : AssemblyLoadContext("schedules")
    {
        private static readonly string Library = typeof(AccessTokenCache).Assembly.GetName().Name!;

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            var path = Path.Combine(folder, $"{assemblyName.Name}.dll");
            return assemblyName.Name == Library ? LoadFromStream(new MemoryStream(Weaver.Weave(path, Shared.Contains)))
                : assemblyName.Name!.StartsWith(Library, StringComparison.Ordinal) ? LoadFromAssemblyPath(path)
                : null;
        }
    }
}
