namespace WeChat.UnionPush.Testing;

/// <summary>
/// What every <see cref="IBroadcastJournal"/> must keep, as named cases for any test framework: enumerate <see cref="CaseNames"/> and run each,
/// so that a case that a later version adds runs too.
/// </summary>
public static class BroadcastJournalConformance
{
    private const string AppId = "wx0123456789abcdef";
    private const string Id = "0123456789abcdef";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 4, 0, 0, 123, TimeSpan.Zero);

    private static readonly BroadcastRecord Spring = new(AppId, "春季活动 \"'😀") { Id = Id, Content = "{\"t\":\"通知\"}", CreatedAt = Noon };

    private static readonly BroadcastCounts Counts = new()
    {
        Sent = 1,
        NotSignedIn = 2,
        NotLinked = 3,
        NotFollowing = 4,
        Refused = 5,
        TooFrequent = 6,
        Duplicate = 7,
        Unknown = 8,
        Failed = 9,
        SentBySubscribeMessage = 10,
        SentBySubscribeNotice = 11,
        SentByCustomerService = 12,
        SentByFallback = 13,
    };

    private static readonly ConformanceSuite<IBroadcastJournal> Suite = new()
    {
        Nothing_is_stored_at_first,
        A_broadcast_comes_back_whole,
        A_name_is_taken_once_in_an_account,
        Of_two_writers_of_one_revision_one_wins,
        Lists_come_oldest_first,
        Lists_can_leave_out_what_does_not_run,
        The_right_to_plan_is_one_persons,
        Batches_come_back_whole_and_in_order,
        A_claim_is_nobody_elses,
        A_claim_ends_with_its_lease,
        Who_lost_a_claim_writes_nothing,
        A_save_extends_the_claim,
        A_released_batch_can_be_claimed_again,
        A_batch_is_not_claimed_before_its_time,
        A_complete_batch_is_not_claimed,
        A_complete_batch_can_be_opened_again,
        A_batch_that_is_claimed_cannot_be_opened_again,
        Progress_adds_up,
        Broadcasts_do_not_meet,
        Batches_are_deleted_for_one_broadcast,
        A_forgotten_recipient_is_gone_and_the_others_stay,
        Twenty_claimers_at_once_get_different_batches,
        A_thousand_batches_go_in_and_come_out,
        A_cancelled_call_changes_nothing,
    };

    /// <summary>The names of all cases.</summary>
    public static IReadOnlyList<string> CaseNames => Suite.CaseNames;

    /// <summary>Runs one case.</summary>
    /// <param name="caseName">One of <see cref="CaseNames"/>.</param>
    /// <param name="openAsync">Opens the store under test, as a new process would: empty at the first call of a run, and on the same data at every
    /// later one. Claims and rights must end by the clock given, which the case moves. What it returns is disposed at the end, where it can be.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="ConformanceException">The store does not keep its contract.</exception>
    public static Task RunAsync(string caseName, Func<TimeProvider, CancellationToken, ValueTask<IBroadcastJournal>> openAsync, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openAsync);
        return Suite.RunAsync(caseName, openAsync, cancellationToken);
    }

    private static BroadcastBatch Batch(int number, string id = Id) => new(id, number)
    {
        Size = 2,
        Recipients = $"oA{number}\noB{number}\t{{\"thing1\":\"你好 😀\"}}",
        Outcomes = "",
        AvailableAt = DateTimeOffset.UnixEpoch,
        SavedAt = DateTimeOffset.UnixEpoch,
    };

    private static async Task<IBroadcastJournal> OpenWithAsync(ConformanceRun<IBroadcastJournal> run, int batches)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.True(await store.TryAddAsync(Spring, run.CancellationToken).ConfigureAwait(false), "a new broadcast is added");
        await store.AddBatchesAsync([.. Enumerable.Range(0, batches).Select(static number => Batch(number))], run.CancellationToken).ConfigureAwait(false);
        return store;
    }

    private static async Task<BroadcastBatch> ClaimAsync(ConformanceRun<IBroadcastJournal> run, IBroadcastJournal store)
    {
        var claimed = await store.TryClaimAsync(Id, Minute, run.CancellationToken).ConfigureAwait(false);
        run.True(claimed is { ClaimId: not null }, "a batch can be claimed");
        return claimed!;
    }

    private static async Task<List<BroadcastBatch>> AllAsync(ConformanceRun<IBroadcastJournal> run, IBroadcastJournal store, string id = Id)
    {
        var batches = new List<BroadcastBatch>();
        await foreach (var batch in store.ListBatchesAsync(id, run.CancellationToken).ConfigureAwait(false))
        {
            batches.Add(batch);
        }

        return batches;
    }

    private static async Task Nothing_is_stored_at_first(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.Equal(null, await store.FindAsync(AppId, Spring.Name, run.CancellationToken).ConfigureAwait(false));
        run.Same([], await store.ListAsync(AppId, onlyRunning: false, run.CancellationToken).ConfigureAwait(false));
        run.Equal(null, await store.TryClaimAsync(Id, Minute, run.CancellationToken).ConfigureAwait(false));
        run.Equal(new BroadcastProgress(0, new BroadcastCounts()), await store.CountAsync(Id, Noon, run.CancellationToken).ConfigureAwait(false));
        run.Equal(false, await store.TryUpdateAsync(Spring, run.CancellationToken).ConfigureAwait(false));
        run.Equal(false, await store.SaveAsync(Batch(0) with { ClaimId = "nobody" }, release: false, run.CancellationToken).ConfigureAwait(false));
        await store.AddBatchesAsync([], run.CancellationToken).ConfigureAwait(false);
        await store.DeleteBatchesAsync(Id, run.CancellationToken).ConfigureAwait(false);
        run.Same([], await AllAsync(run, store).ConfigureAwait(false));
    }

    private static async Task A_broadcast_comes_back_whole(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var whole = Spring with
        {
            State = BroadcastState.Stopped,
            Reason = "40164 不在白名单",
            Recipients = 5_000_000_000,
            StartedAt = Noon.AddSeconds(1),
            EndedAt = Noon.AddDays(1),
            WaitsUntil = Noon.AddHours(3),
            Report = "{}",
            Content = string.Concat(Enumerable.Repeat("内容", 20_000)),
        };
        await store.TryAddAsync(whole, run.CancellationToken).ConfigureAwait(false);
        var other = await run.OpenAsync().ConfigureAwait(false);
        run.Equal(whole, await other.FindAsync(AppId, Spring.Name, run.CancellationToken).ConfigureAwait(false));
        var bare = new BroadcastRecord(AppId, new string('n', 128)) { Id = "f", CreatedAt = Noon };
        await store.TryAddAsync(bare, run.CancellationToken).ConfigureAwait(false);
        run.Equal(bare, await store.FindAsync(AppId, bare.Name, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_name_is_taken_once_in_an_account(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 0).ConfigureAwait(false);
        run.Equal(false, await store.TryAddAsync(Spring with { Id = "other" }, run.CancellationToken).ConfigureAwait(false));
        run.Equal(Spring, await store.FindAsync(AppId, Spring.Name, run.CancellationToken).ConfigureAwait(false));
        run.Equal(true, await store.TryAddAsync(Spring with { Name = Spring.Name + " " }, run.CancellationToken).ConfigureAwait(false));
        run.Equal(true, await store.TryAddAsync(Spring with { AppId = "wxother" }, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task Of_two_writers_of_one_revision_one_wins(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 0).ConfigureAwait(false);
        run.Equal(true, await store.TryUpdateAsync(Spring with { State = BroadcastState.Running }, run.CancellationToken).ConfigureAwait(false));
        run.Equal(false, await store.TryUpdateAsync(Spring with { State = BroadcastState.Cancelled }, run.CancellationToken).ConfigureAwait(false));
        var stored = (await store.FindAsync(AppId, Spring.Name, run.CancellationToken).ConfigureAwait(false))!;
        run.Equal(Spring with { State = BroadcastState.Running, Revision = 1 }, stored);
        run.Equal(true, await store.TryUpdateAsync(stored with { Id = "another", Reason = "because", Recipients = 7 }, run.CancellationToken).ConfigureAwait(false));
        run.Equal(
            stored with { Id = "another", Reason = "because", Recipients = 7, Revision = 2 },
            await store.FindAsync(AppId, Spring.Name, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task Lists_come_oldest_first(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        foreach (var (name, minutes) in new[] { ("b", 1), ("a", 1), ("z", 0), ("c", 2) })
        {
            await store.TryAddAsync(Spring with { Name = name, CreatedAt = Noon.AddMinutes(minutes) }, run.CancellationToken).ConfigureAwait(false);
        }

        await store.TryAddAsync(Spring with { AppId = "wxother" }, run.CancellationToken).ConfigureAwait(false);
        var names = (await store.ListAsync(AppId, onlyRunning: false, run.CancellationToken).ConfigureAwait(false)).Select(static one => one.Name);
        run.Equal("z a b c", string.Join(' ', names));
    }

    private static async Task Lists_can_leave_out_what_does_not_run(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        foreach (var state in Enum.GetValues<BroadcastState>())
        {
            await store.TryAddAsync(Spring with { Name = state.ToString(), State = state }, run.CancellationToken).ConfigureAwait(false);
        }

        var running = await store.ListAsync(AppId, onlyRunning: true, run.CancellationToken).ConfigureAwait(false);
        run.Same([nameof(BroadcastState.Running)], running.Select(static one => one.Name));
        var all = await store.ListAsync(AppId, onlyRunning: false, run.CancellationToken).ConfigureAwait(false);
        run.True(all.All(static one => string.Equals(one.Name, one.State.ToString(), StringComparison.Ordinal)), "every state comes back");
    }

    private static async Task The_right_to_plan_is_one_persons(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var other = await run.OpenAsync().ConfigureAwait(false);
        var lease = await store.TryLeaseAsync(AppId, Spring.Name, Minute, run.CancellationToken).ConfigureAwait(false);
        run.True(lease is not null, "the right is given");
        run.True(await other.TryLeaseAsync(AppId, Spring.Name, Minute, run.CancellationToken).ConfigureAwait(false) is null, "it is given once");
        run.True(await other.TryLeaseAsync(AppId, "another", Minute, run.CancellationToken).ConfigureAwait(false) is not null, "another broadcast has its own");
        run.Clock.Advance(Minute);
        run.True(await other.TryLeaseAsync(AppId, Spring.Name, Minute, run.CancellationToken).ConfigureAwait(false) is not null, "it ends by itself");
        run.Equal(false, await lease!.RenewAsync(Minute, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task Batches_come_back_whole_and_in_order(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var batches = Enumerable.Range(0, 130).Select(static number => Batch(number) with
        { Outcomes = $"out{number}", Counts = Counts, AvailableAt = Noon.AddMilliseconds(number), SavedAt = Noon.AddSeconds(number) }).ToArray();
        await store.AddBatchesAsync([.. Enumerable.Reverse(batches)], run.CancellationToken).ConfigureAwait(false);
        var other = await run.OpenAsync().ConfigureAwait(false);
        var stored = await AllAsync(run, other).ConfigureAwait(false);
        run.Equal(batches.Length, stored.Count);
        for (var i = 0; i < stored.Count; i++)
        {
            run.Equal(batches[i], stored[i]);
        }
    }

    private static async Task A_claim_is_nobody_elses(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 2).ConfigureAwait(false);
        var other = await run.OpenAsync().ConfigureAwait(false);
        var first = await ClaimAsync(run, store).ConfigureAwait(false);
        var second = await ClaimAsync(run, other).ConfigureAwait(false);
        run.Same([0, 1], new[] { first.Number, second.Number });
        run.True(!string.Equals(first.ClaimId, second.ClaimId, StringComparison.Ordinal), "claims differ");
        run.Equal(Batch(first.Number).Recipients, first.Recipients);
        run.Equal(null, await store.TryClaimAsync(Id, Minute, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_claim_ends_with_its_lease(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 1).ConfigureAwait(false);
        var first = await ClaimAsync(run, store).ConfigureAwait(false);
        run.Clock.Advance(Minute - TimeSpan.FromMilliseconds(1));
        run.Equal(null, await store.TryClaimAsync(Id, Minute, run.CancellationToken).ConfigureAwait(false));
        run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var second = await ClaimAsync(run, store).ConfigureAwait(false);
        run.Equal(first.Number, second.Number);
    }

    private static async Task Who_lost_a_claim_writes_nothing(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 1).ConfigureAwait(false);
        var first = await ClaimAsync(run, store).ConfigureAwait(false);
        run.Clock.Advance(Minute);
        var second = await ClaimAsync(run, store).ConfigureAwait(false);
        run.Equal(false, await store.SaveAsync(first with { Outcomes = "late", Counts = Counts }, release: true, run.CancellationToken).ConfigureAwait(false));
        run.Equal(second, (await AllAsync(run, store).ConfigureAwait(false))[0]);
        run.Equal(
            true,
            await store.SaveAsync(second with { Outcomes = "mine", AvailableAt = DateTimeOffset.MaxValue }, release: true, run.CancellationToken).ConfigureAwait(false));
        run.Equal(false, await store.SaveAsync(second with { Outcomes = "again" }, release: true, run.CancellationToken).ConfigureAwait(false));
        run.Equal("mine", (await AllAsync(run, store).ConfigureAwait(false))[0].Outcomes);
    }

    private static async Task A_save_extends_the_claim(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 1).ConfigureAwait(false);
        var claimed = await ClaimAsync(run, store).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromSeconds(50));
        var saved = claimed with { Outcomes = "some", Counts = Counts, AvailableAt = run.Clock.GetUtcNow() + Minute, SavedAt = run.Clock.GetUtcNow() };
        run.Equal(true, await store.SaveAsync(saved, release: false, run.CancellationToken).ConfigureAwait(false));
        run.Clock.Advance(TimeSpan.FromSeconds(50));
        run.Equal(null, await store.TryClaimAsync(Id, Minute, run.CancellationToken).ConfigureAwait(false));
        run.Equal(saved, (await AllAsync(run, store).ConfigureAwait(false))[0]);

        // Nobody else has claimed it, so that it is still the claimer's after its end.
        run.Clock.Advance(Minute);
        run.Equal(true, await store.SaveAsync(saved, release: false, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_released_batch_can_be_claimed_again(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 1).ConfigureAwait(false);
        var claimed = await ClaimAsync(run, store).ConfigureAwait(false);
        run.Equal(true, await store.SaveAsync(claimed with { Outcomes = "half", AvailableAt = run.Clock.GetUtcNow() }, release: true, run.CancellationToken).ConfigureAwait(false));
        run.Equal("half", (await ClaimAsync(run, store).ConfigureAwait(false)).Outcomes);
    }

    private static async Task A_batch_is_not_claimed_before_its_time(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 0).ConfigureAwait(false);
        await store.AddBatchesAsync([Batch(0) with { AvailableAt = run.Clock.GetUtcNow() + Minute }], run.CancellationToken).ConfigureAwait(false);
        run.Equal(null, await store.TryClaimAsync(Id, Minute, run.CancellationToken).ConfigureAwait(false));
        run.Clock.Advance(Minute);
        await ClaimAsync(run, store).ConfigureAwait(false);
    }

    private static async Task A_complete_batch_is_not_claimed(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 1).ConfigureAwait(false);
        var claimed = await ClaimAsync(run, store).ConfigureAwait(false);
        await store.SaveAsync(claimed with { AvailableAt = DateTimeOffset.MaxValue }, release: true, run.CancellationToken).ConfigureAwait(false);
        await store.AddBatchesAsync([Batch(1) with { AvailableAt = DateTimeOffset.MaxValue }], run.CancellationToken).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromDays(1000));
        run.Equal(null, await store.TryClaimAsync(Id, Minute, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_complete_batch_can_be_opened_again(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 0).ConfigureAwait(false);
        var complete = Batch(0) with { AvailableAt = DateTimeOffset.MaxValue, Outcomes = "all", Counts = Counts };
        await store.AddBatchesAsync([complete], run.CancellationToken).ConfigureAwait(false);
        var opened = complete with { AvailableAt = run.Clock.GetUtcNow(), Outcomes = "less", Counts = new BroadcastCounts { Sent = 1 } };
        run.Equal(true, await store.TryReopenAsync(opened, run.CancellationToken).ConfigureAwait(false));
        run.Equal(opened, (await AllAsync(run, store).ConfigureAwait(false))[0]);
        run.Equal("less", (await ClaimAsync(run, store).ConfigureAwait(false)).Outcomes);
    }

    private static async Task A_batch_that_is_claimed_cannot_be_opened_again(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 1).ConfigureAwait(false);
        run.Equal(false, await store.TryReopenAsync(Batch(0) with { Outcomes = "x" }, run.CancellationToken).ConfigureAwait(false));
        await ClaimAsync(run, store).ConfigureAwait(false);
        run.Equal(false, await store.TryReopenAsync(Batch(0) with { Outcomes = "x" }, run.CancellationToken).ConfigureAwait(false));
        run.Equal("", (await AllAsync(run, store).ConfigureAwait(false))[0].Outcomes);
    }

    private static async Task Progress_adds_up(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 3).ConfigureAwait(false);
        await store.AddBatchesAsync(
            [Batch(3) with { Size = 45, Counts = Counts, AvailableAt = DateTimeOffset.MaxValue }], run.CancellationToken).ConfigureAwait(false);
        var claimed = await ClaimAsync(run, store).ConfigureAwait(false);
        await ClaimAsync(run, store).ConfigureAwait(false);
        var since = run.Clock.GetUtcNow();
        run.Clock.Advance(TimeSpan.FromSeconds(30));
        await store.SaveAsync(
            claimed with { Counts = new BroadcastCounts { Sent = 1, Unknown = 1 }, AvailableAt = run.Clock.GetUtcNow() + Minute, SavedAt = since },
            release: false,
            run.CancellationToken).ConfigureAwait(false);
        var expected = new BroadcastProgress(51, Counts with { Sent = 2, Unknown = 9 }) { OpenBatches = 3, ClaimedBatches = 2, Recent = 2 };
        run.Equal(expected, await store.CountAsync(Id, since, run.CancellationToken).ConfigureAwait(false));
        run.Clock.Advance(TimeSpan.FromSeconds(30));
        run.Equal(expected with { ClaimedBatches = 1, Recent = 0 }, await store.CountAsync(Id, since.AddMilliseconds(1), run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task Broadcasts_do_not_meet(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 1).ConfigureAwait(false);
        await store.AddBatchesAsync([Batch(0, "other")], run.CancellationToken).ConfigureAwait(false);
        await ClaimAsync(run, store).ConfigureAwait(false);
        run.Equal(null, await store.TryClaimAsync(Id, Minute, run.CancellationToken).ConfigureAwait(false));
        run.Equal(Batch(0, "other"), (await AllAsync(run, store, "other").ConfigureAwait(false))[0]);
        run.Equal(2, (await store.CountAsync("other", Noon, run.CancellationToken).ConfigureAwait(false)).Recipients);
    }

    private static async Task Batches_are_deleted_for_one_broadcast(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 1_200).ConfigureAwait(false);
        await store.AddBatchesAsync([Batch(0, "other")], run.CancellationToken).ConfigureAwait(false);
        await store.DeleteBatchesAsync(Id, run.CancellationToken).ConfigureAwait(false);
        run.Same([], await AllAsync(run, store).ConfigureAwait(false));
        run.Equal(1, (await AllAsync(run, store, "other").ConfigureAwait(false)).Count);
        run.Equal(Spring, await store.FindAsync(AppId, Spring.Name, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_forgotten_recipient_is_gone_and_the_others_stay(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 2).ConfigureAwait(false);
        await store.TryAddAsync(Spring with { AppId = "wxother", Id = "other" }, run.CancellationToken).ConfigureAwait(false);
        await store.AddBatchesAsync([Batch(0, "other")], run.CancellationToken).ConfigureAwait(false);
        var like = new BroadcastBatch(Id, 2) { Size = 4, Recipients = "oB0x\noB_\no%\no\\1", AvailableAt = Noon, SavedAt = Noon };
        await store.AddBatchesAsync([like], run.CancellationToken).ConfigureAwait(false);
        await store.ForgetRecipientsAsync(AppId, ["oB0", "o_", "nobody"], run.CancellationToken).ConfigureAwait(false);
        var all = await AllAsync(run, store).ConfigureAwait(false);
        run.Equal("oA0\n", all[0].Recipients);
        run.Equal(Batch(1).Recipients, all[1].Recipients);
        run.Equal(like.Recipients, all[2].Recipients);
        run.Equal(Batch(0).Recipients, (await AllAsync(run, store, "other").ConfigureAwait(false))[0].Recipients);
        await store.ForgetRecipientsAsync(AppId, ["oB_", "o%", "o\\1"], run.CancellationToken).ConfigureAwait(false);
        run.Equal("oB0x\n\n\n", (await AllAsync(run, store).ConfigureAwait(false))[2].Recipients);
    }

    private static async Task Twenty_claimers_at_once_get_different_batches(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 200).ConfigureAwait(false);
        var other = await run.OpenAsync().ConfigureAwait(false);
        var claimed = await Task.WhenAll(Enumerable.Range(0, 20).Select(async claimer =>
        {
            var mine = new List<int>();
            while (await (claimer % 2 == 0 ? store : other).TryClaimAsync(Id, Minute, run.CancellationToken).ConfigureAwait(false) is { } batch)
            {
                mine.Add(batch.Number);
            }

            return mine;
        })).ConfigureAwait(false);
        run.Same(Enumerable.Range(0, 200), claimed.SelectMany(static mine => mine));
    }

    private static async Task A_thousand_batches_go_in_and_come_out(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var recipients = string.Join('\n', Enumerable.Range(0, 100).Select(static number => $"oABCDEFGHIJKLMNOPQRSTUVW{number:D4}"));
        for (var first = 0; first < 1_000; first += 50)
        {
            await store.AddBatchesAsync(
                [.. Enumerable.Range(first, 50).Select(number => Batch(number) with { Size = 100, Recipients = recipients })], run.CancellationToken).ConfigureAwait(false);
        }

        var all = await AllAsync(run, store).ConfigureAwait(false);
        run.Equal(1_000, all.Count);
        run.True(all.All(batch => string.Equals(batch.Recipients, recipients, StringComparison.Ordinal)), "recipients come back");
        run.Equal(100_000, (await store.CountAsync(Id, Noon, run.CancellationToken).ConfigureAwait(false)).Recipients);
    }

    private static async Task A_cancelled_call_changes_nothing(ConformanceRun<IBroadcastJournal> run)
    {
        var store = await OpenWithAsync(run, 1).ConfigureAwait(false);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync().ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(
            async () => await store.TryAddAsync(Spring with { Name = "x" }, cancelled.Token).ConfigureAwait(false), "a cancelled add").ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(
            async () => await store.TryUpdateAsync(Spring with { Reason = "x" }, cancelled.Token).ConfigureAwait(false), "a cancelled update").ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(
            async () => await store.TryClaimAsync(Id, Minute, cancelled.Token).ConfigureAwait(false), "a cancelled claim").ConfigureAwait(false);
        run.Equal(Spring, await store.FindAsync(AppId, Spring.Name, run.CancellationToken).ConfigureAwait(false));
        run.Equal(null, await store.FindAsync(AppId, "x", run.CancellationToken).ConfigureAwait(false));
        run.Equal(Batch(0), (await AllAsync(run, store).ConfigureAwait(false))[0]);
    }
}
