namespace WeChat.UnionPush.Fuzz;

/// <summary>Looks whether the work on an input grows faster than the input: a piece of it is repeated, and the branches are counted.</summary>
internal static class Growth
{
    // Below this an input of a few thousand bytes is cheap, however its work grows.
    private const long TooLittleToTell = 100_000;

    private const int Repetitions = 500;

    // Twice as much more takes twice as much more work; four times would be the square.
    private const long MostGrowth = 3;

    /// <exception cref="BrokenPromiseException">It does.</exception>
    public static void Check(FuzzTarget target, byte[] input, int start, int end, Coverage coverage)
    {
        var one = Work(target, input, start, end, Repetitions, coverage);
        var two = Work(target, input, start, end, 2 * Repetitions, coverage);
        var four = Work(target, input, start, end, 4 * Repetitions, coverage);
        Promise.Holds(
            four < TooLittleToTell || four - two <= MostGrowth * Math.Max(1, two - one),
            $"the work grows faster than the input: the bytes {start} to {end} repeated {Repetitions}, "
                + $"{2 * Repetitions} and {4 * Repetitions} times took {one}, {two} and {four} branches");
    }

    private static long Work(FuzzTarget target, byte[] input, int start, int end, int times, Coverage coverage)
    {
        var piece = input[start..end];
        var repeated = new byte[piece.Length * times];
        for (var i = 0; i < times; i++)
        {
            piece.CopyTo(repeated, i * piece.Length);
        }

        var read = target.Prepare([.. input[..end], .. repeated, .. input[end..]]);
        return coverage.Work(() => read());
    }
}
