using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
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
            case ["cover", var file, .. var rooms]:
                await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(await Worker.CoverAsync(rooms).ConfigureAwait(false))).ConfigureAwait(false);
                return 0;
            case ["work", var room, var file]:
                await Worker.WorkAsync(room, file).ConfigureAwait(false);
                return 0;
            case ["once", var room, var file, var mutant]:
                await Worker.OnceAsync(room, file, int.Parse(mutant, CultureInfo.InvariantCulture)).ConfigureAwait(false);
                return 0;
            case ["room", var room, var report, var results, var minutes, .. var files]:
                return await RoomAsync(room, report, results, TimeSpan.FromMinutes(int.Parse(minutes, CultureInfo.InvariantCulture)), files, again: false).ConfigureAwait(false);
            case ["again", var room, var report, var results]:
                return await RoomAsync(room, report, results, TimeSpan.MaxValue, files: [], again: true).ConfigureAwait(false);
            case ["numbers", var tree, var report, .. var without]:
                Numbers.Place(tree, report, without);
                return 0;
            default:
                await Console.Error.WriteLineAsync(
                    "cover FILE [ROOM ...], numbers TREE REPORT [LINE ...], again ROOM REPORT RESULTS, or room ROOM REPORT RESULTS MINUTES [FILE ...]").ConfigureAwait(false);
                return 2;
        }
    }

    private static async Task<int> RoomAsync(string room, string report, string results, TimeSpan longest, string[] files, bool again)
    {
        var begun = Stopwatch.GetTimestamp();
        Directory.CreateDirectory(results);
        var mutants = Mutant.Read(report).Where(mutant => mutant.Room == room && (files.Length == 0 || files.Contains(mutant.File))).ToArray();
        var coverageFile = Path.Combine(results, "coverage.json");
        var coverage = await Coverage.ReadAsync(coverageFile).ConfigureAwait(false);
        foreach (var test in coverage.Broken)
        {
            Console.WriteLine($"Fails without any change, so it is left out: {test}");
        }

        var once = coverage.Once.ToHashSet();
        var verdicts = new ConcurrentDictionary<int, (string Verdict, string Test)>();
        var file = Path.Combine(results, $"{room}.tsv");
        var noticed = again ? Noticed(await File.ReadAllLinesAsync(file).ConfigureAwait(false)) : [];
        var lines = TextWriter.Synchronized(new StreamWriter(file) { AutoFlush = true });
        await using (lines.ConfigureAwait(false))
        {
            var queue = new ConcurrentQueue<Mutant>();
            foreach (var mutant in mutants)
            {
                if (noticed.TryGetValue(Line(mutant), out var before))
                {
                    Note(mutant, before);
                }
                else
                {
                    queue.Enqueue(mutant);
                }
            }

            await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount)
                .Select(_ => Task.Run(() => WorkAsync(room, coverageFile, queue, once, Note, IsOver)))).ConfigureAwait(false);
        }

        await Console.Error.WriteLineAsync().ConfigureAwait(false);

        var tried = mutants.Where(mutant => verdicts.ContainsKey(mutant.Id)).ToArray();
        if (tried.Length < mutants.Length)
        {
            Console.WriteLine($"{room}: {mutants.Length - tried.Length} changes more were not tried for lack of time");
        }

        return Report(room, tried, verdicts, Stopwatch.GetElapsedTime(begun));

        void Note(Mutant mutant, (string Verdict, string Test) answer)
        {
            verdicts[mutant.Id] = answer;
            lines.WriteLine($"{answer.Verdict}\t{Line(mutant)}\t{answer.Test}");
            Console.Error.Write(answer.Verdict switch { "killed" => ".", "timeout" => "T", "survived" => "S", "unclear" => "?", _ => "-" });
        }

        static string Line(Mutant mutant) => $"{mutant.File}:{mutant.Line}:{mutant.Column}\t{mutant.Kind}\t{mutant.Replacement.ReplaceLineEndings(" ")}";

        bool IsOver() => Stopwatch.GetElapsedTime(begun) > longest;
    }

    /// <summary>What was noticed when the room was tried before. Of changes that look alike, in one place, only where all were.</summary>
    private static Dictionary<string, (string Verdict, string Test)> Noticed(string[] lines) => lines
        .Select(static line => line.Split('\t'))
        .Where(static cells => cells.Length == 5)
        .GroupBy(static cells => string.Join('\t', cells[1..4]))
        .Where(static same => same.All(static cells => cells[0] is "killed" or "timeout"))
        .ToDictionary(static same => same.Key, static same => (same.First()[0], same.First()[4]));

    private static async Task WorkAsync(
        string room, string coverageFile, ConcurrentQueue<Mutant> queue, HashSet<int> once, Action<Mutant, (string Verdict, string Test)> note,
        Func<bool> isOver)
    {
        Process? worker = null;
        while (!isOver() && queue.TryDequeue(out var mutant))
        {
            // What is not clear in a process that has tried others may be clear in a new one.
            (string Verdict, string Test) answer = default;
            for (var attempt = 0; attempt < 2 && answer.Verdict is null or "unclear" or "ended"; attempt++)
            {
                var id = mutant.Id.ToString(CultureInfo.InvariantCulture);
                if (once.Contains(mutant.Id))
                {
                    worker = await RenewAsync(worker, "once", room, coverageFile, id).ConfigureAwait(false);
                }
                else
                {
                    worker ??= await RenewAsync(null, "work", room, coverageFile).ConfigureAwait(false);
                    await worker.StandardInput.WriteLineAsync(id).ConfigureAwait(false);
                    await worker.StandardInput.FlushAsync().ConfigureAwait(false);
                }

                answer = await AnswerAsync(worker).ConfigureAwait(false);
                if (once.Contains(mutant.Id) || answer.Verdict == "ended" || answer.Verdict.EndsWith(Worker.Spent, StringComparison.Ordinal))
                {
                    End(worker);
                    worker = null;
                }

                answer.Verdict = answer.Verdict.TrimEnd(Worker.Spent[0]);
            }

            // A change that ends the process twice is noticed by whoever runs the tests.
            note(mutant, answer.Verdict == "ended" ? ("killed", "(the process ended)") : answer);
        }

        if (worker is not null)
        {
            End(worker);
        }
    }

    /// <summary>A new process in place of another. One that does not come so far as to begin says nothing of a change.</summary>
    private static async Task<Process> RenewAsync(Process? old, params string[] arguments)
    {
        if (old is not null)
        {
            End(old);
        }

        var worker = Start(arguments);
        var (answer, _) = await AnswerAsync(worker).ConfigureAwait(false);
        return answer == Worker.Ready ? worker : throw new InvalidOperationException("The process that is to run the tests did not begin.");
    }

    private static void End(Process worker)
    {
        worker.Kill();
        worker.Dispose();
    }

    private static async Task<(string Verdict, string Test)> AnswerAsync(Process worker)
    {
        using var silence = new CancellationTokenSource(Silence);
        try
        {
            while (await worker.StandardOutput.ReadLineAsync(silence.Token).ConfigureAwait(false) is { } line)
            {
                if (line.Split('\t') is [Worker.Mark, var verdict, var test])
                {
                    return (verdict, test);
                }
            }
        }
        catch (OperationCanceledException)
        {
            return ("timeout" + Worker.Spent, "");
        }

        return ("ended", "");
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

    private static int Report(string room, Mutant[] mutants, ConcurrentDictionary<int, (string Verdict, string Test)> verdicts, TimeSpan took)
    {
        int Count(string verdict) => mutants.Count(mutant => verdicts[mutant.Id].Verdict == verdict);
        var noticed = Count("killed") + Count("timeout");
        var score = mutants.Length == 0 ? 100 : 100.0 * noticed / mutants.Length;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{room}: {mutants.Length} changes, {Count("killed")} killed, {Count("timeout")} timeouts, {Count("survived")} survived, {Count("not reached")} not reached, " +
            $"{Count("unclear")} unclear, score {score:0.0} %, {took.TotalMinutes:0.0} minutes"));

        // Of a handful of changes the share says nothing.
        return mutants.Length >= 20 && noticed < Least * mutants.Length ? 1 : 0;
    }
}
