namespace WeChat.UnionPush.Tests;

/// <summary>How many of a run's seeds are used: a few at every build, all of them when <c>UNIONPUSH_FULL</c> is set.</summary>
internal static class Runs
{
    public static bool IsFull { get; } = Environment.GetEnvironmentVariable("UNIONPUSH_FULL") is "1" or "true";

    /// <summary>Whether nothing may be left out: <c>UNIONPUSH_REQUIRE_SERVERS=1</c>, which <c>tests/run.sh</c> sets.</summary>
    public static bool IsWhole { get; } = Environment.GetEnvironmentVariable("UNIONPUSH_REQUIRE_SERVERS") == "1";

    /// <summary>The time after which a wait is given up, so that a test that hangs shows where.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    public static IEnumerable<int> Seeds(int few, int all) => Enumerable.Range(1, IsFull ? all : few);

    /// <summary>Yields to other tasks until a condition holds.</summary>
    public static Task UntilAsync(Func<bool> happened, string what) => UntilAsync(() => Task.FromResult(happened()), what);

    /// <summary>Asks again until a condition holds.</summary>
    public static async Task UntilAsync(Func<Task<bool>> happened, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await happened())
        {
            Assert.False(patience.IsCancellationRequested, $"It did not happen: {what}");
            await Task.Yield();
        }
    }
}
