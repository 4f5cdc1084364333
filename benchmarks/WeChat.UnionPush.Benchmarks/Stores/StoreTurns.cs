using System.Diagnostics;
using System.Globalization;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>
/// The stores and the same work by hand, among 100,000 people, in turns and in one process. Next to a database server, the numbers of separate processes
/// differ by half depending on where and when they run, so only alternating runs can be compared. Prints Markdown.
/// </summary>
internal static class StoreTurns
{
    private const int People = 100_000;
    private const int SaveSize = 2_000;
    private const int LookUpSize = 1_000;

    /// <param name="stores">Names of stores; all that this machine has when there are none.</param>
    public static async Task RunAsync(string[] stores)
    {
        Console.WriteLine("| store | work | by hand, µs | library, µs | its rate ÷ by hand | bytes ÷ by hand |");
        Console.WriteLine("|---|---|--:|--:|--:|--:|");
        var openIds = Enumerable.Range(0, LookUpSize).Select(static i => Samples.UserOpenId(i * (long)(People / LookUpSize))).ToArray();
        string[] one = [openIds[LookUpSize / 2]];
        var batches = Population.Followers(People).Chunk(SaveSize).ToArray();
        foreach (var name in stores.Length > 0 ? stores : BenchmarkedStore.Names)
        {
            await using var store = await BenchmarkedStore.OpenAsync(name);
            await CompareAsync(
                $"{name} | load {People:N0}",
                rounds: 6,
                calls: 1,
                () => store.ClearAsync(),
                () => LoadAsync(batches, batch => store.SaveByHandAsync(batch)),
                () => LoadAsync(batches, async batch => await store.Identities.SaveAsync(batch)));

            await store.ClearAsync();
            foreach (var batch in Population.Batches(People))
            {
                await store.Identities.SaveAsync(batch);
                if (name == "Memory")
                {
                    await store.SaveByHandAsync(batch);
                }
            }

            await store.SettleAsync();
            await CompareAsync(
                $"{name} | look up one",
                rounds: 60,
                calls: 200,
                static () => Task.CompletedTask,
                async () => Require(await store.ResolveByHandAsync(Samples.MiniProgramAppId, one[0], Samples.OfficialAccountAppId) is { Target: not null }),
                async () => Require((await store.Identities.ResolveAsync(Samples.MiniProgramAppId, one, Samples.OfficialAccountAppId))[0].Target is not null));
            await CompareAsync(
                $"{name} | look up {LookUpSize:N0}",
                rounds: 60,
                calls: 10,
                static () => Task.CompletedTask,
                async () => Require((await store.ResolveByHandAsync(Samples.MiniProgramAppId, openIds, Samples.OfficialAccountAppId)).Count == LookUpSize),
                async () => Require((await store.Identities.ResolveAsync(Samples.MiniProgramAppId, openIds, Samples.OfficialAccountAppId)).Count == LookUpSize));
        }
    }

    private static async Task LoadAsync(WeChatIdentity[][] batches, Func<WeChatIdentity[], Task> save)
    {
        foreach (var batch in batches)
        {
            await save(batch);
        }
    }

    /// <summary>Medians of all rounds except the first quarter, which warms up. The two sides alternate in going first.</summary>
    private static async Task CompareAsync(string what, int rounds, int calls, Func<Task> prepare, Func<Task> byHand, Func<Task> library)
    {
        List<(double Time, double Bytes)>[] turns = [[], []];
        for (var round = 0; round < rounds * 4 / 3; round++)
        {
            for (var turn = 0; turn < 2; turn++)
            {
                var who = (round + turn) % 2;
                var work = who == 0 ? byHand : library;
                await prepare();
                GC.Collect();
                var bytes = GC.GetTotalAllocatedBytes(precise: true);
                var started = Stopwatch.GetTimestamp();
                for (var call = 0; call < calls; call++)
                {
                    await work();
                }

                var time = Stopwatch.GetElapsedTime(started).TotalMicroseconds / calls;
                turns[who].Add((time, (GC.GetTotalAllocatedBytes(precise: true) - bytes) / (double)calls));
            }
        }

        var (hand, ours) = (Medians(turns[0]), Medians(turns[1]));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {what} | {hand.Time:N1} | {ours.Time:N1} | {hand.Time / ours.Time:0.00} | {ours.Bytes / hand.Bytes:0.00} |"));

        (double Time, double Bytes) Medians(List<(double Time, double Bytes)> measured) =>
            (Median(measured[^rounds..].Select(static turn => turn.Time)), Median(measured[^rounds..].Select(static turn => turn.Bytes)));
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static void Require(bool fact)
    {
        if (!fact)
        {
            throw new InvalidOperationException("The look-up found something else than what is there.");
        }
    }
}
