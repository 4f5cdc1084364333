namespace WeChat.UnionPush.Testing;

/// <content>Erased stays erased.</content>
public static partial class UnionIdRepositoryConformance
{
    // Whatever clock the store has: surely before and surely after it.
    private static readonly DateTimeOffset LongAgo = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset MuchLater = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static async Task An_erased_person_may_come_back(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 9, "u1", FollowState.NotFollowing, 9)], run.CancellationToken).ConfigureAwait(false);
        await store.EraseAsync(OfficialAccount, "o1", run.CancellationToken).ConfigureAwait(false);
        run.Equal(new SavedIdentities(1, 0), await SaveAfterAsync(run, store, Follower("o1", 1, "u2")).ConfigureAwait(false), "what the batch changed");
        await AllStoredAsync(run, store, OfficialAccount, Follower("o1", 1, "u2")).ConfigureAwait(false);
    }

    private static async Task What_was_observed_before_an_erasure_brings_nobody_back(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var all = await SaveTwoPersonsAsync(run, store).ConfigureAwait(false);
        var seen = await store.CountErasuresAsync(run.CancellationToken).ConfigureAwait(false);
        await store.EraseAsync(MiniProgram, "m1", run.CancellationToken).ConfigureAwait(false);

        // Also openids that nobody had seen, and openids without the UnionID.
        WeChatIdentity[] before =
        [
            .. all[..4], Follower("oNew", 9, "u1", details: 9), User("mNew", 9, "u1", 9), Follower("o1", 9), Follower("o1", 9, "uOther", details: 9),
            Follower("o1") with { ObservedAt = MuchLater },
        ];
        foreach (var observation in before)
        {
            run.Equal(default, await store.SaveAsync([observation], seen, run.CancellationToken).ConfigureAwait(false), $"what saving {observation} changed");
        }

        run.Equal(default, await store.SaveAsync(before, seen, run.CancellationToken).ConfigureAwait(false), "what saving all of them changed");
        await RestAsync(run, store, all).ConfigureAwait(false);
    }

    private static async Task Who_was_erased_before_being_stored_stays_erased(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var seen = await store.CountErasuresAsync(run.CancellationToken).ConfigureAwait(false);
        await store.EraseAsync(OfficialAccount, "o1", run.CancellationToken).ConfigureAwait(false);
        await store.EraseByUnionIdAsync("u2", run.CancellationToken).ConfigureAwait(false);
        WeChatIdentity[] before = [Follower("o1", 9, "u1", details: 9), Follower("o2", 9, "u2", details: 9), User("m2", 9, "u2", 9), User("o1", 9, "u3", 9)];
        await store.SaveAsync(before, seen, run.CancellationToken).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount).ConfigureAwait(false);
        await AllStoredAsync(run, store, MiniProgram, before[3]).ConfigureAwait(false);
    }

    private static async Task Without_the_order_of_the_store_the_times_tell_what_was_before_an_erasure(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([User("m1", 1, "u1", 1)], run.CancellationToken).ConfigureAwait(false);
        await store.EraseAsync(MiniProgram, "m1", run.CancellationToken).ConfigureAwait(false);
        await store.SaveAsync([User("m1", unionId: "u1") with { ObservedAt = LongAgo }], run.CancellationToken).ConfigureAwait(false);
        await AllStoredAsync(run, store, MiniProgram).ConfigureAwait(false);
        var back = User("m1", unionId: "u1") with { ObservedAt = MuchLater };
        await store.SaveAsync([back], run.CancellationToken).ConfigureAwait(false);
        await AllStoredAsync(run, store, MiniProgram, back).ConfigureAwait(false);
    }

    private static async Task That_somebody_still_follows_brings_nobody_back(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 1, "u1", details: 1, changed: 1), Follower("o2", 1, details: 1)], run.CancellationToken).ConfigureAwait(false);
        await store.EraseAsync(OfficialAccount, "o1", run.CancellationToken).ConfigureAwait(false);
        await store.EraseAsync(OfficialAccount, "o2", run.CancellationToken).ConfigureAwait(false);
        await SaveAfterAsync(
            run,
            store,
            Follower("o1", 9, "u1", details: 9, changed: 1),
            Follower("o1", 9, "u1", FollowState.Refusing, 9, changed: 1),
            Follower("oOther", 9, "u1", details: 9, changed: 0),
            Follower("o2", 9, "u2", details: 9) with { FollowChangedAt = LongAgo }).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount).ConfigureAwait(false);
    }

    private static async Task A_follow_after_an_erasure_brings_the_person_back(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync(
            [Follower("o1", 1, "u1", details: 1, changed: 1), Follower("o2", 1, details: 1),
                Follower("oLeft", 1, "u3", FollowState.NotFollowing, 1) with { FollowChangedAt = MuchLater }],
            run.CancellationToken).ConfigureAwait(false);
        foreach (var openId in new[] { "o1", "o2", "oLeft" })
        {
            await store.EraseAsync(OfficialAccount, openId, run.CancellationToken).ConfigureAwait(false);
        }

        // Somebody may leave and follow again within one second.
        WeChatIdentity[] back =
        [
            .. new[] { ("o1", "u1"), ("o2", "u2"), ("oLeft", "u3") }.Select(
                static who => Follower(who.Item1, 0, who.Item2, details: 0) with { FollowChangedAt = MuchLater }),
        ];
        run.Equal(new SavedIdentities(3, 0), await SaveAfterAsync(run, store, back).ConfigureAwait(false), "what the batch changed");
        await AllStoredAsync(run, store, OfficialAccount, back).ConfigureAwait(false);
    }

    private static async Task A_follow_long_before_an_erasure_brings_nobody_back(ConformanceRun<IUnionIdRepository> run)
    {
        // One whom a walk took for a leaver by mistake, and one who left and came back unseen.
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync(
            [
                Follower("oMarked", 1, "u1", FollowState.NotFollowing, 1) with { FollowChangedAt = LongAgo },
                Follower("oCameBack", 1, "u2", details: 1) with { FollowChangedAt = LongAgo },
            ],
            run.CancellationToken).ConfigureAwait(false);
        await store.EraseAsync(OfficialAccount, "oMarked", run.CancellationToken).ConfigureAwait(false);
        await store.EraseAsync(OfficialAccount, "oCameBack", run.CancellationToken).ConfigureAwait(false);
        await SaveAfterAsync(
            run,
            store,
            Follower("oMarked", 9, "u1", details: 9) with { FollowChangedAt = LongAgo },
            Follower("oCameBack", 9, "u2", details: 9) with { FollowChangedAt = LongAgo.AddDays(1) }).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount).ConfigureAwait(false);
    }

    private static async Task That_somebody_left_brings_nobody_back(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 1, "u1", details: 1)], run.CancellationToken).ConfigureAwait(false);
        await store.EraseAsync(OfficialAccount, "o1", run.CancellationToken).ConfigureAwait(false);
        await SaveAfterAsync(run, store, Follower("o1", 9, "u1", FollowState.NotFollowing, 9)).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount).ConfigureAwait(false);
    }

    private static async Task Who_came_back_is_joined_again(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var seen = await store.CountErasuresAsync(run.CancellationToken).ConfigureAwait(false);
        var follower = Follower("o1", 1, "u1", details: 1, changed: 1);
        await store.SaveAsync([follower, User("m1", 1, "u1", 1), User("m2", 1, "u2", 1)], run.CancellationToken).ConfigureAwait(false);
        await store.EraseByUnionIdAsync("u1", run.CancellationToken).ConfigureAwait(false);
        await store.EraseAsync(MiniProgram, "m2", run.CancellationToken).ConfigureAwait(false);
        await SaveAfterAsync(run, store, User("m1", 5, "u1", 5)).ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 2, "u1", details: 2, changed: 1), User("m2", 2, "u2", 2)], seen, run.CancellationToken).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount).ConfigureAwait(false);
        var again = Follower("o1", 6, "u1", details: 6, changed: 1);
        await SaveAfterAsync(run, store, again).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount, again).ConfigureAwait(false);
        await AllStoredAsync(run, store, MiniProgram, User("m1", 5, "u1", 5)).ConfigureAwait(false);
    }

    private static async Task Who_is_erased_again_stays_erased(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.EraseAsync(MiniProgram, "m1", run.CancellationToken).ConfigureAwait(false);
        await SaveAfterAsync(run, store, User("m1", 5, "u1", 5)).ConfigureAwait(false);
        var seen = await store.CountErasuresAsync(run.CancellationToken).ConfigureAwait(false);
        run.Same([User("m1", 5, "u1", 5)], await store.EraseAsync(MiniProgram, "m1", run.CancellationToken).ConfigureAwait(false), "the erased identities");
        await store.SaveAsync([User("m1", 9, "u1", 9), Follower("o1", 9, "u1", details: 9)], seen, run.CancellationToken).ConfigureAwait(false);
        await AllStoredAsync(run, store, MiniProgram).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount).ConfigureAwait(false);
    }

    private static async Task Others_are_saved_beside_somebody_erased(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        WeChatIdentity[] all = [.. Enumerable.Range(0, 500).Select(static i => Follower($"o{i:D3}", 1, $"u{i}", details: 1))];
        await store.SaveAsync(all[..100], run.CancellationToken).ConfigureAwait(false);
        var seen = await store.CountErasuresAsync(run.CancellationToken).ConfigureAwait(false);
        await store.EraseAsync(OfficialAccount, "o050", run.CancellationToken).ConfigureAwait(false);
        await store.EraseByUnionIdAsync("u400", run.CancellationToken).ConfigureAwait(false);
        run.Equal(new SavedIdentities(399, 0), await store.SaveAsync([.. all, .. all], seen, run.CancellationToken).ConfigureAwait(false), "what the batch changed");
        await AllStoredAsync(run, store, OfficialAccount, all.Where(static identity => identity.OpenId is not ("o050" or "o400"))).ConfigureAwait(false);
    }

    private static async Task Erasures_are_counted_and_never_fewer(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        var last = await store.CountErasuresAsync(run.CancellationToken).ConfigureAwait(false);
        await store.SaveAsync([User("m1", 1, "u1")], run.CancellationToken).ConfigureAwait(false);
        run.Equal(last, await store.CountErasuresAsync(run.CancellationToken).ConfigureAwait(false), "the number of erasures after a save");
        foreach (var openId in new[] { "m1", "m2" })
        {
            await store.EraseAsync(MiniProgram, openId, run.CancellationToken).ConfigureAwait(false);
            run.Equal(++last, await store.CountErasuresAsync(run.CancellationToken).ConfigureAwait(false), $"the number of erasures after that of {openId}");
        }

        await store.EraseByUnionIdAsync("u1", run.CancellationToken).ConfigureAwait(false);
        run.Equal(++last, await store.CountErasuresAsync(run.CancellationToken).ConfigureAwait(false), "the number of erasures after one by UnionID");
        await store.ExpireErasuresAsync(MuchLater, 100, run.CancellationToken).ConfigureAwait(false);
        run.Equal(last, await store.CountErasuresAsync(run.CancellationToken).ConfigureAwait(false), "the number of erasures after they expired");
    }

    private static async Task Erasures_expire(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        foreach (var openId in new[] { "m1", "m2", "m3", "m4" })
        {
            await store.EraseAsync(MiniProgram, openId, run.CancellationToken).ConfigureAwait(false);
        }

        await run.ThrowsAsync<ArgumentOutOfRangeException>(() => store.ExpireErasuresAsync(MuchLater, 0, run.CancellationToken).AsTask(), "a limit of 0").ConfigureAwait(false);
        run.Equal(0, await store.ExpireErasuresAsync(LongAgo, 100, run.CancellationToken).ConfigureAwait(false), "the number that expired too early");
        await store.SaveAsync([User("m1"), User("m2"), User("m3")], 0, run.CancellationToken).ConfigureAwait(false);
        await AllStoredAsync(run, store, MiniProgram).ConfigureAwait(false);
        run.Equal(1, await store.ExpireErasuresAsync(MuchLater, 1, run.CancellationToken).ConfigureAwait(false), "the number that expired up to the limit");
        run.True(await store.ExpireErasuresAsync(MuchLater, 100, run.CancellationToken).ConfigureAwait(false) is 2 or 3, "all but perhaps the last erasure expired");
        await store.SaveAsync([User("m1"), User("m2"), User("m3")], 0, run.CancellationToken).ConfigureAwait(false);
        await AllStoredAsync(run, store, MiniProgram, User("m1"), User("m2"), User("m3")).ConfigureAwait(false);
    }

    private static async Task Erasures_outlive_the_store(ConformanceRun<IUnionIdRepository> run)
    {
        var store = await run.OpenAsync().ConfigureAwait(false);
        await store.SaveAsync([Follower("o1", 1, "u1", details: 1, changed: 1)], run.CancellationToken).ConfigureAwait(false);
        await store.EraseAsync(OfficialAccount, "o1", run.CancellationToken).ConfigureAwait(false);
        var next = await run.OpenAsync().ConfigureAwait(false);
        await next.SaveAsync([Follower("o1", 9, "u1", details: 9)], 0, run.CancellationToken).ConfigureAwait(false);
        await SaveAfterAsync(run, next, Follower("o1", 9, "u1", details: 9, changed: 1)).ConfigureAwait(false);
        await AllStoredAsync(run, store, OfficialAccount).ConfigureAwait(false);
    }

    private static async Task Writers_and_erasures_at_once_bring_nobody_back(ConformanceRun<IUnionIdRepository> run)
    {
        const int people = 60;
        IUnionIdRepository[] stores = [await run.OpenAsync().ConfigureAwait(false), await run.OpenAsync().ConfigureAwait(false), await run.OpenAsync().ConfigureAwait(false)];
        var seen = await stores[0].CountErasuresAsync(run.CancellationToken).ConfigureAwait(false);
        var writers = stores[..2].Select((store, writer) => Task.Run(
            async () =>
            {
                for (var round = 0; round < 40; round++)
                {
                    WeChatIdentity[] batch = [.. Enumerable.Range(0, people)
                        .SelectMany(i => new[] { Follower($"o{i}", round, $"u{i}", details: round), User($"m{i}", round, $"u{i}", round) })];
                    await store.SaveAsync(writer == 0 ? batch : [.. Enumerable.Reverse(batch)], seen, run.CancellationToken).ConfigureAwait(false);
                }
            },
            run.CancellationToken)).ToList();
        var erasing = Task.Run(
            async () =>
            {
                for (var i = 0; i < people / 2; i++)
                {
                    if (i % 2 == 0)
                    {
                        await stores[2].EraseAsync(MiniProgram, $"m{i}", run.CancellationToken).ConfigureAwait(false);
                    }
                    else
                    {
                        await stores[2].EraseByUnionIdAsync($"u{i}", run.CancellationToken).ConfigureAwait(false);
                    }
                }
            },
            run.CancellationToken);
        await Task.WhenAll([.. writers, erasing]).ConfigureAwait(false);

        // An openid that was erased before its first save is one key; a UnionID that came with it is another one's, which nobody named.
        var stored = await ListAsync(run, stores[0], MiniProgram).ConfigureAwait(false);
        run.Same(Enumerable.Range(people / 2, people / 2).Select(static i => $"m{i}"), stored.Select(static identity => identity.OpenId), "the users stored");
    }

    /// <summary>Saves what the platform was asked about after all erasures.</summary>
    private static async Task<SavedIdentities> SaveAfterAsync(ConformanceRun<IUnionIdRepository> run, IUnionIdRepository store, params WeChatIdentity[] observations) =>
        await store.SaveAsync(observations, await store.CountErasuresAsync(run.CancellationToken).ConfigureAwait(false), run.CancellationToken).ConfigureAwait(false);
}
