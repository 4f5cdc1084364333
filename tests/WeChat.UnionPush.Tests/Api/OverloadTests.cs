using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Api;

/// <summary>
/// A model of callers who offer more than the pace and give up after their deadline. Time is the model's own, so every run gives the same figures: it moves
/// from event to event, and only when everybody who can go on has gone on.
/// </summary>
public sealed class OverloadTests
{
    private const int Pace = 60;
    private static readonly TimeSpan CallTime = TimeSpan.FromMilliseconds(20);

    private readonly ManualTimeProvider _time = new();
    private readonly Random _random = new(1);
    private readonly CallQueue _queue;
    private readonly HashSet<Task> _underWay = [];
    private int _entering;
    private int _sent;
    private int _cutOff;
    private int _gaveUp;
    private int _refused;

    public OverloadTests() => _queue = new CallQueue("wx1", new AccountPace(Pace, _time), 64, _time);

    public static TheoryData<double, int, double> Loads()
    {
        var loads = new TheoryData<double, int, double>();
        foreach (var times in new[] { 1.1, 2, 5, 20 })
        {
            foreach (var deadline in new[] { 50, 300, 1000 })
            {
                // Timers of a machine that has much to do are late, each by another time.
                foreach (var lateness in new[] { 0, 0.1, 0.5 })
                {
                    loads.Add(times, deadline, lateness);
                }
            }
        }

        return loads;
    }

    [Theory]
    [MemberData(nameof(Loads))]
    public async Task The_pace_goes_out_whatever_is_offered_and_whoever_gives_up(double times, int deadlineMilliseconds, double lateness)
    {
        var deadline = TimeSpan.FromMilliseconds(deadlineMilliseconds);

        // Until the second's worth of burst is used up.
        await OfferAsync(times, TimeSpan.FromSeconds(times < 2 ? 12 : 2), deadline, lateness);
        var (sentBefore, cutOffBefore) = (_sent, _cutOff);
        await OfferAsync(times, TimeSpan.FromSeconds(6), deadline, lateness);
        var (sent, cutOff) = (_sent - sentBefore, _cutOff - cutOffBefore);

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{times} x {Pace}/s, {deadlineMilliseconds} ms, {lateness:P0} late: {sent / 6.0:0.0} sent a second, {cutOff} cut off, {_gaveUp} gave up, {_refused} refused");
        Assert.InRange(sent, 6 * Pace * 90 / 100, 6 * Pace * 102 / 100);
        Assert.Equal(0, _refused);

        // Nobody of those is in the way of the next one.
        var began = _time.GetUtcNow();
        var lone = CallAsync(Timeout.InfiniteTimeSpan);
        while (!lone.IsCompleted && _time.AdvanceToNextTimer())
        {
            await SettleAsync();
        }

        await lone;
        Assert.InRange((_time.GetUtcNow() - began - CallTime).TotalMilliseconds, 0, 1000);
    }

    [Fact]
    public async Task Those_who_can_wait_are_served_in_their_order_beside_a_flood_of_those_who_cannot()
    {
        await OfferAsync(20, TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(300));
        var began = _time.GetUtcNow();
        var served = new List<(int Number, TimeSpan After)>();
        var patient = Enumerable.Range(0, 10).Select(PatientAsync).ToArray();
        await OfferAsync(20, TimeSpan.FromSeconds(3), TimeSpan.FromMilliseconds(300));
        await Task.WhenAll(patient);

        Assert.Equal(Enumerable.Range(0, 10), served.OrderBy(turn => turn.After).Select(turn => turn.Number));
        Assert.All(served, turn => Assert.InRange(turn.After.TotalMilliseconds, 0, 1000));

        async Task PatientAsync(int number)
        {
            Interlocked.Increment(ref _entering);
            await _queue.EnterAsync(TemplateEndpoints.TemplateSend, CallPriority.Push, TimeSpan.FromSeconds(30), default);
            lock (served)
            {
                served.Add((number, _time.GetUtcNow() - began));
            }

            _queue.Leave();
            Interlocked.Decrement(ref _entering);
        }
    }

    [Fact]
    public async Task Pushes_abandoned_for_ten_seconds_leave_nothing_behind()
    {
        await OfferAsync(20, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(50));
        _time.Advance(TimeSpan.FromMilliseconds(100));
        await SettleAsync();
        Assert.Equal(0, _queue.Waiting);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_queue.EnterAsync(TemplateEndpoints.TemplateSend, CallPriority.Push, TimeSpan.FromSeconds(30), default).IsCompletedSuccessfully);
    }

    /// <summary>Callers come at even distances.</summary>
    private async Task OfferAsync(double times, TimeSpan duration, TimeSpan deadline, double lateness = 0)
    {
        var between = TimeSpan.FromSeconds(1 / (times * Pace));
        var end = _time.GetUtcNow() + duration;
        for (var next = _time.GetUtcNow(); next < end; next += between)
        {
            while (_time.NextTimerDue is { } due && due <= next)
            {
                _time.AdvanceToNextTimer();
                await SettleAsync();
            }

            _time.SetUtcNow(next);
            _ = CallAsync(deadline * (1 + (lateness * _random.NextDouble())));
            await SettleAsync();
        }
    }

    private async Task CallAsync(TimeSpan deadline)
    {
        using var stop = deadline == Timeout.InfiniteTimeSpan ? new CancellationTokenSource() : new CancellationTokenSource(deadline, _time);
        Interlocked.Increment(ref _entering);
        Task call;
        try
        {
            await _queue.EnterAsync(TemplateEndpoints.TemplateSend, CallPriority.Push, TimeSpan.FromSeconds(30), stop.Token).ConfigureAwait(false);
            call = Task.Delay(CallTime, _time, stop.Token);
            lock (_underWay)
            {
                _underWay.Add(call);
            }
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref _gaveUp);
            return;
        }
        catch (WeChatApiException)
        {
            Interlocked.Increment(ref _refused);
            return;
        }
        finally
        {
            Interlocked.Decrement(ref _entering);
        }

        try
        {
            await call.ConfigureAwait(false);
            Interlocked.Increment(ref _sent);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref _cutOff);
        }

        _queue.Leave();
        lock (_underWay)
        {
            _underWay.Remove(call);
        }
    }

    /// <summary>Who was served, or gave up, has gone on to what comes next; and whose call is over has left.</summary>
    private Task SettleAsync() => Runs.UntilAsync(
        () =>
        {
            lock (_underWay)
            {
                return Volatile.Read(ref _entering) == _queue.Waiting && !_underWay.Any(static call => call.IsCompleted);
            }
        },
        "everybody went on");
}
