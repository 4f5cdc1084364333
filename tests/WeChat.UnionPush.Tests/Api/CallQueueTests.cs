using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Api;

public sealed class CallQueueTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(4);

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_seconds_worth_goes_at_once_and_the_rest_one_by_one()
    {
        var queue = Queue(10, 1000);
        var gone = 0;
        var all = Enumerable.Range(0, 20).Select(_ => PassAsync()).ToArray();
        Assert.Equal(10, gone);
        for (var i = 11; i <= 20; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100) - TimeSpan.FromTicks(1));
            await Runs.UntilAsync(() => gone == i - 1 && queue.Waiting == 21 - i, "the others passed");
            _time.Advance(TimeSpan.FromTicks(1));
            await Runs.UntilAsync(() => gone == i, "the next one passed");
        }

        await Task.WhenAll(all);
        Assert.Equal(0, _time.PendingTimers);

        // A pause earns one second's worth again, not more.
        _time.Advance(TimeSpan.FromHours(1));
        var later = Enumerable.Range(0, 11).Select(_ => EnterAsync(queue)).ToArray();
        Assert.Equal(10, later.Count(turn => turn.IsCompleted));
        _time.Advance(TimeSpan.FromSeconds(1));
        await later[^1];

        async Task PassAsync()
        {
            await EnterAsync(queue);
            Interlocked.Increment(ref gone);
            queue.Leave();
        }
    }

    [Fact]
    public void Where_a_turn_is_free_it_costs_no_allocation_and_no_timer()
    {
        foreach (var perSecond in new[] { 0, 1_000_000 })
        {
            var queue = Queue(perSecond, 8);
            Pass(100);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Pass(1000);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(0, _time.PendingTimers);

            void Pass(int count)
            {
                for (var i = 0; i < count; i++)
                {
                    Assert.True(queue.EnterAsync(TemplateEndpoints.TemplateSend, CallPriority.Push, Long, default).IsCompletedSuccessfully);
                    Assert.True(queue.PaceAsync(default).IsCompletedSuccessfully);
                    queue.Leave();
                }
            }
        }
    }

    [Fact]
    public async Task So_many_at_once_and_first_come_first_served()
    {
        var queue = Queue(0, 3);
        var entries = Enumerable.Range(0, 6).Select(_ => EnterAsync(queue)).ToArray();
        Assert.Equal([true, true, true, false, false, false], entries.Select(entry => entry.IsCompleted));
        for (var i = 3; i < 6; i++)
        {
            queue.Leave();
            await entries[i];
            Assert.All(entries[(i + 1)..], entry => Assert.False(entry.IsCompleted));
        }
    }

    [Theory]
    [InlineData(1, 64, 2)]
    [InlineData(60, 64, 64)]
    [InlineData(1_000_000, 64, 64)]
    [InlineData(0, 64, 64)]
    public async Task No_more_are_under_way_than_two_seconds_let_through(int perSecond, int concurrent, int expected)
    {
        var queue = Queue(perSecond, concurrent);
        var entries = Enumerable.Range(0, 100).Select(_ => EnterAsync(queue)).ToArray();
        _time.Advance(TimeSpan.FromMinutes(3));
        await Runs.UntilAsync(() => entries.Count(entry => entry.IsCompletedSuccessfully) == expected, "all places are taken");
        Assert.Equal(100 - expected, queue.Waiting);
    }

    [Fact]
    public async Task Whoever_gives_up_waiting_takes_neither_place_nor_slot()
    {
        var queue = Queue(1, 64);
        await EnterAsync(queue);
        using var stop = new CancellationTokenSource();
        var gone = Enumerable.Range(0, 100).Select(_ => EnterAsync(queue, cancellationToken: stop.Token)).ToArray();
        Assert.Equal(100, queue.Waiting);
        await stop.CancelAsync();
        Assert.Equal((0, 0), (queue.Waiting, _time.PendingTimers));
        foreach (var turn in gone)
        {
            Assert.Equal(stop.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turn)).CancellationToken);
        }

        // The next slot is the next one's, and the second place too.
        var staying = EnterAsync(queue);
        _time.Advance(TimeSpan.FromSeconds(1));
        await staying;
        Assert.False(EnterAsync(queue).IsCompleted);
    }

    [Fact]
    public async Task Who_gives_up_in_the_moment_of_a_slot_leaves_it_to_the_next()
    {
        var queue = Queue(1, 64);
        await EnterAsync(queue);
        queue.Leave();
        using var stop = new CancellationTokenSource();

        // The caller's own cancellation comes first in the row of those who wait for the same moment.
        using var moment = _time.CreateTimer(_ => stop.Cancel(), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        var gone = EnterAsync(queue, cancellationToken: stop.Token);
        var staying = EnterAsync(queue);
        _time.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        await staying;
    }

    [Fact]
    public async Task Who_gives_up_right_after_the_slot_came_leaves_it_to_the_next()
    {
        var queue = Queue(1, 64);
        await EnterAsync(queue);
        queue.Leave();

        // Whether the caller goes or gives up is a race, which goes either way in some of the rounds.
        for (var round = 0; round < 300; round++)
        {
            using var stop = new CancellationTokenSource();
            var first = EnterAsync(queue, cancellationToken: stop.Token);
            var next = EnterAsync(queue);
            using var moment = _time.CreateTimer(_ => stop.Cancel(), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            _time.Advance(TimeSpan.FromSeconds(1));
            if (await Record.ExceptionAsync(() => first) is null)
            {
                queue.Leave();
                _time.Advance(TimeSpan.FromSeconds(1));
            }

            await Runs.UntilAsync(() => next.IsCompletedSuccessfully, $"the slot of round {round} came to somebody");
            queue.Leave();
        }
    }

    [Fact]
    public async Task A_turn_beyond_the_longest_wait_is_refused_at_once_and_says_when_to_come_again()
    {
        var queue = Queue(2, 64);
        var longest = TimeSpan.FromSeconds(5);
        var all = Enumerable.Range(0, 20).Select(_ => PassAsync()).ToArray();

        // Two at once, and two a second for five seconds.
        Assert.Equal(12, all.Count(turn => !turn.IsFaulted));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => all[^1]);
        Assert.Equal(WeChatErrorClass.RateLimited, failure.ErrorClass);
        Assert.Null(failure.ErrorCode);
        Assert.False(failure.OutcomeUnknown);
        Assert.Equal(TimeSpan.FromSeconds(0.5), failure.RetryAfter);
        Assert.Equal("/cgi-bin/message/template/send was not called: 10 calls of wx1 go before it, and at 2 a second (TemplateMessages:MaxPerSecond) its turn would come in "
            + "5.5 s, which is more than Http:TotalTimeout allows (5 s). Nothing was sent. Send more slowly, or try again later.", failure.Message);

        // Whoever comes again after that has a turn.
        _time.Advance(failure.RetryAfter!.Value);
        var again = PassAsync();
        Assert.False(again.IsFaulted);
        while (!again.IsCompleted)
        {
            await Runs.UntilAsync(() => all.Append(again).Count(turn => !turn.IsCompleted) == queue.Waiting, "those who were served have left");
            _time.AdvanceToNextTimer();
        }

        await again;

        async Task PassAsync()
        {
            await EnterAsync(queue, longest);
            queue.Leave();
        }
    }

    [Fact]
    public async Task A_turn_that_does_not_come_ends_with_the_longest_wait()
    {
        var queue = Queue(0, 1);
        await EnterAsync(queue);
        var first = EnterAsync(queue, TimeSpan.FromSeconds(30));
        var second = EnterAsync(queue, TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(10));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => second);
        Assert.Equal((WeChatErrorClass.RateLimited, false), (failure.ErrorClass, failure.OutcomeUnknown));
        Assert.NotNull(failure.RetryAfter);
        Assert.Contains("within Http:TotalTimeout (10 s), while 1 calls of wx1 were under way and 1 others waited", failure.Message, StringComparison.Ordinal);
        Assert.False(first.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(20));
        await Assert.ThrowsAsync<WeChatApiException>(() => first);
        Assert.Equal((0, 0), (queue.Waiting, _time.PendingTimers));
    }

    [Fact]
    public async Task Who_waits_alone_or_as_a_broadcast_is_told_when_the_longest_wait_is_over()
    {
        var queue = Queue(0, 1);
        await EnterAsync(queue);
        foreach (var priority in new[] { CallPriority.Push, CallPriority.Broadcast })
        {
            var late = EnterAsync(queue, TimeSpan.FromSeconds(10), priority);
            Assert.Equal(_time.GetUtcNow().AddSeconds(10), _time.NextTimerDue);
            _time.Advance(TimeSpan.FromSeconds(10));
            await Assert.ThrowsAsync<WeChatApiException>(() => late);
            Assert.Equal((0, 0), (queue.Waiting, _time.PendingTimers));
        }
    }

    [Fact]
    public async Task Where_all_places_are_taken_no_timer_is_set_for_slots()
    {
        var queue = Queue(100, 3);
        var entries = Enumerable.Range(0, 6).Select(_ => EnterAsync(queue)).ToArray();
        Assert.Equal(_time.GetUtcNow() + Long, _time.NextTimerDue);
        queue.Leave();
        await entries[3];
        Assert.Equal((_time.GetUtcNow() + Long, 1, 2), (_time.NextTimerDue, _time.PendingTimers, queue.Waiting));
    }

    [Fact]
    public void Who_has_given_up_before_takes_neither_place_nor_slot_nor_wait()
    {
        var queue = Queue(1, 1);
        var stop = new CancellationToken(canceled: true);
        Assert.True(EnterAsync(queue, cancellationToken: stop).IsCanceled);
        Assert.True(queue.PaceAsync(stop).IsCanceled);
        Assert.True(EnterAsync(queue).IsCompletedSuccessfully);
        Assert.True(EnterAsync(queue, cancellationToken: stop).IsCanceled);
        Assert.True(queue.PaceAsync(stop).IsCanceled);
        Assert.Equal((0, 0, 1), (queue.Waiting, _time.PendingTimers, queue.Made));
    }

    [Fact]
    public async Task Repeats_take_slots_too()
    {
        var queue = Queue(2, 64);
        Assert.True(queue.PaceAsync(default).IsCompletedSuccessfully);
        Assert.True(queue.PaceAsync(default).IsCompletedSuccessfully);
        var third = queue.PaceAsync(default).AsTask();
        Assert.False(third.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.5));
        await third;
        Assert.Equal(3, queue.Made);
    }

    [Fact]
    public async Task What_went_out_is_counted_but_for_first_attempts_of_broadcasts()
    {
        var queue = Queue(2, 64);
        await EnterAsync(queue);
        await EnterAsync(queue, priority: CallPriority.Broadcast);
        Assert.Equal(1, queue.Made);

        // And so are those who had to wait.
        var (push, broadcast) = (EnterAsync(queue), EnterAsync(queue, priority: CallPriority.Broadcast));
        _time.Advance(TimeSpan.FromSeconds(1));
        await Task.WhenAll(push, broadcast);
        Assert.Equal(2, queue.TakeMade());
        Assert.Equal(0, queue.Made);
        queue.ReturnMade(2);
        Assert.Equal(2, queue.Made);
    }

    [Theory]
    [InlineData(false, 2, "2.5 s")]
    [InlineData(true, 5, "5.5 s")]
    public async Task A_turn_that_is_too_late_says_who_goes_before_it(bool isBroadcast, int ahead, string wait)
    {
        var queue = Queue(1, 2);
        await EnterAsync(queue);
        _time.Advance(TimeSpan.FromSeconds(0.5));
        foreach (var other in new[] { CallPriority.Broadcast, CallPriority.Push, CallPriority.Broadcast, CallPriority.Push, CallPriority.Broadcast })
        {
            _ = EnterAsync(queue, priority: other);
        }

        var refused = await Assert.ThrowsAsync<WeChatApiException>(() => EnterAsync(queue, TimeSpan.FromSeconds(1), isBroadcast ? CallPriority.Broadcast : CallPriority.Push));
        Assert.Contains($"{ahead} calls of wx1 go before it", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"would come in {wait}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Those_who_are_turned_away_meet_the_reason_and_leave_nothing_behind()
    {
        var queue = Queue(1, 1);
        await EnterAsync(queue);
        var waiting = new[] { EnterAsync(queue), EnterAsync(queue, priority: CallPriority.Broadcast) };
        queue.TurnAway(() => new InvalidOperationException("The host stops."));
        foreach (var turn in waiting)
        {
            Assert.Equal("The host stops.", (await Assert.ThrowsAsync<InvalidOperationException>(() => turn)).Message);
        }

        Assert.Equal((0, 0), (queue.Waiting, _time.PendingTimers));
        _time.Advance(TimeSpan.FromSeconds(1));
        queue.Leave();
        Assert.True(EnterAsync(queue).IsCompletedSuccessfully);
    }

    [Fact]
    public void A_slot_that_is_given_back_is_there_again()
    {
        var pace = new AccountPace(2, _time);
        Assert.Equal([true, true, false], new[] { pace.TryTake(out _), pace.TryTake(out _), pace.TryTake(out _) });
        pace.Return();
        Assert.Equal([true, false], new[] { pace.TryTake(out _), pace.TryTake(out _) });
    }

    [Fact]
    public void After_a_pause_a_seconds_worth_has_no_wait_and_those_behind_it_have_theirs()
    {
        var pace = new AccountPace(10, _time);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(
            [TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(1.1)],
            new[] { 0, 5, 9, 10, 20 }.Select(pace.WaitBehind));
    }

    [Fact]
    public async Task Repeats_go_before_pushes_and_pushes_before_broadcasts()
    {
        var queue = Queue(1, 2);
        await EnterAsync(queue);
        var order = new List<string>();
        var waiting = new List<Task>();
        foreach (var name in new[] { "broadcast 1", "push 1", "broadcast 2", "push 2", "repeat" })
        {
            var turn = name.StartsWith("repeat", StringComparison.Ordinal)
                ? queue.PaceAsync(default).AsTask()
                : EnterAsync(queue, priority: name.StartsWith("broad", StringComparison.Ordinal) ? CallPriority.Broadcast : CallPriority.Push);
            waiting.Add(NoteAsync(turn, name));
        }

        for (var served = 1; served <= 5; served++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));

            // And has left: one who leaves while time moves sets a timer that is a second late by this clock.
            await Runs.UntilAsync(() => waiting.Count(static turn => turn.IsCompleted) == served, "the next one was served");
        }

        Assert.Equal(["repeat", "push 1", "push 2", "broadcast 1", "broadcast 2"], order);

        async Task NoteAsync(Task turn, string name)
        {
            await turn;
            order.Add(name);
            if (name != "repeat")
            {
                queue.Leave();
            }
        }
    }

    [Fact]
    public async Task A_second_registration_can_only_slow_the_account_down()
    {
        var queue = Queue(0, 64);
        queue.Tighten(10, 100);
        queue.Tighten(20, 5);
        queue.Tighten(0, 64);
        var turns = Enumerable.Range(0, 8).Select(_ => EnterAsync(queue)).ToArray();
        Assert.Equal(5, turns.Count(turn => turn.IsCompletedSuccessfully));
        for (var i = 5; i < 8; i++)
        {
            queue.Leave();
            await turns[i];
        }

        Assert.Equal(TimeSpan.FromSeconds(0.1), await NextAsync());

        async Task<TimeSpan> NextAsync()
        {
            // The burst is ten: eight went, two are left, and the next one waits for a slot of its own.
            for (var i = 0; i < 2; i++)
            {
                queue.Leave();
                await EnterAsync(queue);
            }

            queue.Leave();
            var began = _time.GetUtcNow();
            var next = EnterAsync(queue);
            Assert.False(next.IsCompleted);
            _time.AdvanceToNextTimer();
            await next;
            return _time.GetUtcNow() - began;
        }
    }

    [Fact]
    public async Task Calls_of_many_threads_keep_to_both_limits_and_nobody_is_forgotten()
    {
        var queue = new CallQueue("wx1", new AccountPace(0, TimeProvider.System), 3, TimeProvider.System);
        var (underWay, most, passed, gaveUp) = (0, 0, 0, 0);
        await Parallel.ForEachAsync(Enumerable.Range(0, 20_000), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
        {
            using var stop = new CancellationTokenSource();
            try
            {
                var turn = queue.EnterAsync(TemplateEndpoints.TemplateSend, CallPriority.Push, Long, stop.Token);
                if (i % 7 == 0)
                {
                    await stop.CancelAsync();
                }

                await turn;
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref gaveUp);
                return;
            }

            var now = Interlocked.Increment(ref underWay);
            InterlockedMax(ref most, now);
            if (i % 3 == 0)
            {
                await Task.Yield();
            }

            Interlocked.Decrement(ref underWay);
            Interlocked.Increment(ref passed);
            queue.Leave();
        });

        Assert.Equal(20_000, passed + gaveUp);
        Assert.InRange(most, 1, 3);
        Assert.Equal(0, queue.Waiting);

        static void InterlockedMax(ref int most, int value)
        {
            for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
            {
                Interlocked.CompareExchange(ref most, value, seen);
            }
        }
    }

    [Fact]
    public async Task A_bulk_longer_than_any_time_limit_is_sent_whole_by_callers_who_wait_for_each_other_and_its_repeats_come_in_turn()
    {
        // Ten minutes' worth: a call's time limits begin when it is its turn.
        var time = new LivingTime(_time, TimeSpan.FromSeconds(10));
        var random = new Random(1);
        using var handler = new ScriptedHandler((_, _, _) => Task.FromResult(ScriptedHandler.Ok(Next() == 0
            ? """{"errcode":-1,"errmsg":"system error"}"""
            : """{"errcode":0,"errmsg":"ok","msgid":1}""")));
        using var transport = ScriptedHandler.Transport(handler, time.Host, options => options.Http.MaxRetries = 20);
        var account = new Account("wx1", time.Host);
        account.LimitMessages(perSecond: 10, concurrent: 64);
        var began = _time.GetUtcNow();

        int Next()
        {
            lock (random)
            {
                return random.Next(10);
            }
        }

        var sender = ScriptedHandler.Sender(new AccountApi(transport, new OneToken(), account), time.Host);
        var message = TemplateMessage.Create("t").Set("a", "b").Build();
        var (sent, over) = (0, 0);
        await time.RunAsync(SendAllAsync(), account.QueueOf(TemplateEndpoints.TemplateSend)!, () => Math.Min(100, 6000 - Volatile.Read(ref over)));

        Assert.Equal(6000, sent);
        Assert.InRange(handler.Count, 6400, 7000);
        Assert.InRange((_time.GetUtcNow() - began).TotalSeconds, (handler.Count / 10) - 2, (handler.Count / 10) + 60);

        async Task<bool> SendAllAsync()
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, 6000), new ParallelOptions { MaxDegreeOfParallelism = 100 }, async (i, _) =>
            {
                try
                {
                    Interlocked.Add(ref sent, (await sender.SendAsync($"o{i}", message, CancellationToken.None)).IsSent ? 1 : 0);
                }
                finally
                {
                    Interlocked.Increment(ref over);
                }
            });
            return true;
        }
    }

    private static Task EnterAsync(CallQueue queue, TimeSpan? longest = null, CallPriority priority = CallPriority.Push, CancellationToken cancellationToken = default) =>
        queue.EnterAsync(TemplateEndpoints.TemplateSend, priority, longest ?? Long, cancellationToken).AsTask();

    private CallQueue Queue(int perSecond, int concurrent) => new("wx1", new AccountPace(perSecond, _time), concurrent, _time);
}
