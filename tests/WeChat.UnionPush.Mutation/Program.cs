using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush.Mutation;

/// <summary>
/// Tries every change of a room and says which no test notices. Two processes work side by side; each is warm, and keeps nothing of a change: see
/// <see cref="Worker"/>. Called by tests/mutation.sh.
/// </summary>
internal static class Program
{
    // The share of the changes that the tests have to notice.
    private const double Least = 0.6;

    // Longer than any limit of a worker.
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(4);

    private static async Task<int> Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["cover", var file]:
                await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(await Worker.CoverAsync().ConfigureAwait(false))).ConfigureAwait(false);
                return 0;
            case ["work", var room, var file]:
                await Worker.WorkAsync(room, file).ConfigureAwait(false);
                return 0;
            case ["once", var room, var file, var mutant]:
                await Worker.OnceAsync(room, file, int.Parse(mutant, CultureInfo.InvariantCulture)).ConfigureAwait(false);
                return 0;
            case ["room", var room, var report, var results, var minutes, .. var files]:
                return await RoomAsync(room, report, results, TimeSpan.FromMinutes(int.Parse(minutes, CultureInfo.InvariantCulture)), files).ConfigureAwait(false);
            default:
                await Console.Error.WriteLineAsync("cover RESULTS/coverage.json, or room ROOM REPORT RESULTS MINUTES [FILE ...]").ConfigureAwait(false);
                return 2;
        }
    }

    private static async Task<int> RoomAsync(string room, string report, string results, TimeSpan longest, string[] files)
    {
        var begun = Stopwatch.GetTimestamp();
        Directory.CreateDirectory(results);
        var mutants = Mutant.Read(report).Where(mutant => mutant.Room == room && (files.Length == 0 || files.Contains(mutant.File))).ToArray();
        var coverageFile = Path.Combine(results, "coverage.json");
        var coverage = await Coverage.ReadAsync(coverageFile).ConfigureAwait(false);
        var once = coverage.Once.ToHashSet();
        var queue = new ConcurrentQueue<Mutant>(mutants);
        var verdicts = new ConcurrentDictionary<int, (string Verdict, string Test)>();
        await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount)
            .Select(_ => Task.Run(() => WorkAsync(room, coverageFile, queue, once, verdicts, IsOver)))).ConfigureAwait(false);
        await Console.Error.WriteLineAsync().ConfigureAwait(false);

        var tried = mutants.Where(mutant => verdicts.ContainsKey(mutant.Id)).ToArray();
        if (tried.Length < mutants.Length)
        {
            Console.WriteLine($"{room}: {mutants.Length - tried.Length} changes more were not tried for lack of time");
        }

        return Report(room, results, tried, verdicts, Stopwatch.GetElapsedTime(begun));

        bool IsOver() => Stopwatch.GetElapsedTime(begun) > longest;
    }

    private static async Task WorkAsync(
        string room, string coverageFile, ConcurrentQueue<Mutant> queue, HashSet<int> once, ConcurrentDictionary<int, (string Verdict, string Test)> verdicts,
        Func<bool> isOver)
    {
        Process? worker = null;
        while (!isOver() && queue.TryDequeue(out var mutant))
        {
            var answer = "";
            for (var attempt = 0; answer.Length == 0 || (answer.StartsWith("again", StringComparison.Ordinal) && attempt < 2); attempt++)
            {
                if (once.Contains(mutant.Id))
                {
                    using var single = Start("once", room, coverageFile, mutant.Id.ToString(CultureInfo.InvariantCulture));
                    answer = await AnswerAsync(single).ConfigureAwait(false);
                    single.Kill();
                    break;
                }

                worker ??= Start("work", room, coverageFile);
                await worker.StandardInput.WriteLineAsync(mutant.Id.ToString(CultureInfo.InvariantCulture)).ConfigureAwait(false);
                await worker.StandardInput.FlushAsync().ConfigureAwait(false);
                answer = await AnswerAsync(worker).ConfigureAwait(false);
                if (answer.StartsWith("again", StringComparison.Ordinal) || answer.StartsWith("ended", StringComparison.Ordinal))
                {
                    worker.Kill();
                    worker.Dispose();
                    worker = null;
                }
            }

            // A verdict that leaves the process damaged each time is one all the same: it came twice, in a new process too.
            var parts = answer.Replace("again, ", "", StringComparison.Ordinal).Split('\t');
            await Console.Error.WriteAsync(parts[0] switch { "killed" or "ended" => ".", "timeout" => "T", "survived" => "S", _ => "-" }).ConfigureAwait(false);
            verdicts[mutant.Id] = (parts[0] == "ended" ? "killed" : parts[0], parts[0] == "ended" ? "(the process ended)" : parts[1]);
        }

        worker?.Kill();
        worker?.Dispose();
    }

    private static async Task<string> AnswerAsync(Process worker)
    {
        using var silence = new CancellationTokenSource(Silence);
        try
        {
            while (await worker.StandardOutput.ReadLineAsync(silence.Token).ConfigureAwait(false) is { } line)
            {
                if (line.StartsWith(Worker.Mark, StringComparison.Ordinal))
                {
                    return line[(line.IndexOf('\t', StringComparison.Ordinal) + 1)..];
                }
            }
        }
        catch (OperationCanceledException)
        {
            return "again, timeout\t";
        }

        return "ended\t";
    }

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [typeof(Program).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return Process.Start(start)!;
    }

    private static int Report(
        string room, string results, Mutant[] mutants, ConcurrentDictionary<int, (string Verdict, string Test)> verdicts, TimeSpan took)
    {
        var lines = new StringBuilder();
        foreach (var mutant in mutants)
        {
            var (verdict, test) = verdicts[mutant.Id];
            var place = $"{mutant.File}:{mutant.Line}:{mutant.Column}";
            lines.Append(CultureInfo.InvariantCulture, $"{verdict}\t{place}\t{mutant.Kind}\t{mutant.Replacement.ReplaceLineEndings(" ")}\t{test}\n");
        }

        File.WriteAllText(Path.Combine(results, $"{room}.tsv"), lines.ToString());
        int Count(string verdict) => mutants.Count(mutant => verdicts[mutant.Id].Verdict == verdict);
        var noticed = Count("killed") + Count("timeout");
        var score = mutants.Length == 0 ? 100 : 100.0 * noticed / mutants.Length;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{room}: {mutants.Length} changes, {Count("killed")} killed, {Count("timeout")} timeouts, {Count("survived")} survived, {Count("not reached")} not reached, " +
            $"score {score:0.0} %, {took.TotalMinutes:0.0} minutes"));

        // A handful says nothing; more of them fail when so many go unnoticed.
        return mutants.Length >= 20 && noticed < Least * mutants.Length ? 1 : 0;
    }
}
