using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace WeChat.UnionPush.Mutation;

/// <summary>What the tests come through, and how long each takes.</summary>
/// <param name="Places">By test, the changes whose places it comes through.</param>
/// <param name="Seconds">By test.</param>
/// <param name="Once">The changes whose places are come through once in a process.</param>
/// <param name="Broken">The tests that fail without any change.</param>
internal sealed record Coverage(Dictionary<string, int[]> Places, Dictionary<string, double> Seconds, int[] Once, string[] Broken)
{
    public static async Task<Coverage> ReadAsync(string file)
    {
        var stream = File.OpenRead(file);
        await using (stream.ConfigureAwait(false))
        {
            return (await JsonSerializer.DeserializeAsync<Coverage>(stream).ConfigureAwait(false))!;
        }
    }

    /// <summary>By change, the tests that come through its place.</summary>
    public ILookup<int, string> Tests() =>
        Places.SelectMany(static test => test.Value.Select(change => (change, test.Key))).ToLookup(static pair => pair.change, static pair => pair.Key);
}

/// <summary>
/// A process that tries one change after another. Asked by lines of its input, it answers by lines of its output: <see cref="Mark"/>, then verdict and test after
/// tabs. After a verdict that ends with <see cref="Spent"/> it is of no use any more.
/// </summary>
internal sealed class Worker(string room, TestRun run, Coverage coverage)
{
    public const string Mark = "#mutation";

    /// <summary>The answer of a process that is about to begin.</summary>
    public const string Ready = "ready";

    public const string Spent = "!";

    // Of other rooms' tests, so much for each change at most.
    private const double FarSeconds = 8;

    private readonly ILookup<int, string> _tests = coverage.Tests();
    private readonly List<string> _killers = [];
    private bool _fresh = true;

    /// <summary>Finds out what each test comes through.</summary>
    /// <param name="rooms">Those whose own tests are asked; all tests when none is named.</param>
    public static async Task<Coverage> CoverAsync(string[] rooms)
    {
        var run = await TestRun.DiscoverAsync().ConfigureAwait(false);
        var asked = run.Cases.Keys.Where(test => rooms.Length == 0 || Array.Exists(rooms, room => run.IsNear(test, room))).ToArray();
        Switch.Off();
        Switch.IsCapturing = true;
        var patience = TimeSpan.FromMinutes(3);
        var seconds = new Dictionary<string, double>();
        var places = new Dictionary<string, int[]>();
        var broken = new List<string>();
        var once = new HashSet<int>();
        foreach (var test in asked)
        {
            var begun = Stopwatch.GetTimestamp();
            var passed = (await run.RunAsync([test], patience).ConfigureAwait(false)).Verdict == Verdict.Passed;
            var (all, single) = Switch.TakeCaptured();
            once.UnionWith(single);
            if (passed)
            {
                places[test] = [.. all];
                seconds[test] = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            }
            else
            {
                broken.Add(run.Cases[test].TestCaseDisplayName);
            }
        }

        return new Coverage(places, seconds, [.. once], [.. broken]);
    }

    public static async Task WorkAsync(string room, string coverageFile)
    {
        var worker = new Worker(room, await TestRun.DiscoverAsync().ConfigureAwait(false), await Coverage.ReadAsync(coverageFile).ConfigureAwait(false));
        await AnswerAsync(Ready, "").ConfigureAwait(false);
        while (await Console.In.ReadLineAsync().ConfigureAwait(false) is { Length: > 0 } mutant)
        {
            await worker.TryAsync(int.Parse(mutant, CultureInfo.InvariantCulture)).ConfigureAwait(false);
            worker._fresh = false;
        }
    }

    /// <summary>A change that only a new process can feel: it is on from the beginning, and all tests of the room may notice it.</summary>
    public static async Task OnceAsync(string room, string coverageFile, int mutant)
    {
        var coverage = await Coverage.ReadAsync(coverageFile).ConfigureAwait(false);
        var run = await TestRun.DiscoverAsync().ConfigureAwait(false);
        await AnswerAsync(Ready, "").ConfigureAwait(false);
        Switch.On(mutant);
        var (verdict, test) = await run.RunAsync(
            coverage.Seconds.Keys.Where(test => run.IsNear(test, room)).OrderBy(test => coverage.Seconds[test]), TimeSpan.FromSeconds(20)).ConfigureAwait(false);
        await AnswerAsync(Say(verdict), test is null ? "" : run.Cases[test].TestCaseDisplayName).ConfigureAwait(false);
    }

    private static async Task AnswerAsync(string answer, string test)
    {
        // What a test writes may stand before it in the line.
        await Console.Out.WriteLineAsync($"\n{Mark}\t{answer}\t{test}").ConfigureAwait(false);
        await Console.Out.FlushAsync().ConfigureAwait(false);
    }

    private static string Say(Verdict verdict) => verdict switch { Verdict.Passed => "survived", Verdict.Failed => "killed", _ => "timeout" };

    /// <summary>Those of the room, then as many of other rooms as there is time for; of both the quickest first.</summary>
    private string[] TestsOf(int mutant)
    {
        var byTime = _tests[mutant].OrderBy(test => coverage.Seconds[test]).ToLookup(test => run.IsNear(test, room));
        var left = FarSeconds;
        return [.. byTime[true], .. byTime[false].TakeWhile(test => (left -= coverage.Seconds[test]) > 0)];
    }

    private async Task TryAsync(int mutant)
    {
        var tests = TestsOf(mutant);
        if (tests.Length == 0)
        {
            await AnswerAsync("not reached", "").ConfigureAwait(false);
            return;
        }

        // Neighbours are mostly noticed by the same tests.
        var first = _killers.Where(tests.Contains).Take(3).ToArray();
        Switch.On(mutant);
        var (verdict, test) = first.Length == 0 ? default : await run.RunAsync(first, Limit(first)).ConfigureAwait(false);
        if (verdict == Verdict.Passed && tests.Length > first.Length)
        {
            (verdict, test) = await run.RunAsync(tests.Except(first), Limit(tests)).ConfigureAwait(false);
        }

        Switch.Off();
        var spent = "";
        if (verdict == Verdict.TimedOut)
        {
            // Something may still turn in a circle, and would slow down what comes next.
            var cpu = Environment.CpuUsage.TotalTime;
            await Task.Delay(300).ConfigureAwait(false);
            spent = Environment.CpuUsage.TotalTime - cpu > TimeSpan.FromMilliseconds(150) ? Spent : "";
        }

        if (verdict != Verdict.Passed && spent.Length == 0)
        {
            // A verdict counts only when the same tests pass without the change: what a change left behind in the process must not be taken for the next one's.
            string[] control = test is null ? tests : [test];
            if ((await run.RunAsync(control, Limit(control)).ConfigureAwait(false)).Verdict != Verdict.Passed)
            {
                await AnswerAsync("unclear" + Spent, "").ConfigureAwait(false);
                return;
            }
        }

        if (test is not null)
        {
            _killers.Remove(test);
            _killers.Insert(0, test);
        }

        await AnswerAsync(Say(verdict) + spent, test is null ? "" : run.Cases[test].TestCaseDisplayName).ConfigureAwait(false);

        // What a new process runs first takes longer.
        TimeSpan Limit(string[] tests) => TimeSpan.FromSeconds((_fresh ? 20 : 3) + (6 * tests.Max(test => coverage.Seconds[test])));
    }
}
