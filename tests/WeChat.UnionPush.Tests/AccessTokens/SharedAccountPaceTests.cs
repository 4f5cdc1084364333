using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.AccessTokens;

/// <summary>How a process uses the slots that it takes from what all machines share. Here a desk answers in the place of the store.</summary>
public sealed class SharedAccountPaceTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly Desk _desk = new();

    [Fact]
    public async Task Slots_are_used_one_by_one_at_their_moments()
    {
        var pace = Pace(40);
        Assert.False(pace.TryTake(out var next));
        Assert.Equal(After(2), next);
        Assert.Equal(("account", 40, 2, 0), Told(await _desk.AskedAsync(1)));

        _desk.Answer(1, Grant(2, from: 10, interval: 25));
        await WaitsAsync(pace, 10);
        await TakenAfterAsync(pace, 10);
        await WaitsAsync(pace, 25);
        await TakenAfterAsync(pace, 25);

        // What was asked for meanwhile has not come.
        await WaitsAsync(pace, 2);
        _desk.Answer(2, Grant(2, from: 0, interval: 25));
        await TakenAfterAsync(pace, 0);
        await WaitsAsync(pace, 25);
    }

    [Fact]
    public async Task A_slot_that_was_not_used_at_its_moment_is_used_later()
    {
        var pace = Pace(40);
        Assert.False(pace.TryTake(out _));
        _desk.Answer(1, Grant(2, from: -1000, interval: 25));
        await TakenAfterAsync(pace, 0);
        Assert.True(pace.TryTake(out _));
        Assert.False(pace.TryTake(out _));
    }

    [Fact]
    public async Task One_batch_is_asked_for_ahead_and_not_more()
    {
        var pace = Pace(40);
        for (var i = 0; i < 5; i++)
        {
            Assert.False(pace.TryTake(out _));
        }

        await _desk.AskedAsync(1);
        Assert.Equal(1, _desk.Count);
        _desk.Answer(1, Grant(2, from: 0, interval: 25));
        await TakenAfterAsync(pace, 0);

        // The first batch is in use, the next one is on its way, and then it lies ready.
        await _desk.AskedAsync(2);
        Assert.False(pace.TryTake(out _));
        _desk.Answer(2, Grant(2, from: 525, interval: 25));
        await Runs.UntilAsync(() => pace.WaitBehind(1) == TimeSpan.FromMilliseconds(275), "the second batch lies ready");
        Assert.False(pace.TryTake(out _));
        Assert.Equal(2, _desk.Count);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(pace.TryTake(out _));
        Assert.Equal(2, _desk.Count);
        Assert.True(pace.TryTake(out _));
        await _desk.AskedAsync(3);
        Assert.True(pace.TryTake(out _));
        Assert.False(pace.TryTake(out _));
        Assert.Equal(3, _desk.Count);
    }

    [Fact]
    public async Task A_slot_that_is_given_back_is_the_next_one()
    {
        var pace = Pace(40);
        Assert.False(pace.TryTake(out _));
        _desk.Answer(1, Grant(2, from: 0, interval: 25));
        await TakenAfterAsync(pace, 0);
        Assert.False(pace.TryTake(out _));
        pace.Return();
        Assert.True(pace.TryTake(out _));
        await WaitsAsync(pace, 25);
    }

    [Fact]
    public async Task The_wait_is_told_from_the_slots_that_are_there_and_from_how_fast_more_came()
    {
        var pace = Pace(40);
        Assert.Equal([0, 0], Waits(pace, 0, 100));
        Assert.False(pace.TryTake(out _));
        _desk.Answer(1, Grant(4, from: 100, interval: 50));
        await WaitsAsync(pace, 100);
        Assert.Equal([100, 150, 250, 300, 600], Waits(pace, 0, 1, 3, 4, 10));

        // Others took theirs in between: two slots came after 950 ms.
        _time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal([true, true, true, false], new[] { pace.TryTake(out _), pace.TryTake(out _), pace.TryTake(out _), pace.TryTake(out _) });

        await _desk.AskedAsync(2);
        _desk.Answer(2, Grant(2, from: 1000, interval: 50));
        await Runs.UntilAsync(() => pace.WaitBehind(3) > TimeSpan.FromSeconds(1), "the second batch lies ready");
        Assert.Equal([50, 525, 1475], Waits(pace, 0, 1, 3));

        // Slots of the past say nothing of the others, and nobody waits for them.
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([0], Waits(pace, 0));
    }

    [Fact]
    public async Task Among_slots_that_are_there_the_wait_is_their_own_interval_and_behind_them_that_of_whole_batches()
    {
        var pace = Pace(40);
        Assert.False(pace.TryTake(out _));
        _desk.Answer(1, Grant(1, from: 0, interval: 50));
        await TakenAfterAsync(pace, 0);
        _desk.Answer(2, Grant(3, from: 1000, interval: 50));
        await WaitsAsync(pace, 1000);

        // The first of two slots that were asked for came 950 ms after the one before it was over.
        Assert.Equal([1000, 1050, 1100, 2425], Waits(pace, 0, 1, 2, 3));
    }

    [Theory]
    [InlineData(100_000, 50, 1_000)]
    [InlineData(60, 80, 80)]
    public async Task However_late_or_soon_the_next_slots_are_the_wait_stays_between_their_interval_and_a_second(int from, int interval, int spacing)
    {
        var pace = Pace(40);
        Assert.False(pace.TryTake(out _));
        _desk.Answer(1, Grant(2, from: 0, interval: 50));
        await TakenAfterAsync(pace, 0);
        _desk.Answer(2, Grant(2, from, interval));
        await Runs.UntilAsync(() => pace.WaitBehind(1) == TimeSpan.FromMilliseconds(50 + spacing), "the second batch lies ready");
        Assert.Equal([50, 50 + (2 * spacing)], Waits(pace, 0, 2));
    }

    [Fact]
    public async Task Without_the_store_a_process_keeps_the_pace_by_itself()
    {
        // A question fails only while the clock stands: the pace reads two clocks for an answer.
        var pace = Pace(20);
        Assert.False(pace.TryTake(out _));
        for (var question = 1; question <= 220; question++)
        {
            _desk.Fail(question);

            // A second's worth after the pause before the first, then one at each moment.
            if (question > 21)
            {
                await WaitsAsync(pace, 50);
                _time.Advance(TimeSpan.FromMilliseconds(50));
            }

            await Runs.UntilAsync(() => pace.TryTake(out _), "the slot of this moment came");
            Assert.False(pace.TryTake(out _));
        }
    }

    [Fact]
    public async Task A_smaller_pace_counts_from_the_next_question_and_a_larger_one_never()
    {
        var pace = Pace(200);
        Assert.False(pace.TryTake(out _));
        Assert.Equal(("account", 200, 10, 0), Told(await _desk.AskedAsync(1)));
        foreach (var other in new[] { 300, 0, -1, 60, 100 })
        {
            pace.SlowDownTo(other);
        }

        Assert.Equal(60, pace.PerSecond);
        _desk.Answer(1, Grant(1, from: 0, interval: 5));
        await TakenAfterAsync(pace, 0);
        Assert.Equal(("account", 60, 3, 0), Told(await _desk.AskedAsync(2)));
    }

    [Fact]
    public async Task A_slow_account_asks_for_one_slot_at_a_time()
    {
        var pace = Pace(5);
        Assert.False(pace.TryTake(out _));
        Assert.Equal(("account", 5, 1, 0), Told(await _desk.AskedAsync(1)));
    }

    [Fact]
    public async Task Nothing_of_the_caller_flows_into_the_store()
    {
        var caller = new AsyncLocal<string?> { Value = "somebody" };
        _desk.Look = () => caller.Value;
        Assert.False(Pace(20).TryTake(out _));
        await _desk.AskedAsync(1);
        Assert.Null(_desk.Seen);

        // Nor where its flow was stopped already.
        using (ExecutionContext.SuppressFlow())
        {
            Assert.False(Pace(20).TryTake(out _));
        }

        await _desk.AskedAsync(2);
        Assert.Null(_desk.Seen);
    }

    private static (string AppId, int PerSecond, int Count, int Made) Told(PaceRequest request) => (request.AppId, request.PerSecond, request.Count, request.Made);

    private static double[] Waits(SharedAccountPace pace, params int[] others) => [.. others.Select(count => pace.WaitBehind(count).TotalMilliseconds)];

    private SharedAccountPace Pace(int perSecond) => new(_desk, "account", perSecond, _time);

    private PaceGrant Grant(int count, int from, int interval) =>
        new(count, _time.GetUtcNow().AddMilliseconds(from), TimeSpan.FromMilliseconds(interval), UsedToday: 0);

    private long After(int milliseconds) => _time.GetTimestamp() + (milliseconds * TimeSpan.TicksPerMillisecond);

    /// <summary>There is none until so many milliseconds have passed.</summary>
    private Task WaitsAsync(SharedAccountPace pace, int milliseconds) =>
        Runs.UntilAsync(() => !pace.TryTake(out var next) && next == After(milliseconds), $"the next slot is in {milliseconds} ms");

    private async Task TakenAfterAsync(SharedAccountPace pace, int milliseconds)
    {
        if (milliseconds > 0)
        {
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds) - TimeSpan.FromTicks(1));
            Assert.False(pace.TryTake(out _));
            _time.Advance(TimeSpan.FromTicks(1));
        }

        await Runs.UntilAsync(() => pace.TryTake(out _), "a slot is taken");
    }

    private sealed class Desk : ISharedPace
    {
        private readonly List<(PaceRequest Request, TaskCompletionSource<PaceGrant> Answer)> _asked = [];

        public Func<string?>? Look { get; set; }

        public string? Seen { get; private set; }

        public int Count
        {
            get
            {
                lock (_asked)
                {
                    return _asked.Count;
                }
            }
        }

        public ValueTask<PaceGrant> TakeAsync(PaceRequest request, CancellationToken cancellationToken = default)
        {
            Seen = Look?.Invoke();
            var answer = new TaskCompletionSource<PaceGrant>();
            lock (_asked)
            {
                _asked.Add((request, answer));
            }

            return new(answer.Task);
        }

        public async Task<PaceRequest> AskedAsync(int question)
        {
            await Runs.UntilAsync(() => Count >= question, $"question {question} is asked");
            return _asked[question - 1].Request;
        }

        public void Answer(int question, PaceGrant grant) => Asked(question).SetResult(grant);

        public void Fail(int question) => Asked(question).SetException(new UnionPushStorageException("The store is away.", isTransient: true));

        private TaskCompletionSource<PaceGrant> Asked(int question)
        {
            AskedAsync(question).GetAwaiter().GetResult();
            return _asked[question - 1].Answer;
        }
    }
}
