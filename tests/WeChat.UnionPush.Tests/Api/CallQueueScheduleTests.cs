namespace WeChat.UnionPush.Tests.Api;

public sealed class CallQueueScheduleTests
{
    [Fact]
    public void Pace_places_and_precedence_are_kept_and_who_gives_up_leaves_no_hole() => Schedules.Hold<Rush>();

    [Fact]
    public void A_pace_that_many_threads_take_from_gives_no_slot_twice() => Schedules.Hold<BarePace>();

    [Fact]
    public void A_call_that_ends_while_another_finds_no_slot_leaves_nobody_waiting() => Schedules.Hold<LastPlace>();

    [Fact]
    public void Slots_of_a_shared_pace_are_used_once_and_not_before_their_moment() => Schedules.Hold<Machines>();

    /// <summary>Pushes, broadcasts and repeats that wait, give up, run out of time and are slowed down, all at once.</summary>
    private sealed class Rush : IScenario
    {
        private const int PerSecond = 2;
        private const int Places = 2;

        private readonly List<Caller> _callers = [];
        private readonly List<long> _attempts = [];
        private int _underWay;
        private int _made;
        private bool _isTurnedAway;

        public async Task RunAsync(Schedule schedule)
        {
            var time = schedule.Time;
            var queue = new CallQueue("wx1", new AccountPace(PerSecond, time), Places, time);
            var isCalm = schedule.Choose(2) == 0;
            var isTightened = false;
            var all = Enumerable.Range(0, 5).Select(number => schedule.Start(() => CallAsync(schedule, queue, number, isCalm))).ToList();
            if (!isCalm && schedule.May("another registration asks for less"))
            {
                isTightened = true;
                all.Add(schedule.Start(async () =>
                {
                    await schedule.StepAsync();
                    queue.Tighten(1, 1);
                }));
            }

            if (!isCalm && schedule.May("the host stops"))
            {
                all.Add(schedule.Start(async () =>
                {
                    await schedule.StepAsync();
                    _isTurnedAway = true;
                    queue.TurnAway(static () => new ObjectDisposedException("host"));
                }));
            }

            await Task.WhenAll(all);
            Assert.Equal(0, queue.Waiting);
            Assert.Equal(0, _underWay);
            Assert.Equal(_made, queue.Made);
            Assert.False(time.HasTimer, "Nobody waits, and a timer is set.");

            // As many as the burst at once, and one behind each interval.
            var interval = TimeSpan.TicksPerSecond / PerSecond;
            for (var from = 0; from < _attempts.Count; from++)
            {
                for (var to = from; to < _attempts.Count; to++)
                {
                    Assert.True(to - from + 1 <= PerSecond + ((_attempts[to] - _attempts[from]) / interval), $"Attempts {from} to {to} of {string.Join(", ", _attempts)}");
                }
            }

            // No hole: the last goes no later than the pace makes it, however many gave up before it.
            var latest = _callers.Max(static caller => caller.Came);
            Assert.True(isTightened || _attempts.Count == 0 || _attempts[^1] <= latest + (Math.Max(0, _attempts.Count - PerSecond) * interval) + (2 * TimeSpan.TicksPerMillisecond),
                $"A hole: {string.Join(", ", _attempts)}");

            // A broadcast goes when no push waits, and pushes go as they came where nobody gives up.
            foreach (var broadcast in _callers.Where(static caller => caller is { IsBroadcast: true, Began: not null }))
            {
                Assert.DoesNotContain(_callers, push => !push.IsBroadcast && push.Came < broadcast.Began && (push.Began ?? push.Ended) > broadcast.Began);
            }

            if (isCalm)
            {
                Assert.All(_callers, static caller => Assert.NotNull(caller.Began));
                var pushes = _callers.Where(static caller => !caller.IsBroadcast).OrderBy(static caller => caller.Came).ToList();
                Assert.DoesNotContain(pushes.Zip(pushes.Skip(1)), static pair => pair.First.Came < pair.Second.Came && pair.First.Began > pair.Second.Began);
            }

            // All places are there again, once the pace has had its pause.
            await Task.Delay(TimeSpan.FromSeconds(3), time);
            Assert.True(queue.EnterAsync(TemplateEndpoints.TemplateSend, CallPriority.Push, TimeSpan.Zero, CancellationToken.None).IsCompletedSuccessfully);
            await Task.Delay(TimeSpan.FromSeconds(3), time);
            Assert.Equal(
                !isTightened,
                queue.EnterAsync(TemplateEndpoints.TemplateSend, CallPriority.Push, TimeSpan.FromMinutes(1), CancellationToken.None).IsCompletedSuccessfully);
        }

        private async Task CallAsync(Schedule schedule, CallQueue queue, int number, bool isCalm)
        {
            var time = schedule.Time;
            var caller = new Caller { IsBroadcast = number >= 3 };
            _callers.Add(caller);
            if (schedule.Choose(2) == 1)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200 * (1 + number)), time);
            }

            using var stop = new CancellationTokenSource();
            var givesUp = !isCalm && schedule.May("a caller gives up")
                ? schedule.Start(async () =>
                {
                    var after = schedule.Choose(3);
                    if (after > 0)
                    {
                        await Task.Delay(TimeSpan.FromMilliseconds(500 * after), time);
                    }

                    await schedule.StepAsync();
                    stop.Cancel();
                })
                : Task.CompletedTask;
            caller.Came = time.GetTimestamp();
            var longest = isCalm || schedule.Choose(3) > 0 ? TimeSpan.FromSeconds(10) : TimeSpan.FromMilliseconds(700);
            try
            {
                var turn = queue.EnterAsync(TemplateEndpoints.TemplateSend, caller.IsBroadcast ? CallPriority.Broadcast : CallPriority.Push, longest, stop.Token);
                await turn;
                caller.Began = time.GetTimestamp();
                Attempt(caller.IsBroadcast);
                Assert.InRange(++_underWay, 1, Places);
                await schedule.StepAsync();
                var isRepeated = true;
                if (schedule.May("its attempt is repeated"))
                {
                    try
                    {
                        await queue.PaceAsync(stop.Token);
                        Attempt(isBroadcast: false);
                    }
                    catch (OperationCanceledException)
                    {
                        isRepeated = false;
                    }
                }

                Assert.True(isRepeated || stop.IsCancellationRequested);
                _underWay--;
                queue.Leave();
            }
            catch (OperationCanceledException exception)
            {
                Assert.Equal(stop.Token, exception.CancellationToken);
                Assert.True(stop.IsCancellationRequested);
            }
            catch (WeChatApiException exception)
            {
                Assert.Equal(WeChatErrorClass.RateLimited, exception.ErrorClass);
                Assert.True(time.GetTimestamp() <= caller.Came + longest.Ticks + TimeSpan.TicksPerMillisecond, "It waited longer than it may.");
            }
            catch (ObjectDisposedException)
            {
                Assert.True(_isTurnedAway);
            }

            caller.Ended = time.GetTimestamp();
            await givesUp;

            void Attempt(bool isBroadcast)
            {
                _attempts.Add(time.GetTimestamp());
                _made += isBroadcast ? 0 : 1;
            }
        }

        private sealed class Caller
        {
            public bool IsBroadcast { get; init; }

            public long Came { get; set; }

            public long? Began { get; set; }

            public long Ended { get; set; }
        }
    }

    /// <summary>Threads that take slots and give some back, while the clock goes on and the pace becomes slower.</summary>
    private sealed class BarePace : IScenario
    {
        public async Task RunAsync(Schedule schedule)
        {
            const int PerSecond = 4;
            var time = schedule.Time;
            var pace = new AccountPace(PerSecond, time);
            var taken = 0;
            var began = time.GetTimestamp();
            var all = Enumerable.Range(0, 4).Select(number => schedule.Start(async () =>
            {
                for (var i = 0; i < 3; i++)
                {
                    if (pace.TryTake(out var next))
                    {
                        taken++;
                        if (schedule.May("it is not used"))
                        {
                            taken--;
                            pace.Return();
                        }
                    }
                    else
                    {
                        Assert.True(next > time.GetTimestamp() || taken < PerSecond);
                    }

                    await schedule.StepAsync();
                }
            })).ToList();
            if (schedule.May("another registration asks for less"))
            {
                all.Add(schedule.Start(() =>
                {
                    pace.SlowDownTo(1);
                    return Task.CompletedTask;
                }));
            }

            await Task.WhenAll(all);
            Assert.Equal(began, time.GetTimestamp());
            Assert.InRange(taken, 0, PerSecond);

            // All slots of the burst that were given back are there again.
            for (; pace.PerSecond == PerSecond && pace.TryTake(out _); taken++)
            {
            }

            Assert.True(pace.PerSecond != PerSecond || taken == PerSecond, $"{taken} slots of {PerSecond}.");
        }
    }

    /// <summary>One place: whoever finds it taken must be served by whoever gives it back, in whatever moment.</summary>
    private sealed class LastPlace : IScenario
    {
        public async Task RunAsync(Schedule schedule)
        {
            var queue = new CallQueue("wx1", new AccountPace(schedule.Choose(3), schedule.Time), 1, schedule.Time);
            var underWay = 0;
            await Task.WhenAll(Enumerable.Range(0, 5).Select(number => schedule.Start(async () =>
            {
                // One of them takes the place for a moment, finds no slot, and does not wait for it.
                var longest = number == 4 ? TimeSpan.Zero : TimeSpan.FromHours(1);
                try
                {
                    await queue.EnterAsync(TemplateEndpoints.TemplateSend, number == 0 ? CallPriority.Broadcast : CallPriority.Push, longest, CancellationToken.None);
                }
                catch (WeChatApiException) when (number == 4)
                {
                    return;
                }

                Assert.Equal(1, ++underWay);
                if (schedule.Choose(2) == 1)
                {
                    await schedule.StepAsync();
                }

                underWay--;
                queue.Leave();
            })));

            // The time limit of the wait would serve them too, an hour later.
            Assert.True(schedule.Time.GetTimestamp() < TimeSpan.FromMinutes(1).Ticks, "Somebody waited for a place that was free.");
            Assert.False(schedule.Time.HasTimer);
        }
    }

    /// <summary>Two machines that take slots ahead of their time from a store that is slow and fails.</summary>
    private sealed class Machines : IScenario
    {
        private const int PerSecond = 20;

        public async Task RunAsync(Schedule schedule)
        {
            var store = new Store(schedule);
            await Task.WhenAll(Enumerable.Range(0, 2).Select(machine => schedule.Start(() => MachineAsync(schedule, store))));
        }

        private static async Task MachineAsync(Schedule schedule, Store store)
        {
            var time = schedule.Time;
            var own = new Own(store, time);
            var queue = new CallQueue("wx1", new SharedAccountPace(own, "wx1", PerSecond, time), 4, time);
            List<long> begun = [];
            await Task.WhenAll(Enumerable.Range(0, 4).Select(number => schedule.Start(async () =>
            {
                using var stop = new CancellationTokenSource();
                var isCanceled = schedule.May("a caller gives up");
                var givesUp = !isCanceled ? Task.CompletedTask : schedule.Start(async () =>
                {
                    await schedule.StepAsync();
                    stop.Cancel();
                });
                try
                {
                    await queue.EnterAsync(TemplateEndpoints.TemplateSend, number == 0 ? CallPriority.Broadcast : CallPriority.Push, TimeSpan.FromMinutes(1), stop.Token);
                    begun.Add(time.GetTimestamp());
                    await schedule.StepAsync();
                    queue.Leave();
                }
                catch (OperationCanceledException)
                {
                    Assert.True(stop.IsCancellationRequested);
                }

                await givesUp;
            })));

            // Whatever it was given, each slot once, and none before its moment.
            var given = own.Given.Order().ToList();
            for (var i = 0; i < begun.Count; i++)
            {
                Assert.True(i < given.Count, $"{begun.Count} calls and {given.Count} slots.");
                Assert.True(begun[i] + TimeSpan.TicksPerMillisecond >= given[i], $"Call {i} at {begun[i]}, before its slot at {given[i]}.");
            }

            Assert.True(time.GetTimestamp() < TimeSpan.FromSeconds(30).Ticks, "The slots came, and the callers waited for their time limit.");
        }

        private sealed class Store(Schedule schedule)
        {
            private readonly InMemorySharedPace _inner = new(schedule.Time);

            public async ValueTask<PaceGrant> TakeAsync(PaceRequest request)
            {
                await schedule.StepAsync();
                var grant = await _inner.TakeAsync(request);
                if (schedule.May("the store is slow"))
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(8), schedule.Time);
                }

                await schedule.StepAsync();
                return schedule.May("the store fails") ? throw new InvalidOperationException("the store is gone") : grant;
            }
        }

        /// <summary>What one machine was given, by the store or, where that failed, by itself.</summary>
        private sealed class Own(Store store, VirtualTime time) : ISharedPace
        {
            private PaceState _alone = PaceState.None;

            public List<long> Given { get; } = [];

            public async ValueTask<PaceGrant> TakeAsync(PaceRequest request, CancellationToken cancellationToken = default)
            {
                PaceGrant grant;
                var hasFailed = false;
                try
                {
                    grant = await store.TakeAsync(request);
                }
                catch (InvalidOperationException)
                {
                    hasFailed = true;
                    (_alone, grant) = _alone.Apply(request, time.GetUtcNow());
                }

                var first = time.GetTimestamp() + (grant.From - time.GetUtcNow()).Ticks;
                Given.AddRange(Enumerable.Range(0, grant.Count).Select(i => first + (i * grant.Interval.Ticks)));
                return hasFailed ? throw new InvalidOperationException("the store is gone") : grant;
            }
        }
    }
}
