using System.Collections.Concurrent;
using System.Globalization;

namespace WeChat.UnionPush.Testing;

/// <summary>
/// The contract of every <see cref="IWeChatEventInbox"/>, as named cases for any test framework. Enumerate <see cref="CaseNames"/> and run each,
/// so that cases added by a later version run too.
/// </summary>
public static class WeChatEventInboxConformance
{
    private const string AppId = "wx0123456789abcdef";

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static readonly ConformanceSuite<IWeChatEventInbox> Suite = new()
    {
        Nothing_waits_at_first,
        An_event_comes_back_whole,
        Events_come_in_the_order_in_which_they_were_added,
        A_take_gives_no_more_than_asked_for,
        Apps_do_not_meet,
        Events_of_several_apps_come_in_their_common_order,
        Keys_and_senders_are_compared_ordinally,
        A_batch_may_name_an_event_twice,
        An_event_that_waits_is_not_added_again,
        An_event_that_is_out_is_not_added_again,
        A_completed_event_is_neither_handed_out_nor_added_again,
        A_buried_event_is_neither_handed_out_nor_added_again,
        What_was_added_outlives_the_inbox,
        What_was_completed_stays_known_to_another_process,
        An_event_has_one_taker,
        Events_of_one_sender_have_one_taker_at_a_time,
        Events_of_one_sender_may_be_taken_together,
        An_event_waits_again_when_its_lease_ends,
        A_sender_is_free_when_the_lease_ends,
        Who_lost_an_event_cannot_settle_it,
        A_late_settlement_counts_when_nobody_took_the_event_meanwhile,
        A_returned_event_comes_again_at_its_time,
        A_returned_event_comes_with_the_progress_it_was_returned_with,
        Who_lost_an_event_leaves_its_progress_alone,
        Expiry_forgets_what_was_settled_before_and_nothing_that_waits,
        Expiry_goes_in_batches,
        Buried_events_are_listed_the_last_buried_first,
        Buried_events_are_listed_page_by_page,
        Only_what_is_buried_is_listed,
        A_requeued_event_waits_again_and_its_attempts_are_counted_anew,
        Requeuing_leaves_what_is_not_buried_as_it_is,
        A_requeued_event_does_not_expire_and_may_be_buried_again,
        A_cancelled_call_changes_nothing,
        A_take_of_none_is_refused,
        Ten_thousand_events_go_in_and_come_out,
        Of_many_who_take_at_once_each_event_goes_to_one,
        Of_many_who_add_one_event_at_once_it_is_kept_once,
    };

    /// <summary>The names of all cases.</summary>
    public static IReadOnlyList<string> CaseNames => Suite.CaseNames;

    /// <summary>Runs one case.</summary>
    /// <param name="caseName">One of <see cref="CaseNames"/>.</param>
    /// <param name="openAsync">Opens the inbox under test, as a new process would: empty at the first call of a run, and on the same data at every
    /// later one, with room for ten thousand events. Leases and ages must use the given clock, which the case moves. The inbox is disposed at
    /// the end if it is disposable.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="ConformanceException">The inbox violates its contract.</exception>
    public static Task RunAsync(string caseName, Func<TimeProvider, CancellationToken, ValueTask<IWeChatEventInbox>> openAsync, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openAsync);
        return Suite.RunAsync(caseName, openAsync, cancellationToken);
    }

    private static WeChatCallback Event(string key, string openId = "o1", string appId = AppId, string? body = null) => new()
    {
        AppId = appId,
        ToUserName = "gh_0123456789ab",
        OpenId = openId,
        CreatedAt = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero),
        MessageType = "event",
        EventName = "subscribe",
        DeduplicationKey = key,
        Body = body ?? $"<xml>{key}</xml>",
        Format = WeChatCallbackFormat.Xml,
    };

    private static async Task AddAsync(ConformanceRun<IWeChatEventInbox> run, IWeChatEventInbox inbox, params WeChatCallback[] events) =>
        run.True(await inbox.TryAddAsync(events, run.CancellationToken).ConfigureAwait(false), "there is room");

    private static async Task<IReadOnlyList<TakenWeChatEvent>> TakeAsync(ConformanceRun<IWeChatEventInbox> run, IWeChatEventInbox inbox, int limit = 100, string appId = AppId) =>
        await inbox.TakeAsync([appId], limit, Minute, run.CancellationToken).ConfigureAwait(false);

    private static async Task TakesAsync(ConformanceRun<IWeChatEventInbox> run, IWeChatEventInbox inbox, params string[] keys)
    {
        var taken = await TakeAsync(run, inbox).ConfigureAwait(false);
        run.Equal(string.Join(' ', keys), string.Join(' ', taken.Select(static one => one.DeduplicationKey)), "the keys of what was taken");
    }

    private static async Task Nothing_waits_at_first(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await TakesAsync(run, inbox).ConfigureAwait(false);
        run.Equal(0, await inbox.ExpireAsync(DateTimeOffset.MaxValue, 10, run.CancellationToken).ConfigureAwait(false));
        await AddAsync(run, inbox).ConfigureAwait(false);
        await inbox.CompleteAsync([], run.CancellationToken).ConfigureAwait(false);
        await TakesAsync(run, inbox).ConfigureAwait(false);
    }

    private static async Task An_event_comes_back_whole(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        var characters = string.Concat(Enumerable.Range(0, 0x250).Select(static i => (char)i)) + "恭喜😀\u2028\ufffd";
        var sent = Event(new string('k', 420), new string('o', 128), AppId, characters + new string('x', 100_000));
        await AddAsync(run, inbox, sent).ConfigureAwait(false);
        var taken = await TakeAsync(run, inbox).ConfigureAwait(false);
        run.Equal(1, taken.Count);
        run.Equal((sent.AppId, sent.DeduplicationKey, 1), (taken[0].AppId, taken[0].DeduplicationKey, taken[0].Attempt), "app, key and attempt");
        run.True(string.Equals(sent.Body, taken[0].Body, StringComparison.Ordinal), "the body comes back unchanged");
    }

    private static async Task Events_come_in_the_order_in_which_they_were_added(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("c", "o1")).ConfigureAwait(false);
        await AddAsync(run, inbox, Event("b", "o2")).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await AddAsync(run, inbox, Event("a", "o1")).ConfigureAwait(false);
        await TakesAsync(run, inbox, "c", "b", "a").ConfigureAwait(false);
    }

    private static async Task A_take_gives_no_more_than_asked_for(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        foreach (var key in "abcde")
        {
            await AddAsync(run, inbox, Event($"{key}", $"o{key}")).ConfigureAwait(false);
        }

        run.Equal("a b", string.Join(' ', (await TakeAsync(run, inbox, limit: 2).ConfigureAwait(false)).Select(static one => one.DeduplicationKey)), "the first two");
        run.Equal("c d e", string.Join(' ', (await TakeAsync(run, inbox, limit: 5).ConfigureAwait(false)).Select(static one => one.DeduplicationKey)), "the others");
    }

    private static async Task Apps_do_not_meet(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a"), Event("a", appId: "wX0123456789abcdef")).ConfigureAwait(false);
        run.Equal(0, (await inbox.TakeAsync([], 10, Minute, run.CancellationToken).ConfigureAwait(false)).Count, "what is taken of no app");
        await TakesAsync(run, inbox, "a").ConfigureAwait(false);
        run.Equal("wX0123456789abcdef", (await TakeAsync(run, inbox, appId: "wX0123456789abcdef").ConfigureAwait(false)).Single().AppId);
    }

    private static async Task Events_of_several_apps_come_in_their_common_order(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        for (var i = 0; i < 6; i++)
        {
            await AddAsync(run, inbox, Event($"{i}", $"o{i}", i % 2 == 0 ? "wxa" : "wxb")).ConfigureAwait(false);
        }

        var taken = await inbox.TakeAsync(["wxb", "wxa", "wxb"], 4, Minute, run.CancellationToken).ConfigureAwait(false);
        run.Equal("0 1 2 3", string.Join(' ', taken.Select(static one => one.DeduplicationKey)), "the keys of what was taken");
    }

    private static async Task Keys_and_senders_are_compared_ordinally(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("key", "oABC")).ConfigureAwait(false);
        run.Equal(1, (await TakeAsync(run, inbox).ConfigureAwait(false)).Count);
        await AddAsync(run, inbox, Event("KEY", "oabc")).ConfigureAwait(false);
        await TakesAsync(run, inbox, "KEY").ConfigureAwait(false);
    }

    private static async Task A_batch_may_name_an_event_twice(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a"), Event("a")).ConfigureAwait(false);
        await TakesAsync(run, inbox, "a").ConfigureAwait(false);
    }

    private static async Task An_event_that_waits_is_not_added_again(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a", body: "first")).ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a", body: "second"), Event("b")).ConfigureAwait(false);
        var taken = await TakeAsync(run, inbox).ConfigureAwait(false);
        run.Same(["first", "<xml>b</xml>"], taken.Select(static one => one.Body));
    }

    private static async Task An_event_that_is_out_is_not_added_again(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a")).ConfigureAwait(false);
        var taken = await TakeAsync(run, inbox).ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a")).ConfigureAwait(false);
        await inbox.CompleteAsync(taken, run.CancellationToken).ConfigureAwait(false);
        await TakesAsync(run, inbox).ConfigureAwait(false);
    }

    private static Task A_completed_event_is_neither_handed_out_nor_added_again(ConformanceRun<IWeChatEventInbox> run) =>
        SettledAsync(run, static (inbox, taken, cancellationToken) => inbox.CompleteAsync(taken, cancellationToken));

    private static Task A_buried_event_is_neither_handed_out_nor_added_again(ConformanceRun<IWeChatEventInbox> run) =>
        SettledAsync(run, static (inbox, taken, cancellationToken) => inbox.BuryAsync(taken, cancellationToken));

    private static async Task SettledAsync(
        ConformanceRun<IWeChatEventInbox> run, Func<IWeChatEventInbox, IReadOnlyCollection<TakenWeChatEvent>, CancellationToken, ValueTask> settleAsync)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a"), Event("b")).ConfigureAwait(false);
        await settleAsync(inbox, await TakeAsync(run, inbox).ConfigureAwait(false), run.CancellationToken).ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a")).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromDays(1));
        await AddAsync(run, inbox, Event("b"), Event("c")).ConfigureAwait(false);
        await TakesAsync(run, inbox, "c").ConfigureAwait(false);
    }

    private static async Task What_was_added_outlives_the_inbox(ConformanceRun<IWeChatEventInbox> run)
    {
        await AddAsync(run, await run.OpenAsync().ConfigureAwait(false), Event("a")).ConfigureAwait(false);
        await TakesAsync(run, await run.OpenAsync().ConfigureAwait(false), "a").ConfigureAwait(false);
    }

    private static async Task What_was_completed_stays_known_to_another_process(ConformanceRun<IWeChatEventInbox> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, here, Event("a")).ConfigureAwait(false);
        await here.CompleteAsync(await TakeAsync(run, here).ConfigureAwait(false), run.CancellationToken).ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, there, Event("a")).ConfigureAwait(false);
        await TakesAsync(run, there).ConfigureAwait(false);
    }

    private static async Task An_event_has_one_taker(ConformanceRun<IWeChatEventInbox> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, here, Event("a")).ConfigureAwait(false);
        await TakesAsync(run, await run.OpenAsync().ConfigureAwait(false), "a").ConfigureAwait(false);
        await TakesAsync(run, here).ConfigureAwait(false);
    }

    private static async Task Events_of_one_sender_have_one_taker_at_a_time(ConformanceRun<IWeChatEventInbox> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, here, Event("a1", "oa")).ConfigureAwait(false);
        await AddAsync(run, here, Event("a2", "oa"), Event("b", "ob"), Event("a3", "oa", "wxother")).ConfigureAwait(false);
        var taken = await TakeAsync(run, here, limit: 1).ConfigureAwait(false);
        await TakesAsync(run, there, "b").ConfigureAwait(false);
        run.Equal(1, (await TakeAsync(run, there, appId: "wxother").ConfigureAwait(false)).Count, "the same openid in another app is another person");
        await here.CompleteAsync(taken, run.CancellationToken).ConfigureAwait(false);
        await TakesAsync(run, there, "a2").ConfigureAwait(false);
    }

    private static async Task Events_of_one_sender_may_be_taken_together(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a")).ConfigureAwait(false);
        await AddAsync(run, inbox, Event("b")).ConfigureAwait(false);
        await AddAsync(run, inbox, Event("c")).ConfigureAwait(false);
        var taken = await TakeAsync(run, inbox, limit: 2).ConfigureAwait(false);
        run.Equal(2, taken.Count);
        await inbox.CompleteAsync([taken[0]], run.CancellationToken).ConfigureAwait(false);
        await TakesAsync(run, inbox).ConfigureAwait(false);
        await inbox.CompleteAsync([taken[1]], run.CancellationToken).ConfigureAwait(false);
        await TakesAsync(run, inbox, "c").ConfigureAwait(false);
    }

    private static async Task An_event_waits_again_when_its_lease_ends(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a")).ConfigureAwait(false);
        var first = await TakeAsync(run, inbox).ConfigureAwait(false);
        run.Clock.Advance(Minute - TimeSpan.FromMilliseconds(1));
        await TakesAsync(run, inbox).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var second = await TakeAsync(run, inbox).ConfigureAwait(false);
        run.Equal((1, 1, 2), (second.Count, first[0].Attempt, second[0].Attempt), "one event and its attempts");
        run.True(!string.Equals(first[0].LeaseId, second[0].LeaseId, StringComparison.Ordinal), "each taking has a mark of its own");
    }

    private static async Task A_sender_is_free_when_the_lease_ends(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a")).ConfigureAwait(false);
        await TakesAsync(run, inbox, "a").ConfigureAwait(false);
        await AddAsync(run, inbox, Event("b")).ConfigureAwait(false);
        await TakesAsync(run, inbox).ConfigureAwait(false);
        run.Clock.Advance(Minute);
        run.Same(["a", "b"], (await TakeAsync(run, inbox).ConfigureAwait(false)).Select(static one => one.DeduplicationKey));
    }

    private static async Task Who_lost_an_event_cannot_settle_it(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a")).ConfigureAwait(false);
        var lost = await TakeAsync(run, inbox).ConfigureAwait(false);
        run.Clock.Advance(Minute);
        var held = await TakeAsync(run, inbox).ConfigureAwait(false);
        await inbox.CompleteAsync(lost, run.CancellationToken).ConfigureAwait(false);
        await inbox.BuryAsync(lost, run.CancellationToken).ConfigureAwait(false);
        await inbox.ReturnAsync(lost, run.Clock.GetUtcNow(), run.CancellationToken).ConfigureAwait(false);
        await TakesAsync(run, inbox).ConfigureAwait(false);
        await inbox.ReturnAsync(held, run.Clock.GetUtcNow(), run.CancellationToken).ConfigureAwait(false);
        await TakesAsync(run, inbox, "a").ConfigureAwait(false);
    }

    private static async Task A_late_settlement_counts_when_nobody_took_the_event_meanwhile(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a")).ConfigureAwait(false);
        var taken = await TakeAsync(run, inbox).ConfigureAwait(false);
        run.Clock.Advance(2 * Minute);
        await inbox.CompleteAsync(taken, run.CancellationToken).ConfigureAwait(false);
        await TakesAsync(run, inbox).ConfigureAwait(false);
    }

    private static async Task A_returned_event_comes_again_at_its_time(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a"), Event("b")).ConfigureAwait(false);
        var taken = await TakeAsync(run, inbox).ConfigureAwait(false);
        await inbox.ReturnAsync(taken, run.Clock.GetUtcNow() + (2 * Minute), run.CancellationToken).ConfigureAwait(false);
        await AddAsync(run, inbox, Event("c")).ConfigureAwait(false);
        run.Same(["c"], (await TakeAsync(run, inbox).ConfigureAwait(false)).Select(static one => one.DeduplicationKey));
        run.Clock.Advance((2 * Minute) - TimeSpan.FromMilliseconds(1));
        run.Same(["c"], (await TakeAsync(run, inbox).ConfigureAwait(false)).Select(static one => one.DeduplicationKey));
        run.Clock.Advance(Minute);
        var again = await TakeAsync(run, inbox).ConfigureAwait(false);
        run.Same([("a", 2), ("b", 2), ("c", 3)], again.Select(static one => (one.DeduplicationKey, one.Attempt)));
    }

    private static async Task A_returned_event_comes_with_the_progress_it_was_returned_with(ConformanceRun<IWeChatEventInbox> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, here, Event("a"), Event("b")).ConfigureAwait(false);
        var taken = await TakeAsync(run, here).ConfigureAwait(false);
        run.Same([("a", ""), ("b", "")], taken.Select(static one => (one.DeduplicationKey, one.Progress)));
        var progress = "first\n第二\t😀" + new string('x', 2_000);
        await here.ReturnAsync([.. taken.Select(one => string.Equals(one.DeduplicationKey, "a", StringComparison.Ordinal) ? one with { Progress = progress } : one)],
            run.Clock.GetUtcNow(), run.CancellationToken).ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        taken = await TakeAsync(run, there).ConfigureAwait(false);
        run.Same([("a", progress), ("b", "")], taken.Select(static one => (one.DeduplicationKey, one.Progress)));

        // The progress that an expired lease returned had been kept before.
        run.Clock.Advance(Minute);
        taken = await TakeAsync(run, here).ConfigureAwait(false);
        run.Same([("a", progress), ("b", "")], taken.Select(static one => (one.DeduplicationKey, one.Progress)));
        await here.ReturnAsync([.. taken.Select(static one => one with { Progress = "" })], run.Clock.GetUtcNow(), run.CancellationToken).ConfigureAwait(false);
        run.Same([("a", ""), ("b", "")], (await TakeAsync(run, there).ConfigureAwait(false)).Select(static one => (one.DeduplicationKey, one.Progress)));
    }

    private static async Task Who_lost_an_event_leaves_its_progress_alone(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a")).ConfigureAwait(false);
        var lost = (await TakeAsync(run, inbox).ConfigureAwait(false)).Select(static one => one with { Progress = "lost" }).ToList();
        run.Clock.Advance(Minute);
        var held = await TakeAsync(run, inbox).ConfigureAwait(false);
        await inbox.ReturnAsync(lost, run.Clock.GetUtcNow(), run.CancellationToken).ConfigureAwait(false);
        await inbox.BuryAsync(lost, run.CancellationToken).ConfigureAwait(false);
        await inbox.ReturnAsync(held, run.Clock.GetUtcNow(), run.CancellationToken).ConfigureAwait(false);
        run.Equal("", (await TakeAsync(run, inbox).ConfigureAwait(false)).Single().Progress);
    }

    private static async Task Expiry_forgets_what_was_settled_before_and_nothing_that_waits(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        var start = run.Clock.GetUtcNow();
        await AddAsync(run, inbox, Event("completed", "o1"), Event("buried", "o2"), Event("late", "o3"), Event("out", "o4")).ConfigureAwait(false);
        var taken = (await TakeAsync(run, inbox).ConfigureAwait(false)).ToDictionary(static one => one.DeduplicationKey, StringComparer.Ordinal);
        await inbox.CompleteAsync([taken["completed"]], run.CancellationToken).ConfigureAwait(false);
        await inbox.BuryAsync([taken["buried"]], run.CancellationToken).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromSeconds(1));
        await inbox.CompleteAsync([taken["late"]], run.CancellationToken).ConfigureAwait(false);
        run.Equal(0, await inbox.ExpireAsync(start, 10, run.CancellationToken).ConfigureAwait(false));
        run.Equal(2, await inbox.ExpireAsync(start.AddMilliseconds(1), 10, run.CancellationToken).ConfigureAwait(false));
        await AddAsync(run, inbox, Event("completed", "o1"), Event("buried", "o2"), Event("late", "o3"), Event("out", "o4")).ConfigureAwait(false);
        run.Same(["completed", "buried"], (await TakeAsync(run, inbox).ConfigureAwait(false)).Select(static one => one.DeduplicationKey));
        run.Equal(1, await inbox.ExpireAsync(DateTimeOffset.MaxValue, 10, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task Expiry_goes_in_batches(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, [.. Enumerable.Range(0, 25).Select(static i => Event($"{i}"))]).ConfigureAwait(false);
        await inbox.CompleteAsync(await TakeAsync(run, inbox).ConfigureAwait(false), run.CancellationToken).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromSeconds(1));
        var before = run.Clock.GetUtcNow();
        run.Equal(10, await inbox.ExpireAsync(before, 10, run.CancellationToken).ConfigureAwait(false));
        run.Equal(10, await inbox.ExpireAsync(before, 10, run.CancellationToken).ConfigureAwait(false));
        run.Equal(5, await inbox.ExpireAsync(before, 10, run.CancellationToken).ConfigureAwait(false));
        await run.ThrowsAsync<ArgumentOutOfRangeException>(() => inbox.ExpireAsync(before, 0, run.CancellationToken).AsTask(), "a limit of none").ConfigureAwait(false);
    }

    /// <summary>Adds events, each with its own sender, and buries them.</summary>
    private static async Task BuryAsync(ConformanceRun<IWeChatEventInbox> run, IWeChatEventInbox inbox, params string[] keys)
    {
        await AddAsync(run, inbox, [.. keys.Select(static key => Event(key, $"o{key}"))]).ConfigureAwait(false);
        await inbox.BuryAsync(await TakeAsync(run, inbox).ConfigureAwait(false), run.CancellationToken).ConfigureAwait(false);
    }

    private static async Task ListsAsync(ConformanceRun<IWeChatEventInbox> run, IWeChatEventInbox inbox, params string[] keys) =>
        run.Equal(
            string.Join(' ', keys),
            string.Join(' ', (await inbox.ListBuriedAsync(AppId, 100, cancellationToken: run.CancellationToken).ConfigureAwait(false)).Select(static one => one.DeduplicationKey)),
            "the keys of what is listed as buried");

    private static async Task Buried_events_are_listed_the_last_buried_first(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await ListsAsync(run, inbox).ConfigureAwait(false);
        await BuryAsync(run, inbox, "b").ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var characters = string.Concat(Enumerable.Range(0, 0x250).Select(static i => (char)i)) + "恭喜😀\u2028\ufffd";
        var sent = Event(new string('k', 420), new string('o', 128), AppId, characters);
        await AddAsync(run, inbox, sent).ConfigureAwait(false);
        await TakesAsync(run, inbox, sent.DeduplicationKey).ConfigureAwait(false);
        run.Clock.Advance(Minute);
        await inbox.BuryAsync(await TakeAsync(run, inbox).ConfigureAwait(false), run.CancellationToken).ConfigureAwait(false);
        var buriedAt = run.Clock.GetUtcNow();
        run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await BuryAsync(run, inbox, "a").ConfigureAwait(false);
        await ListsAsync(run, inbox, "a", sent.DeduplicationKey, "b").ConfigureAwait(false);
        var listed = (await (await run.OpenAsync().ConfigureAwait(false)).ListBuriedAsync(AppId, 2, cancellationToken: run.CancellationToken).ConfigureAwait(false))[1];
        run.Equal((AppId, sent.DeduplicationKey, sent.OpenId, 2, buriedAt), (listed.AppId, listed.DeduplicationKey, listed.OpenId, listed.Attempts, listed.BuriedAt),
            "app, key, sender, attempts and time");
        run.True(string.Equals(sent.Body, listed.Body, StringComparison.Ordinal), "the body comes back unchanged");
    }

    private static async Task Buried_events_are_listed_page_by_page(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        for (var i = 0; i < 4; i++)
        {
            // Several in each millisecond, so that pages begin and end inside a millisecond. The keys differ only in case.
            await BuryAsync(run, inbox, $"a{i}", $"A{i}", $"😀{i}", $"\uffff{i}").ConfigureAwait(false);
            run.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        string[] expected = [.. Enumerable.Range(0, 4).Reverse().SelectMany(static i => new[] { $"😀{i}", $"\uffff{i}", $"a{i}", $"A{i}" })];
        foreach (var limit in new[] { 1, 3, 16, 17 })
        {
            var keys = new List<string>();
            BuriedWeChatEvent? last = null;
            int count;
            do
            {
                var page = await inbox.ListBuriedAsync(AppId, limit, last, run.CancellationToken).ConfigureAwait(false);
                keys.AddRange(page.Select(static one => one.DeduplicationKey));
                count = page.Count;
                last = count == 0 ? last : page[^1];
            }
            while (count == limit);
            run.Equal(string.Join(' ', expected), string.Join(' ', keys), $"all pages of {limit}");
        }

        await run.ThrowsAsync<ArgumentOutOfRangeException>(
            () => inbox.ListBuriedAsync(AppId, 0, cancellationToken: run.CancellationToken).AsTask(), "a limit of none").ConfigureAwait(false);
    }

    private static async Task Only_what_is_buried_is_listed(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await BuryAsync(run, inbox, "old").ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromSeconds(1));
        await inbox.ExpireAsync(run.Clock.GetUtcNow(), 10, run.CancellationToken).ConfigureAwait(false);
        await AddAsync(run, inbox, Event("completed", "o1"), Event("returned", "o2"), Event("out", "o3"), Event("buried", "o4"),
            Event("elsewhere", "o5", "wX0123456789abcdef")).ConfigureAwait(false);
        await inbox.BuryAsync(await TakeAsync(run, inbox, appId: "wX0123456789abcdef").ConfigureAwait(false), run.CancellationToken).ConfigureAwait(false);
        var taken = (await TakeAsync(run, inbox).ConfigureAwait(false)).ToDictionary(static one => one.DeduplicationKey, StringComparer.Ordinal);
        await inbox.CompleteAsync([taken["completed"]], run.CancellationToken).ConfigureAwait(false);
        await inbox.ReturnAsync([taken["returned"]], run.Clock.GetUtcNow(), run.CancellationToken).ConfigureAwait(false);
        await inbox.BuryAsync([taken["buried"]], run.CancellationToken).ConfigureAwait(false);
        await AddAsync(run, inbox, Event("waiting", "o6")).ConfigureAwait(false);
        await ListsAsync(run, inbox, "buried").ConfigureAwait(false);
    }

    private static async Task A_requeued_event_waits_again_and_its_attempts_are_counted_anew(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("a", "oa"), Event("b", "ob"), Event("c", "oc")).ConfigureAwait(false);
        await TakesAsync(run, inbox, "a", "b", "c").ConfigureAwait(false);
        run.Clock.Advance(Minute);
        await inbox.BuryAsync(
            [.. (await TakeAsync(run, inbox).ConfigureAwait(false)).Select(static one => one with { Progress = $"done {one.DeduplicationKey}" })],
                run.CancellationToken).ConfigureAwait(false);
        run.Clock.Advance(Minute);
        await AddAsync(run, inbox, Event("d", "oa")).ConfigureAwait(false);
        run.Clock.Advance(Minute);
        run.Equal(2, await inbox.RequeueAsync(AppId, ["a", "c", "a", "unknown", "\0"], run.CancellationToken).ConfigureAwait(false), "the number put back");
        await ListsAsync(run, inbox, "b").ConfigureAwait(false);
        var taken = await TakeAsync(run, inbox).ConfigureAwait(false);
        run.Equal("d 1, a 1, c 1", string.Join(", ", taken.Select(static one => $"{one.DeduplicationKey} {one.Attempt}")), "what waits, in its order, with its attempts");
        run.Equal(("<xml>a</xml>", "done a"), (taken[1].Body, taken[1].Progress), "body and progress");
        await inbox.CompleteAsync(taken, run.CancellationToken).ConfigureAwait(false);
        await TakesAsync(run, inbox).ConfigureAwait(false);
    }

    private static async Task Requeuing_leaves_what_is_not_buried_as_it_is(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, Event("completed", "o1"), Event("out", "o2"), Event("later", "o3"), Event("Buried", "o4")).ConfigureAwait(false);
        var taken = (await TakeAsync(run, inbox).ConfigureAwait(false)).ToDictionary(static one => one.DeduplicationKey, StringComparer.Ordinal);
        await inbox.CompleteAsync([taken["completed"]], run.CancellationToken).ConfigureAwait(false);
        await inbox.BuryAsync([taken["Buried"]], run.CancellationToken).ConfigureAwait(false);
        await inbox.ReturnAsync([taken["later"]], run.Clock.GetUtcNow() + (2 * Minute), run.CancellationToken).ConfigureAwait(false);
        run.Equal(0, await inbox.RequeueAsync(AppId, ["completed", "out", "later", "buried", "BURIED"], run.CancellationToken).ConfigureAwait(false), "the number put back");
        run.Equal(0, await inbox.RequeueAsync("wX0123456789abcdef", ["Buried"], run.CancellationToken).ConfigureAwait(false), "the number put back of another app");
        run.Equal(0, await inbox.RequeueAsync(AppId, [], run.CancellationToken).ConfigureAwait(false), "the number put back of none");
        await TakesAsync(run, inbox).ConfigureAwait(false);
        await ListsAsync(run, inbox, "Buried").ConfigureAwait(false);

        // The holder of its lease can still settle it.
        await inbox.CompleteAsync([taken["out"]], run.CancellationToken).ConfigureAwait(false);
        run.Clock.Advance(2 * Minute);
        await TakesAsync(run, inbox, "later").ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(
            () => inbox.RequeueAsync(AppId, ["Buried"], new CancellationToken(canceled: true)).AsTask(), "a cancelled requeuing").ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(
            () => inbox.ListBuriedAsync(AppId, 1, cancellationToken: new CancellationToken(canceled: true)).AsTask(), "a cancelled list").ConfigureAwait(false);
        await ListsAsync(run, inbox, "Buried").ConfigureAwait(false);
    }

    private static async Task A_requeued_event_does_not_expire_and_may_be_buried_again(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await BuryAsync(run, inbox, "a", "b").ConfigureAwait(false);
        run.Clock.Advance(Minute);
        await inbox.RequeueAsync(AppId, ["a"], run.CancellationToken).ConfigureAwait(false);
        run.Clock.Advance(Minute);
        run.Equal(1, await inbox.ExpireAsync(run.Clock.GetUtcNow(), 10, run.CancellationToken).ConfigureAwait(false), "the number expired");
        await AddAsync(run, inbox, Event("a", "oa", body: "again")).ConfigureAwait(false);
        var taken = await TakeAsync(run, inbox).ConfigureAwait(false);
        run.Same(["<xml>a</xml>"], taken.Select(static one => one.Body));
        await inbox.BuryAsync(taken, run.CancellationToken).ConfigureAwait(false);
        await ListsAsync(run, inbox, "a").ConfigureAwait(false);
        run.Equal(run.Clock.GetUtcNow(), (await inbox.ListBuriedAsync(AppId, 1, cancellationToken: run.CancellationToken).ConfigureAwait(false))[0].BuriedAt);
        run.Clock.Advance(Minute);
        run.Equal(1, await inbox.ExpireAsync(run.Clock.GetUtcNow(), 10, run.CancellationToken).ConfigureAwait(false), "the number expired");
        await ListsAsync(run, inbox).ConfigureAwait(false);
    }

    private static async Task A_cancelled_call_changes_nothing(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        var cancelled = new CancellationToken(canceled: true);
        await run.ThrowsAsync<OperationCanceledException>(() => inbox.TryAddAsync([Event("a")], cancelled).AsTask(), "a cancelled add").ConfigureAwait(false);
        await AddAsync(run, inbox, Event("b")).ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(() => inbox.TakeAsync([AppId], 10, Minute, cancelled).AsTask(), "a cancelled take").ConfigureAwait(false);
        var taken = await TakeAsync(run, inbox).ConfigureAwait(false);
        run.Equal(("b", 1), (taken.Single().DeduplicationKey, taken[0].Attempt), "what waits, at its first attempt");
        await run.ThrowsAsync<OperationCanceledException>(() => inbox.CompleteAsync(taken, cancelled).AsTask(), "a cancelled completion").ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(() => inbox.BuryAsync(taken, cancelled).AsTask(), "a cancelled burial").ConfigureAwait(false);
        await run.ThrowsAsync<OperationCanceledException>(() => inbox.ReturnAsync(taken, run.Clock.GetUtcNow(), cancelled).AsTask(), "a cancelled return").ConfigureAwait(false);
        await TakesAsync(run, inbox).ConfigureAwait(false);
        run.Clock.Advance(Minute);
        await TakesAsync(run, inbox, "b").ConfigureAwait(false);
    }

    private static async Task A_take_of_none_is_refused(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await run.ThrowsAsync<ArgumentOutOfRangeException>(() => inbox.TakeAsync([AppId], 0, Minute, run.CancellationToken).AsTask(), "a limit of none").ConfigureAwait(false);
        await run.ThrowsAsync<ArgumentOutOfRangeException>(
            () => inbox.TakeAsync([AppId], 1, TimeSpan.Zero, run.CancellationToken).AsTask(), "a lease without a duration").ConfigureAwait(false);
    }

    private static async Task Ten_thousand_events_go_in_and_come_out(ConformanceRun<IWeChatEventInbox> run)
    {
        var inbox = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, inbox, [.. Enumerable.Range(0, 10_000).Select(static i => Event($"{i:d5}", $"o{i % 3_000}"))]).ConfigureAwait(false);
        var keys = new List<string>();
        while (await TakeAsync(run, inbox, limit: 1_000).ConfigureAwait(false) is { Count: > 0 } taken)
        {
            keys.AddRange(taken.Select(static one => one.DeduplicationKey));
            await inbox.CompleteAsync(taken, run.CancellationToken).ConfigureAwait(false);
        }

        run.Same(Enumerable.Range(0, 10_000).Select(static i => $"{i:d5}"), keys);
    }

    private static async Task Of_many_who_take_at_once_each_event_goes_to_one(ConformanceRun<IWeChatEventInbox> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        await AddAsync(run, here, [.. Enumerable.Range(0, 600).Select(static i => Event($"{i:d3}", $"o{i % 40}"))]).ConfigureAwait(false);
        var keys = new ConcurrentQueue<string>();
        var holders = new ConcurrentDictionary<int, int>();
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(run.CancellationToken);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => TakeAllAsync(i, i % 2 == 0 ? here : there), run.CancellationToken))).ConfigureAwait(false);
        run.Same(Enumerable.Range(0, 600).Select(static i => $"{i:d3}"), keys);

        async Task TakeAllAsync(int taker, IWeChatEventInbox inbox)
        {
            try
            {
                // An empty answer may mean only that another taker currently has an event of every sender.
                while (keys.Count < 600 && !failed.IsCancellationRequested)
                {
                    var taken = await TakeAsync(run, inbox, limit: 7).ConfigureAwait(false);
                    foreach (var one in taken)
                    {
                        keys.Enqueue(one.DeduplicationKey);
                        run.True(holders.GetOrAdd(SenderOf(one), taker) == taker, "events of one sender are out with one taker at a time");
                    }

                    foreach (var one in taken)
                    {
                        holders.TryRemove(SenderOf(one), out _);
                    }

                    await inbox.CompleteAsync(taken, run.CancellationToken).ConfigureAwait(false);
                }
            }
            catch
            {
                await failed.CancelAsync().ConfigureAwait(false);
                throw;
            }
        }

        static int SenderOf(TakenWeChatEvent one) => int.Parse(one.DeduplicationKey, CultureInfo.InvariantCulture) % 40;
    }

    private static async Task Of_many_who_add_one_event_at_once_it_is_kept_once(ConformanceRun<IWeChatEventInbox> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        var events = Enumerable.Range(0, 50).Select(static i => Event($"{i:d2}", $"o{i}")).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(
            () => AddAsync(run, i % 2 == 0 ? here : there, i % 3 == 0 ? events : [.. Enumerable.Reverse(events)]),
            run.CancellationToken))).ConfigureAwait(false);
        run.Same(events.Select(static one => one.DeduplicationKey), (await TakeAsync(run, here).ConfigureAwait(false)).Select(static one => one.DeduplicationKey));
    }
}
