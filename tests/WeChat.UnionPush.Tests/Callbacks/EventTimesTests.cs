using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>When events are taken, for how long, and when one that failed comes again.</summary>
public sealed class EventTimesTests
{
    private static readonly DateTimeOffset Moment = new(2026, 11, 22, 4, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _time = new(Moment);
    private readonly IWeChatEventInbox _inbox = Substitute.For<IWeChatEventInbox>();
    private readonly Queue<IReadOnlyList<TakenWeChatEvent>> _waiting = [];
    private readonly List<DateTimeOffset> _takes = [];
    private readonly List<DateTimeOffset> _returned = [];
    private readonly List<TimeSpan> _leases = [];
    private readonly List<int> _limits = [];

    public EventTimesTests()
    {
        _inbox.TakeAsync(default!, default, default, default).ReturnsForAnyArgs(call =>
        {
            lock (_takes)
            {
                _takes.Add(_time.GetUtcNow());
                _limits.Add(call.ArgAt<int>(1));
                _leases.Add(call.ArgAt<TimeSpan>(2));
                return ValueTask.FromResult(_waiting.TryDequeue(out var events) ? events : []);
            }
        });
        _inbox.ReturnAsync(default!, default, default).ReturnsForAnyArgs(call =>
        {
            lock (_returned)
            {
                _returned.Add(call.ArgAt<DateTimeOffset>(1));
            }

            return default(ValueTask);
        });
    }

    // Ten seconds, doubled with each attempt up to an hour, a tenth more or less.
    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 20)]
    [InlineData(8, 1280)]
    [InlineData(9, 2560)]
    [InlineData(10, 3600)]
    [InlineData(11, 3600)]
    public async Task An_event_that_failed_comes_again_after_twice_the_time_up_to_an_hour(int attempt, int seconds)
    {
        _waiting.Enqueue([Event(attempt)]);
        using var processor = Processor();
        await processor.StartAsync(default);
        await Runs.UntilAsync(() => Count(_returned) == 1, "the event is given back");
        await processor.StopAsync(default);
        Assert.InRange((_returned[0] - Moment).TotalSeconds, seconds * 0.9, seconds * 1.1);
    }

    [Fact]
    public async Task At_the_twelfth_attempt_it_is_buried()
    {
        _waiting.Enqueue([Event(12)]);
        using var processor = Processor();
        await processor.StartAsync(default);
        await Runs.UntilAsync(() => _inbox.ReceivedCalls().Any(static call => call.GetMethodInfo().Name == nameof(IWeChatEventInbox.BuryAsync)), "the event is buried");
        await processor.StopAsync(default);
        Assert.Empty(_returned);
    }

    [Fact]
    public async Task The_inbox_is_looked_into_every_five_seconds_for_a_hundred_events_which_are_held_for_twice_their_time()
    {
        using var processor = Processor();
        await processor.StartAsync(default);
        await Runs.UntilAsync(() => Count(_takes) == 1, "the first look");
        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(TimeSpan.FromMilliseconds(1), _time.NextTimerDue - _time.GetUtcNow());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await Runs.UntilAsync(() => Count(_takes) == 2, "the second look");
        await processor.StopAsync(default);
        Assert.Equal([Moment, Moment.AddSeconds(5)], _takes);
        Assert.All(_limits, static limit => Assert.Equal(100, limit));
        Assert.All(_leases, static lease => Assert.Equal(TimeSpan.FromMinutes(2), lease));
    }

    [Theory]
    [InlineData(99, 2)]
    [InlineData(100, 3)]
    public async Task A_full_batch_wakes_another_worker(int count, int looks)
    {
        // The worker that took it looks again; another one is woken where the batch was full.
        _waiting.Enqueue([.. Enumerable.Range(0, count).Select(static i => Event(1, $"key{i}"))]);
        using var processor = Processor();
        await processor.StartAsync(default);
        await Runs.UntilAsync(() => Count(_takes) >= looks, "the looks");
        await processor.StopAsync(default);
        Assert.Equal(looks, _takes.Count);
    }

    // A click opens a window, which is written first; the handlers have at least the other half of the time.
    [Theory]
    [InlineData(true, 30)]
    [InlineData(false, 60)]
    public async Task The_librarys_own_part_has_half_of_an_event_s_time_where_there_are_handlers(bool hasHandler, int seconds)
    {
        var journal = Substitute.For<IReachJournal>();
        journal.FindAsync(default!, default(string)!, default).ReturnsForAnyArgs(_ => new ValueTask<ReachNote?>(new TaskCompletionSource<ReachNote?>().Task));
        var windows = new WindowUpdates(Town.OfficialAccountAppId, new ServiceWindows(Town.OfficialAccountAppId, journal, _time), UnsubscribeAction.MarkNotFollowing);
        var handled = new TaskCompletionSource();
        var handler = Substitute.For<IWeChatEventHandler>();
        handler.HandleAsync(default!, default).ReturnsForAnyArgs(_ =>
        {
            handled.SetResult();
            return new ValueTask(new TaskCompletionSource().Task);
        });
        var work = new EventWork(Event(1));
        var handling = Steps(windows, hasHandler ? handler : null).HandleAsync(work, TimeSpan.FromMinutes(1), default);
        await Runs.UntilAsync(() => journal.ReceivedCalls().Any() && _time.PendingTimers > 0, "the library's own part");
        _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.False(work.HasFailed);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        if (hasHandler)
        {
            await handled.Task;
            await Runs.UntilAsync(() => _time.PendingTimers > 0, "the handler");
            _time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
            Assert.False(handling.IsCompleted);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        await handling;
        Assert.True(work.HasFailed);
        Assert.Equal((hasHandler, 1), (handled.Task.IsCompleted, work.Attempt));
    }

    private static TakenWeChatEvent Event(int attempt, string key = "key") => new(
        Town.OfficialAccountAppId,
        key,
        "<xml><ToUserName>gh_1</ToUserName><FromUserName>oPerson</FromUserName><CreateTime>1795000000</CreateTime>"
            + "<MsgType>event</MsgType><Event>CLICK</Event><EventKey>k</EventKey></xml>",
        attempt,
        "lease");

    private static int Count<T>(List<T> list)
    {
        lock (list)
        {
            return list.Count;
        }
    }

    private WeChatEventProcessor Processor()
    {
        var handler = Substitute.For<IWeChatEventHandler>();
        handler.HandleAsync(default!, default).ReturnsForAnyArgs(static _ => throw new InvalidOperationException("It never succeeds."));
        var steps = Steps(windows: null, handler);
        return new WeChatEventProcessor(
            new WeChatEventIntake(_inbox, static _ => true, _time), _inbox, [Town.OfficialAccountAppId], steps, new WeChatCallbackOptions(), _time,
            NullLogger<WeChatEventProcessor>.Instance);
    }

    private EventSteps Steps(WindowUpdates? windows, IWeChatEventHandler? handler) => new(
        null!, null, null, null, null, windows, null, handler is null ? [] : [new EventHandlerRegistration("handler", _ => handler)],
        new ServiceCollection().BuildServiceProvider().GetRequiredService<IServiceScopeFactory>(), _time);
}
