using System.Globalization;
using System.Text;

namespace WeChat.UnionPush.Tests;

/// <summary>
/// The decisions of one run: given ones first, then, where there is a seed, those of chance, and otherwise the usual ones. Each seed has its own mind about how often
/// it leaves the usual way, because some faults want one change of hands at the right place and others want many.
/// </summary>
/// <param name="given">Decisions to repeat.</param>
/// <param name="seed">The seed; <see langword="null"/> for none.</param>
internal sealed class Decisions(IReadOnlyList<int> given, int? seed = null)
{
    private static readonly double[] AtPoints = [0.01, 0.04, 0.12, 0.3];
    private static readonly double[] AtEnds = [0.15, 0.4, 0.7];
    private static readonly double[] OfTime = [0.01, 0.06, 0.2];
    private static readonly double[] OfEvents = [0.04, 0.15, 0.35];

    private readonly Random? _random = seed is { } value ? new Random(value) : null;
    private readonly List<(int Choice, int Of)> _made = [];

    /// <summary>What was decided, and of how many.</summary>
    public IReadOnlyList<(int Choice, int Of)> Made => _made;

    /// <summary>Tells runs apart.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    /// <summary>Reads what <see cref="ToString"/> writes: how many usual decisions, and then an unusual one, and so on.</summary>
    public static int[] Read(string text)
    {
        List<int> decisions = [];
        foreach (var part in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = part.IndexOf(':', StringComparison.Ordinal);
            decisions.AddRange(Enumerable.Repeat(0, int.Parse(part[..colon], CultureInfo.InvariantCulture)));
            decisions.Add(int.Parse(part[(colon + 1)..], CultureInfo.InvariantCulture));
        }

        return [.. decisions];
    }

    public static string Write(IEnumerable<int> decisions)
    {
        var text = new StringBuilder();
        var usual = 0;
        foreach (var decision in decisions)
        {
            if (decision == 0)
            {
                usual++;
                continue;
            }

            text.Append(CultureInfo.InvariantCulture, $"{(text.Length > 0 ? " " : "")}{usual}:{decision}");
            usual = 0;
        }

        return text.ToString();
    }

    public int Next(int count, DecisionKind kind)
    {
        var choice = _made.Count < given.Count ? given[_made.Count] : _random is null ? 0 : ByChance(count, kind);
        if (choice >= count)
        {
            throw new InvalidOperationException($"The schedule does not fit this code any more: decision {_made.Count} is {choice}, of {count} ({kind}).");
        }

        _made.Add((choice, count));
        Hash = (((Hash ^ (uint)choice) * 1099511628211) ^ (uint)count) * 1099511628211;
        return choice;
    }

    public override string ToString() => Write(_made.Select(static one => one.Choice));

    private int ByChance(int count, DecisionKind kind)
    {
        var mind = seed!.Value;
        return kind switch
        {
            DecisionKind.Choice => _random!.Next(count),
            DecisionKind.Event => _random!.NextDouble() < OfEvents[mind / 36 % 3] ? 1 : 0,
            DecisionKind.Point => _random!.NextDouble() < AtPoints[mind % 4] ? _random.Next(1, count) : 0,
            DecisionKind.NextOrTime when _random!.NextDouble() < OfTime[mind / 12 % 3] => count - 1,
            DecisionKind.NextOrTime => Another(count - 1),
            _ => Another(count),
        };

        int Another(int of) => of > 1 && _random!.NextDouble() < AtEnds[mind / 4 % 3] ? _random.Next(1, of) : 0;
    }
}
