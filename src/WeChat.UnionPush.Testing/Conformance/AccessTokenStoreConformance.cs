namespace WeChat.UnionPush.Testing;

/// <summary>
/// What every <see cref="IAccessTokenStore"/> must keep, as named cases for any test framework: enumerate <see cref="CaseNames"/> and run each,
/// so that a case that a later version adds runs too.
/// </summary>
public static class AccessTokenStoreConformance
{
    private const string Key = "wx0123456789abcdef:stable_token";
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, 123, TimeSpan.Zero);

    private static readonly LeaseCases<IAccessTokenStore> Leases = new(static (store, key, duration, cancellationToken) => store.TryLeaseAsync(key, duration, cancellationToken));

    private static readonly ConformanceSuite<IAccessTokenStore> Suite = new()
    {
        Nothing_is_stored_at_first,
        A_record_comes_back_whole,
        A_record_without_a_token_comes_back,
        A_later_record_replaces_the_whole_one_before,
        Keys_do_not_meet,
        A_token_of_4096_characters_comes_back,
        A_record_outlives_the_store_that_saved_it,
        A_cancelled_save_changes_nothing,
        A_record_is_never_seen_half_written,
        A_lease_does_not_stop_reading_and_writing,
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
    public static Task RunAsync(string caseName, Func<TimeProvider, CancellationToken, ValueTask<IAccessTokenStore>> openAsync, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openAsync);
        return Suite.RunAsync(caseName, openAsync, cancellationToken);
    }

    private static StoredAccessToken Record(string value = "84_token-A_b") =>
        new() { Token = new AccessToken(value, Noon.AddHours(2)), FetchedAt = Noon.AddSeconds(-3), ForcedAt = Noon, ForcedCount = 3 };

    private static void Same(ConformanceRun<IAccessTokenStore> run, StoredAccessToken expected, StoredAccessToken? actual)
    {
        run.True(actual is not null, "the record is there");
        run.Equal(expected.Token is null, actual!.Token is null, "whether there is a token");

        // The value is a secret even of a test: the failure says that it differs, not how.
        run.True(string.Equals(expected.Token?.Reveal(), actual.Token?.Reveal(), StringComparison.Ordinal), "the token's value comes back unchanged");
        run.Equal(expected.Token?.ExpiresAt, actual.Token?.ExpiresAt, "the token's end");
        run.Equal(expected.FetchedAt, actual.FetchedAt, nameof(StoredAccessToken.FetchedAt));
        run.Equal(expected.ForcedAt, actual.ForcedAt, nameof(StoredAccessToken.ForcedAt));
        run.Equal(expected.ForcedCount, actual.ForcedCount, nameof(StoredAccessToken.ForcedCount));
    }

    private static async Task Nothing_is_stored_at_first(ConformanceRun<IAccessTokenStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.True(await store.GetAsync(Key, run.CancellationToken).ConfigureAwait(false) is null, "a key that was never saved gives null");
    }

    private static async Task A_record_comes_back_whole(ConformanceRun<IAccessTokenStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SetAsync(Key, Record(), run.CancellationToken).ConfigureAwait(false);
        Same(run, Record(), await store.GetAsync(Key, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_record_without_a_token_comes_back(ConformanceRun<IAccessTokenStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SetAsync(Key, new StoredAccessToken(), run.CancellationToken).ConfigureAwait(false);
        Same(run, new StoredAccessToken(), await store.GetAsync(Key, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_later_record_replaces_the_whole_one_before(ConformanceRun<IAccessTokenStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        foreach (var record in new[] { Record(), Record("84_token-B"), Record() with { Token = null }, new StoredAccessToken(),
            Record() with { ForcedAt = null, ForcedCount = 0 } })
        {
            await store.SetAsync(Key, record, run.CancellationToken).ConfigureAwait(false);
            Same(run, record, await store.GetAsync(Key, run.CancellationToken).ConfigureAwait(false));
        }
    }

    private static async Task Keys_do_not_meet(ConformanceRun<IAccessTokenStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SetAsync("wxa:token", Record("token-1"), run.CancellationToken).ConfigureAwait(false);
        await store.SetAsync("wxA:token", Record("token-2"), run.CancellationToken).ConfigureAwait(false);
        Same(run, Record("token-1"), await store.GetAsync("wxa:token", run.CancellationToken).ConfigureAwait(false));
        Same(run, Record("token-2"), await store.GetAsync("wxA:token", run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_token_of_4096_characters_comes_back(ConformanceRun<IAccessTokenStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var record = Record(string.Concat(Enumerable.Range(0, 4096).Select(static i => (char)('!' + (i % 94)))));
        await store.SetAsync(Key, record, run.CancellationToken).ConfigureAwait(false);
        Same(run, record, await store.GetAsync(Key, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_record_outlives_the_store_that_saved_it(ConformanceRun<IAccessTokenStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SetAsync(Key, Record(), run.CancellationToken).ConfigureAwait(false);
        Same(run, Record(), await (await run.OpenAsync().ConfigureAwait(false)).GetAsync(Key, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_cancelled_save_changes_nothing(ConformanceRun<IAccessTokenStore> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SetAsync(Key, Record(), run.CancellationToken).ConfigureAwait(false);
        var cancelled = new CancellationToken(canceled: true);
        await run.ThrowsAsync<OperationCanceledException>(() => store.SetAsync(Key, Record("token-2"), cancelled).AsTask(), "a cancelled save").ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(() => store.GetAsync(Key, cancelled).AsTask(), "a cancelled read").ConfigureAwait(false);
        Same(run, Record(), await store.GetAsync(Key, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_record_is_never_seen_half_written(ConformanceRun<IAccessTokenStore> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        StoredAccessToken Numbered(int n) => new() { Token = new AccessToken($"token-{n}", Noon.AddSeconds(n)), ForcedAt = Noon.AddSeconds(n), ForcedCount = n };
        await here.SetAsync(Key, Numbered(0), run.CancellationToken).ConfigureAwait(false);
        var writing = Task.Run(
            async () =>
            {
                for (var n = 1; n <= 100; n++)
                {
                    await here.SetAsync(Key, Numbered(n), run.CancellationToken).ConfigureAwait(false);
                }
            },
            run.CancellationToken);
        while (!writing.IsCompleted)
        {
            var seen = await there.GetAsync(Key, run.CancellationToken).ConfigureAwait(false);
            Same(run, Numbered(seen!.ForcedCount), seen);
        }

        await writing.ConfigureAwait(false);
        Same(run, Numbered(100), await there.GetAsync(Key, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_lease_does_not_stop_reading_and_writing(ConformanceRun<IAccessTokenStore> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        run.True(await here.TryLeaseAsync(Key, TimeSpan.FromMinutes(1), run.CancellationToken).ConfigureAwait(false) is not null, "a free lease is given");
        await there.SetAsync(Key, Record(), run.CancellationToken).ConfigureAwait(false);
        Same(run, Record(), await there.GetAsync(Key, run.CancellationToken).ConfigureAwait(false));
    }
}
