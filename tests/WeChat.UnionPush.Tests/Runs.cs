namespace WeChat.UnionPush.Tests;

/// <summary>How much of a run with many seeds is done: a few at every build, all of them where <c>UNIONPUSH_FULL</c> is set.</summary>
internal static class Runs
{
    public static bool IsFull { get; } = Environment.GetEnvironmentVariable("UNIONPUSH_FULL") is "1" or "true";

    /// <summary>After how long a wait that ought to have ended is given up, so that a test which hangs says where.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    public static IEnumerable<int> Seeds(int few, int all) => Enumerable.Range(1, IsFull ? all : few);

    /// <summary>Gives way to the other tasks until something has happened.</summary>
    public static async Task UntilAsync(Func<bool> happened, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!happened())
        {
            Assert.False(patience.IsCancellationRequested, $"It did not happen: {what}");
            await Task.Yield();
        }
    }
}
