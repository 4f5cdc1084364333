using static WeChat.UnionPush.Storage.ConsentChangeKind;

namespace WeChat.UnionPush.Testing;

/// <summary>
/// What every <see cref="IConsentLedger"/> must keep, as named cases for any test framework: enumerate <see cref="CaseNames"/> and run each,
/// so that a case that a later version adds runs too.
/// </summary>
public static class ConsentLedgerConformance
{
    private static readonly ConsentKey Key = new("wx0123456789abcdef", "o1", "template");

    private static readonly ConformanceSuite<IConsentLedger> Suite = new()
    {
        Nothing_is_known_at_first,
        A_tap_is_one_credit,
        A_tap_that_is_told_by_the_event_and_by_the_host_is_one_credit,
        An_event_that_comes_twice_counts_once,
        A_message_is_counted_by_its_send_or_by_its_event,
        What_is_given_back_can_be_taken_again,
        No_credit_is_taken_where_there_is_none,
        An_empty_consent_stays_empty_whatever_comes_late,
        A_tap_after_the_end_counts,
        An_end_that_is_told_late_leaves_what_came_after_it,
        A_habit_is_kept,
        Consents_are_told_apart,
        People_with_credits_are_counted,
        People_with_credits_are_listed,
        Who_is_forgotten_is_gone,
        Everything_survives,
        Ten_takers_at_once_take_each_credit_once,
    };

    /// <summary>The names of all cases.</summary>
    public static IReadOnlyList<string> CaseNames => Suite.CaseNames;

    /// <summary>Runs one case.</summary>
    /// <param name="caseName">One of <see cref="CaseNames"/>.</param>
    /// <param name="openAsync">Opens the store under test, as a new process would: empty at the first call of a run, and on the same data at every
    /// later one. Time is told by the clock given, which the case moves. What it returns is disposed at the end, where it can be.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="ConformanceException">The store does not keep its contract.</exception>
    public static Task RunAsync(string caseName, Func<TimeProvider, CancellationToken, ValueTask<IConsentLedger>> openAsync, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openAsync);
        return Suite.RunAsync(caseName, openAsync, cancellationToken);
    }

    private static async Task Nothing_is_known_at_first(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.Equal(ConsentState.None, await store.GetAsync(Key, run.CancellationToken).ConfigureAwait(false));
        run.Equal(0, await store.CountAsync(Key.AppId, Key.TemplateId, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task A_tap_is_one_credit(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.True(await ApplyAsync(run, store, Tapped).ConfigureAwait(false), "a tap is something new");
        run.True(await ApplyAsync(run, store, Tapped).ConfigureAwait(false), "so is the second one");
        run.Equal(2, await CreditsAsync(run, store).ConfigureAwait(false));
    }

    private static async Task A_tap_that_is_told_by_the_event_and_by_the_host_is_one_credit(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await ApplyAsync(run, store, Reported).ConfigureAwait(false);
        await ApplyAsync(run, store, Tapped).ConfigureAwait(false);
        run.Equal(1, await CreditsAsync(run, store).ConfigureAwait(false));

        // A tap that no event tells of, such as where the choice is kept.
        await ApplyAsync(run, store, Reported).ConfigureAwait(false);
        run.Equal(2, await CreditsAsync(run, store).ConfigureAwait(false));
    }

    private static async Task An_event_that_comes_twice_counts_once(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.True(await ApplyAsync(run, store, Tapped, "a").ConfigureAwait(false), "the first is new");
        run.True(await ApplyAsync(run, store, Tapped, "b").ConfigureAwait(false), "another one is new");
        run.True(!await ApplyAsync(run, store, Tapped, "a").ConfigureAwait(false), "the first is known");
        run.Equal(2, await CreditsAsync(run, store).ConfigureAwait(false));
    }

    private static async Task A_message_is_counted_by_its_send_or_by_its_event(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        for (var i = 0; i < 3; i++)
        {
            await ApplyAsync(run, store, Tapped).ConfigureAwait(false);
        }

        run.True(await ApplyAsync(run, store, Taken).ConfigureAwait(false), "a credit is taken");
        await ApplyAsync(run, store, Delivered, "sent-1").ConfigureAwait(false);
        run.Equal(2, await CreditsAsync(run, store).ConfigureAwait(false));

        // Sent by another program of the same Mini Program.
        await ApplyAsync(run, store, Delivered, "sent-2").ConfigureAwait(false);
        run.Equal(1, await CreditsAsync(run, store).ConfigureAwait(false));
    }

    private static async Task What_is_given_back_can_be_taken_again(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await ApplyAsync(run, store, Tapped).ConfigureAwait(false);
        await ApplyAsync(run, store, Taken).ConfigureAwait(false);
        await ApplyAsync(run, store, GivenBack).ConfigureAwait(false);
        run.Equal(1, await CreditsAsync(run, store).ConfigureAwait(false));
        run.True(await ApplyAsync(run, store, Taken).ConfigureAwait(false), "it is taken again");
    }

    private static async Task No_credit_is_taken_where_there_is_none(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.True(!await ApplyAsync(run, store, Taken).ConfigureAwait(false), "nothing is taken of nothing");
        run.True(!await ApplyAsync(run, store, GivenBack).ConfigureAwait(false), "nor given back");
        await ApplyAsync(run, store, Tapped).ConfigureAwait(false);
        await ApplyAsync(run, store, Taken).ConfigureAwait(false);
        run.True(!await ApplyAsync(run, store, Taken).ConfigureAwait(false), "one credit is taken once");
        run.Equal(0, await CreditsAsync(run, store).ConfigureAwait(false));
    }

    private static async Task An_empty_consent_stays_empty_whatever_comes_late(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var before = run.Clock.GetUtcNow();
        await ApplyAsync(run, store, Reported).ConfigureAwait(false);
        await ApplyAsync(run, store, Reported).ConfigureAwait(false);
        await ApplyAsync(run, store, Taken).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromSeconds(10));
        await ApplyAsync(run, store, Emptied).ConfigureAwait(false);
        run.Equal(0, await CreditsAsync(run, store).ConfigureAwait(false));

        // The events of the two taps and of the message, a tap that nobody told of before, and what was taken before the end.
        foreach (var kind in (ConsentChangeKind[])[Tapped, Tapped, Tapped, Delivered, GivenBack, Delivered])
        {
            await store.ApplyAsync(Key, new(kind, before), run.CancellationToken).ConfigureAwait(false);
            run.Equal(0, await CreditsAsync(run, store).ConfigureAwait(false));
        }

        await ApplyAsync(run, store, Reported).ConfigureAwait(false);
        run.True(await CreditsAsync(run, store).ConfigureAwait(false) <= 1, "a tap after the end is one credit at the most");
    }

    private static async Task A_tap_after_the_end_counts(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var first = run.Clock.GetUtcNow();
        await ApplyAsync(run, store, Tapped).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromSeconds(10));
        await ApplyAsync(run, store, Emptied).ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromSeconds(10));
        await ApplyAsync(run, store, Tapped).ConfigureAwait(false);
        run.Equal(1, await CreditsAsync(run, store).ConfigureAwait(false));

        // An older end that comes late takes nothing of it.
        await store.ApplyAsync(Key, new(Emptied, first), run.CancellationToken).ConfigureAwait(false);
        run.Equal(1, await CreditsAsync(run, store).ConfigureAwait(false));
    }

    private static async Task An_end_that_is_told_late_leaves_what_came_after_it(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await ApplyAsync(run, store, Tapped, "a").ConfigureAwait(false);
        await ApplyAsync(run, store, Tapped, "b").ConfigureAwait(false);
        var end = run.Clock.GetUtcNow().AddSeconds(5);

        // Two taps, one of which the host told too, and a message.
        run.Clock.Advance(TimeSpan.FromSeconds(10));
        await ApplyAsync(run, store, Reported).ConfigureAwait(false);
        await ApplyAsync(run, store, Tapped, "c").ConfigureAwait(false);
        await ApplyAsync(run, store, Tapped, "d").ConfigureAwait(false);
        await ApplyAsync(run, store, Taken).ConfigureAwait(false);
        run.Equal(3, await CreditsAsync(run, store).ConfigureAwait(false));
        await store.ApplyAsync(Key, new(Emptied, end) { EventId = "e" }, run.CancellationToken).ConfigureAwait(false);
        run.Equal(1, await CreditsAsync(run, store).ConfigureAwait(false));

        // What was taken after it and is given back is there again.
        await ApplyAsync(run, store, GivenBack).ConfigureAwait(false);
        run.Equal(2, await CreditsAsync(run, store).ConfigureAwait(false));
        run.True(!await store.ApplyAsync(Key, new(Emptied, end) { EventId = "e" }, run.CancellationToken).ConfigureAwait(false), "the same end comes again");
        await ApplyAsync(run, store, Tapped, "f").ConfigureAwait(false);
        run.Equal(3, await CreditsAsync(run, store).ConfigureAwait(false));
    }

    private static async Task A_habit_is_kept(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await ApplyAsync(run, store, Tapped).ConfigureAwait(false);
        await ApplyAsync(run, store, AlwaysAccepts).ConfigureAwait(false);
        var state = await store.GetAsync(Key, run.CancellationToken).ConfigureAwait(false);
        run.Equal((ConsentHabit.AlwaysAccepts, 1), (state.Habit, state.Credits));
        await ApplyAsync(run, store, AlwaysRefuses).ConfigureAwait(false);
        state = await store.GetAsync(Key, run.CancellationToken).ConfigureAwait(false);
        run.Equal((ConsentHabit.AlwaysRefuses, 0), (state.Habit, state.Credits));
        await ApplyAsync(run, store, Asked).ConfigureAwait(false);
        run.Equal(ConsentHabit.Asked, (await store.GetAsync(Key, run.CancellationToken).ConfigureAwait(false)).Habit);
    }

    private static async Task Consents_are_told_apart(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await ApplyAsync(run, store, Tapped).ConfigureAwait(false);
        foreach (var other in (ConsentKey[])[new("wxother", Key.OpenId, Key.TemplateId), new(Key.AppId, "O1", Key.TemplateId), new(Key.AppId, Key.OpenId, "Template")])
        {
            run.Equal(ConsentState.None, await store.GetAsync(other, run.CancellationToken).ConfigureAwait(false));
            run.True(!await store.ApplyAsync(other, new(Taken, run.Clock.GetUtcNow()), run.CancellationToken).ConfigureAwait(false), "another one's credit is not taken");
        }
    }

    private static async Task People_with_credits_are_counted(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        for (var i = 0; i < 3; i++)
        {
            await store.ApplyAsync(new(Key.AppId, $"o{i}", Key.TemplateId), new(Tapped, run.Clock.GetUtcNow()), run.CancellationToken).ConfigureAwait(false);
        }

        await store.ApplyAsync(new(Key.AppId, "o2", Key.TemplateId), new(Taken, run.Clock.GetUtcNow()), run.CancellationToken).ConfigureAwait(false);
        await store.ApplyAsync(new(Key.AppId, "o3", "other"), new(Tapped, run.Clock.GetUtcNow()), run.CancellationToken).ConfigureAwait(false);
        run.Equal(2, await store.CountAsync(Key.AppId, Key.TemplateId, run.CancellationToken).ConfigureAwait(false));
    }

    private static async Task People_with_credits_are_listed(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var tap = new ConsentChange(Tapped, run.Clock.GetUtcNow());
        foreach (var openId in new[] { "o3", "O2", "o1" })
        {
            await store.ApplyAsync(new ConsentKey(Key.AppId, openId, Key.TemplateId), tap, run.CancellationToken).ConfigureAwait(false);
        }

        await store.ApplyAsync(new ConsentKey(Key.AppId, "o4", "other"), tap, run.CancellationToken).ConfigureAwait(false);
        await store.ApplyAsync(new ConsentKey("wxother", "o5", Key.TemplateId), tap, run.CancellationToken).ConfigureAwait(false);
        await store.ApplyAsync(new ConsentKey(Key.AppId, "o6", Key.TemplateId), new ConsentChange(Asked, run.Clock.GetUtcNow()), run.CancellationToken).ConfigureAwait(false);
        var listed = new List<string>();
        IReadOnlyList<string> page;
        do
        {
            page = await store.ListAsync(Key.AppId, Key.TemplateId, listed.LastOrDefault(), 2, run.CancellationToken).ConfigureAwait(false);
            listed.AddRange(page);
        }
        while (page.Count == 2);
        run.Equal("O2 o1 o3", string.Join(' ', listed.Order(StringComparer.Ordinal)), "the people listed");
    }

    private static async Task Who_is_forgotten_is_gone(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await ApplyAsync(run, store, Tapped).ConfigureAwait(false);
        var other = new ConsentKey(Key.AppId, "o2", Key.TemplateId);
        await store.ApplyAsync(other, new(Tapped, run.Clock.GetUtcNow()), run.CancellationToken).ConfigureAwait(false);
        await store.ForgetAsync(Key.AppId, [Key.OpenId, Key.OpenId, "o9"], run.CancellationToken).ConfigureAwait(false);
        await store.ForgetAsync("wxother", [other.OpenId], run.CancellationToken).ConfigureAwait(false);
        await store.ForgetAsync(Key.AppId, [], run.CancellationToken).ConfigureAwait(false);
        run.Equal(ConsentState.None, await store.GetAsync(Key, run.CancellationToken).ConfigureAwait(false));
        run.Equal(1, (await store.GetAsync(other, run.CancellationToken).ConfigureAwait(false)).Credits);
    }

    private static async Task Everything_survives(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await ApplyAsync(run, store, Tapped, "a").ConfigureAwait(false);
        await ApplyAsync(run, store, Reported).ConfigureAwait(false);
        await ApplyAsync(run, store, Taken).ConfigureAwait(false);
        await ApplyAsync(run, store, Delivered, "b").ConfigureAwait(false);
        run.Clock.Advance(TimeSpan.FromSeconds(10));
        await ApplyAsync(run, store, Emptied, "c").ConfigureAwait(false);
        await ApplyAsync(run, store, AlwaysAccepts).ConfigureAwait(false);
        var (state, again) = (await store.GetAsync(Key, run.CancellationToken).ConfigureAwait(false), await run.OpenAsync().ConfigureAwait(false));
        run.Equal(state, await again.GetAsync(Key, run.CancellationToken).ConfigureAwait(false));
        foreach (var (kind, eventId) in ((ConsentChangeKind, string)[])[(Tapped, "a"), (Delivered, "b"), (Emptied, "c")])
        {
            run.True(!await ApplyAsync(run, again, kind, eventId).ConfigureAwait(false), "each event is known");
        }
    }

    private static async Task Ten_takers_at_once_take_each_credit_once(ConformanceRun<IConsentLedger> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var other = await run.OpenAsync().ConfigureAwait(false);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(async taker =>
            await ApplyAsync(run, taker % 2 == 0 ? store : other, Tapped).ConfigureAwait(false))).ConfigureAwait(false);
        run.Equal(10, await CreditsAsync(run, store).ConfigureAwait(false));
        var taken = await Task.WhenAll(Enumerable.Range(0, 10).Select(async taker =>
        {
            var mine = 0;
            for (var i = 0; i < 3; i++)
            {
                mine += await ApplyAsync(run, taker % 2 == 0 ? store : other, Taken).ConfigureAwait(false) ? 1 : 0;
            }

            return mine;
        })).ConfigureAwait(false);
        run.Equal(10, taken.Sum());
        run.Equal(0, await CreditsAsync(run, store).ConfigureAwait(false));
    }

    private static ValueTask<bool> ApplyAsync(ConformanceRun<IConsentLedger> run, IConsentLedger store, ConsentChangeKind kind, string? eventId = null) =>
        store.ApplyAsync(Key, new(kind, run.Clock.GetUtcNow()) { EventId = eventId }, run.CancellationToken);

    private static async ValueTask<long> CreditsAsync(ConformanceRun<IConsentLedger> run, IConsentLedger store) =>
        (await store.GetAsync(Key, run.CancellationToken).ConfigureAwait(false)).Credits;
}
