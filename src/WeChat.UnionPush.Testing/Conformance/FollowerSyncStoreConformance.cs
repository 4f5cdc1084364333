namespace WeChat.UnionPush.Testing;

/// <summary>
/// What every <see cref="IFollowerSyncStore"/> must keep, as named cases for any test framework: enumerate <see cref="CaseNames"/> and run each,
/// so that a case that a later version adds runs too.
/// </summary>
public static class FollowerSyncStoreConformance
{
    private const string AppId = "wx0123456789abcdef";
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static readonly FollowerSyncState State = new(AppId)
    {
        WalkStartedAt = new(2026, 3, 1, 12, 0, 0, 123, TimeSpan.Zero),
        NextOpenId = "oABCD-\"'😀 _1",
        InProgress = true,
        Full = true,
        Listed = 3_000_000_000,
        Detailed = 2_999_999_999,
        Calls = 101,
        CallsOn = new(2026, 3, 1),
        CompletedAt = new(2026, 2, 28, 23, 59, 59, 999, TimeSpan.Zero),
        DoubtedAt = new(2026, 2, 28, 22, 59, 59, 998, TimeSpan.Zero),
        Doubted = 3_000_000_001,
        Unlinked = 3_000_000_002,
    };

    private static readonly LeaseCases<IFollowerSyncStore> Leases = new(static (store, key, duration, cancellationToken) => store.TryLeaseAsync(key, duration, cancellationToken));

    private static readonly ConformanceSuite<IFollowerSyncStore> Suite = new()
    {
        Nothing_is_stored_at_first,
        A_state_comes_back_whole,
        A_state_of_defaults_comes_back,
        A_later_state_replaces_the_whole_one_before,
        Accounts_do_not_meet,
        All_accounts_are_listed,
        A_cursor_outlives_the_store_that_saved_it,
        A_save_after_the_lease_ran_out_is_refused,
        A_save_after_another_took_the_lease_is_refused,
        A_save_after_the_lease_was_disposed_is_refused,
        A_lease_of_another_account_saves_nothing,
        A_cancelled_save_changes_nothing,
        Leases.A_lease_has_one_holder_over_all_processes,
        Leases.Leases_of_different_keys_do_not_meet,
        Leases.A_lease_ends_when_it_is_disposed,
        Leases.A_lease_ends_by_itself,
        Leases.A_renewed_lease_lasts_from_then_on,
        Leases.Only_its_holder_renews_or_ends_a_lease,
        Leases.Of_many_who_try_at_once_one_gets_the_lease,
        Leases.A_cancelled_attempt_leaves_no_lease,
        Leases.A_lease_without_a_duration_is_refused,
    };

    /// <summary>The names of all cases.</summary>
    public static IReadOnlyList<string> CaseNames => Suite.CaseNames;

    /// <summary>Runs one case.</summary>
    /// <param name="caseName">One of <see cref="CaseNames"/>.</param>
    /// <param name="openAsync">Opens the store under test, as a new process would: empty at the first call of a run, and on the same data at every
    /// later one. Leases must take their time from the clock given, which the case moves. What it returns is disposed at the end, where it can be.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="ConformanceException">The store does not keep its contract.</exception>
    public static Task RunAsync(string caseName, Func<TimeProvider, CancellationToken, ValueTask<IFollowerSyncStore>> openAsync, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openAsync);
        return Suite.RunAsync(caseName, openAsync, cancellationToken);
    }

    private static async Task<ILease> TakeAsync(ConformanceRun<IFollowerSyncStore> run, IFollowerSyncStore store, string appId = AppId)
    {
        var lease = await store.TryLeaseAsync(appId, Minute, run.CancellationToken).ConfigureAwait(false);
        run.True(lease is not null, "a free lease is given");
        return lease!;
    }

    private static async Task SaveAsync(ConformanceRun<IFollowerSyncStore> run, IFollowerSyncStore store, ILease lease, FollowerSyncState state) =>
        run.True(await store.SaveAsync(lease, state, run.CancellationToken).ConfigureAwait(false), "a state is saved under a lease that holds");

    private static async Task StoredAsync(ConformanceRun<IFollowerSyncStore> run, IFollowerSyncStore store, FollowerSyncState? expected) =>
        run.Equal(expected, await store.GetAsync(expected?.AppId ?? AppId, run.CancellationToken).ConfigureAwait(false), "the state stored");

    private static async Task Nothing_is_stored_at_first(ConformanceRun<IFollowerSyncStore> run) =>
        await StoredAsync(run, await run.OpenAsync().ConfigureAwait(false), null).ConfigureAwait(false);

    private static async Task A_state_comes_back_whole(ConformanceRun<IFollowerSyncStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, await TakeAsync(run, store).ConfigureAwait(false), State).ConfigureAwait(false);
        await StoredAsync(run, store, State).ConfigureAwait(false);
    }

    private static async Task A_state_of_defaults_comes_back(ConformanceRun<IFollowerSyncStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, await TakeAsync(run, store).ConfigureAwait(false), new FollowerSyncState(AppId)).ConfigureAwait(false);
        await StoredAsync(run, store, new FollowerSyncState(AppId)).ConfigureAwait(false);
    }

    private static async Task A_later_state_replaces_the_whole_one_before(ConformanceRun<IFollowerSyncStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var lease = await TakeAsync(run, store).ConfigureAwait(false);
        foreach (var state in new[] { State, State with { NextOpenId = "oNext", Listed = 1 }, State with { CompletedAt = null, DoubtedAt = null, InProgress = false, Full = false },
            new FollowerSyncState(AppId), State })
        {
            await SaveAsync(run, store, lease, state).ConfigureAwait(false);
            await StoredAsync(run, store, state).ConfigureAwait(false);
        }
    }

    private static async Task Accounts_do_not_meet(ConformanceRun<IFollowerSyncStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var other = State with { AppId = "wx0123456789ABCDEF", NextOpenId = "oOther" };
        await SaveAsync(run, store, await TakeAsync(run, store).ConfigureAwait(false), State).ConfigureAwait(false);
        await SaveAsync(run, store, await TakeAsync(run, store, other.AppId).ConfigureAwait(false), other).ConfigureAwait(false);
        await StoredAsync(run, store, State).ConfigureAwait(false);
        await StoredAsync(run, store, other).ConfigureAwait(false);
    }

    private static async Task All_accounts_are_listed(ConformanceRun<IFollowerSyncStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.Same([], await store.ListAsync(run.CancellationToken).ConfigureAwait(false), "the states of all accounts");
        var lease = await TakeAsync(run, store).ConfigureAwait(false);
        await SaveAsync(run, store, lease, State with { Listed = 1 }).ConfigureAwait(false);
        await SaveAsync(run, store, lease, State).ConfigureAwait(false);
        FollowerSyncState[] others = [State with { AppId = "wx0123456789ABCDEF" }, new FollowerSyncState("wxother")];
        foreach (var other in others)
        {
            await SaveAsync(run, store, await TakeAsync(run, store, other.AppId).ConfigureAwait(false), other).ConfigureAwait(false);
        }

        run.Same([State, .. others], await (await run.OpenAsync().ConfigureAwait(false)).ListAsync(run.CancellationToken).ConfigureAwait(false), "the states of all accounts");
        await run.ThrowsAsync<OperationCanceledException>(() => store.ListAsync(new CancellationToken(canceled: true)).AsTask(), "a cancelled list").ConfigureAwait(false);
    }

    private static async Task A_cursor_outlives_the_store_that_saved_it(ConformanceRun<IFollowerSyncStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, await TakeAsync(run, store).ConfigureAwait(false), State).ConfigureAwait(false);
        await StoredAsync(run, await run.OpenAsync().ConfigureAwait(false), State).ConfigureAwait(false);
    }

    private static async Task A_save_after_the_lease_ran_out_is_refused(ConformanceRun<IFollowerSyncStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var lease = await TakeAsync(run, store).ConfigureAwait(false);
        await SaveAsync(run, store, lease, State).ConfigureAwait(false);
        run.Clock.Advance(Minute + TimeSpan.FromMilliseconds(1));
        await RefusedAsync(run, store, lease).ConfigureAwait(false);
    }

    private static async Task A_save_after_another_took_the_lease_is_refused(ConformanceRun<IFollowerSyncStore> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        var lost = await TakeAsync(run, here).ConfigureAwait(false);
        run.Clock.Advance(Minute + TimeSpan.FromMilliseconds(1));
        await SaveAsync(run, there, await TakeAsync(run, there).ConfigureAwait(false), State).ConfigureAwait(false);
        await RefusedAsync(run, here, lost).ConfigureAwait(false);
    }

    private static async Task A_save_after_the_lease_was_disposed_is_refused(ConformanceRun<IFollowerSyncStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var lease = await TakeAsync(run, store).ConfigureAwait(false);
        await SaveAsync(run, store, lease, State).ConfigureAwait(false);
        await lease.DisposeAsync().ConfigureAwait(false);
        await RefusedAsync(run, store, lease).ConfigureAwait(false);
    }

    private static async Task RefusedAsync(ConformanceRun<IFollowerSyncStore> run, IFollowerSyncStore store, ILease lease)
    {
        run.True(!await store.SaveAsync(lease, State with { NextOpenId = "oLate" }, run.CancellationToken).ConfigureAwait(false), "a save under a lost lease gives false");
        await StoredAsync(run, store, State).ConfigureAwait(false);
    }

    private static async Task A_lease_of_another_account_saves_nothing(ConformanceRun<IFollowerSyncStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var lease = await TakeAsync(run, store, "wxother").ConfigureAwait(false);
        await run.ThrowsAsync<ArgumentException>(
            () => store.SaveAsync(lease, State, run.CancellationToken).AsTask(), "a save with the lease of another account").ConfigureAwait(false);
        await StoredAsync(run, store, null).ConfigureAwait(false);
    }

    private static async Task A_cancelled_save_changes_nothing(ConformanceRun<IFollowerSyncStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var lease = await TakeAsync(run, store).ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(
            () => store.SaveAsync(lease, State, new CancellationToken(canceled: true)).AsTask(), "a cancelled save").ConfigureAwait(false);
        await StoredAsync(run, store, null).ConfigureAwait(false);
        await SaveAsync(run, store, lease, State).ConfigureAwait(false);
    }
}
