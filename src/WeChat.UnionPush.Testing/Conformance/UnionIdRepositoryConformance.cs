using System.Collections;

namespace WeChat.UnionPush.Testing;

/// <summary>
/// The contract of every <see cref="IUnionIdRepository"/>, as named cases for any test framework. Enumerate <see cref="CaseNames"/> and run each,
/// so that cases added by a later version run too.
/// </summary>
public static partial class UnionIdRepositoryConformance
{
    private const string OfficialAccount = "wx0123456789abcdef";
    private const string MiniProgram = "wxfedcba9876543210";
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, 123, TimeSpan.Zero);

    private static readonly ConformanceSuite<IUnionIdRepository> Suite = new()
    {
        A_saved_identity_comes_back_whole,
        An_openid_that_is_not_stored_is_left_out,
        An_openid_asked_for_twice_comes_once,
        Nothing_asked_for_gives_nothing,
        An_empty_batch_saves_nothing,
        A_batch_reports_what_it_added,
        The_same_observation_again_changes_nothing,
        The_latest_observation_wins_in_every_order,
        Of_two_observations_of_one_moment_the_one_saved_last_wins,
        Where_both_know_when_the_following_changed_that_decides,
        The_latest_change_of_the_following_stays,
        Times_finer_than_a_millisecond_are_cut,
        An_unknown_follow_state_leaves_the_state_and_moves_the_time,
        An_unknown_follow_state_gives_way_to_an_older_known_one,
        A_null_UnionID_never_erases_a_known_one_in_any_order,
        A_UnionID_fills_an_empty_one_even_from_an_older_observation,
        A_changed_UnionID_replaces_the_old_one_and_is_reported,
        A_UnionID_older_than_the_details_replaces_nothing,
        A_UnionID_of_the_moment_of_the_details_replaces_the_old_one,
        A_UnionID_replaces_another_where_no_details_are_known,
        A_blank_UnionID_joins_nobody,
        The_latest_time_of_details_stays,
        Leaving_keeps_the_UnionID,
        A_batch_may_name_an_identity_twice,
        A_batch_may_name_many_apps,
        Apps_do_not_meet,
        Texts_come_back_unchanged,
        Texts_are_compared_by_their_characters,
        Ten_thousand_identities_in_one_batch_come_back,
        Resolving_joins_on_the_UnionID,
        Resolving_leaves_out_what_is_not_stored,
        Resolving_gives_no_target_where_no_UnionID_joins,
        Resolving_works_in_both_directions,
        Resolving_follows_a_replaced_UnionID,
        Of_two_that_carry_a_UnionID_the_following_one_is_preferred,
        Of_two_that_carry_a_UnionID_the_one_observed_last_is_preferred,
        Finding_by_UnionID_gives_one_for_each,
        What_is_not_stored_or_has_no_details_is_outdated,
        Linked_and_unlinked_details_have_ages_of_their_own,
        Details_never_or_always_grow_old,
        Asking_what_is_outdated_changes_nothing,
        Who_does_not_follow_is_outdated,
        Counting_followers_tells_who_was_not_seen_and_who_is_not_linked,
        Closing_a_walk_marks_those_it_did_not_see,
        Closing_a_walk_leaves_others_as_they_are,
        Closing_a_walk_compares_by_the_millisecond,
        After_a_walk_was_closed_only_newer_observations_count,
        Listing_goes_by_the_bytes_of_the_openid,
        Listing_goes_on_after_an_openid,
        Listing_sees_every_identity_once_while_others_are_saved,
        Coverage_adds_up,
        Coverage_of_nothing_is_nothing,
        Coverage_counts_a_person_once,
        Coverage_tells_how_many_followers_have_no_UnionID,
        Erasing_takes_both_sides,
        Erasing_by_UnionID_takes_both_sides,
        Erasing_an_unlinked_identity_takes_it_alone,
        Erasing_what_is_not_stored_erases_nothing,
        An_erased_person_may_come_back,
        What_was_observed_before_an_erasure_brings_nobody_back,
        Who_was_erased_before_being_stored_stays_erased,
        Without_the_order_of_the_store_the_times_tell_what_was_before_an_erasure,
        That_somebody_still_follows_brings_nobody_back,
        A_follow_after_an_erasure_brings_the_person_back,
        A_follow_long_before_an_erasure_brings_nobody_back,
        That_somebody_left_brings_nobody_back,
        Who_came_back_is_joined_again,
        Who_is_erased_again_stays_erased,
        Others_are_saved_beside_somebody_erased,
        Erasures_are_counted_and_never_fewer,
        Erasures_expire,
        Erasures_outlive_the_store,
        Writers_and_erasures_at_once_bring_nobody_back,
        Two_writers_at_once_lose_nothing,
        Two_writers_of_the_same_identities_agree,
        Writers_and_walks_at_once_lose_nothing,
        A_batch_with_a_null_saves_nothing,
        A_batch_that_fails_half_way_saves_nothing,
        A_batch_that_is_cancelled_half_way_is_saved_whole_or_not_at_all,
        A_cancelled_call_does_nothing,
        Identities_outlive_the_store_that_saved_them,
    };

    /// <summary>The names of all cases.</summary>
    public static IReadOnlyList<string> CaseNames => Suite.CaseNames;

    /// <summary>Runs one case.</summary>
    /// <param name="caseName">One of <see cref="CaseNames"/>.</param>
    /// <param name="openAsync">Opens the store under test, as a new process would: empty at the first call of a run, and on the same data at every
    /// later one. The store is disposed at the end if it is disposable.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <exception cref="ConformanceException">The store violates its contract.</exception>
    public static Task RunAsync(string caseName, Func<CancellationToken, ValueTask<IUnionIdRepository>> openAsync, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(openAsync);
        return Suite.RunAsync(caseName, (_, token) => openAsync(token), cancellationToken);
    }

    private static DateTimeOffset At(double seconds) => Start.AddSeconds(seconds);

    private static WeChatIdentity Follower(
        string openId, double at = 0, string? unionId = null, FollowState state = FollowState.Following, double? details = null, double? changed = null) =>
        new(OfficialAccount, openId)
        {
            UnionId = unionId,
            FollowState = state,
            ObservedAt = At(at),
            DetailsAt = details is { } time ? At(time) : null,
            FollowChangedAt = changed is { } change ? At(change) : null,
        };

    private static WeChatIdentity User(string openId, double at = 0, string? unionId = null, double? details = null) =>
        Follower(openId, at, unionId, FollowState.Unknown, details) with { AppId = MiniProgram };

    private static async Task StoredAsync(ConformanceRun<IUnionIdRepository> run, IUnionIdRepository store, params WeChatIdentity[] expected)
    {
        foreach (var app in expected.GroupBy(static identity => identity.AppId, StringComparer.Ordinal))
        {
            var found = await store.FindAsync(app.Key, [.. app.Select(static identity => identity.OpenId)], run.CancellationToken).ConfigureAwait(false);
            run.Same(app, found, "the identities stored");
        }
    }

    private static async Task AllStoredAsync(ConformanceRun<IUnionIdRepository> run, IUnionIdRepository store, string appId, params IEnumerable<WeChatIdentity> expected) =>
        run.Same(expected, await ListAsync(run, store, appId).ConfigureAwait(false), $"all identities of {appId}");

    private static async Task<List<WeChatIdentity>> ListAsync(ConformanceRun<IUnionIdRepository> run, IUnionIdRepository store, string appId, string? after = null)
    {
        var all = new List<WeChatIdentity>();
        await foreach (var identity in store.ListAsync(appId, after, run.CancellationToken).ConfigureAwait(false))
        {
            all.Add(identity);
        }

        return all;
    }

    private static async Task<WeChatIdentity?> TargetAsync(
        ConformanceRun<IUnionIdRepository> run, IUnionIdRepository store, WeChatIdentity source, string targetAppId = OfficialAccount)
    {
        var links = await store.ResolveAsync(source.AppId, [source.OpenId], targetAppId, run.CancellationToken).ConfigureAwait(false);
        run.Equal(1, links.Count, "the number of links for one stored openid");
        run.Equal(source, links[0].Source);
        return links[0].Target;
    }

    private static IEnumerable<T[]> Orders<T>(params T[] items) => items.Length <= 1
        ? [items]
        : items.SelectMany((first, i) => Orders([.. items[..i], .. items[(i + 1)..]]).Select(rest => (T[])[first, .. rest]));

    /// <summary>Saves observations of one identity in every order, one by one and as one batch, and expects the same result.</summary>
    private static async Task InEveryOrderAsync(ConformanceRun<IUnionIdRepository> run, WeChatIdentity expected, params WeChatIdentity[] observations)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var n = 0;
        foreach (var order in Orders(observations))
        {
            foreach (var asBatch in new[] { false, true })
            {
                var openId = $"o{n++}";
                WeChatIdentity[] batch = [.. order.Select(observation => observation with { OpenId = openId })];
                foreach (var part in asBatch ? [batch] : batch.Chunk(1))
                {
                    await store.SaveAsync(part, run.CancellationToken).ConfigureAwait(false);
                }

                await StoredAsync(run, store, expected with { OpenId = openId }).ConfigureAwait(false);
            }
        }
    }

    private static async Task A_saved_identity_comes_back_whole(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        foreach (var state in Enum.GetValues<FollowState>())
        {
            WeChatIdentity[] saved = [Follower($"o{state}1", 1, "u1", state, 2), Follower($"o{state}2", 1, null, state, 2), Follower($"o{state}3", 1, null, state),
                Follower($"o{state}4", 1, "u1", state)];
            await store.SaveAsync(saved, run.CancellationToken).ConfigureAwait(false);
            await StoredAsync(run, store, saved).ConfigureAwait(false);
        }

        var ancient = new WeChatIdentity(OfficialAccount, "oAncient");
        await store.SaveAsync([ancient], run.CancellationToken).ConfigureAwait(false);
        await StoredAsync(run, store, ancient).ConfigureAwait(false);
    }

    private static async Task An_openid_that_is_not_stored_is_left_out(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1")], run.CancellationToken).ConfigureAwait(false);
        run.Same([Follower("o1")], await store.FindAsync(OfficialAccount, ["o2", "o1", "", "\0", "\ud800"], run.CancellationToken).ConfigureAwait(false), "the identities found");
        run.Equal(0, (await store.FindAsync("wxunknown", ["o1"], run.CancellationToken).ConfigureAwait(false)).Count, "the number found in an unknown app");
    }

    private static async Task An_openid_asked_for_twice_comes_once(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", unionId: "u1"), User("m1", unionId: "u1")], run.CancellationToken).ConfigureAwait(false);
        run.Equal(1, (await store.FindAsync(OfficialAccount, ["o1", "oX", "o1"], run.CancellationToken).ConfigureAwait(false)).Count, "the number found");
        run.Equal(1, (await store.ResolveAsync(MiniProgram, ["m1", "mX", "m1"], OfficialAccount, run.CancellationToken).ConfigureAwait(false)).Count, "the number resolved");
        run.Equal(1, (await store.FindByUnionIdAsync(OfficialAccount, ["u1", "uX", "u1"], run.CancellationToken).ConfigureAwait(false)).Count, "the number found by UnionID");
        run.Same(["o1", "oX"], await store.FindOutdatedAsync(OfficialAccount, ["o1", "oX", "oX", "o1"], At(0), At(0), run.CancellationToken).ConfigureAwait(false),
            "the outdated openids");
    }

    private static async Task Nothing_asked_for_gives_nothing(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", unionId: "u1")], run.CancellationToken).ConfigureAwait(false);
        run.Equal(0, (await store.FindAsync(OfficialAccount, [], run.CancellationToken).ConfigureAwait(false)).Count, "the number found");
        run.Equal(0, (await store.ResolveAsync(OfficialAccount, [], MiniProgram, run.CancellationToken).ConfigureAwait(false)).Count, "the number resolved");
        run.Equal(0, (await store.FindByUnionIdAsync(OfficialAccount, [], run.CancellationToken).ConfigureAwait(false)).Count, "the number found by UnionID");
        run.Equal(0, (await store.FindOutdatedAsync(OfficialAccount, [], At(0), At(0), run.CancellationToken).ConfigureAwait(false)).Count, "the number outdated");
    }

    private static async Task An_empty_batch_saves_nothing(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.Equal(default, await store.SaveAsync([], run.CancellationToken).ConfigureAwait(false), "what an empty batch changed");
        await AllStoredAsync(run, store, OfficialAccount).ConfigureAwait(false);
    }

    private static async Task A_batch_reports_what_it_added(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.Equal(new SavedIdentities(2, 0), await store.SaveAsync([Follower("o1"), Follower("o2", unionId: "u2")], run.CancellationToken).ConfigureAwait(false),
            "what the first batch changed");
        run.Equal(new SavedIdentities(1, 0),
            await store.SaveAsync([Follower("o2", 1), Follower("o3", 1), Follower("o1", 1, "u1")], run.CancellationToken).ConfigureAwait(false), "what the second batch changed");
    }

    private static async Task The_same_observation_again_changes_nothing(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        WeChatIdentity[] saved = [Follower("o1", 1, "u1", FollowState.Refusing, 1), Follower("o2")];
        await store.SaveAsync(saved, run.CancellationToken).ConfigureAwait(false);
        run.Equal(default, await store.SaveAsync(saved, run.CancellationToken).ConfigureAwait(false), "what the same batch changed");
        await AllStoredAsync(run, store, OfficialAccount, saved).ConfigureAwait(false);
    }

    private static Task The_latest_observation_wins_in_every_order(ConformanceRun<IUnionIdRepository> run) => InEveryOrderAsync(
        run,
        Follower("o", 4, null, FollowState.NotFollowing),
        Follower("o", 1),
        Follower("o", 2, state: FollowState.NotFollowing),
        Follower("o", 3, state: FollowState.Refusing),
        Follower("o", 4, state: FollowState.NotFollowing));

    private static async Task Of_two_observations_of_one_moment_the_one_saved_last_wins(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1")], run.CancellationToken).ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", state: FollowState.NotFollowing)], run.CancellationToken).ConfigureAwait(false);
        await StoredAsync(run, store, Follower("o1", state: FollowState.NotFollowing)).ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", state: FollowState.Refusing), Follower("o1")], run.CancellationToken).ConfigureAwait(false);
        await StoredAsync(run, store, Follower("o1")).ConfigureAwait(false);
    }

    private static Task Where_both_know_when_the_following_changed_that_decides(ConformanceRun<IUnionIdRepository> run) => InEveryOrderAsync(
        run,
        Follower("o", 9, state: FollowState.NotFollowing, changed: 3),
        Follower("o", 9, changed: 1),
        Follower("o", 2, state: FollowState.NotFollowing, changed: 3),
        Follower("o", 7, state: FollowState.Refusing, changed: 2));

    private static async Task The_latest_change_of_the_following_stays(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 1, changed: 1.5)], run.CancellationToken).ConfigureAwait(false);
        run.Equal(DateTimeOffset.FromUnixTimeSeconds(At(1.5).ToUnixTimeSeconds()),
            (await store.FindAsync(OfficialAccount, ["o1"], run.CancellationToken).ConfigureAwait(false))[0].FollowChangedAt, "a change cut to the second");
        await store.SaveAsync([Follower("o1", 2, state: FollowState.NotFollowing)], run.CancellationToken).ConfigureAwait(false);
        await StoredAsync(run, store, Follower("o1", 2, state: FollowState.NotFollowing, changed: 1)).ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 1, changed: 3), Follower("o1", 5, changed: 2)], run.CancellationToken).ConfigureAwait(false);
        await StoredAsync(run, store, Follower("o1", 5, changed: 3)).ConfigureAwait(false);
    }

    private static async Task Times_finer_than_a_millisecond_are_cut(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var fine = Follower("o1") with { ObservedAt = At(0).AddTicks(9_999), DetailsAt = At(0).AddTicks(9_999).ToOffset(TimeSpan.FromHours(8)) };
        await store.SaveAsync([fine], run.CancellationToken).ConfigureAwait(false);
        await StoredAsync(run, store, Follower("o1", details: 0)).ConfigureAwait(false);
        run.Equal(0, (await store.FindOutdatedAsync(OfficialAccount, ["o1"], At(0).AddTicks(5_000), At(0).AddTicks(5_000), run.CancellationToken).ConfigureAwait(
            false)).Count, "the number outdated within the millisecond of their details");
    }

    private static async Task An_unknown_follow_state_leaves_the_state_and_moves_the_time(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 1, state: FollowState.Refusing)], run.CancellationToken).ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 2, state: FollowState.Unknown)], run.CancellationToken).ConfigureAwait(false);
        await StoredAsync(run, store, Follower("o1", 2, state: FollowState.Refusing)).ConfigureAwait(false);
    }

    private static Task An_unknown_follow_state_gives_way_to_an_older_known_one(ConformanceRun<IUnionIdRepository> run) => InEveryOrderAsync(
        run,
        Follower("o", 2),
        Follower("o", 1),
        Follower("o", 2, state: FollowState.Unknown));

    private static Task A_null_UnionID_never_erases_a_known_one_in_any_order(ConformanceRun<IUnionIdRepository> run) => InEveryOrderAsync(
        run,
        Follower("o", 4, "u1", FollowState.NotFollowing, 3),
        Follower("o", 1),
        Follower("o", 2, "u1", details: 2),
        Follower("o", 3, details: 3),
        Follower("o", 4, state: FollowState.NotFollowing));

    private static async Task A_UnionID_fills_an_empty_one_even_from_an_older_observation(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 5, details: 5)], run.CancellationToken).ConfigureAwait(false);
        run.Equal(default, await store.SaveAsync([Follower("o1", 1, "u1", FollowState.NotFollowing, 1)], run.CancellationToken).ConfigureAwait(false),
            "what filling a UnionID in changed");
        await StoredAsync(run, store, Follower("o1", 5, "u1", details: 5)).ConfigureAwait(false);
    }

    private static async Task A_changed_UnionID_replaces_the_old_one_and_is_reported(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync(
            [Follower("o1", 1, "u1", details: 1), Follower("o2", 1, "u2", details: 1), Follower("o3", 1, details: 1)], run.CancellationToken).ConfigureAwait(false);
        var saved = await store.SaveAsync(
            [Follower("o1", 2, "U1", details: 2), Follower("o2", 2, "u2", details: 2), Follower("o3", 2, "u3", details: 2)], run.CancellationToken).ConfigureAwait(false);
        run.Equal(new SavedIdentities(0, 1) { ReplacedUnionId = "u1" }, saved, "what the batch changed");
        await StoredAsync(run, store, Follower("o1", 2, "U1", details: 2), Follower("o2", 2, "u2", details: 2), Follower("o3", 2, "u3", details: 2)).ConfigureAwait(false);
    }

    private static async Task A_UnionID_older_than_the_details_replaces_nothing(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 5, "u1", details: 5)], run.CancellationToken).ConfigureAwait(false);
        run.Equal(default, await store.SaveAsync([Follower("o1", 4.999, "uOld", details: 4.999)], run.CancellationToken).ConfigureAwait(false), "what an older UnionID changed");
        await StoredAsync(run, store, Follower("o1", 5, "u1", details: 5)).ConfigureAwait(false);
    }

    private static async Task A_UnionID_of_the_moment_of_the_details_replaces_the_old_one(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 9, "u1", details: 5)], run.CancellationToken).ConfigureAwait(false);
        run.Equal(new SavedIdentities(0, 1) { ReplacedUnionId = "u1" },
            await store.SaveAsync([Follower("o1", 5, "u2", FollowState.NotFollowing, 4)], run.CancellationToken).ConfigureAwait(false), "what the batch changed");
        await StoredAsync(run, store, Follower("o1", 9, "u2", details: 5)).ConfigureAwait(false);
    }

    private static async Task A_UnionID_replaces_another_where_no_details_are_known(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 5, "u1")], run.CancellationToken).ConfigureAwait(false);
        run.Equal(new SavedIdentities(0, 1) { ReplacedUnionId = "u1" }, await store.SaveAsync([Follower("o1", 1, "u2")], run.CancellationToken).ConfigureAwait(false),
            "what the batch changed");
        await StoredAsync(run, store, Follower("o1", 5, "u2")).ConfigureAwait(false);
    }

    private static async Task A_blank_UnionID_joins_nobody(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync(
            [Follower("o1", unionId: ""), Follower("o2", unionId: "  "), User("m1", unionId: ""), User("m2", unionId: "  ")], run.CancellationToken).ConfigureAwait(false);
        run.Equal(null, await TargetAsync(run, store, User("m1")).ConfigureAwait(false), "the target of an identity with an empty UnionID");
        run.Equal(null, await TargetAsync(run, store, User("m2")).ConfigureAwait(false), "the target of an identity with a blank UnionID");
        run.Equal(0, (await store.FindByUnionIdAsync(OfficialAccount, ["", "  "], run.CancellationToken).ConfigureAwait(false)).Count, "the number found by blank UnionIDs");
        run.Equal(0, (await store.EraseByUnionIdAsync("", run.CancellationToken).ConfigureAwait(false)).Count, "the number erased by an empty UnionID");
    }

    private static Task The_latest_time_of_details_stays(ConformanceRun<IUnionIdRepository> run) => InEveryOrderAsync(
        run,
        Follower("o", 9, details: 7),
        Follower("o", 5, details: 7),
        Follower("o", 9, details: 3),
        Follower("o", 8));

    private static async Task Leaving_keeps_the_UnionID(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 1, "u1", details: 1), User("m1", 1, "u1", 1)], run.CancellationToken).ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 2, null, FollowState.NotFollowing)], run.CancellationToken).ConfigureAwait(false);
        run.Equal(Follower("o1", 2, "u1", FollowState.NotFollowing, 1), await TargetAsync(run, store, User("m1", 1, "u1", 1)).ConfigureAwait(false), "the target after leaving");
    }

    private static async Task A_batch_may_name_an_identity_twice(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        WeChatIdentity[] batch = [Follower("o1", 1), Follower("o2", 1), Follower("o1", 2, "u1", details: 2), Follower("o1", 3, state: FollowState.NotFollowing),
            Follower("o1", 3, state: FollowState.NotFollowing)];
        run.Equal(2, (await store.SaveAsync(batch, run.CancellationToken).ConfigureAwait(false)).Added, "the number added");
        await StoredAsync(run, store, Follower("o1", 3, "u1", FollowState.NotFollowing, 2), Follower("o2", 1)).ConfigureAwait(false);
        run.Equal(0, (await store.SaveAsync(batch, run.CancellationToken).ConfigureAwait(false)).Added, "the number added the second time");
        await AllStoredAsync(run, store, OfficialAccount, Follower("o1", 3, "u1", FollowState.NotFollowing, 2), Follower("o2", 1)).ConfigureAwait(false);
    }

    private static async Task A_batch_may_name_many_apps(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        WeChatIdentity[] batch = [.. Enumerable.Range(0, 50).Select(static i => Follower($"o{i % 5}") with { AppId = $"wx{i % 10}" }).Distinct()];
        run.Equal(batch.Length, (await store.SaveAsync(batch, run.CancellationToken).ConfigureAwait(false)).Added, "the number added");
        await StoredAsync(run, store, batch).ConfigureAwait(false);
    }

    private static async Task Apps_do_not_meet(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var here = Follower("same", 1, "u1", details: 1);
        var there = User("same", 2, "u2", 2);
        await store.SaveAsync([here, there], run.CancellationToken).ConfigureAwait(false);
        await StoredAsync(run, store, here, there).ConfigureAwait(false);
        run.Equal(null, await TargetAsync(run, store, there).ConfigureAwait(false), "the target of a person whom only the openid joins");
        await store.CloseWalkAsync(MiniProgram, At(100), run.CancellationToken).ConfigureAwait(false);
        await StoredAsync(run, store, here).ConfigureAwait(false);
        await store.EraseAsync(MiniProgram, "same", run.CancellationToken).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount, here).ConfigureAwait(false);
        await AllStoredAsync(run, store, MiniProgram).ConfigureAwait(false);
    }

    private static string[] HardTexts() =>
    [
        "plain", "with 'single' quotes", "with \"double\" quotes", "'; drop table identity; --", "back\\slash", "\\u0041", "%_like", "$1 @p :p ?1", "{curly} [square]", "a,b;c|d",
        " leading", "trailing ", "  ", "\t\r\n", "\u3000ideographic\u3000", "\u00a0", "null", "NULL", "0", "-1", "1e3", "true", "汉字汉字", "😀👨‍👩‍👧‍👦🇨🇳", "e\u0301", "\u00e9",
            "\u200bzero\u200bwidth\u202e",
        "\ufeffbom", "\uffff", "\ue000", "\x01\x1f\x7f\x85", "İıßẞ", new string('x', 128), new string('汉', 128), string.Concat(Enumerable.Repeat("😀", 64)),
    ];

    private static async Task Texts_come_back_unchanged(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        foreach (var text in HardTexts())
        {
            var unionId = text.Trim().Length == 0 ? $"u{text}" : text;
            var follower = Follower(text, 1, unionId, details: 1);
            var user = User(text, 1, unionId, 1);
            run.Equal(new SavedIdentities(2, 0), await store.SaveAsync([follower, user], run.CancellationToken).ConfigureAwait(false), $"what saving '{text}' changed");
            await StoredAsync(run, store, follower, user).ConfigureAwait(false);
            run.Equal(follower, await TargetAsync(run, store, user).ConfigureAwait(false), $"the target of '{text}'");
            run.Same([follower], await store.FindByUnionIdAsync(OfficialAccount, [unionId], run.CancellationToken).ConfigureAwait(false),
                $"the identity found by UnionID '{unionId}'");
            run.Same([text], await store.FindOutdatedAsync(OfficialAccount, [text], At(2), At(2), run.CancellationToken).ConfigureAwait(false), $"the outdated openid '{text}'");
        }

        var openIds = HardTexts();
        run.Same(openIds, (await store.FindAsync(OfficialAccount, openIds, run.CancellationToken).ConfigureAwait(false))
            .Select(static identity => identity.OpenId), "the openids found");
        run.Same(openIds, (await ListAsync(run, store, OfficialAccount).ConfigureAwait(false)).Select(static identity => identity.OpenId), "the openids listed");

        var app = new WeChatIdentity("wx'😀\"", "o1") { UnionId = "u1", ObservedAt = At(1) };
        await store.SaveAsync([app], run.CancellationToken).ConfigureAwait(false);
        await AllStoredAsync(run, store, "wx'😀\"", app).ConfigureAwait(false);
    }

    private static async Task Texts_are_compared_by_their_characters(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        string[] texts = ["a", "A", "a ", " a", "á", "a\u0301", "ａ", "ß", "ss", "I", "i", "İ", "ı", "1", "01", "1.0", "a\u200b", "Ａ"];
        WeChatIdentity[] followers = [.. texts.Select(static text => Follower(text, 1, text, details: 1))];
        WeChatIdentity[] users = [.. texts.Select(static text => User(text, 1, text, 1))];
        run.Equal(new SavedIdentities(texts.Length, 0), await store.SaveAsync(followers, run.CancellationToken).ConfigureAwait(false), "what the batch changed");
        await store.SaveAsync(users, run.CancellationToken).ConfigureAwait(false);
        var links = await store.ResolveAsync(MiniProgram, texts, OfficialAccount, run.CancellationToken).ConfigureAwait(false);
        run.Same(users.Zip(followers, static (user, follower) => new IdentityLink(user, follower)), links, "the links");
        await store.EraseByUnionIdAsync("a", run.CancellationToken).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount, followers[1..]).ConfigureAwait(false);
    }

    private static async Task Ten_thousand_identities_in_one_batch_come_back(ConformanceRun<IUnionIdRepository> run)
    {
        const int count = 10_000;
        var store = await run.OpenAsync().ConfigureAwait(false);
        string[] decorations = ["", "'", "\"", "😀", " ", "汉", "\\"];
        WeChatIdentity[] followers =
            [.. Enumerable.Range(0, count).Select(i => Follower($"o{decorations[i % decorations.Length]}{i}", 1, i % 3 == 0 ? null : $"u{i}", details: i % 5 == 0 ? null : 1))];
        string[] openIds = [.. followers.Select(static follower => follower.OpenId)];
        run.Equal(new SavedIdentities(count, 0), await store.SaveAsync(followers, run.CancellationToken).ConfigureAwait(false), "what the batch changed");
        run.Same(followers, await store.FindAsync(OfficialAccount, openIds, run.CancellationToken).ConfigureAwait(false), "the identities found");
        run.Same(
            followers.Where(static follower => follower.DetailsAt is null).Select(static follower => follower.OpenId),
            await store.FindOutdatedAsync(OfficialAccount, openIds, At(1), At(1), run.CancellationToken).ConfigureAwait(false),
            "the outdated openids");

        WeChatIdentity[] users = [.. followers.Select(static follower => follower with { AppId = MiniProgram, FollowState = FollowState.Unknown })];
        await store.SaveAsync(users, run.CancellationToken).ConfigureAwait(false);
        run.Same(
            users.Zip(followers, static (user, follower) => new IdentityLink(user, user.UnionId is null ? null : follower)),
            await store.ResolveAsync(MiniProgram, openIds, OfficialAccount, run.CancellationToken).ConfigureAwait(false),
            "the links");
        run.Same(
            followers.Where(static follower => follower.UnionId is not null),
            await store.FindByUnionIdAsync(OfficialAccount, [.. followers.Select(static follower => follower.UnionId ?? "none")], run.CancellationToken).ConfigureAwait(false),
            "the identities found by UnionID");

        WeChatIdentity[] again =
            [.. followers.Select(static follower => follower with { ObservedAt = At(2), UnionId = null, DetailsAt = null, FollowState = FollowState.Refusing })];
        run.Equal(default, await store.SaveAsync(again, run.CancellationToken).ConfigureAwait(false), "what the second batch changed");
        await StoredAsync(run, store, [.. followers.Select(static follower => follower with { ObservedAt = At(2), FollowState = FollowState.Refusing })]).ConfigureAwait(false);
    }

    private static async Task Resolving_joins_on_the_UnionID(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        WeChatIdentity[] followers = [Follower("o1", 1, "u1", details: 1), Follower("o2", 1, "u2", FollowState.NotFollowing, 1), Follower("o3", 1, "u3", FollowState.Refusing, 1)];
        WeChatIdentity[] users = [User("m1", 1, "u1", 1), User("m2", 1, "u2", 1), User("m3", 1, "u3", 1)];
        await store.SaveAsync([.. followers, .. users], run.CancellationToken).ConfigureAwait(false);
        run.Same(
            users.Zip(followers, static (user, follower) => new IdentityLink(user, follower)),
            await store.ResolveAsync(MiniProgram, ["m3", "m1", "m2"], OfficialAccount, run.CancellationToken).ConfigureAwait(false),
            "the links");
    }

    private static async Task Resolving_leaves_out_what_is_not_stored(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", unionId: "u1"), User("m1", unionId: "u1")], run.CancellationToken).ConfigureAwait(false);
        run.Equal(0, (await store.ResolveAsync(MiniProgram, ["m2", "o1", "", "\0"], OfficialAccount, run.CancellationToken).ConfigureAwait(false)).Count,
            "the number of links of openids that are not stored");
        run.Equal(0, (await store.ResolveAsync(MiniProgram, ["\udfff"], OfficialAccount, run.CancellationToken).ConfigureAwait(false)).Count,
            "the number of links of half a surrogate pair");
        run.Equal(0, (await store.ResolveAsync("wxunknown", ["m1"], OfficialAccount, run.CancellationToken).ConfigureAwait(false)).Count, "the number of links in an unknown app");
    }

    private static async Task Resolving_gives_no_target_where_no_UnionID_joins(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1"), Follower("o2", unionId: "u2"), User("m1"), User("m3", unionId: "u3")], run.CancellationToken).ConfigureAwait(false);
        run.Equal(null, await TargetAsync(run, store, User("m1")).ConfigureAwait(false), "the target of an identity without a UnionID");
        run.Equal(null, await TargetAsync(run, store, User("m3", unionId: "u3")).ConfigureAwait(false), "the target of a UnionID that the other app does not know");
        run.Equal(null, await TargetAsync(run, store, Follower("o2", unionId: "u2"), "wxunknown").ConfigureAwait(false), "the target in an unknown app");
    }

    private static async Task Resolving_works_in_both_directions(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var follower = Follower("o1", unionId: "u1");
        var user = User("m1", unionId: "u1");
        await store.SaveAsync([follower, user], run.CancellationToken).ConfigureAwait(false);
        run.Equal(follower, await TargetAsync(run, store, user, OfficialAccount).ConfigureAwait(false), "the follower of the user");
        run.Equal(user, await TargetAsync(run, store, follower, MiniProgram).ConfigureAwait(false), "the user of the follower");
        run.Equal(user, await TargetAsync(run, store, user, MiniProgram).ConfigureAwait(false), "the user in the user's own app");
    }

    private static async Task Resolving_follows_a_replaced_UnionID(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 1, "u1", details: 1), User("m1", 1, "u1", 1)], run.CancellationToken).ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 2, "u2", details: 2)], run.CancellationToken).ConfigureAwait(false);
        run.Equal(null, await TargetAsync(run, store, User("m1", 1, "u1", 1)).ConfigureAwait(false), "the target while one side is bound anew");
        run.Equal(0, (await store.FindByUnionIdAsync(OfficialAccount, ["u1"], run.CancellationToken).ConfigureAwait(false)).Count, "the number that carry the old UnionID");
        await store.SaveAsync([User("m1", 2, "u2", 2)], run.CancellationToken).ConfigureAwait(false);
        run.Equal(Follower("o1", 2, "u2", details: 2), await TargetAsync(run, store, User("m1", 2, "u2", 2)).ConfigureAwait(false), "the target after both sides are bound anew");
    }

    private static Task Of_two_that_carry_a_UnionID_the_following_one_is_preferred(ConformanceRun<IUnionIdRepository> run) =>
        PreferredAsync(run, Follower("oFollowing", 1, "u1"), Follower("oRefusing", 3, "u1", FollowState.Refusing), Follower("oLeft", 4, "u1", FollowState.NotFollowing),
            Follower("oUnknown", 5, "u1", FollowState.Unknown));

    private static async Task Of_two_that_carry_a_UnionID_the_one_observed_last_is_preferred(ConformanceRun<IUnionIdRepository> run)
    {
        await PreferredAsync(run, Follower("oA2", 3, "u1"), Follower("oA1", 2, "u1"), Follower("oA3", 1, "u1")).ConfigureAwait(false);
        await PreferredAsync(run, Follower("oB2", 3, "u2", FollowState.NotFollowing), Follower("oB1", 2, "u2", FollowState.Refusing),
            Follower("oB3", 1, "u2", FollowState.NotFollowing)).ConfigureAwait(false);
        await PreferredAsync(run, Follower("oC1", 3, "u3"), Follower("oC3", 3, "u3"), Follower("oC2", 3, "u3")).ConfigureAwait(false);
    }

    private static async Task PreferredAsync(ConformanceRun<IUnionIdRepository> run, WeChatIdentity preferred, params WeChatIdentity[] others)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var user = User($"m{preferred.UnionId}", 1, preferred.UnionId);
        await store.SaveAsync([others[0], preferred, .. others[1..], user], run.CancellationToken).ConfigureAwait(false);
        run.Equal(preferred, await TargetAsync(run, store, user).ConfigureAwait(false), "the target");
        run.Same([new IdentityLink(user, preferred)],
            await store.ResolveAsync(MiniProgram, [user.OpenId, "mX"], OfficialAccount, run.CancellationToken).ConfigureAwait(false), "the links of a batch");
        run.Same([preferred], await store.FindByUnionIdAsync(OfficialAccount, [preferred.UnionId!], run.CancellationToken).ConfigureAwait(false), "the identity found by UnionID");
        run.Same([preferred], await store.FindByUnionIdAsync(OfficialAccount, ["uX", preferred.UnionId!], run.CancellationToken).ConfigureAwait(false),
            "the identities found by UnionIDs");
    }

    private static async Task Finding_by_UnionID_gives_one_for_each(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync(
            [Follower("o1", 1, "u1"), Follower("o2", 1, "u2"), Follower("o3", 1), User("m1", 1, "u1"), User("m9", 1, "u9")], run.CancellationToken).ConfigureAwait(false);
        run.Same([Follower("o1", 1, "u1"), Follower("o2", 1, "u2")],
            await store.FindByUnionIdAsync(OfficialAccount, ["u2", "u9", "u1", "\0"], run.CancellationToken).ConfigureAwait(false), "the identities found");
    }

    private static async Task What_is_not_stored_or_has_no_details_is_outdated(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("oSeen", 5), Follower("oLinked", 5, "u1"), Follower("oAsked", 5, "u2", details: 5), Follower("oUnlinked", 5, details: 5),
            User("oNew", 5, "u3", 5)], run.CancellationToken).ConfigureAwait(false);
        run.Same(
            ["oNew", "oSeen", "oLinked"],
            await store.FindOutdatedAsync(OfficialAccount, ["oAsked", "oNew", "oSeen", "oUnlinked", "oLinked"], DateTimeOffset.MinValue, DateTimeOffset.MinValue,
                run.CancellationToken).ConfigureAwait(false),
            "the outdated openids");
    }

    private static async Task Linked_and_unlinked_details_have_ages_of_their_own(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([.. Enumerable.Range(1, 5).SelectMany(
            static i => new[] { Follower($"oLinked{i}", 9, $"u{i}", details: i), Follower($"oUnlinked{i}", 9, details: i) })], run.CancellationToken).ConfigureAwait(false);
        string[] all = [.. Enumerable.Range(1, 5).SelectMany(static i => new[] { $"oLinked{i}", $"oUnlinked{i}" })];
        run.Same(
            ["oLinked1", "oUnlinked1", "oUnlinked2", "oUnlinked3"],
            await store.FindOutdatedAsync(OfficialAccount, all, At(2), At(4), run.CancellationToken).ConfigureAwait(false),
            "the outdated openids");
    }

    private static async Task Details_never_or_always_grow_old(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 1, "u1", details: 1), Follower("o2", 1, details: 1)], run.CancellationToken).ConfigureAwait(false);
        run.Same(["o1"], await store.FindOutdatedAsync(OfficialAccount, ["o1", "o2"], DateTimeOffset.MaxValue, DateTimeOffset.MinValue,
            run.CancellationToken).ConfigureAwait(false), "the outdated openids, linked ones always");
        run.Same(["o2"], await store.FindOutdatedAsync(OfficialAccount, ["o1", "o2"], DateTimeOffset.MinValue, DateTimeOffset.MaxValue,
            run.CancellationToken).ConfigureAwait(false), "the outdated openids, unlinked ones always");
    }

    private static async Task Asking_what_is_outdated_changes_nothing(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 1)], run.CancellationToken).ConfigureAwait(false);
        await store.FindOutdatedAsync(OfficialAccount, ["o1", "o2"], At(2), At(2), run.CancellationToken).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount, Follower("o1", 1)).ConfigureAwait(false);
    }

    private static async Task Who_does_not_follow_is_outdated(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync(
            [Follower("oLeft", 5, "u1", FollowState.NotFollowing, 5), Follower("oRefusing", 5, "u2", FollowState.Refusing, 5),
                Follower("oUnknown", 5, "u3", FollowState.Unknown, 5)],
            run.CancellationToken).ConfigureAwait(false);
        run.Same(
            ["oLeft"],
            await store.FindOutdatedAsync(
                OfficialAccount, ["oLeft", "oRefusing", "oUnknown"], DateTimeOffset.MinValue, DateTimeOffset.MinValue, run.CancellationToken).ConfigureAwait(false),
            "the outdated openids");
    }

    private static async Task Counting_followers_tells_who_was_not_seen_and_who_is_not_linked(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.Equal(default, await store.CountFollowersAsync(OfficialAccount, At(9), run.CancellationToken).ConfigureAwait(false), "the count of an empty store");
        await store.SaveAsync(
            [
                Follower("o1", 4.999, "u1"), Follower("o2", 5, "u2"), Follower("o3", 5), Follower("oRefusing", 1, state: FollowState.Refusing),
                Follower("oLeft", 1, state: FollowState.NotFollowing), Follower("oUnknown", 1, state: FollowState.Unknown), User("m1", 1), Follower("oOther", 1) with
                    { AppId = "wxother" },
            ],
            run.CancellationToken).ConfigureAwait(false);
        run.Equal(new FollowerCount(4, 2, 2), await store.CountFollowersAsync(OfficialAccount, At(5).AddTicks(7_777), run.CancellationToken).ConfigureAwait(false), "the count");
    }

    private static async Task Closing_a_walk_marks_those_it_did_not_see(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("oGone", 1, "u1", details: 1), Follower("oGoneRefusing", 1, state: FollowState.Refusing), Follower("oSeen", 5),
            Follower("oRefusing", 5, state: FollowState.Refusing)], run.CancellationToken).ConfigureAwait(false);
        run.Equal(2, await store.CloseWalkAsync(OfficialAccount, At(5), run.CancellationToken).ConfigureAwait(false), "the number that left");
        WeChatIdentity[] expected = [Follower("oGone", 5, "u1", FollowState.NotFollowing, 1), Follower("oGoneRefusing", 5, state: FollowState.NotFollowing),
            Follower("oSeen", 5), Follower("oRefusing", 5, state: FollowState.Refusing)];
        await AllStoredAsync(run, store, OfficialAccount, expected).ConfigureAwait(false);
        run.Equal(0, await store.CloseWalkAsync(OfficialAccount, At(5), run.CancellationToken).ConfigureAwait(false), "the number that left when the walk is closed again");
        await AllStoredAsync(run, store, OfficialAccount, expected).ConfigureAwait(false);
    }

    private static async Task Closing_a_walk_leaves_others_as_they_are(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        WeChatIdentity[] saved = [Follower("oLeft", 1, "u1", FollowState.NotFollowing, 1), Follower("oUnknown", 1, state: FollowState.Unknown), Follower("oNewer", 6)];
        var elsewhere = Follower("oElsewhere", 1) with { AppId = "wxother" };
        await store.SaveAsync([.. saved, elsewhere], run.CancellationToken).ConfigureAwait(false);
        run.Equal(0, await store.CloseWalkAsync(OfficialAccount, At(5), run.CancellationToken).ConfigureAwait(false), "the number that left");
        await AllStoredAsync(run, store, OfficialAccount, saved).ConfigureAwait(false);
        await AllStoredAsync(run, store, "wxother", elsewhere).ConfigureAwait(false);
    }

    private static async Task Closing_a_walk_compares_by_the_millisecond(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var walkStartedAt = At(5).AddTicks(7_777);
        await store.SaveAsync([Follower("o1") with { ObservedAt = walkStartedAt }], run.CancellationToken).ConfigureAwait(false);
        run.Equal(0, await store.CloseWalkAsync(OfficialAccount, walkStartedAt, run.CancellationToken).ConfigureAwait(false), "the number that left");
        run.Equal(1, await store.CloseWalkAsync(OfficialAccount, At(5.001), run.CancellationToken).ConfigureAwait(false), "the number that left a millisecond later");
    }

    private static async Task After_a_walk_was_closed_only_newer_observations_count(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("oLate", 1), Follower("oBack", 1)], run.CancellationToken).ConfigureAwait(false);
        await store.CloseWalkAsync(OfficialAccount, At(5), run.CancellationToken).ConfigureAwait(false);
        await store.SaveAsync([Follower("oLate", 4), Follower("oBack", 6)], run.CancellationToken).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount, Follower("oLate", 5, state: FollowState.NotFollowing), Follower("oBack", 6)).ConfigureAwait(false);
    }

    private static async Task Listing_goes_by_the_bytes_of_the_openid(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        string[] ordered = ["-", "0", "9", "A", "AA", "B", "Z", "_", "a", "a ", "aB", "ab", "z", "~", "é", "汉", "\ue000", "\uffff", "\U00010000", "😀"];
        await store.SaveAsync([.. Enumerable.Reverse(ordered).Select(static openId => Follower(openId))], run.CancellationToken).ConfigureAwait(false);
        await store.SaveAsync([User("m1")], run.CancellationToken).ConfigureAwait(false);
        var listed = await ListAsync(run, store, OfficialAccount).ConfigureAwait(false);
        run.Equal(string.Join('|', ordered), string.Join('|', listed.Select(static identity => identity.OpenId)), "the openids in their order");
    }

    private static async Task Listing_goes_on_after_an_openid(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        WeChatIdentity[] all = [.. Enumerable.Range(0, 2_500).Select(static i => Follower($"o{i:D4}"))];
        await store.SaveAsync(all, run.CancellationToken).ConfigureAwait(false);
        run.True(all[1_235..].SequenceEqual(await ListAsync(run, store, OfficialAccount, "o1234").ConfigureAwait(false)), "listing goes on after a stored openid");
        run.True(all[1_235..]
            .SequenceEqual(await ListAsync(run, store, OfficialAccount, "o1234 gone").ConfigureAwait(false)), "listing goes on after an openid that is not stored");
        run.True(all.SequenceEqual(await ListAsync(run, store, OfficialAccount, "").ConfigureAwait(false)), "listing after the empty openid gives all");
        run.Equal(0, (await ListAsync(run, store, OfficialAccount, "o2499").ConfigureAwait(false)).Count, "the number after the last openid");
        run.Equal(0, (await ListAsync(run, store, "wxunknown").ConfigureAwait(false)).Count, "the number in an unknown app");
    }

    private static async Task Listing_sees_every_identity_once_while_others_are_saved(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var other = await run.OpenAsync().ConfigureAwait(false);
        HashSet<string> throughout = [.. Enumerable.Range(0, 3_500).Select(static i => $"o{i:D4}5")];
        await store.SaveAsync([.. throughout.Select(static openId => Follower(openId)), Follower("o00000"), Follower("o99999")], run.CancellationToken).ConfigureAwait(false);
        var seen = new List<string>();
        await foreach (var identity in store.ListAsync(OfficialAccount, null, run.CancellationToken).ConfigureAwait(false))
        {
            seen.Add(identity.OpenId);
            if (seen.Count % 100 == 0)
            {
                var openId = identity.OpenId[..^1];
                await other.SaveAsync([Follower($"{openId}1"), Follower($"{openId}9"), Follower(identity.OpenId, seen.Count)], run.CancellationToken).ConfigureAwait(false);
            }

            if (seen.Count == 200)
            {
                await other.EraseAsync(OfficialAccount, "o00000", run.CancellationToken).ConfigureAwait(false);
                await other.EraseAsync(OfficialAccount, "o99999", run.CancellationToken).ConfigureAwait(false);
            }
        }

        run.Same(throughout, seen.Where(openId => throughout.Contains(openId)), "what was stored throughout");
        run.Equal(seen.Count, seen.Distinct(StringComparer.Ordinal).Count(), "the number of different openids listed");
        run.True(seen.SequenceEqual(seen.Order(StringComparer.Ordinal), StringComparer.Ordinal), "the order holds while others are saved");
    }

    private static async Task Coverage_adds_up(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var batch = new List<WeChatIdentity>();
        void Add(int count, string name, bool linked, FollowState? state)
        {
            for (var i = 0; i < count; i++)
            {
                batch.Add(User($"m{name}{i}", 1, linked ? $"u{name}{i}" : null));
                if (state is { } known)
                {
                    batch.Add(Follower($"o{name}{i}", 1, $"u{name}{i}", known));
                }
            }
        }

        Add(5, "reachable", true, FollowState.Following);
        Add(4, "unlinked", false, null);
        Add(3, "never", true, null);
        Add(2, "left", true, FollowState.NotFollowing);
        Add(6, "refusing", true, FollowState.Refusing);
        Add(1, "unknown", true, FollowState.Unknown);
        batch.Add(Follower("oOnly", 1, "uOnly"));
        await store.SaveAsync(batch, run.CancellationToken).ConfigureAwait(false);
        var coverage = await store.GetCoverageAsync(MiniProgram, OfficialAccount, run.CancellationToken).ConfigureAwait(false);
        run.Equal(new IdentityCoverage(5, 4, 4, 2, 6), coverage, "the coverage");
        run.Equal(21, coverage.Total, "the number of all users");
    }

    private static async Task Coverage_of_nothing_is_nothing(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        run.Equal(new IdentityCoverage(0, 0, 0, 0, 0), await store.GetCoverageAsync(MiniProgram, OfficialAccount, run.CancellationToken).ConfigureAwait(false),
            "the coverage of an empty store");
        await store.SaveAsync([User("m1"), User("m2", unionId: "u2")], run.CancellationToken).ConfigureAwait(false);
        run.Equal(new IdentityCoverage(0, 1, 1, 0, 0), await store.GetCoverageAsync(MiniProgram, OfficialAccount, run.CancellationToken).ConfigureAwait(false),
            "the coverage without followers");
    }

    private static async Task Coverage_counts_a_person_once(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync(
            [
                User("m1", 1, "u1"), Follower("oFollowing", 1, "u1"), Follower("oLeft", 2, "u1", FollowState.NotFollowing),
                User("m2", 1, "u2"), Follower("oRefusing", 2, "u2", FollowState.Refusing), Follower("oLeftBefore", 1, "u2", FollowState.NotFollowing),
            ],
            run.CancellationToken).ConfigureAwait(false);
        run.Equal(new IdentityCoverage(1, 0, 0, 0, 1), await store.GetCoverageAsync(MiniProgram, OfficialAccount, run.CancellationToken).ConfigureAwait(false), "the coverage");
    }

    private static async Task Coverage_tells_how_many_followers_have_no_UnionID(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync(
            [
                User("m1", 1, "u1"), User("m2"), Follower("o1"), Follower("o2", state: FollowState.Refusing), Follower("o3", state: FollowState.NotFollowing),
                Follower("o4", state: FollowState.Unknown), Follower("o5", 1, "u5"), Follower("o6") with { AppId = "wxother" },
            ],
            run.CancellationToken).ConfigureAwait(false);
        run.Equal(new IdentityCoverage(0, 1, 1, 0, 0) { UnlinkedFollowers = 2 },
            await store.GetCoverageAsync(MiniProgram, OfficialAccount, run.CancellationToken).ConfigureAwait(false), "the coverage");
    }

    private static async Task<WeChatIdentity[]> SaveTwoPersonsAsync(ConformanceRun<IUnionIdRepository> run, IUnionIdRepository store)
    {
        WeChatIdentity[] all =
        [
            Follower("o1", 1, "u1", details: 1), Follower("o1b", 1, "u1", FollowState.NotFollowing, 1), User("m1", 1, "u1", 1), User("x1", 1, "u1") with { AppId = "wxthird" },
            Follower("o2", 1, "u2", details: 1), User("m2", 1, "u2", 1), Follower("o3"), User("m3"),
        ];
        await store.SaveAsync(all, run.CancellationToken).ConfigureAwait(false);
        return all;
    }

    private static async Task Erasing_takes_both_sides(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var all = await SaveTwoPersonsAsync(run, store).ConfigureAwait(false);
        run.Same(all[..4], await store.EraseAsync(MiniProgram, "m1", run.CancellationToken).ConfigureAwait(false), "the erased identities");
        await RestAsync(run, store, all).ConfigureAwait(false);
    }

    private static async Task Erasing_by_UnionID_takes_both_sides(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var all = await SaveTwoPersonsAsync(run, store).ConfigureAwait(false);
        run.Same(all[..4], await store.EraseByUnionIdAsync("u1", run.CancellationToken).ConfigureAwait(false), "the erased identities");
        await RestAsync(run, store, all).ConfigureAwait(false);
    }

    private static async Task RestAsync(ConformanceRun<IUnionIdRepository> run, IUnionIdRepository store, WeChatIdentity[] all)
    {
        await AllStoredAsync(run, store, OfficialAccount, all[4], all[6]).ConfigureAwait(false);
        await AllStoredAsync(run, store, MiniProgram, all[5], all[7]).ConfigureAwait(false);
        await AllStoredAsync(run, store, "wxthird").ConfigureAwait(false);
        run.Equal(0, (await store.FindByUnionIdAsync(OfficialAccount, ["u1"], run.CancellationToken).ConfigureAwait(false)).Count, "the number that carry the erased UnionID");
        run.Same([new IdentityLink(all[5], all[4])], await store.ResolveAsync(MiniProgram, ["m1", "m2"], OfficialAccount, run.CancellationToken).ConfigureAwait(false),
            "the links");
    }

    private static async Task Erasing_an_unlinked_identity_takes_it_alone(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var all = await SaveTwoPersonsAsync(run, store).ConfigureAwait(false);
        run.Same([all[6]], await store.EraseAsync(OfficialAccount, "o3", run.CancellationToken).ConfigureAwait(false), "the erased identities");
        await AllStoredAsync(run, store, OfficialAccount, all[0], all[1], all[4]).ConfigureAwait(false);
        await AllStoredAsync(run, store, MiniProgram, all[2], all[5], all[7]).ConfigureAwait(false);
    }

    private static async Task Erasing_what_is_not_stored_erases_nothing(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var all = await SaveTwoPersonsAsync(run, store).ConfigureAwait(false);
        foreach (var openId in new[] { "m1", "o9", "O1", "", "\0" })
        {
            run.Equal(0, (await store.EraseAsync(OfficialAccount, openId, run.CancellationToken).ConfigureAwait(false)).Count, $"the number erased by openid '{openId}'");
            run.Equal(0, (await store.EraseByUnionIdAsync(openId, run.CancellationToken).ConfigureAwait(false)).Count, $"the number erased by UnionID '{openId}'");
        }

        await AllStoredAsync(run, store, OfficialAccount, all[0], all[1], all[4], all[6]).ConfigureAwait(false);
    }

    private static async Task Two_writers_at_once_lose_nothing(ConformanceRun<IUnionIdRepository> run)
    {
        IUnionIdRepository[] stores = [await run.OpenAsync().ConfigureAwait(false), await run.OpenAsync().ConfigureAwait(false)];
        WeChatIdentity[] Part(int writer) => [.. Enumerable.Range(0, 2_000).Select(i => Follower($"o{writer}-{i}", i, $"u{writer}-{i}", details: i))];
        var added = await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(
            async () =>
            {
                var sum = 0;
                foreach (var batch in Part(writer).Chunk(100))
                {
                    sum += (await stores[writer % 2].SaveAsync(batch, run.CancellationToken).ConfigureAwait(false)).Added;
                }

                return sum;
            },
            run.CancellationToken))).ConfigureAwait(false);
        run.Equal(8_000, added.Sum(), "the number added");
        await AllStoredAsync(run, stores[0], OfficialAccount, Enumerable.Range(0, 4).SelectMany(Part)).ConfigureAwait(false);
    }

    private static async Task Two_writers_of_the_same_identities_agree(ConformanceRun<IUnionIdRepository> run)
    {
        IUnionIdRepository[] stores = [await run.OpenAsync().ConfigureAwait(false), await run.OpenAsync().ConfigureAwait(false)];

        // Even writers go through the openids forwards and odd ones backwards, so that row locks taken in the order of a batch would deadlock.
        WeChatIdentity[] Round(int writer, int round) =>
        [
            .. Enumerable.Range(0, 200).Select(i => writer % 2 == 0 ? i : 199 - i).Select(i =>
                Follower($"o{i}", (round * 4) + writer, $"u{i}-{round}-{writer}", writer % 2 == 0 ? FollowState.Following : FollowState.NotFollowing, (round * 4) + writer)),
        ];
        var added = await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(
            async () =>
            {
                var sum = 0;
                for (var round = 0; round < 20; round++)
                {
                    sum += (await stores[writer % 2].SaveAsync(Round(writer, round), run.CancellationToken).ConfigureAwait(false)).Added;
                }

                return sum;
            },
            run.CancellationToken))).ConfigureAwait(false);
        run.Equal(200, added.Sum(), "the number added");
        await AllStoredAsync(run, stores[0], OfficialAccount, Round(3, 19)).ConfigureAwait(false);
    }

    private static async Task Writers_and_walks_at_once_lose_nothing(ConformanceRun<IUnionIdRepository> run)
    {
        var here = await run.OpenAsync().ConfigureAwait(false);
        var there = await run.OpenAsync().ConfigureAwait(false);
        WeChatIdentity[] Round(int round) => [.. Enumerable.Range(0, 500).Select(i => Follower($"o{(i * 7) % 500}", round))];
        await here.SaveAsync(Round(0), run.CancellationToken).ConfigureAwait(false);
        var saving = Task.Run(
            async () =>
            {
                for (var round = 1; round <= 20; round++)
                {
                    await here.SaveAsync(Round(round * 2), run.CancellationToken).ConfigureAwait(false);
                }
            },
            run.CancellationToken);
        var closing = Task.Run(
            async () =>
            {
                for (var round = 1; round <= 20; round++)
                {
                    await there.CloseWalkAsync(OfficialAccount, At((round * 2) - 1), run.CancellationToken).ConfigureAwait(false);
                }
            },
            run.CancellationToken);
        await Task.WhenAll(saving, closing).ConfigureAwait(false);
        await AllStoredAsync(run, here, OfficialAccount, Round(40)).ConfigureAwait(false);
    }

    private static async Task A_batch_with_a_null_saves_nothing(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await run.ThrowsAsync<ArgumentException>(
            () => store.SaveAsync([Follower("o1"), null!, Follower("o2")], run.CancellationToken).AsTask(), "a batch with a null").ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount).ConfigureAwait(false);
    }

    private static async Task A_batch_that_fails_half_way_saves_nothing(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var batch = new Batch([.. Enumerable.Range(0, 1_000).Select(static i => Follower($"o{i}"))], () => throw new InvalidTimeZoneException("half way"));
        await run.ThrowsAsync<InvalidTimeZoneException>(() => store.SaveAsync(batch, run.CancellationToken).AsTask(), "a batch that throws while it is read").ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount).ConfigureAwait(false);
        await store.SaveAsync([Follower("o1")], run.CancellationToken).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount, Follower("o1")).ConfigureAwait(false);
    }

    private static async Task A_batch_that_is_cancelled_half_way_is_saved_whole_or_not_at_all(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        using var cancellation = new CancellationTokenSource();
        WeChatIdentity[] all = [.. Enumerable.Range(0, 10_000).Select(static i => Follower($"o{i:D5}", unionId: $"u{i}"))];
        var cancelled = false;
        try
        {
            await store.SaveAsync(new Batch(all, cancellation.Cancel), cancellation.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancelled = true;
        }

        await AllStoredAsync(run, store, OfficialAccount, cancelled ? [] : all).ConfigureAwait(false);
        await store.SaveAsync(all, run.CancellationToken).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount, all).ConfigureAwait(false);
    }

    private static async Task A_cancelled_call_does_nothing(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var cancelled = new CancellationToken(canceled: true);
        var stored = Follower("o1", 1, "u1", details: 1);
        await store.SaveAsync([stored], run.CancellationToken).ConfigureAwait(false);
        Task ThrowsAsync(Func<Task> call, string name) => run.ThrowsAsync<OperationCanceledException>(call, $"a cancelled {name}");
        await ThrowsAsync(() => store.SaveAsync([Follower("o2")], cancelled).AsTask(), nameof(store.SaveAsync)).ConfigureAwait(false);
        await ThrowsAsync(() => store.SaveAsync([Follower("o2")], 0, cancelled).AsTask(), nameof(store.SaveAsync)).ConfigureAwait(false);
        await ThrowsAsync(() => store.CountErasuresAsync(cancelled).AsTask(), nameof(store.CountErasuresAsync)).ConfigureAwait(false);
        await ThrowsAsync(() => store.ExpireErasuresAsync(At(0), 1, cancelled).AsTask(), nameof(store.ExpireErasuresAsync)).ConfigureAwait(false);
        await ThrowsAsync(() => store.CountFollowersAsync(OfficialAccount, At(0), cancelled).AsTask(), nameof(store.CountFollowersAsync)).ConfigureAwait(false);
        await ThrowsAsync(() => store.FindAsync(OfficialAccount, ["o1"], cancelled).AsTask(), nameof(store.FindAsync)).ConfigureAwait(false);
        await ThrowsAsync(() => store.ResolveAsync(OfficialAccount, ["o1"], MiniProgram, cancelled).AsTask(), nameof(store.ResolveAsync)).ConfigureAwait(false);
        await ThrowsAsync(() => store.FindByUnionIdAsync(OfficialAccount, ["u1"], cancelled).AsTask(), nameof(store.FindByUnionIdAsync)).ConfigureAwait(false);
        await ThrowsAsync(() => store.FindOutdatedAsync(OfficialAccount, ["o1"], At(0), At(0), cancelled).AsTask(), nameof(store.FindOutdatedAsync)).ConfigureAwait(false);
        await ThrowsAsync(() => store.CloseWalkAsync(OfficialAccount, At(9), cancelled).AsTask(), nameof(store.CloseWalkAsync)).ConfigureAwait(false);
        await ThrowsAsync(() => store.GetCoverageAsync(MiniProgram, OfficialAccount, cancelled).AsTask(), nameof(store.GetCoverageAsync)).ConfigureAwait(false);
        await ThrowsAsync(() => store.EraseAsync(OfficialAccount, "o1", cancelled).AsTask(), nameof(store.EraseAsync)).ConfigureAwait(false);
        await ThrowsAsync(() => store.EraseByUnionIdAsync("u1", cancelled).AsTask(), nameof(store.EraseByUnionIdAsync)).ConfigureAwait(false);
        await ThrowsAsync(
            async () =>
            {
                await foreach (var identity in store.ListAsync(OfficialAccount, null, cancelled).ConfigureAwait(false))
                {
                    run.True(false, $"a cancelled listing does not give {identity}");
                }
            },
            nameof(store.ListAsync)).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount, stored).ConfigureAwait(false);
    }

    private static async Task Identities_outlive_the_store_that_saved_them(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var all = await SaveTwoPersonsAsync(run, store).ConfigureAwait(false);
        await AllStoredAsync(run, await run.OpenAsync().ConfigureAwait(false), OfficialAccount,
            all.Where(static identity => string.Equals(identity.AppId, OfficialAccount, StringComparison.Ordinal))).ConfigureAwait(false);
    }

    /// <summary>A batch that runs an action when half of it has been read.</summary>
    private sealed class Batch(WeChatIdentity[] items, Action halfWay) : IReadOnlyCollection<WeChatIdentity>
    {
        public int Count => items.Length;

        public IEnumerator<WeChatIdentity> GetEnumerator()
        {
            for (var i = 0; i < items.Length; i++)
            {
                if (i == items.Length / 2)
                {
                    halfWay();
                }

                yield return items[i];
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
