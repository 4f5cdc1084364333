namespace WeChat.UnionPush.Fuzz;

/// <summary>One reader of the library, and what must hold whatever bytes it is given.</summary>
/// <param name="name">Its name, which is also its folder in the corpus.</param>
/// <param name="prepare">Makes of an input what is measured: it does the library's work and nothing else, and returns what came of it. Documented exceptions are an
/// outcome (<see cref="Refused"/>); any other is a find.</param>
/// <param name="check">Throws <see cref="BrokenPromiseException"/> where the outcome is not what it has to be.</param>
/// <param name="seeds">Inputs that are made right.</param>
/// <param name="words">What stands in inputs and what random bytes do not find.</param>
internal sealed class FuzzTarget(string name, Func<byte[], Func<object?>> prepare, Action<byte[], object?> check, byte[][] seeds, string[] words)
{
    // What a reader may allocate whatever it is given, such as an XML reader, a page's list or a JSON depth of thousands.
    private const int AllocatedAnyway = 256 * 1024;

    // The densest honest input is a follower of "{}," or "null,", who is a struct of 80 bytes in a list that has grown.
    private const int AllocatedForByte = 100;

    public string Name => name;

    public byte[][] Seeds => seeds;

    public string[] Words => words;

    /// <summary>The library's work on an input, to be done as often as somebody wants to measure it.</summary>
    public Func<object?> Prepare(byte[] input) => prepare(input);

    /// <summary>Runs an input, and throws where a promise is broken.</summary>
    public void Run(byte[] input) => Judge(input, Prepare(input), Prepare(input)());

    /// <summary>Judges what came of an input.</summary>
    public void Judge(byte[] input, Func<object?> read, object? outcome)
    {
        check(input, outcome);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var again = read();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var limit = AllocatedAnyway + ((long)AllocatedForByte * input.Length);
        if (allocated > limit)
        {
            // Once more, for what is made at the first use of something.
            before = GC.GetAllocatedBytesForCurrentThread();
            again = read();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Promise.Holds(allocated <= limit, $"{input.Length} bytes made it allocate more than {limit}: memory is not bounded by the input");
        Promise.Equal(Dump.Of(outcome), Dump.Of(again), "read twice");
    }
}

/// <summary>A documented exception as an outcome.</summary>
/// <param name="Kind">The exception's name.</param>
internal sealed record Refused(string Kind);

/// <summary>The library broke a promise; that is a find.</summary>
internal sealed class BrokenPromiseException(string message) : Exception(message);

internal static class Promise
{
    public static void Holds(bool kept, string promise)
    {
        if (!kept)
        {
            throw new BrokenPromiseException(promise);
        }
    }

    public static void Equal(string? expected, string? actual, string what)
    {
        if (!string.Equals(expected, actual, StringComparison.Ordinal))
        {
            throw new BrokenPromiseException($"{what}: expected\n  {expected ?? "nothing"}\nand got\n  {actual ?? "nothing"}");
        }
    }

    /// <summary>What a reader returns, or which of its documented exceptions it throws.</summary>
    public static object? Outcome<T1, T2>(Func<object?> read)
        where T1 : Exception
        where T2 : Exception
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is T1 or T2)
        {
            return new Refused(exception.GetType().Name);
        }
    }
}
