namespace WeChat.UnionPush.Testing;

/// <summary>
/// What every <see cref="ISharedPace"/> must keep, as named cases for any test framework: enumerate <see cref="CaseNames"/> and run each,
/// so that a case that a later version adds runs too.
/// </summary>
public static class SharedPaceConformance
{
    private static readonly PaceRequest Ten = new("wx0123456789abcdef") { PerSecond = 10, Count = 10 };
    private static readonly TimeSpan Tenth = TimeSpan.FromMilliseconds(100);

    private static readonly ConformanceSuite<ISharedPace> Suite = new()
    {
        Slots_follow_each_other,
        A_pause_earns_one_second,
        Accounts_have_slots_of_their_own,
        Calls_that_were_made_move_the_slots,
        The_days_calls_run_out,
        The_days_calls_begin_again_in_China,
        The_larger_count_is_believed,
        A_reset_is_believed,
        No_limit_has_no_pace,
        Ten_takers_at_once_get_every_slot_once,
    };

    /// <summary>The names of all cases.</summary>
    public static IReadOnlyList<string> CaseNames => Suite.CaseNames;

    /// <summary>Runs one case.</summary>
    /// <param name="caseName">One of <see cref="CaseNames"/>.</param>
    /// <param name="openAsync">Opens the store under test, as a new process would: empty at the first call of a run, and on the same data at every
    /// later one. Time is told by the clock given, which the case moves. What it returns is disposed at the end, where it can be.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="ConformanceException">The store does not keep its contract.</exception>
    public static Task RunAsync(string caseName, Func<TimeProvider, CancellationToken, ValueTask<ISharedPace>> openAsync, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openAsync);
        return Suite.RunAsync(caseName, openAsync, cancellationToken);
    }

    private static async Task Slots_follow_each_other(ConformanceRun<ISharedPace> run)
    {
        var now = run.Clock.GetUtcNow();
        var store = await run.OpenAsync().ConfigureAwait(false);
        var other = await run.OpenAsync().ConfigureAwait(false);
        run.Equal(new PaceGrant(10, now.AddSeconds(-1), Tenth, 10), await store.TakeAsync(Ten, run.CancellationToken).ConfigureAwait(false));
        run.Equal(new PaceGrant(5, now, Tenth, 15), await other.TakeAsync(Ten with { Count = 5 }, run.CancellationToken).ConfigureAwait(false));
        run.Equal(new PaceGrant(10, now.AddMilliseconds(500), Tenth, 25), await store.TakeAsync(Ten, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_pause_earns_one_second(ConformanceRun<ISharedPace> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.TakeAsync(Ten, run.CancellationToken).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromHours(1));
        run.Equal(run.Clock.GetUtcNow().AddSeconds(-1), (await store.TakeAsync(Ten, run.CancellationToken).ConfigureAwait(false)).From);
    }

    private static async Task Accounts_have_slots_of_their_own(ConformanceRun<ISharedPace> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var first = await store.TakeAsync(Ten, run.CancellationToken).ConfigureAwait(false);
        run.Equal(first, await store.TakeAsync(Ten with { AppId = "wxother" }, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task Calls_that_were_made_move_the_slots(ConformanceRun<ISharedPace> run)
    {
        var now = run.Clock.GetUtcNow();
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.TakeAsync(Ten, run.CancellationToken).ConfigureAwait(false);
        run.Equal(0, (await store.TakeAsync(Ten with { Count = 0, Made = 20 }, run.CancellationToken).ConfigureAwait(false)).Count);
        run.Equal(new PaceGrant(10, now.AddSeconds(2), Tenth, 40), await store.TakeAsync(Ten, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task The_days_calls_run_out(ConformanceRun<ISharedPace> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.Equal(10, (await store.TakeAsync(Ten with { DailyLimit = 15 }, run.CancellationToken).ConfigureAwait(false)).Count);
        run.Equal(5, (await store.TakeAsync(Ten with { DailyLimit = 15 }, run.CancellationToken).ConfigureAwait(false)).Count);
        run.Equal(0, (await store.TakeAsync(Ten with { DailyLimit = 15 }, run.CancellationToken).ConfigureAwait(false)).Count);
        run.Equal(0, (await store.TakeAsync(Ten with { DailyLimit = 10 }, run.CancellationToken).ConfigureAwait(false)).Count);
        run.Equal(10, (await store.TakeAsync(Ten, run.CancellationToken).ConfigureAwait(false)).Count);
    }

    private static async Task The_days_calls_begin_again_in_China(ConformanceRun<ISharedPace> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.TakeAsync(Ten, run.CancellationToken).ConfigureAwait(false);
        var midnight = new DateTimeOffset(run.Clock.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero).AddHours(16);
        run.Clock.Advance(midnight - run.Clock.GetUtcNow() - TimeSpan.FromMilliseconds(1));
        run.Equal(20, (await store.TakeAsync(Ten, run.CancellationToken).ConfigureAwait(false)).UsedToday);
        run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        run.Equal(10, (await store.TakeAsync(Ten, run.CancellationToken).ConfigureAwait(false)).UsedToday);
    }

    private static async Task The_larger_count_is_believed(ConformanceRun<ISharedPace> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.Equal(110, (await store.TakeAsync(Ten with { PlatformUsed = 100 }, run.CancellationToken).ConfigureAwait(false)).UsedToday);
        run.Equal(120, (await store.TakeAsync(Ten with { PlatformUsed = 50 }, run.CancellationToken).ConfigureAwait(false)).UsedToday);
    }

    private static async Task A_reset_is_believed(ConformanceRun<ISharedPace> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.TakeAsync(Ten with { PlatformUsed = 100 }, run.CancellationToken).ConfigureAwait(false);
        run.Equal(13, (await store.TakeAsync(Ten with { PlatformUsed = 3, IsReset = true }, run.CancellationToken).ConfigureAwait(false)).UsedToday);
    }

    private static async Task No_limit_has_no_pace(ConformanceRun<ISharedPace> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        for (var i = 0; i < 3; i++)
        {
            var grant = await store.TakeAsync(Ten with { PerSecond = 0, Count = 1_000 }, run.CancellationToken).ConfigureAwait(false);
            run.Equal((1_000, TimeSpan.Zero), (grant.Count, grant.Interval));
            run.True(grant.From <= run.Clock.GetUtcNow(), "slots without a limit are there at once");
        }
    }

    private static async Task Ten_takers_at_once_get_every_slot_once(ConformanceRun<ISharedPace> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var other = await run.OpenAsync().ConfigureAwait(false);
        var grants = await Task.WhenAll(Enumerable.Range(0, 10).Select(async taker =>
        {
            var mine = new List<PaceGrant>();
            for (var i = 0; i < 20; i++)
            {
                mine.Add(await (taker % 2 == 0 ? store : other).TakeAsync(Ten with { Count = 2 }, run.CancellationToken).ConfigureAwait(false));
            }

            return mine;
        })).ConfigureAwait(false);
        var all = grants.SelectMany(static mine => mine).ToList();
        run.Equal(200, all.Select(static grant => grant.From).Distinct().Count());
        run.Equal(400, all.Max(static grant => grant.UsedToday));
    }
}
