using System.Globalization;
using System.Text;

namespace WeChat.UnionPush.Tests;

/// <summary>
/// Runs a scenario in many orders: first the usual one and those that leave it once, then those that leave it twice, and then, for the greater part, orders of chance.
/// Lives beside the woven library.
/// </summary>
internal sealed class Explorer(Type scenario)
{
    // What a schedule may be told by to whom repeats it, and no more than that.
    private const int MostShortenings = 150;

    // How often a run is repeated, to see that nothing but the decisions makes it.
    private const int CheckedEach = 500;

    private readonly Schedule.Crew _crew = new();
    private readonly HashSet<ulong> _seen = [];
    private IReadOnlyList<(int Choice, int Of)>? _last;
    private int _runs;

    /// <summary>Runs many orders.</summary>
    /// <param name="scenario">The full name of the scenario's type.</param>
    /// <param name="wanted">How many different ones.</param>
    /// <param name="given">One order to repeat instead; <see langword="null"/> for none.</param>
    /// <returns>How many different ones there were, how many decisions the longest had, and what failed.</returns>
    public static (int Different, int Longest, string? Failure) Explore(string scenario, int wanted, string? given)
    {
        var explorer = new Explorer(typeof(Explorer).Assembly.GetType(scenario, throwOnError: true)!);
        var found = given is null ? explorer.Explore(wanted) : explorer.Repeat(given);
        explorer._crew.Dismiss();
        return found;
    }

    private (int Different, int Longest, string? Failure) Repeat(string given)
    {
        var (decisions, failure, story) = Run(Decisions.Read(given), seed: null, tells: true);
        return (1, decisions.Made.Count, failure is null ? null : $"{failure}{Environment.NewLine}{string.Join(Environment.NewLine, story)}");
    }

    private (int Different, int Longest, string? Failure) Explore(int wanted)
    {
        var longest = 0;
        foreach (var (given, seed) in Orders(wanted))
        {
            var (decisions, failure, _) = Run(given, seed);
            longest = Math.Max(longest, decisions.Made.Count);
            if (failure is not null)
            {
                return (_seen.Count, longest, Report(decisions, seed, failure));
            }

            if (_runs % CheckedEach == 0 && Run([.. decisions.Made.Select(static one => one.Choice)], seed: null) is var (again, _, _) && !again.Made.SequenceEqual(decisions.Made))
            {
                return (_seen.Count, longest,
                        $"The same decisions did not make the same run. First: {decisions}; then: {again}. Something in the scenario differs from run to run.");
            }

            if (_seen.Count >= wanted)
            {
                break;
            }
        }

        return (_seen.Count, longest, null);
    }

    private IEnumerable<(int[] Given, int? Seed)> Orders(int wanted)
    {
        // One more decision that leaves the usual way than in an order that was run, behind its last one.
        var chance = new Random(1);
        List<int[]> next = [[]];
        for (var left = 0; left < 3 && _runs < wanted / 4; left++)
        {
            List<int[]> further = [];
            while (next.Count > 0 && _runs < wanted / 4)
            {
                var at = left < 2 ? 0 : chance.Next(next.Count);
                var given = next[at];
                next.RemoveAt(at);
                yield return (given, null);
                for (var i = given.Length; i < _last!.Count && further.Count < 50_000; i++)
                {
                    for (var other = 1; other < _last[i].Of; other++)
                    {
                        further.Add([.. _last.Take(i).Select(static one => one.Choice), other]);
                    }
                }
            }

            next = further;
        }

        for (var seed = 1; seed <= 4 * wanted; seed++)
        {
            yield return ([], seed);
        }
    }

    private (Decisions Decisions, string? Failure, IReadOnlyList<string> Story) Run(int[] given, int? seed, bool tells = false)
    {
        _runs++;
        var decisions = new Decisions(given, seed);
        var schedule = new Schedule(decisions, _crew, tells);
        schedule.Run((IScenario)Activator.CreateInstance(scenario)!);
        _seen.Add(decisions.Hash);
        _last = decisions.Made;
        return (decisions, schedule.Failure, schedule.Story);
    }

    /// <summary>Tells what failed, in the fewest unusual decisions that were found.</summary>
    private string Report(Decisions failed, int? seed, string failure)
    {
        var number = _runs;
        int[] best = [.. failed.Made.Select(static one => one.Choice)];
        var tries = 0;
        for (var isShorter = true; isShorter && tries < MostShortenings;)
        {
            isShorter = false;
            for (var i = best.Length - 1; i >= 0 && tries < MostShortenings; i--)
            {
                if (best[i] == 0)
                {
                    continue;
                }

                // Without it, and with what follows shifted or not, as it was.
                int[] shorter = [.. best];
                shorter[i] = 0;
                tries++;
                var (decisions, other, _) = Run(shorter, seed: null);
                if (other is not null && !other.StartsWith("The schedule does not fit", StringComparison.Ordinal))
                {
                    (best, isShorter) = ([.. decisions.Made.Select(static one => one.Choice)], true);
                }
            }
        }

        var (_, again, story) = Run(best, seed: null, tells: true);
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Schedule {number}{(seed is null ? "" : $", seed {seed}")}: {failure}");
        text.AppendLine(CultureInfo.InvariantCulture, $"As it came: {failed}");
        text.AppendLine(CultureInfo.InvariantCulture, $"Shorter: {Decisions.Write(best)}");
        text.AppendLine(CultureInfo.InvariantCulture, $"Run it again by UNIONPUSH_SCHEDULE='{Decisions.Write(best)}' and this test alone. It then ends so: {again}");
        return text.AppendJoin(Environment.NewLine, story).ToString();
    }
}
