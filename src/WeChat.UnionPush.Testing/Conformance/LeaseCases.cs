namespace WeChat.UnionPush.Testing;

/// <summary>The contract of the leases of every store, whatever they protect.</summary>
internal sealed class LeaseCases<TStore>(Func<TStore, string, TimeSpan, CancellationToken, ValueTask<ILease?>> tryLeaseAsync)
    where TStore : class
{
    private const string Key = "wx0123456789abcdef";
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public async Task A_lease_has_one_holder_over_all_processes(ConformanceRun<TStore> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        run.True(await TakeAsync(run, here).ConfigureAwait(false) is not null, "a free lease is given");
        run.True(await TakeAsync(run, here).ConfigureAwait(false) is null, "a held lease is not given twice");
        run.True(await TakeAsync(run, there).ConfigureAwait(false) is null, "a held lease is not given to another process");
    }

    public async Task Leases_of_different_keys_do_not_meet(ConformanceRun<TStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.True(await TakeAsync(run, store).ConfigureAwait(false) is not null, "a free lease is given");
        run.True(await TakeAsync(run, store, "wx0123456789ABCDEF").ConfigureAwait(false) is not null, "the lease of a key that differs in case only is free");
    }

    public async Task A_lease_ends_when_it_is_disposed(ConformanceRun<TStore> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        var lease = await TakeAsync(run, here).ConfigureAwait(false);
        await lease!.DisposeAsync().ConfigureAwait(false);
        await lease.DisposeAsync().ConfigureAwait(false);
        run.True(await TakeAsync(run, there).ConfigureAwait(false) is not null, "a disposed lease is free");
        run.True(!await lease.RenewAsync(Minute, run.CancellationToken).ConfigureAwait(false), "a disposed lease cannot be renewed");
    }

    public async Task A_lease_ends_by_itself(ConformanceRun<TStore> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        var lease = await TakeAsync(run, here).ConfigureAwait(false);
        run.Clock.Advance(Minute - TimeSpan.FromMilliseconds(1));
        run.True(await TakeAsync(run, there).ConfigureAwait(false) is null, "a lease holds to its end");
        run.Clock.Advance(TimeSpan.FromMilliseconds(2));
        run.True(!await lease!.RenewAsync(Minute, run.CancellationToken).ConfigureAwait(false), "a lease that ran out cannot be renewed");
        run.True(await TakeAsync(run, there).ConfigureAwait(false) is not null, "a lease that ran out is free");
    }

    public async Task A_renewed_lease_lasts_from_then_on(ConformanceRun<TStore> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        var lease = await TakeAsync(run, here).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromSeconds(50));
        run.True(await lease!.RenewAsync(Minute, run.CancellationToken).ConfigureAwait(false), "a lease that holds is renewed");
        run.Clock.Advance(TimeSpan.FromSeconds(50));
        run.True(await TakeAsync(run, there).ConfigureAwait(false) is null, "a renewed lease holds past its first end");
        run.Clock.Advance(TimeSpan.FromSeconds(11));
        run.True(await TakeAsync(run, there).ConfigureAwait(false) is not null, "a renewed lease ends by itself");
    }

    public async Task Only_its_holder_renews_or_ends_a_lease(ConformanceRun<TStore> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        var lost = await TakeAsync(run, here).ConfigureAwait(false);
        run.Clock.Advance(Minute + TimeSpan.FromMilliseconds(1));
        var held = await TakeAsync(run, there).ConfigureAwait(false);
        run.True(!await lost!.RenewAsync(Minute, run.CancellationToken).ConfigureAwait(false), "a lease that another process holds now is not renewed by its former holder");
        await lost.DisposeAsync().ConfigureAwait(false);
        run.True(await TakeAsync(run, here).ConfigureAwait(false) is null, "a former holder does not end its successor's lease");
        run.True(await held!.RenewAsync(Minute, run.CancellationToken).ConfigureAwait(false), "the successor's lease still holds");
    }

    public async Task Of_many_who_try_at_once_one_gets_the_lease(ConformanceRun<TStore> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        var leases = await Task.WhenAll(Enumerable.Range(0, 32)
            .Select(i => Task.Run(() => TakeAsync(run, i % 2 == 0 ? here : there).AsTask(), run.CancellationToken))).ConfigureAwait(false);
        run.Equal(1, leases.Count(static lease => lease is not null), "the number of leases given");
    }

    public async Task A_cancelled_attempt_leaves_no_lease(ConformanceRun<TStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(
            () => tryLeaseAsync(store, Key, Minute, new CancellationToken(canceled: true)).AsTask(), "a cancelled attempt").ConfigureAwait(false);
        run.True(await TakeAsync(run, store).ConfigureAwait(false) is not null, "the lease is free after a cancelled attempt");
    }

    public async Task A_lease_without_a_duration_is_refused(ConformanceRun<TStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await run.ThrowsAsync<ArgumentOutOfRangeException>(
            () => tryLeaseAsync(store, Key, TimeSpan.Zero, run.CancellationToken).AsTask(), "a duration of zero").ConfigureAwait(false);
    }

    private ValueTask<ILease?> TakeAsync(ConformanceRun<TStore> run, TStore store, string key = Key) => tryLeaseAsync(store, key, Minute, run.CancellationToken);
}
