using System.Diagnostics;
using System.Security.Cryptography;

namespace WeChat.UnionPush.Fuzz;

/// <summary>One target with its corpus: tries what it has, changes it, and keeps what takes new branches.</summary>
internal sealed class TargetRun(FuzzTarget target, Coverage coverage, Finds finds, Random random, string corpus)
{
    // Growth is looked at for what is new, and now and then.
    private const int GrowthEvery = 2_000;

    private readonly Mutator _mutator = new(random, target.Words);
    private readonly List<Mutator.Made> _inputs = [];
    private byte[]? _current;

    public string Name => target.Name;

    public long Executions { get; private set; }

    public int Edges { get; private set; }

    public int NewInputs { get; private set; }

    /// <summary>What is tried just now, for somebody who sees that it does not end.</summary>
    public byte[]? Current => Volatile.Read(ref _current);

    private string Folder => Path.Combine(corpus, target.Name);

    /// <summary>From now on, branches are this target's.</summary>
    public void Enter() => coverage.Enter();

    /// <summary>Tries what is there.</summary>
    public void Load()
    {
        foreach (var input in Files(Folder).Concat(Files(Path.Combine(corpus, "..", "Regressions", target.Name))).Select(File.ReadAllBytes).Concat(target.Seeds))
        {
            if (Try(input))
            {
                _inputs.Add(new(input, input.Length));
            }
        }

        if (_inputs.Count == 0)
        {
            _inputs.Add(new([], 0));
        }
    }

    /// <summary>Changes inputs for a while.</summary>
    public void Run(TimeSpan time)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            var made = _mutator.Next(Pick(), Pick().Bytes);
            var input = made.Bytes;
            var isNew = Try(input);
            if (isNew)
            {
                NewInputs++;
                _inputs.Add(made);
            }

            if ((isNew || Executions % GrowthEvery == 0) && input.Length > 0)
            {
                Grow(input);
            }
        }
    }

    /// <summary>Writes the smallest inputs that together take every pair of branches, and deletes the others.</summary>
    public void Save()
    {
        var kept = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var taken = new HashSet<int>();
        foreach (var input in _inputs.Select(static made => made.Bytes).OrderBy(static input => input.Length))
        {
            var read = target.Prepare(input);
            coverage.Begin();
            _ = Outcome(read);
            var size = taken.Count;
            taken.UnionWith(coverage.Taken());
            if (taken.Count > size)
            {
                kept[Convert.ToHexString(SHA256.HashData(input).AsSpan(0, 6)).ToLowerInvariant()] = input;
            }
        }

        foreach (var file in Files(Folder).Where(file => !kept.ContainsKey(Path.GetFileName(file))).ToArray())
        {
            File.Delete(file);
        }

        Directory.CreateDirectory(Folder);
        foreach (var (name, input) in kept)
        {
            File.WriteAllBytes(Path.Combine(Folder, name), input);
        }
    }

    private static object? Outcome(Func<object?> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    private static string[] Files(string folder) => Directory.Exists(folder) ? Directory.GetFiles(folder) : [];

    // Half of the time one of the newest, which is where something new was found.
    private Mutator.Made Pick() => _inputs[random.Next(2) == 0 ? random.Next(_inputs.Count) : _inputs.Count - 1 - random.Next(Math.Min(_inputs.Count, 16))];

    private bool Try(byte[] input)
    {
        Executions++;
        Volatile.Write(ref _current, input);
        try
        {
            var read = target.Prepare(input);
            coverage.Begin();
            object? outcome;
            bool isNew;
            try
            {
                outcome = read();
            }
            finally
            {
                isNew = IsNew();
            }

            target.Judge(input, read, outcome);
            return isNew;
        }
        catch (Exception exception)
        {
            finds.Add(target, input, exception);
            return false;
        }
        finally
        {
            Volatile.Write(ref _current, null);
        }
    }

    private bool IsNew()
    {
        var (newEdges, isNew) = coverage.Take();
        Edges += newEdges;
        return isNew;
    }

    private void Grow(byte[] input)
    {
        var start = random.Next(input.Length);
        var end = Math.Min(input.Length, start + 1 + random.Next(24));
        try
        {
            Growth.Check(target, input, start, end, coverage);
        }
        catch (BrokenPromiseException exception)
        {
            // The bytes that are repeated have their places in the input, so it is kept as it is.
            finds.Add(target, input, exception, static _ => { });
        }
        catch (Exception)
        {
            // An input that is repeated is an input of its own; what it does there is found by trying it.
        }
    }
}
