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
    /// <param name="happened">Whether it holds.</param>
    /// <param name="what">What is waited for.</param>
    /// <param name="pause">The time between two questions, where other processes do what is waited for and need the machine. Otherwise other tasks come in between.</param>
    public static async Task UntilAsync(Func<Task<bool>> happened, string what, TimeSpan? pause = null)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await happened())
        {
            Assert.False(patience.IsCancellationRequested, $"It did not happen: {what}");
            if (pause is { } time)
            {
                await Task.Delay(time);
            }
            else
            {
                await Task.Yield();
            }
        }
    }
}
