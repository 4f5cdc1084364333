using Microsoft.Extensions.Logging.Abstractions;

namespace WeChat.UnionPush.Tests.Broadcasts;

public sealed class BroadcastClaimScheduleTests
{
    [Fact]
    public void Two_workers_that_die_and_sleep_send_to_everybody_once() => Schedules.Hold<TwoWorkers>();

    [Fact]
    public void Three_workers_that_die_and_sleep_send_to_everybody_once() => Schedules.Hold<ThreeWorkers>();

    [Fact]
    public void A_batch_is_claimed_by_one_at_a_time_and_who_lost_it_writes_nothing() => Schedules.Hold<Claims>();

    private sealed class TwoWorkers : Workers
    {
        protected override int Count => 2;
    }

    private sealed class ThreeWorkers : Workers
    {
        protected override int Count => 3;
    }

    /// <summary>
    /// Workers of one broadcast. Each may die at any call of the journal or the platform, but for one, or fall asleep for longer than its claim lasts and wake up again;
    /// the platform is busy at times, and loses answers.
    /// </summary>
    private abstract class Workers : IScenario
    {
        private const string AppId = "wx1";
        private const string Name = "spring";
        private const string Id = "0123456789abcdef";
        private const int Batches = 2;
        private const int Size = 3;

        // The time limit of two attempts and more.
        private static readonly TimeSpan LongestSend = TimeSpan.FromSeconds(100);

        private readonly Dictionary<string, List<DateTimeOffset>> _received = new(StringComparer.Ordinal);
        private readonly HashSet<string> _doubtful = new(StringComparer.Ordinal);
        private bool _hadTrouble;
        private int _mayDie;
        private int _maySleep = 2;

        protected abstract int Count { get; }

        public async Task RunAsync(Schedule schedule)
        {
            _mayDie = Count - 1;
            var (journal, pace) = (new InMemoryBroadcastJournal(schedule.Time), new InMemorySharedPace(schedule.Time));
            var repository = new InMemoryUnionIdRepository(schedule.Time);
            await PlanAsync(schedule, journal, repository);
            await Task.WhenAll(Enumerable.Range(0, Count).Select(number => schedule.Start(async () =>
            {
                var host = new Host(this, schedule, journal);
                using var slots = new AccountSlots(
                    new AccountApi(null!, null!, new Account(AppId, schedule.Time)), pace, 20, static _ => Task.FromResult(new DailyQuota(100_000, 0)), schedule.Time,
                    NullLogger<AccountSlots>.Instance);
                var worker = new BroadcastWorker(
                    new BroadcastTools
                    {
                        AppId = AppId,
                        Journal = host,
                        Repository = repository,
                        Sender = host,
                        Check = null!,
                        Finder = null!,
                        Reach = null,
                        Slots = slots,
                        Options = new BroadcastOptions { PollInterval = TimeSpan.FromSeconds(10) },
                        Time = schedule.Time,
                        MaxConcurrent = 2,
                        SendTimeout = TimeSpan.FromSeconds(30),
                    },
                    NullLogger<BroadcastWorker>.Instance);
                await Task.WhenAny(worker.RunAsync(Name, CancellationToken.None), host.Died);
            })));
            await JudgeAsync(schedule, journal);
        }

        private async Task JudgeAsync(Schedule schedule, InMemoryBroadcastJournal journal)
        {
            // The platform's own count: nobody twice.
            Assert.All(_received, static one => Assert.True(one.Value.Count == 1, $"{one.Key} was sent to {one.Value.Count} times."));
            Assert.Equal(BroadcastState.Finished, (await journal.FindAsync(AppId, Name))!.State);
            var progress = await journal.CountAsync(Id, schedule.Time.GetUtcNow());
            Assert.Equal(Batches * Size, progress.Recipients);
            Assert.Equal((Batches * Size, 0, 0), (progress.Counts.Settled, progress.OpenBatches, progress.ClaimedBatches));
            Assert.Equal(progress.Recipients, progress.Counts.Sent + progress.Counts.Duplicate + progress.Counts.Unknown);
            await foreach (var batch in journal.ListBatchesAsync(Id))
            {
                var sheet = new OutcomeSheet(batch.Size, batch.Outcomes);
                foreach (var (person, i) in batch.Recipients.Split('\n').Select(static (person, i) => (person, i)))
                {
                    // Who is reported sent has it, and unknown is only who may have been cut off.
                    Assert.True(
                        sheet.StatusOf(i) == PushStatus.Unknown ? _hadTrouble && _doubtful.Contains(person) : _received.ContainsKey(person),
                        $"{person}: {sheet.StatusOf(i)}");
                }
            }
        }

        private static async Task PlanAsync(Schedule schedule, InMemoryBroadcastJournal journal, InMemoryUnionIdRepository repository)
        {
            var message = TemplateMessage.Create("template").Thing("thing1", "x").Build();
            var broadcast = new Broadcast(Name, BroadcastAudience.AllUsers(), message) { QuotaReserve = 0 };
            string[] people = [.. Enumerable.Range(0, Batches * Size).Select(static number => $"o{number}")];
            await repository.SaveAsync([.. people.Select(person => new WeChatIdentity(AppId, person)
            { UnionId = $"u{person}", FollowState = FollowState.Following, ObservedAt = schedule.Time.GetUtcNow() })]);
            await journal.TryAddAsync(new BroadcastRecord(AppId, Name)
            {
                Id = Id,
                State = BroadcastState.Running,
                Recipients = people.Length,
                Content = BroadcastContent.Write(broadcast),
                CreatedAt = schedule.Time.GetUtcNow(),
                StartedAt = schedule.Time.GetUtcNow(),
            });
            await journal.AddBatchesAsync([.. Enumerable.Range(0, Batches).Select(number => new BroadcastBatch(Id, number)
            {
                Size = Size,
                Recipients = string.Join('\n', people.Skip(number * Size).Take(Size)),
                Outcomes = new OutcomeSheet(Size).Text,
                AvailableAt = schedule.Time.GetUtcNow(),
            })]);
        }

        /// <summary>What one worker sees of the journal and the platform.</summary>
        private sealed class Host(Workers workers, Schedule schedule, InMemoryBroadcastJournal inner) : IBroadcastJournal, ITemplateMessageSender
        {
            private readonly TaskCompletionSource _died = new();
            private Task _sleeps = Task.CompletedTask;

            public Task Died => _died.Task;

            public async Task<PushResult> SendAsync(string officialAccountOpenId, TemplateMessage message, CancellationToken cancellationToken = default)
            {
                var began = schedule.Time.GetTimestamp();
                await StepAsync("before a send");
                if (schedule.Time.GetElapsedTime(began) > LongestSend)
                {
                    // A request that slept for so long has no connection any more.
                    return new PushResult(PushStatus.Unknown) { Reason = "too late" };
                }

                if (schedule.May("the platform is busy"))
                {
                    throw new WeChatApiException("/cgi-bin/message/template/send", -1, WeChatErrorClass.Transient, "busy");
                }

                if (schedule.May("the request is lost"))
                {
                    workers._hadTrouble = true;
                    return new PushResult(PushStatus.Unknown) { Reason = "lost" };
                }

                // The platform knows a message id for ten minutes.
                var now = schedule.Time.GetUtcNow();
                var key = officialAccountOpenId;
                if (!workers._received.TryGetValue(key, out var before))
                {
                    workers._received.Add(key, before = []);
                }

                var isKnown = before.Count > 0 && now - before[^1] < TimeSpan.FromMinutes(10);
                if (!isKnown)
                {
                    before.Add(now);
                }

                schedule.Demand(message.ClientMessageId == $"{Id}-{Number(officialAccountOpenId)}", $"{officialAccountOpenId} was sent {message.ClientMessageId}.");
                await StepAsync("behind a send");
                if (schedule.May("the answer is lost"))
                {
                    workers._hadTrouble = true;
                    return new PushResult(PushStatus.Unknown) { Reason = "lost" };
                }

                return isKnown ? new PushResult(PushStatus.Duplicate) : new PushResult(PushStatus.Sent) { MessageId = 1 };
            }

            public ValueTask<bool> TryAddAsync(BroadcastRecord broadcast, CancellationToken cancellationToken = default) => throw new NotSupportedException();

            public ValueTask<bool> TryUpdateAsync(BroadcastRecord broadcast, CancellationToken cancellationToken = default) =>
                CallAsync("update", () => inner.TryUpdateAsync(broadcast, CancellationToken.None));

            public ValueTask<BroadcastRecord?> FindAsync(string appId, string name, CancellationToken cancellationToken = default) =>
                CallAsync("find", () => inner.FindAsync(appId, name, CancellationToken.None));

            public ValueTask<IReadOnlyList<BroadcastRecord>> ListAsync(string appId, bool onlyRunning, CancellationToken cancellationToken = default) =>
                CallAsync("list", () => inner.ListAsync(appId, onlyRunning, CancellationToken.None));

            public ValueTask<ILease?> TryLeaseAsync(string appId, string name, TimeSpan duration, CancellationToken cancellationToken = default) =>
                throw new NotSupportedException();

            public ValueTask AddBatchesAsync(IReadOnlyCollection<BroadcastBatch> batches, CancellationToken cancellationToken = default) => throw new NotSupportedException();

            public ValueTask<BroadcastBatch?> TryClaimAsync(string broadcastId, TimeSpan duration, CancellationToken cancellationToken = default) =>
                CallAsync("claim", () => inner.TryClaimAsync(broadcastId, duration, CancellationToken.None));

            public ValueTask<bool> SaveAsync(BroadcastBatch batch, bool release, CancellationToken cancellationToken = default)
            {
                // Whoever is written down as under way: from here on nobody else knows.
                var sheet = new OutcomeSheet(batch.Size, batch.Outcomes);
                workers._doubtful.UnionWith(batch.Recipients.Split('\n').Where((_, i) => sheet.IsUnderWay(i)));
                return CallAsync("save", () => inner.SaveAsync(batch, release, CancellationToken.None));
            }

            public ValueTask<bool> TryReopenAsync(BroadcastBatch batch, CancellationToken cancellationToken = default) =>
                CallAsync("reopen", () => inner.TryReopenAsync(batch, CancellationToken.None));

            public ValueTask<BroadcastProgress> CountAsync(string broadcastId, DateTimeOffset recentSince, CancellationToken cancellationToken = default) =>
                CallAsync("count", () => inner.CountAsync(broadcastId, recentSince, CancellationToken.None));

            public IAsyncEnumerable<BroadcastBatch> ListBatchesAsync(string broadcastId, CancellationToken cancellationToken = default) =>
                inner.ListBatchesAsync(broadcastId, CancellationToken.None);

            public ValueTask DeleteBatchesAsync(string broadcastId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

            public ValueTask ForgetRecipientsAsync(string appId, IReadOnlyCollection<string> ids, CancellationToken cancellationToken = default) =>
                throw new NotSupportedException();

            private static int Number(string person)
            {
                var number = int.Parse(person.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);
                return (number / Size * BroadcastPlanner.BatchSize) + (number % Size);
            }

            private async ValueTask<T> CallAsync<T>(string what, Func<ValueTask<T>> call)
            {
                await StepAsync($"before: {what}");
                var answer = await call();
                await StepAsync($"behind: {what}");
                return answer;
            }

            // A process dies or sleeps as a whole: what else it does stops at its next step too.
            private async Task StepAsync(string where)
            {
                await schedule.StepAsync();
                if (!_died.Task.IsCompleted && workers._mayDie > 0 && schedule.May($"a worker dies {where}"))
                {
                    workers._mayDie--;
                    workers._hadTrouble = true;
                    _died.SetResult();
                }
                else if (_sleeps.IsCompleted && workers._maySleep > 0 && schedule.May($"a worker sleeps {where}"))
                {
                    workers._maySleep--;
                    workers._hadTrouble = true;

                    // Beyond the time in which it may send, beyond its claim, and beyond the platform's memory.
                    _sleeps = Task.Delay(TimeSpan.FromSeconds(schedule.Choose(3) switch { 0 => 50, 1 => 80, _ => 720 }), schedule.Time, CancellationToken.None);
                }

                await _sleeps;
                if (_died.Task.IsCompleted)
                {
                    await new TaskCompletionSource().Task;
                }
            }
        }
    }

    /// <summary>The journal itself: claims that end, are extended, given back and lost, from several threads.</summary>
    private sealed class Claims : IScenario
    {
        private const string Id = "0123456789abcdef";
        private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

        // In the order of the claims. Told by those who have them, a moment after the journal gave them.
        private readonly List<Claim> _claims = [];

        public async Task RunAsync(Schedule schedule)
        {
            var time = schedule.Time;
            var journal = new InMemoryBroadcastJournal(time);
            await journal.AddBatchesAsync([new(Id, 0) { Size = 1, AvailableAt = time.GetUtcNow() }, new(Id, 1) { Size = 1, AvailableAt = time.GetUtcNow() }]);
            await Task.WhenAll(Enumerable.Range(0, 3).Select(number => schedule.Start(async () =>
            {
                for (var i = 0; i < 2; i++)
                {
                    if (await journal.TryClaimAsync(Id, Lease) is not { } batch)
                    {
                        await Task.Delay(TimeSpan.FromSeconds(4), time);
                        continue;
                    }

                    Assert.DoesNotContain(_claims, other => other.Batch == batch.Number && !other.IsGivenBack && other.Until > time.GetUtcNow());
                    var claim = new Claim(batch.Number, $"{number}/{i}") { Until = time.GetUtcNow() + Lease };
                    _claims.Add(claim);
                    if (schedule.Choose(2) == 1)
                    {
                        await Task.Delay(TimeSpan.FromSeconds(6 * (1 + schedule.Choose(2))), time);
                    }

                    await schedule.StepAsync();
                    var isLost = _claims.FindLast(other => other.Batch == batch.Number) != claim;
                    claim.IsGivenBack = schedule.Choose(2) == 1;
                    var until = claim.IsGivenBack ? time.GetUtcNow() : time.GetUtcNow() + Lease;
                    claim.IsWritten = await journal.SaveAsync(batch with { Outcomes = claim.Outcome, AvailableAt = until }, claim.IsGivenBack);
                    Assert.False(isLost && claim.IsWritten, "Who lost it wrote.");
                    claim.Until = claim.IsWritten ? until : claim.Until;
                }
            })));
            await foreach (var batch in journal.ListBatchesAsync(Id))
            {
                var claims = _claims.Where(claim => claim.Batch == batch.Number).ToList();
                Assert.Equal(claims.LastOrDefault(static claim => claim.IsWritten)?.Outcome ?? "", batch.Outcomes);

                // Whoever was not lost has written.
                Assert.True(claims.Count == 0 || claims[^1].IsWritten);
            }
        }

        private sealed record Claim(int Batch, string Outcome)
        {
            public DateTimeOffset Until { get; set; }

            public bool IsGivenBack { get; set; }

            public bool IsWritten { get; set; }
        }
    }
}
