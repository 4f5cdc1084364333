namespace WeChat.UnionPush.Testing;

/// <summary>
/// The contract of every <see cref="IMessageReceipts"/>, as named cases for any test framework. Enumerate <see cref="CaseNames"/> and run each,
/// so that cases added by a later version run too.
/// </summary>
public static class MessageReceiptsConformance
{
    private const string AppId = "wx0123456789abcdef";
    private const long MessageId = 3_717_005_636_572_528_642;

    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, 123, TimeSpan.Zero);

    private static readonly MessageReceipt Sent = new(AppId, MessageId)
    {
        OpenId = "oABCD-\"'😀 _1",
        TemplateId = "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY",
        CorrelationId = "订单/42",
        SentAt = Noon,
    };

    private static readonly MessageReceipt Finished = new(AppId, MessageId)
    {
        OpenId = "oABCD-\"'😀 _1",
        Status = TemplateDeliveryStatus.SystemFailed,
        StatusText = "failed: system failed",
        FinishedAt = Noon.AddSeconds(3),
    };

    private static readonly MessageReceipt Whole = Sent with { Status = Finished.Status, StatusText = Finished.StatusText, FinishedAt = Finished.FinishedAt };

    private static readonly ConformanceSuite<IMessageReceipts> Suite = new()
    {
        Nothing_is_stored_at_first,
        The_send_and_the_event_meet,
        The_event_may_come_first,
        A_receipt_comes_back_whole,
        A_receipt_of_nothing_but_its_id_comes_back,
        A_receipt_outlives_the_store_that_saved_it,
        What_is_known_stays,
        The_first_outcome_stays_whole,
        Every_status_comes_back,
        A_batch_may_name_a_message_twice,
        Accounts_and_messages_do_not_meet,
        A_correlation_id_finds_all_its_messages,
        Correlation_ids_are_compared_ordinally,
        Lists_come_newest_first,
        Lists_go_page_by_page,
        Lists_leave_out_what_lies_outside_their_time,
        Lists_leave_out_what_ended_otherwise,
        Lists_leave_other_accounts_out,
        Lists_answer_every_question_about_many_receipts,
        A_forgotten_recipient_stays_forgotten,
        Forgetting_touches_nobody_else,
        Receipts_expire_by_the_time_they_were_last_saved,
        Receipts_expire_in_batches,
        A_cancelled_call_changes_nothing,
        Ten_thousand_receipts_go_in_and_come_out,
        Two_writers_at_once_lose_nothing,
    };

    /// <summary>The names of all cases.</summary>
    public static IReadOnlyList<string> CaseNames => Suite.CaseNames;

    /// <summary>Runs one case.</summary>
    /// <param name="caseName">One of <see cref="CaseNames"/>.</param>
    /// <param name="openAsync">Opens the store under test, as a new process would: empty at the first call of a run, and on the same data at every
    /// later one. Ages must be measured with the given clock, which the case moves. The store is disposed at the end if it is disposable.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="ConformanceException">The store violates its contract.</exception>
    public static Task RunAsync(string caseName, Func<TimeProvider, CancellationToken, ValueTask<IMessageReceipts>> openAsync, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openAsync);
        return Suite.RunAsync(caseName, openAsync, cancellationToken);
    }

    private static async Task<MessageReceipt?> FindAsync(ConformanceRun<IMessageReceipts> run, IMessageReceipts store, long messageId = MessageId)
    {
        var found = await store.FindAsync(AppId, [messageId], run.CancellationToken).ConfigureAwait(false);
        run.True(found.Count <= 1, "a message has one receipt");
        return found.Count == 0 ? null : found[0];
    }

    private static ValueTask SaveAsync(ConformanceRun<IMessageReceipts> run, IMessageReceipts store, params MessageReceipt[] receipts) =>
        store.SaveAsync(receipts, run.CancellationToken);

    private static async Task Nothing_is_stored_at_first(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.Equal(null, await FindAsync(run, store).ConfigureAwait(false));
        run.Same([], await store.FindByCorrelationIdAsync(AppId, ["订单/42"], run.CancellationToken).ConfigureAwait(false));
        run.Equal(0, await store.ExpireAsync(DateTimeOffset.MaxValue, 10, run.CancellationToken).ConfigureAwait(false));
        await SaveAsync(run, store).ConfigureAwait(false);
        run.Same([], await store.FindAsync(AppId, [], run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task The_send_and_the_event_meet(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, Sent).ConfigureAwait(false);
        run.Equal(Sent, await FindAsync(run, store).ConfigureAwait(false));
        await SaveAsync(run, store, Finished).ConfigureAwait(false);
        run.Equal(Whole, await FindAsync(run, store).ConfigureAwait(false));
    }

    private static async Task The_event_may_come_first(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, Finished).ConfigureAwait(false);
        run.Equal(Finished, await FindAsync(run, store).ConfigureAwait(false));
        await SaveAsync(run, store, Sent).ConfigureAwait(false);
        run.Equal(Whole, await FindAsync(run, store).ConfigureAwait(false));
    }

    private static async Task A_receipt_comes_back_whole(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var longest = Whole with
        { OpenId = new string('o', 128), TemplateId = new string('模', 128), CorrelationId = string.Concat(Enumerable.Repeat("😀", 64)), StatusText = new string('s', 200) };
        await SaveAsync(run, store, longest).ConfigureAwait(false);
        run.Equal(longest, await FindAsync(run, store).ConfigureAwait(false));
    }

    private static async Task A_receipt_of_nothing_but_its_id_comes_back(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, new MessageReceipt(AppId, 1), new MessageReceipt(AppId, long.MaxValue)).ConfigureAwait(false);
        run.Equal(new MessageReceipt(AppId, 1), await FindAsync(run, store, 1).ConfigureAwait(false));
        run.Equal(new MessageReceipt(AppId, long.MaxValue), await FindAsync(run, store, long.MaxValue).ConfigureAwait(false));
    }

    private static async Task A_receipt_outlives_the_store_that_saved_it(ConformanceRun<IMessageReceipts> run)
    {
        await SaveAsync(run, await run.OpenAsync().ConfigureAwait(false), Whole).ConfigureAwait(false);
        run.Equal(Whole, await FindAsync(run, await run.OpenAsync().ConfigureAwait(false)).ConfigureAwait(false));
    }

    private static async Task What_is_known_stays(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, Sent).ConfigureAwait(false);
        await SaveAsync(run, store, new MessageReceipt(AppId, MessageId), Sent with
        { OpenId = "o2", TemplateId = "t2", CorrelationId = "c2", SentAt = Noon.AddSeconds(1) }).ConfigureAwait(false);
        run.Equal(Sent, await FindAsync(run, store).ConfigureAwait(false));
    }

    private static async Task The_first_outcome_stays_whole(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, Sent with { Status = TemplateDeliveryStatus.Delivered, FinishedAt = Noon.AddSeconds(1) }).ConfigureAwait(false);
        await SaveAsync(run, store, Finished).ConfigureAwait(false);
        run.Equal(Sent with { Status = TemplateDeliveryStatus.Delivered, FinishedAt = Noon.AddSeconds(1) }, await FindAsync(run, store).ConfigureAwait(false));
    }

    private static async Task Every_status_comes_back(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var receipts = Enum.GetValues<TemplateDeliveryStatus>()
            .Select(status => new MessageReceipt(AppId, 1 + (int)status) { Status = status, StatusText = status.ToString(), FinishedAt = Noon }).ToArray();
        await SaveAsync(run, store, receipts).ConfigureAwait(false);
        run.Same(receipts, await store.FindAsync(AppId, [.. receipts.Select(static receipt => receipt.MessageId)], run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_batch_may_name_a_message_twice(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, Finished, Finished, Sent, new MessageReceipt(AppId, 7), Finished with { Status = TemplateDeliveryStatus.Delivered }).ConfigureAwait(false);
        run.Equal(Whole, await FindAsync(run, store).ConfigureAwait(false));
        run.Equal(1, (await store.FindAsync(AppId, [MessageId, MessageId], run.CancellationToken).ConfigureAwait(false)).Count);
    }

    private static async Task Accounts_and_messages_do_not_meet(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, Sent, Finished with { AppId = "wX0123456789abcdef" }, new MessageReceipt(AppId, MessageId + 1)).ConfigureAwait(false);
        run.Equal(Sent, await FindAsync(run, store).ConfigureAwait(false));
        run.Same([Finished with { AppId = "wX0123456789abcdef" }],
            await store.FindAsync("wX0123456789abcdef", [MessageId, MessageId + 1], run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_correlation_id_finds_all_its_messages(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        MessageReceipt Of(long messageId, string? correlationId) => new(AppId, messageId) { CorrelationId = correlationId, SentAt = Noon };
        await SaveAsync(run, store, Of(1, "a"), Of(2, "b"), Of(3, "a"), Of(4, null), Of(5, "c"), Of(6, "a") with { AppId = "wxother" }).ConfigureAwait(false);
        run.Same([Of(1, "a"), Of(3, "a"), Of(5, "c")], await store.FindByCorrelationIdAsync(AppId, ["a", "c", "d", "a"], run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task Correlation_ids_are_compared_ordinally(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, Sent with { CorrelationId = "Order" }).ConfigureAwait(false);
        run.Same([], await store.FindByCorrelationIdAsync(AppId, ["order", "Order "], run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task<IReadOnlyList<MessageReceipt>> ListAsync(ConformanceRun<IMessageReceipts> run, IMessageReceipts store, MessageReceiptQuery query) =>
        await store.ListAsync(AppId, query, run.CancellationToken).ConfigureAwait(false);

    private static async Task ListedAsync(ConformanceRun<IMessageReceipts> run, IMessageReceipts store, MessageReceiptQuery query, params long[] messageIds) =>
        run.Equal(
            string.Join(' ', messageIds),
            string.Join(' ', (await ListAsync(run, store, query).ConfigureAwait(false)).Select(static receipt => receipt.MessageId)),
            $"the messages listed for {query}");

    private static async Task Lists_come_newest_first(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await ListedAsync(run, store, new()).ConfigureAwait(false);
        await SaveAsync(
            run,
            store,
            new(AppId, 5) { SentAt = Noon },
            new(AppId, 3) { SentAt = Noon.AddMilliseconds(2) },
            new(AppId, 1) { SentAt = Noon.AddMilliseconds(1), Status = TemplateDeliveryStatus.Delivered, FinishedAt = Noon.AddDays(1) },
            new(AppId, 2) { Status = TemplateDeliveryStatus.Delivered, FinishedAt = Noon.AddMilliseconds(3) },
            new(AppId, 4),
            new(AppId, 6) { SentAt = Noon }).ConfigureAwait(false);
        await ListedAsync(run, store, new(), 2, 3, 1, 6, 5, 4).ConfigureAwait(false);
        run.Same([new MessageReceipt(AppId, 3) { SentAt = Noon.AddMilliseconds(2) }], (await ListAsync(run, store, new() { Limit = 2 }).ConfigureAwait(false)).Skip(1));

        // The send is saved after the event. The receipt is then sorted by the time of the send.
        await SaveAsync(run, store, new MessageReceipt(AppId, 2) { SentAt = Noon.AddMilliseconds(-1) }).ConfigureAwait(false);
        await ListedAsync(run, store, new(), 3, 1, 6, 5, 2, 4).ConfigureAwait(false);
    }

    private static async Task Lists_go_page_by_page(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);

        // Three in each millisecond, so that pages begin and end inside a millisecond.
        await SaveAsync(run, store,
            [.. Enumerable.Range(0, 30).Select(static i => new MessageReceipt(AppId, 1_000 + i) { SentAt = i < 3 ? null : Noon.AddMilliseconds(i / 3) })]).ConfigureAwait(false);
        foreach (var limit in new[] { 1, 4, 7, 30, 31 })
        {
            var ids = new List<long>();
            MessageReceipt? last = null;
            int count;
            do
            {
                var page = await ListAsync(run, store, new() { After = last, Limit = limit }).ConfigureAwait(false);
                run.True(page.Count <= limit, $"a page has no more than {limit} receipts");
                ids.AddRange(page.Select(static receipt => receipt.MessageId));
                count = page.Count;
                last = count == 0 ? last : page[^1];
            }
            while (count == limit);
            run.Equal(string.Join(' ', Enumerable.Range(0, 30).Select(static i => 1_029 - i)), string.Join(' ', ids), $"all pages of {limit}");
        }
    }

    private static async Task Lists_leave_out_what_lies_outside_their_time(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, [.. Enumerable.Range(0, 5)
            .Select(static i => new MessageReceipt(AppId, i + 1) { SentAt = Noon.AddMilliseconds(i) }), new MessageReceipt(AppId, 9)]).ConfigureAwait(false);
        await ListedAsync(run, store, new() { From = Noon.AddMilliseconds(1), Before = Noon.AddMilliseconds(4) }, 4, 3, 2).ConfigureAwait(false);
        await ListedAsync(run, store, new() { From = Noon.AddMilliseconds(3).AddTicks(5_000) }, 5, 4).ConfigureAwait(false);
        await ListedAsync(run, store, new() { Before = Noon.AddMilliseconds(1).AddTicks(5_000) }, 1, 9).ConfigureAwait(false);
        await ListedAsync(run, store, new() { From = Noon.AddMilliseconds(2), Before = Noon.AddMilliseconds(2) }).ConfigureAwait(false);
        await ListedAsync(run, store, new() { From = DateTimeOffset.MinValue, Before = DateTimeOffset.MaxValue, Limit = 2 }, 5, 4).ConfigureAwait(false);
        await ListedAsync(
            run, store, new() { Before = Noon.AddMilliseconds(4), After = new(AppId, 5) { SentAt = Noon.AddMilliseconds(4) }, From = Noon }, 4, 3, 2, 1).ConfigureAwait(false);
    }

    private static async Task Lists_leave_out_what_ended_otherwise(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var statuses = Enum.GetValues<TemplateDeliveryStatus>();
        await SaveAsync(run, store, [.. statuses.Select(static status => new MessageReceipt(AppId, 10 + (int)status) { Status = status, FinishedAt = Noon }),
            new MessageReceipt(AppId, 1) { SentAt = Noon }]).ConfigureAwait(false);
        foreach (var status in statuses)
        {
            await ListedAsync(run, store, new() { Status = status }, 10 + (int)status).ConfigureAwait(false);
            await ListedAsync(run, store, new() { Status = status, HasOutcome = true }, 10 + (int)status).ConfigureAwait(false);
            await ListedAsync(run, store, new() { Status = status, HasOutcome = false }).ConfigureAwait(false);
        }

        await ListedAsync(run, store, new() { HasOutcome = true }, [.. statuses.Select(static status => 10L + (int)status).OrderDescending()]).ConfigureAwait(false);
        await ListedAsync(run, store, new() { HasOutcome = false }, 1).ConfigureAwait(false);
    }

    private static async Task Lists_leave_other_accounts_out(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, new(AppId, 1) { SentAt = Noon }, new("wX0123456789abcdef", 2) { SentAt = Noon }, new("wxother", 3) { SentAt = Noon }).ConfigureAwait(false);
        await ListedAsync(run, store, new(), 1).ConfigureAwait(false);
        run.Equal(0, (await store.ListAsync("wxunknown", new(), run.CancellationToken).ConfigureAwait(false)).Count, "the number listed of an unknown account");
    }

    private static async Task Lists_answer_every_question_about_many_receipts(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var random = new Random(20261126);
        var all = Enumerable.Range(1, 400).Select(i => new MessageReceipt(AppId, random.Next(1, 1_000_000) * 1_000L + i)
        {
            SentAt = random.Next(10) == 0 ? null : Noon.AddMilliseconds(random.Next(20)),
            Status = random.Next(3) == 0 ? null : (TemplateDeliveryStatus)random.Next(5),
            FinishedAt = random.Next(3) == 0 ? null : Noon.AddMilliseconds(random.Next(20)),
        }).ToArray();
        await SaveAsync(run, store, all).ConfigureAwait(false);
        static long Time(MessageReceipt receipt) => (receipt.SentAt ?? receipt.FinishedAt ?? DateTimeOffset.UnixEpoch).ToUnixTimeMilliseconds();
        for (var question = 0; question < 150; question++)
        {
            var from = random.Next(2) == 0 ? Noon.AddMilliseconds(random.Next(20)) : (DateTimeOffset?)null;
            var before = random.Next(2) == 0 ? Noon.AddMilliseconds(random.Next(20)) : (DateTimeOffset?)null;
            var status = random.Next(3) == 0 ? (TemplateDeliveryStatus)random.Next(5) : (TemplateDeliveryStatus?)null;
            var hasOutcome = random.Next(3) == 0 ? random.Next(2) == 0 : (bool?)null;
            var after = random.Next(2) == 0 ? all[random.Next(all.Length)] : null;
            var limit = random.Next(1, 60);
            var expected = all
                .Where(receipt => from is null || Time(receipt) >= from.Value.ToUnixTimeMilliseconds())
                .Where(receipt => before is null || Time(receipt) < before.Value.ToUnixTimeMilliseconds())
                .Where(receipt => status is null || receipt.Status == status)
                .Where(receipt => hasOutcome is null || (receipt.Status is null) != hasOutcome)
                .Where(receipt => after is null || Time(receipt) < Time(after) || (Time(receipt) == Time(after) && receipt.MessageId < after.MessageId))
                .OrderByDescending(Time).ThenByDescending(static receipt => receipt.MessageId)
                .Take(limit);
            await ListedAsync(
                run,
                store,
                new() { From = from, Before = before, Status = status, HasOutcome = hasOutcome, After = after, Limit = limit },
                [.. expected.Select(static receipt => receipt.MessageId)]).ConfigureAwait(false);
        }
    }

    private static async Task A_forgotten_recipient_stays_forgotten(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, Sent).ConfigureAwait(false);
        await store.ForgetRecipientsAsync(AppId, [Sent.OpenId!, "o-nobody"], run.CancellationToken).ConfigureAwait(false);
        run.Equal(Sent with { OpenId = "" }, await FindAsync(run, store).ConfigureAwait(false));
        await SaveAsync(run, store, Finished).ConfigureAwait(false);
        run.Equal(Whole with { OpenId = "" }, await FindAsync(run, store).ConfigureAwait(false));
    }

    private static async Task Forgetting_touches_nobody_else(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        MessageReceipt[] others = [new(AppId, 1) { OpenId = "O1" }, new("wxother", 2) { OpenId = "o1" }, new(AppId, 3)];
        await SaveAsync(run, store, others).ConfigureAwait(false);
        await store.ForgetRecipientsAsync(AppId, ["o1", ""], run.CancellationToken).ConfigureAwait(false);
        run.Same(others[..1], await store.FindAsync(AppId, [1, 2], run.CancellationToken).ConfigureAwait(false));
        run.Same(others[1..2], await store.FindAsync("wxother", [2], run.CancellationToken).ConfigureAwait(false));
        run.Same(others[2..], await store.FindAsync(AppId, [3], run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task Receipts_expire_by_the_time_they_were_last_saved(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var start = run.Clock.GetUtcNow();
        await SaveAsync(run, store, new MessageReceipt(AppId, 1), new MessageReceipt(AppId, 2)).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromHours(1));
        await SaveAsync(run, store, Finished with { MessageId = 2 }, new MessageReceipt(AppId, 3)).ConfigureAwait(false);
        run.Equal(0, await store.ExpireAsync(start, 10, run.CancellationToken).ConfigureAwait(false));
        run.Equal(1, await store.ExpireAsync(start.AddMilliseconds(1), 10, run.CancellationToken).ConfigureAwait(false));
        run.Same([2L, 3L], (await store.FindAsync(AppId, [1, 2, 3], run.CancellationToken).ConfigureAwait(false)).Select(static receipt => receipt.MessageId));
    }

    private static async Task Receipts_expire_in_batches(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await SaveAsync(run, store, [.. Enumerable.Range(1, 25).Select(static i => new MessageReceipt(AppId, i))]).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromSeconds(1));
        var before = run.Clock.GetUtcNow();
        run.Equal(10, await store.ExpireAsync(before, 10, run.CancellationToken).ConfigureAwait(false));
        run.Equal(10, await store.ExpireAsync(before, 10, run.CancellationToken).ConfigureAwait(false));
        run.Equal(5, await store.ExpireAsync(before, 10, run.CancellationToken).ConfigureAwait(false));
        run.Equal(0, await store.ExpireAsync(before, 10, run.CancellationToken).ConfigureAwait(false));
        await run.ThrowsAsync<ArgumentOutOfRangeException>(() => store.ExpireAsync(before, 0, run.CancellationToken).AsTask(), "a limit of none").ConfigureAwait(false);
    }

    private static async Task A_cancelled_call_changes_nothing(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var cancelled = new CancellationToken(canceled: true);
        await SaveAsync(run, store, Sent).ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(() => store.SaveAsync([Finished], cancelled).AsTask(), "a cancelled save").ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(
            () => store.ForgetRecipientsAsync(AppId, [Sent.OpenId!], cancelled).AsTask(), "a cancelled forgetting").ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(() => store.ExpireAsync(DateTimeOffset.MaxValue, 10, cancelled).AsTask(), "a cancelled expiry").ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(() => store.ListAsync(AppId, new(), cancelled).AsTask(), "a cancelled list").ConfigureAwait(false);
        run.Equal(Sent, await FindAsync(run, store).ConfigureAwait(false));
    }

    private static async Task Ten_thousand_receipts_go_in_and_come_out(ConformanceRun<IMessageReceipts> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var receipts = Enumerable.Range(1, 10_000).Select(static i => Sent with { MessageId = MessageId - i, CorrelationId = $"c{i % 100}" }).ToArray();
        await SaveAsync(run, store, receipts).ConfigureAwait(false);
        run.Same(receipts, await store.FindAsync(AppId, [.. receipts.Select(static receipt => receipt.MessageId)], run.CancellationToken).ConfigureAwait(false));
        run.Equal(100, (await store.FindByCorrelationIdAsync(AppId, ["c7"], run.CancellationToken).ConfigureAwait(false)).Count);
    }

    private static async Task Two_writers_at_once_lose_nothing(ConformanceRun<IMessageReceipts> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        var ids = Enumerable.Range(1, 600).Select(static i => (long)i).ToArray();
        await Task.WhenAll(
            Task.Run(() => WriteAsync(here, Sent, ids), run.CancellationToken),
            Task.Run(() => WriteAsync(there, Finished, [.. Enumerable.Reverse(ids)]), run.CancellationToken)).ConfigureAwait(false);
        run.Same(ids.Select(static id => Whole with { MessageId = id }), await here.FindAsync(AppId, ids, run.CancellationToken).ConfigureAwait(false));

        async Task WriteAsync(IMessageReceipts store, MessageReceipt receipt, long[] order)
        {
            foreach (var part in order.Chunk(20))
            {
                await SaveAsync(run, store, [.. part.Select(id => receipt with { MessageId = id })]).ConfigureAwait(false);
            }
        }
    }
}
