using System.Globalization;
using System.Runtime.InteropServices;

namespace WeChat.UnionPush.LoadTests;

/// <summary>Turns the lines that runs printed into Markdown: medians, and their ratio to the hand-written counterpart.</summary>
internal static class Report
{
    public static void Write(FileInfo lines, TextWriter output)
    {
        var runs = File.ReadLines(lines.FullName)
            .Where(static line => line.StartsWith("verb=", StringComparison.Ordinal))
            .Select(static line => line.Split(' ').Select(static pair => pair.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]))
            .GroupBy(static run => new Subject(
                run["verb"], run["store"], Integer(run["operations"]), Integer(run["concurrency"]), Integer(run["latency"]), run["telemetry"], run["age"],
                run.GetValueOrDefault("build", "")))
            .ToDictionary(static group => group.Key, static group => new Medians([.. group]));

        output.WriteLine(Machine());
        output.WriteLine();
        Table(output, runs, "## The first message of a process, from nothing",
            "| run | at once | rounds | ms | ÷ bare | CPU ms | ÷ bare | KB | ÷ bare | peak MB |", "first", StartUp);
        Table(output, runs, "## Its second to its thousandth message",
            "| run | at once | rounds | each second | ÷ bare | CPU µs each | ÷ bare | bytes each | ÷ bare | peak MB |", "young", Throughput);
        Table(output, runs, "## Grown up, after 80,000 messages; and whole syncs",
            "| run | at once | rounds | each second | ÷ bare | CPU µs each | ÷ bare | bytes each | ÷ bare | peak MB |", "grown", Throughput);
    }

    private static void Table(
        TextWriter output, Dictionary<Subject, Medians> runs, string title, string head, string age, Func<Medians, Medians?, string> row)
    {
        var rows = runs.Where(run => run.Key.Age == age).OrderBy(static run => run.Key.Build).ThenBy(static run => run.Key.Latency).ThenBy(static run => run.Key.Kind)
            .ThenBy(static run => run.Key.Concurrency).ThenBy(static run => run.Key.IsBare ? 0 : 1).ThenBy(static run => run.Key.Telemetry, StringComparer.Ordinal).ToList();
        if (rows.Count == 0)
        {
            return;
        }

        output.WriteLine(title);
        output.WriteLine();
        output.WriteLine(head);
        output.WriteLine("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (var (subject, medians) in rows)
        {
            var twin = subject.IsBare ? null : runs.GetValueOrDefault(subject.Twin) ?? runs.GetValueOrDefault(subject.Twin with { Store = nameof(Store.Memory) });
            output.WriteLine($"| {subject.Describe(medians)} | {subject.Concurrency} | {medians.Rounds} | {row(medians, twin)} | " +
                $"{medians.Peak.ToString("0", CultureInfo.InvariantCulture)} |");
        }

        output.WriteLine();
    }

    private static string Throughput(Medians run, Medians? twin) => string.Join(
        " | ",
        run.PerSecond.Median.ToString("#,0", CultureInfo.InvariantCulture),
        Ratio(run.PerSecond, twin?.PerSecond),
        (run.Processor.Median * 1e6).ToString("0.0", CultureInfo.InvariantCulture),
        Ratio(run.Processor, twin?.Processor),
        run.Bytes.Median.ToString("#,0", CultureInfo.InvariantCulture),
        Ratio(run.Bytes, twin?.Bytes));

    private static string StartUp(Medians run, Medians? twin) => string.Join(
        " | ",
        (run.Seconds.Median * 1e3).ToString("0", CultureInfo.InvariantCulture),
        Ratio(run.Seconds, twin?.Seconds),
        (run.Processor.Median * 1e3).ToString("0", CultureInfo.InvariantCulture),
        Ratio(run.Processor, twin?.Processor),
        (run.Bytes.Median / 1e3).ToString("0", CultureInfo.InvariantCulture),
        Ratio(run.Bytes, twin?.Bytes));

    /// <summary>The median of the rounds' ratios, and from the least to the most of them.</summary>
    private static string Ratio(Figures values, Figures? twin)
    {
        if (twin is null || twin.Rounds.Count != values.Rounds.Count)
        {
            return "";
        }

        var ratios = new Figures([.. values.Rounds.Zip(twin.Rounds, static (value, other) => value / other)]);
        return string.Create(CultureInfo.InvariantCulture, $"{ratios.Median:0.00} ({ratios.Rounds.Min():0.00}–{ratios.Rounds.Max():0.00})");
    }

    private static int Integer(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Machine()
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1]
            .Trim() ?? "unknown processor";
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9;
        return FormattableString.Invariant(
            $"{processor}, {Environment.ProcessorCount} cores, {memory:0} GB, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}");
    }

    private sealed record Subject(string Verb, string Store, int Operations, int Concurrency, int Latency, string Telemetry, string Age, string Build)
    {
        private const string Bare = "bare-";

        public bool IsBare => Verb.StartsWith(Bare, StringComparison.Ordinal);

        public string Kind => Twin.Verb;

        /// <summary>A push is a send with a join before it, so the bare send is what both are compared with.</summary>
        public Subject Twin => this with
        {
            Verb = IsBare ? Verb : Bare + (Verb is "push" or "raw-send" ? "send" : Verb),
            Telemetry = nameof(LoadTests.Telemetry.Metrics),
        };

        public string Describe(Medians medians)
        {
            // At a given latency, the rate cannot exceed the number of concurrent calls divided by the latency.
            var reached = medians.PerSecond.Median * Latency / 1e3 / Concurrency;
            return $"{Verb}{(Store == nameof(LoadTests.Store.Memory) ? "" : $" on {Store}")}"
                + (Telemetry == nameof(LoadTests.Telemetry.Metrics) ? "" : $" with {(Telemetry == nameof(LoadTests.Telemetry.Trace) ? "traceparent" : Telemetry)}")
                + (Build.Length == 0 ? "" : $", published {Build}")
                + (Latency == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" at {Latency} ms ({reached:0.00} of what is possible)"));
        }
    }

    private sealed record Figures(IReadOnlyList<double> Rounds)
    {
        public double Median
        {
            get
            {
                var sorted = Rounds.Order().ToArray();
                return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
            }
        }
    }

    private sealed class Medians(IReadOnlyList<Dictionary<string, string>> rounds)
    {
        public int Rounds => rounds.Count;

        public Figures Seconds { get; } = Of(rounds, static run => Number(run, "seconds"));

        public Figures PerSecond { get; } = Of(rounds, static run => Number(run, "per_second"));

        public Figures Processor { get; } = Of(rounds, static run => Number(run, "cpu_seconds") / (Number(run, "seconds") * Number(run, "per_second")));

        public Figures Bytes { get; } = Of(rounds, static run => Number(run, "bytes_per_operation"));

        public double Peak { get; } = Of(rounds, static run => Number(run, "peak_mb")).Median;

        private static double Number(Dictionary<string, string> run, string name) => double.Parse(run[name], CultureInfo.InvariantCulture);

        private static Figures Of(IReadOnlyList<Dictionary<string, string>> rounds, Func<Dictionary<string, string>, double> value) => new([.. rounds.Select(value)]);
    }
}
