using System.Diagnostics;
using System.Globalization;

namespace WeChat.UnionPush.Fuzz;

/// <summary>A whole run over the targets, beside the instrumented library.</summary>
internal static class FuzzRun
{
    // Where one input takes so long, something does not end.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(20);

    private static TargetRun? s_running;
    private static byte[]? s_last;

    /// <summary>Runs.</summary>
    /// <param name="args">The command line.</param>
    /// <returns>1 where something was found.</returns>
    public static int Start(string[] args)
    {
        if (!Options.TryRead(args, out var options))
        {
            return Options.Usage();
        }

        // Before anything of the library runs, for it writes there without asking.
        var coverage = new Coverage();
        coverage.Enter();
        var targets = FuzzTargets.All.Where(target => target.Name.StartsWith(options.Target, StringComparison.Ordinal)).ToArray();
        if (options.Replay is { } file)
        {
            return Replay(targets.First(target => target.Name == options.Target), File.ReadAllBytes(file), coverage);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {options.Seed}, {targets.Length} targets, {options.Seconds} seconds"));
        var finds = new Finds(options.Finds);
        var runs = targets.Select((target, at) => new TargetRun(target, new Coverage(), finds, new Random(options.Seed + at), options.Corpus)).ToArray();
        using var watch = new Timer(_ => StopWhereItHangs(options.Finds), null, Longest, Longest);
        var started = Stopwatch.GetTimestamp();
        foreach (var run in runs)
        {
            Enter(run);
            run.Load();
        }

        // In rounds, so that a run that is ended early has looked everywhere.
        var total = TimeSpan.FromSeconds(options.Seconds);
        for (var left = total - Stopwatch.GetElapsedTime(started); left > TimeSpan.Zero; left = total - Stopwatch.GetElapsedTime(started))
        {
            var turn = TimeSpan.FromTicks(Math.Min(Turn.Ticks, left.Ticks / runs.Length) + 1);
            foreach (var run in runs)
            {
                Enter(run);
                run.Run(turn);
            }
        }

        foreach (var run in runs)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{run.Name,-36} {run.Executions,10:N0} executions {run.Edges,6:N0} branches {run.NewInputs,6:N0} new inputs"));
            if (options.Saves)
            {
                Enter(run);
                run.Save();
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{runs.Sum(static run => run.Executions):N0} executions, {runs.Sum(static run => run.Edges):N0} branches, "
                + $"{runs.Sum(static run => run.NewInputs):N0} new inputs, {finds.Count} found"));
        return finds.Count == 0 ? 0 : 1;
    }

    private static void Enter(TargetRun run)
    {
        run.Enter();
        Volatile.Write(ref s_running, run);
    }

    private static int Replay(FuzzTarget target, byte[] input, Coverage coverage)
    {
        try
        {
            target.Run(input);
            for (var start = 0; start < input.Length; start++)
            {
                Growth.Check(target, input, start, Math.Min(input.Length, start + 12), coverage);
            }

            Console.WriteLine($"{target.Name}: nothing is wrong.");
            return 0;
        }
        catch (Exception exception)
        {
            Console.WriteLine(exception);
            return 1;
        }
    }

    private static void StopWhereItHangs(string folder)
    {
        if (Volatile.Read(ref s_running) is { } run && run.Current is { } input)
        {
            if (!ReferenceEquals(input, s_last))
            {
                s_last = input;
                return;
            }

            var file = Path.Combine(folder, $"{run.Name}-hangs");
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(file, input);
            Console.WriteLine($"  FOUND by {run.Name}: it does not end.\n  Replay it: tests/fuzz.sh --target {run.Name} --replay {file}");
            Environment.Exit(1);
        }
    }
}
