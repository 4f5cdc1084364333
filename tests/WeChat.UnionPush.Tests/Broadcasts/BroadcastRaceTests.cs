using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Broadcasts;

/// <summary>What becomes of a broadcast where another process is quicker, or the store is away, between two calls of the journal.</summary>
public sealed class BroadcastRaceTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Moment = new(2026, 11, 22, 4, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _clock = new(Moment.AddSeconds(-1));
    private readonly DelayWatch _watch;
    private readonly Town _town = new();
    private readonly InMemoryBroadcastJournal _inner;
    private readonly ScriptedJournal _journal;
    private readonly InMemoryUnionIdRepository _repository;
    private readonly ITemplateMessageSender _sender = Substitute.For<ITemplateMessageSender>();
    private readonly AccountSlots _slots;
    private readonly List<string> _sent = [];
    private readonly BroadcastWorker _worker;
    private readonly BroadcastDesk _desk;
    private Func<string, PushResult> _send = static _ => new PushResult(PushStatus.Sent);

    public BroadcastRaceTests()
    {
        _watch = new DelayWatch(_clock);
        _clock.Advance(TimeSpan.FromSeconds(1));
        _inner = new InMemoryBroadcastJournal(_watch);
        _journal = new ScriptedJournal(_inner);
        _repository = new InMemoryUnionIdRepository(_watch);
        _slots = new AccountSlots(
            _town.Services.GetRequiredService<AccountApis>().OfficialAccount, new InMemorySharedPace(_watch), 10, static _ => Task.FromResult(new DailyQuota(100_000, 0)), _watch,
            NullLogger<AccountSlots>.Instance);
        _sender.SendAsync(default!, default!, default).ReturnsForAnyArgs(call =>
        {
            lock (_sent)
            {
                _sent.Add(call.ArgAt<string>(0));
            }

            return _send(call.ArgAt<string>(0));
        });
        var tools = Tools();
        _worker = new BroadcastWorker(tools, NullLogger<BroadcastWorker>.Instance);
        _desk = Desk(tools, _worker);
    }

    private static TemplateMessage Message => TemplateMessage.Create("T").Thing("thing1", "a").Build();

    // A stop that could not be written down.
    [Theory]
    [InlineData(nameof(IBroadcastJournal.TryUpdateAsync))]
    [InlineData(nameof(IBroadcastJournal.FindAsync))]
    [InlineData(nameof(IBroadcastJournal.SaveAsync))]
    public async Task A_stop_that_the_store_did_not_take_is_written_once_it_is_back(string call)
    {
        await AddPeopleAsync(30);
        await _desk.StartAsync(ToAll());
        var failures = 0;
        _send = openId =>
        {
            _journal.Before = async (name, _) =>
            {
                await Task.CompletedTask;
                if (name == call && failures++ < 200)
                {
                    throw new UnionPushStorageException("away", isTransient: true);
                }
            };
            throw new WeChatApiException("/cgi-bin/message/template/send", new WeChatErrorCode(48001), WeChatErrorClass.Config, "not yours");
        };

        await _watch.RunAsync(Work("spring"));

        var stopped = (await _desk.GetAsync("spring"))!;
        Assert.Equal((BroadcastState.Stopped, "not yours"), (stopped.State, stopped.Reason));
        Assert.Single(_sent);

        // Resumed, it is judged anew by the same process.
        (_journal.Before, _send) = (null, static _ => new PushResult(PushStatus.Sent));
        await _desk.StartAsync(ToAll());
        var end = await EndAsync("spring");
        Assert.Equal((BroadcastState.Finished, 30L), (end.State, end.Counts.Sent));
    }

    [Fact]
    public async Task A_run_that_was_paused_while_it_stopped_stays_paused()
    {
        await AddPeopleAsync(3);
        await _desk.StartAsync(ToAll());
        _send = openId =>
        {
            _journal.Before = (name, _) => Once(name == nameof(IBroadcastJournal.FindAsync), () => ChangeAsync("spring", record => record with { State = BroadcastState.Paused }));
            throw new WeChatApiException("/cgi-bin/message/template/send", new WeChatErrorCode(48001), WeChatErrorClass.Config, "not yours");
        };
        await _watch.RunAsync(Work("spring"));
        var paused = (await _desk.GetAsync("spring"))!;
        Assert.Equal((BroadcastState.Paused, null, 1), (paused.State, paused.Reason, _sent.Count));
    }

    // What is read late.
    [Fact]
    public async Task What_a_process_has_written_is_not_undone_by_what_it_read_before()
    {
        await AddPeopleAsync(3);
        await _desk.StartAsync(ToAll());
        var before = (await _inner.FindAsync(Town.OfficialAccountAppId, "spring"))!;
        _send = static _ => throw new WeChatApiException("/cgi-bin/message/template/send", new WeChatErrorCode(45009), WeChatErrorClass.Quota, "used up");
        using var away = new CancellationTokenSource();
        var lists = 0;
        _journal.List = read =>
        {
            if (++lists == 5)
            {
                away.Cancel();
            }

            return [before];
        };
        await _watch.RunAsync(Work("spring", away.Token));

        // It waits for the next day, as it wrote.
        Assert.Single(_sent);
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 16, 0, 0, TimeSpan.Zero), (await _desk.GetAsync("spring"))!.WaitsUntil);
    }

    [Fact]
    public async Task What_another_process_has_written_counts_from_the_next_look()
    {
        await AddPeopleAsync(250);
        await _desk.StartAsync(ToAll());
        var until = Moment.AddHours(2);
        _journal.Before = (name, _) => Once(
            name == nameof(IBroadcastJournal.SaveAsync) && _sent.Count == 20, () => ChangeAsync("spring", record => record with { WaitsUntil = until, Reason = "wait" }));
        DateTimeOffset? last = null;
        _send = _ =>
        {
            last = _sent.Count == 101 ? _clock.GetUtcNow() : last;
            return new PushResult(PushStatus.Sent);
        };
        await _watch.RunAsync(Work("spring"));
        Assert.InRange(last!.Value, until, until.AddSeconds(2));
        Assert.Equal(250, _sent.Count);
    }

    [Fact]
    public async Task Which_broadcasts_run_is_read_once_for_all_lanes_and_no_more_than_once_a_second()
    {
        await AddPeopleAsync(3);
        await _desk.StartAsync(ToAll());
        var worker = new BroadcastWorker(Tools(maxConcurrent: 50), NullLogger<BroadcastWorker>.Instance);
        var gate = new TaskCompletionSource();
        _journal.Before = (name, _) => name == nameof(IBroadcastJournal.ListAsync) ? gate.Task : Task.CompletedTask;
        var work = Done(worker.RunAsync("none", default));
        gate.SetResult();
        await work;
        Assert.Equal(1, _journal.Count(nameof(IBroadcastJournal.ListAsync)));

        // Where sending takes less, once before it and once more a second later, which finds that it has ended.
        _journal.Calls.Clear();
        await _watch.RunAsync(Work("spring"));
        Assert.Equal(3, _sent.Count);
        Assert.Equal(2, _journal.Count(nameof(IBroadcastJournal.ListAsync)));
    }

    [Fact]
    public async Task A_worker_does_the_older_of_two_broadcasts_first_and_only_the_one_that_is_named()
    {
        await AddPeopleAsync(4);
        await _desk.StartAsync(new Broadcast("later", BroadcastAudience.OpenIds(["m0", "m1"]), Message) { QuotaReserve = 0 });
        await _desk.StartAsync(new Broadcast("earlier", BroadcastAudience.OpenIds(["m2", "m3"]), Message) { QuotaReserve = 0 });
        await _desk.StartAsync(new Broadcast("named", BroadcastAudience.OpenIds(["m1"]), Message) { QuotaReserve = 0 });
        await ChangeAsync("earlier", static record => record with { CreatedAt = Moment.AddDays(-1) });

        await _watch.RunAsync(Work("named"));
        Assert.Equal(["o1"], _sent);

        using var away = new CancellationTokenSource();
        _journal.Before = async (name, argument) =>
        {
            if (argument is BroadcastRecord { Name: "later", State: BroadcastState.Finished })
            {
                await away.CancelAsync();
            }
        };
        await _watch.RunAsync(Work(null, away.Token));
        Assert.Equal(["o1", "o2", "o3", "o0", "o1"], _sent);
    }

    // How many batches the processes of one account claim at the same time.
    [Fact]
    public async Task Until_a_run_is_proven_one_batch_of_all_processes_is_claimed_at_a_time()
    {
        await AddPeopleAsync(150);
        await _desk.StartAsync(ToAll());
        Assert.NotNull(await _inner.TryClaimAsync((await _inner.FindAsync(Town.OfficialAccountAppId, "spring"))!.Id, TimeSpan.FromSeconds(30)));
        DateTimeOffset? first = null;
        _send = _ =>
        {
            first ??= _clock.GetUtcNow();
            return new PushResult(PushStatus.Sent);
        };

        // The other process sent nothing, and its claim ends.
        await _watch.RunAsync(Work("spring"));
        Assert.InRange(first!.Value, Moment.AddSeconds(30), Moment.AddSeconds(32));
        Assert.Equal(150, _sent.Count);
    }

    [Theory]
    [InlineData(25, 1, 1)]
    [InlineData(50, 0, 2)]
    [InlineData(50, 1, 1)]
    [InlineData(75, 1, 2)]
    [InlineData(75, 5, 1)]
    public async Task A_proven_run_is_shared_up_to_the_accounts_lanes_and_each_process_has_one(int maxConcurrent, int others, int most)
    {
        await AddPeopleAsync(400 + (100 * others));
        await _desk.StartAsync(ToAll());
        var id = (await _inner.FindAsync(Town.OfficialAccountAppId, "spring"))!.Id;
        for (var i = 0; i < others + 1; i++)
        {
            // What others have; one of them has shown that the run works.
            var batch = (await _inner.TryClaimAsync(id, TimeSpan.FromHours(1)))!;
            if (i == 0)
            {
                var sheet = new OutcomeSheet(100);
                sheet.Settle(0, PushStatus.Sent);
                await _inner.SaveAsync(batch with { Outcomes = sheet.Text, Counts = sheet.Count(), AvailableAt = Moment }, release: true);
            }
        }

        using var away = new CancellationTokenSource();
        _send = _ =>
        {
            if (_sent.Count == 250)
            {
                away.Cancel();
            }

            return new PushResult(PushStatus.Sent);
        };
        await _watch.RunAsync(Done(new BroadcastWorker(Tools(maxConcurrent: maxConcurrent), NullLogger<BroadcastWorker>.Instance).RunAsync("spring", away.Token)));
        Assert.Equal(most, _journal.MostClaims);
        Assert.InRange(_sent.Count, 250, 400);
    }

    // The desk.
    [Fact]
    public async Task A_change_is_one_read_and_one_write_and_none_where_nothing_changes()
    {
        await AddPeopleAsync(1);
        await _desk.StartAsync(ToAll());
        _journal.Calls.Clear();
        Assert.Equal(BroadcastState.Paused, (await _desk.PauseAsync("spring")).State);
        Assert.Equal((1, 1), (_journal.Count(nameof(IBroadcastJournal.FindAsync)), _journal.Count(nameof(IBroadcastJournal.TryUpdateAsync))));
        var revision = (await _inner.FindAsync(Town.OfficialAccountAppId, "spring"))!.Revision;
        Assert.Equal(BroadcastState.Paused, (await _desk.PauseAsync("spring")).State);
        Assert.Equal(revision, (await _inner.FindAsync(Town.OfficialAccountAppId, "spring"))!.Revision);
        Assert.Equal(1, _journal.Count(nameof(IBroadcastJournal.TryUpdateAsync)));

        // A run that waits is tried again when it is resumed; one that goes on is left as it is.
        Assert.Equal(BroadcastState.Running, (await _desk.ResumeAsync("spring")).State);
        await _desk.ResumeAsync("spring");
        Assert.Equal(2, _journal.Count(nameof(IBroadcastJournal.TryUpdateAsync)));
        await ChangeAsync("spring", static record => record with { WaitsUntil = Moment.AddDays(1), Reason = "wait" });
        var resumed = await _desk.ResumeAsync("spring");
        Assert.Equal((BroadcastState.Running, null, null), (resumed.State, resumed.WaitsUntil, resumed.Reason));
        await ChangeAsync("spring", static record => record with { Reason = "a template is stopped" });
        Assert.Null((await _desk.ResumeAsync("spring")).Reason);
    }

    [Fact]
    public async Task A_change_is_made_on_what_a_quicker_process_has_left()
    {
        await AddPeopleAsync(1);
        await _desk.StartAsync(ToAll());
        _journal.Before = (name, _) => Once(name == nameof(IBroadcastJournal.TryUpdateAsync), () => ChangeAsync("spring", static record => record with { Recipients = 77 }));
        await _desk.PauseAsync("spring");
        var record = (await _inner.FindAsync(Town.OfficialAccountAppId, "spring"))!;
        Assert.Equal((BroadcastState.Paused, 77L), (record.State, record.Recipients));
    }

    [Fact]
    public async Task Whoever_finds_another_process_planning_waits_until_that_is_done_or_has_given_up()
    {
        await AddPeopleAsync(1);
        await _inner.TryAddAsync(new BroadcastRecord(Town.OfficialAccountAppId, "spring") { Id = "b0", Content = BroadcastContent.Write(ToAll()), CreatedAt = Moment });
        Assert.NotNull(await _inner.TryLeaseAsync(Town.OfficialAccountAppId, "spring", TimeSpan.FromSeconds(1)));
        _journal.Before = (name, _) =>
        {
            Assert.True(name is not nameof(IBroadcastJournal.AddBatchesAsync) || _clock.GetUtcNow() >= Moment.AddSeconds(1));
            return Task.CompletedTask;
        };
        var status = await PlanAsync(_desk.StartAsync(ToAll()));
        Assert.Equal((BroadcastState.Running, 1L), (status.State, status.Recipients));
        Assert.InRange(_watch.Delays.Count(static delay => delay == TimeSpan.FromMilliseconds(250)), 4, 5);
    }

    [Fact]
    public async Task A_plan_that_another_process_has_made_meanwhile_is_left_as_it_is()
    {
        await AddPeopleAsync(1);
        _journal.Before = (name, argument) => Once(
            argument is BroadcastRecord { State: BroadcastState.Planning } && name == nameof(IBroadcastJournal.TryUpdateAsync),
            () => ChangeAsync("spring", static record => record with { State = BroadcastState.Running, Recipients = 5, StartedAt = Moment }));
        var status = await _desk.StartAsync(ToAll());
        Assert.Equal(BroadcastState.Running, status.State);
        Assert.Equal(5, (await _inner.FindAsync(Town.OfficialAccountAppId, "spring"))!.Recipients);
        Assert.Equal((0, 0), (_journal.Count(nameof(IBroadcastJournal.AddBatchesAsync)), _journal.Count(nameof(IBroadcastJournal.DeleteBatchesAsync))));
    }

    [Fact]
    public async Task A_plan_whose_right_was_lost_is_thrown_away_and_made_anew()
    {
        await AddPeopleAsync(3);
        var leases = 0;
        _journal.Lease = lease => leases++ == 0 ? new LostLease(lease) : lease;
        var ids = new List<string>();
        var planned = new TaskCompletionSource();
        _journal.Adding = async (batches, cancellationToken) =>
        {
            ids.Add(batches.First().BroadcastId);
            if (ids.Count == 1)
            {
                // Longer than the right to plan lasts.
                planned.SetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
        };
        var plan = _desk.StartAsync(ToAll());
        await planned.Task;
        var status = await PlanAsync(plan);
        Assert.Equal((BroadcastState.Running, 3L), (status.State, status.Recipients));
        Assert.Equal(2, ids.Distinct().Count());
        Assert.Empty(await _inner.ListBatchesAsync(ids[0]).ToListAsync());
    }

    [Fact]
    public async Task Who_takes_part_is_told_each_second_and_a_store_that_cannot_tell_does_not_end_the_run()
    {
        await AddPeopleAsync(60);
        await _desk.StartAsync(ToAll());
        var told = new List<BroadcastStatus>();
        var finds = 0;
        _journal.Before = (name, _) => name == nameof(IBroadcastJournal.FindAsync) && ++finds is 3 or 4
            ? throw new UnionPushStorageException("away", isTransient: true)
            : Task.CompletedTask;
        var end = await _watch.RunAsync(_desk.RunAsync("spring", new Told(told)));
        Assert.Equal((BroadcastState.Finished, 60L), (end.State, end.Counts.Sent));

        // Sixty at ten a second.
        Assert.InRange(told.Count(static status => status.State == BroadcastState.Running), 3, 8);
        Assert.Equal(told.Select(static status => status.Counts.Sent).Order(), told.Select(static status => status.Counts.Sent));
        Assert.Equal(BroadcastState.Finished, told[^1].State);
    }

    [Fact]
    public async Task Who_takes_part_before_the_plan_is_made_waits_for_it()
    {
        await AddPeopleAsync(2);
        await _inner.TryAddAsync(new BroadcastRecord(Town.OfficialAccountAppId, "spring") { Id = "b0", Content = BroadcastContent.Write(ToAll()), CreatedAt = Moment });
        var finds = 0;
        _journal.Before = async (name, _) =>
        {
            if (name == nameof(IBroadcastJournal.FindAsync) && ++finds == 5)
            {
                await Desk(Tools(_inner), _worker).StartAsync(ToAll());
            }
        };
        var end = await _watch.RunAsync(_desk.RunAsync("spring"));
        Assert.Equal((BroadcastState.Finished, 2L), (end.State, end.Counts.Sent));
        Assert.Equal(4, _watch.Delays.Count(static delay => delay == TimeSpan.FromMilliseconds(250)));
    }

    [Fact]
    public async Task A_report_that_could_not_be_written_keeps_the_batches()
    {
        await AddPeopleAsync(2);
        await _desk.StartAsync(ToAll());
        await EndAsync("spring");
        _journal.Before = (name, _) => Once(name == nameof(IBroadcastJournal.TryUpdateAsync), () => ChangeAsync("spring", static record => record with { Reason = "touched" }));
        Assert.Equal(0, await _desk.PruneAsync(_clock.GetUtcNow().AddSeconds(1)));
        var id = (await _inner.FindAsync(Town.OfficialAccountAppId, "spring"))!.Id;
        Assert.Single(await _inner.ListBatchesAsync(id).ToListAsync());
        Assert.Equal(1, await _desk.PruneAsync(_clock.GetUtcNow().AddSeconds(1)));
        Assert.Empty(await _inner.ListBatchesAsync(id).ToListAsync());
        Assert.Equal(0, await _desk.PruneAsync(_clock.GetUtcNow().AddSeconds(1)));
    }

    [Fact]
    public async Task Only_batches_with_somebody_unknown_are_opened_again()
    {
        await AddPeopleAsync(150);
        _send = static openId => openId == "o120" ? new PushResult(PushStatus.Unknown) : new PushResult(PushStatus.Sent);
        await _desk.StartAsync(ToAll());
        await EndAsync("spring");
        _journal.Calls.Clear();
        Assert.Equal(1, await _desk.ResendUnknownAsync("spring"));
        Assert.Equal(1, _journal.Count(nameof(IBroadcastJournal.TryReopenAsync)));
        Assert.Equal(BroadcastState.Running, (await _desk.GetAsync("spring"))!.State);
    }

    public async ValueTask DisposeAsync()
    {
        _slots.Dispose();
        await _town.DisposeAsync();
    }

    private static Broadcast ToAll() => new("spring", BroadcastAudience.AllUsers(), Message) { QuotaReserve = 0 };

    private static async Task<int> Done(Task task)
    {
        await task;
        return 0;
    }

    private Task<int> Work(string? name, CancellationToken stop = default) => Done(_worker.RunAsync(name, stop));

    private async Task<BroadcastStatus> EndAsync(string name) => await _watch.RunAsync(_desk.RunAsync(name));

    /// <summary>Waits for a plan. Its lease is renewed whenever the clock comes to that, so the clock stands still now and then for the plan itself.</summary>
    private async Task<BroadcastStatus> PlanAsync(Task<BroadcastStatus> plan)
    {
        await Runs.UntilAsync(
            () =>
            {
                _clock.AdvanceToNextTimer();
                return plan.IsCompleted;
            },
            "the plan is made");
        return await plan;
    }

    /// <summary>Does something before the first call that fits, and then nothing more.</summary>
    private async Task Once(bool fits, Func<Task> act)
    {
        if (fits)
        {
            _journal.Before = null;
            await act();
        }
    }

    /// <summary>As another process changes it.</summary>
    private async Task ChangeAsync(string name, Func<BroadcastRecord, BroadcastRecord> change) =>
        Assert.True(await _inner.TryUpdateAsync(change((await _inner.FindAsync(Town.OfficialAccountAppId, name))!)));

    private async Task AddPeopleAsync(int count) => await _repository.SaveAsync([.. Enumerable.Range(0, count).SelectMany(static i => new[]
    {
        new WeChatIdentity(Town.MiniProgramAppId, $"m{i}") { UnionId = $"u{i}", ObservedAt = Moment },
        new WeChatIdentity(Town.OfficialAccountAppId, $"o{i}") { UnionId = $"u{i}", FollowState = FollowState.Following, ObservedAt = Moment },
    })]);

    private BroadcastDesk Desk(BroadcastTools tools, BroadcastWorker worker) => new(
        tools, worker, new BroadcastPlanner(Town.MiniProgramAppId, _repository, tools.Finder, reach: null, _watch),
        new BroadcastRecords(tools, new InMemoryMessageReceipts(_watch)), TemplateValuePolicy.Reject, NullLogger<BroadcastDesk>.Instance);

    private BroadcastTools Tools(IBroadcastJournal? journal = null, int maxConcurrent = 25) => new()
    {
        AppId = Town.OfficialAccountAppId,
        Journal = journal ?? _journal,
        Repository = _repository,
        Sender = _sender,
        Check = null!,
        Finder = new RecipientFinder(new RouteApps(Town.MiniProgramAppId, Town.OfficialAccountAppId), _repository, followLinks: null),
        Reach = null,
        Slots = _slots,
        Options = new BroadcastOptions(),
        Time = _watch,
        MaxConcurrent = maxConcurrent,
        SendTimeout = TimeSpan.FromSeconds(30),
    };

    private sealed class Told(List<BroadcastStatus> statuses) : IProgress<BroadcastStatus>
    {
        public void Report(BroadcastStatus value) => statuses.Add(value);
    }

    /// <summary>A right to plan that somebody else has by now.</summary>
    private sealed class LostLease(ILease lease) : ILease
    {
        public ValueTask<bool> RenewAsync(TimeSpan duration, CancellationToken cancellationToken = default) => new(false);

        public ValueTask DisposeAsync() => lease.DisposeAsync();
    }

    /// <summary>A journal before whose calls something happens.</summary>
    private sealed class ScriptedJournal(IBroadcastJournal inner) : IBroadcastJournal
    {
        private int _claims;

        /// <summary>Runs before each call with its name and its argument; throws to make the call fail.</summary>
        public Func<string, object?, Task>? Before { get; set; }

        /// <summary>Runs before batches are added.</summary>
        public Func<IReadOnlyCollection<BroadcastBatch>, CancellationToken, Task>? Adding { get; set; }

        /// <summary>What a list comes to.</summary>
        public Func<IReadOnlyList<BroadcastRecord>, IReadOnlyList<BroadcastRecord>> List { get; set; } = static read => read;

        /// <summary>What a right to plan comes to.</summary>
        public Func<ILease, ILease> Lease { get; set; } = static lease => lease;

        public List<string> Calls { get; } = [];

        /// <summary>How many batches were claimed at the same time, at most.</summary>
        public int MostClaims { get; private set; }

        public int Count(string name) => Calls.Count(call => call == name);

        public async ValueTask<bool> TryAddAsync(BroadcastRecord broadcast, CancellationToken cancellationToken = default)
        {
            await BeforeAsync(nameof(TryAddAsync), broadcast);
            return await inner.TryAddAsync(broadcast, cancellationToken);
        }

        public async ValueTask<bool> TryUpdateAsync(BroadcastRecord broadcast, CancellationToken cancellationToken = default)
        {
            await BeforeAsync(nameof(TryUpdateAsync), broadcast);
            return await inner.TryUpdateAsync(broadcast, cancellationToken);
        }

        public async ValueTask<BroadcastRecord?> FindAsync(string appId, string name, CancellationToken cancellationToken = default)
        {
            await BeforeAsync(nameof(FindAsync), name);
            return await inner.FindAsync(appId, name, cancellationToken);
        }

        public async ValueTask<IReadOnlyList<BroadcastRecord>> ListAsync(string appId, bool onlyRunning, CancellationToken cancellationToken = default)
        {
            await BeforeAsync(nameof(ListAsync), onlyRunning);
            return List(await inner.ListAsync(appId, onlyRunning, cancellationToken));
        }

        public async ValueTask<ILease?> TryLeaseAsync(string appId, string name, TimeSpan duration, CancellationToken cancellationToken = default)
        {
            await BeforeAsync(nameof(TryLeaseAsync), name);
            return await inner.TryLeaseAsync(appId, name, duration, cancellationToken) is { } lease ? Lease(lease) : null;
        }

        public async ValueTask AddBatchesAsync(IReadOnlyCollection<BroadcastBatch> batches, CancellationToken cancellationToken = default)
        {
            await BeforeAsync(nameof(AddBatchesAsync), batches);
            await (Adding?.Invoke(batches, cancellationToken) ?? Task.CompletedTask);
            await inner.AddBatchesAsync(batches, cancellationToken);
        }

        public async ValueTask<BroadcastBatch?> TryClaimAsync(string broadcastId, TimeSpan duration, CancellationToken cancellationToken = default)
        {
            await BeforeAsync(nameof(TryClaimAsync), broadcastId);
            var claimed = await inner.TryClaimAsync(broadcastId, duration, cancellationToken);
            lock (Calls)
            {
                _claims += claimed is null ? 0 : 1;
                MostClaims = Math.Max(MostClaims, _claims);
            }

            return claimed;
        }

        public async ValueTask<bool> SaveAsync(BroadcastBatch batch, bool release, CancellationToken cancellationToken = default)
        {
            await BeforeAsync(nameof(SaveAsync), batch);
            lock (Calls)
            {
                _claims -= release ? 1 : 0;
            }

            return await inner.SaveAsync(batch, release, cancellationToken);
        }

        public async ValueTask<bool> TryReopenAsync(BroadcastBatch batch, CancellationToken cancellationToken = default)
        {
            await BeforeAsync(nameof(TryReopenAsync), batch);
            return await inner.TryReopenAsync(batch, cancellationToken);
        }

        public async ValueTask<BroadcastProgress> CountAsync(string broadcastId, DateTimeOffset recentSince, CancellationToken cancellationToken = default)
        {
            await BeforeAsync(nameof(CountAsync), broadcastId);
            return await inner.CountAsync(broadcastId, recentSince, cancellationToken);
        }

        public IAsyncEnumerable<BroadcastBatch> ListBatchesAsync(string broadcastId, CancellationToken cancellationToken = default) =>
            inner.ListBatchesAsync(broadcastId, cancellationToken);

        public async ValueTask DeleteBatchesAsync(string broadcastId, CancellationToken cancellationToken = default)
        {
            await BeforeAsync(nameof(DeleteBatchesAsync), broadcastId);
            await inner.DeleteBatchesAsync(broadcastId, cancellationToken);
        }

        public ValueTask ForgetRecipientsAsync(string appId, IReadOnlyCollection<string> ids, CancellationToken cancellationToken = default) =>
            inner.ForgetRecipientsAsync(appId, ids, cancellationToken);

        private Task BeforeAsync(string name, object? argument)
        {
            lock (Calls)
            {
                Calls.Add(name);
            }

            return Before?.Invoke(name, argument) ?? Task.CompletedTask;
        }
    }
}
