using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Api;

public sealed class ApiLimiterTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_seconds_worth_goes_at_once_and_the_rest_one_by_one()
    {
        var limiter = new ApiLimiter(10, 1000, _time);
        var gone = 0;
        var all = Enumerable.Range(0, 25).Select(_ => PassAsync()).ToArray();
        Assert.Equal(10, gone);
        for (var i = 11; i <= 25; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100) - TimeSpan.FromTicks(1));
            await Runs.UntilAsync(() => gone == i - 1, "the others passed");
            _time.Advance(TimeSpan.FromTicks(1));
            await Runs.UntilAsync(() => gone == i, "the next one passed");
        }

        await Task.WhenAll(all);

        // A pause earns one second's worth again, not more.
        _time.Advance(TimeSpan.FromHours(1));
        var later = Enumerable.Range(0, 11).Select(_ => limiter.PaceAsync(default)).ToArray();
        Assert.Equal(10, later.Count(pace => pace.IsCompleted));
        _time.Advance(TimeSpan.FromSeconds(1));
        await later[^1];

        async Task PassAsync()
        {
            await limiter.PaceAsync(default);
            Interlocked.Increment(ref gone);
        }
    }

    [Fact]
    public void Without_a_limit_there_is_no_pace()
    {
        var limiter = new ApiLimiter(0, 1, _time);
        Assert.All(Enumerable.Range(0, 100_000), _ => Assert.True(limiter.PaceAsync(default).IsCompletedSuccessfully));
        Assert.Equal(0, _time.PendingTimers);
    }

    [Fact]
    public async Task So_many_at_once_and_first_come_first_served()
    {
        var limiter = new ApiLimiter(0, 3, _time);
        var entries = Enumerable.Range(0, 6).Select(_ => limiter.EnterAsync(default).AsTask()).ToArray();
        Assert.Equal([true, true, true, false, false, false], entries.Select(entry => entry.IsCompleted));
        for (var i = 3; i < 6; i++)
        {
            limiter.Leave();
            await entries[i];
            Assert.All(entries[(i + 1)..], entry => Assert.False(entry.IsCompleted));
        }
    }

    [Theory]
    [InlineData(1, 64, 2)]
    [InlineData(60, 64, 64)]
    [InlineData(1_000_000, 64, 64)]
    [InlineData(0, 64, 64)]
    public void No_more_wait_for_the_pace_than_two_seconds_let_through(int perSecond, int concurrent, int expected)
    {
        var limiter = new ApiLimiter(perSecond, concurrent, _time);
        Assert.Equal(expected, Enumerable.Range(0, 100).Count(_ => limiter.EnterAsync(default).IsCompletedSuccessfully));
    }

    [Fact]
    public async Task Whoever_gives_up_waiting_takes_no_place()
    {
        var limiter = new ApiLimiter(0, 1, _time);
        await limiter.EnterAsync(default);
        using var stop = new CancellationTokenSource();
        var gone = limiter.EnterAsync(stop.Token).AsTask();
        var staying = limiter.EnterAsync(default).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.False(staying.IsCompleted);
        limiter.Leave();
        await staying;
        limiter.Leave();
        Assert.True(limiter.EnterAsync(default).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_bulk_longer_than_any_time_limit_is_sent_whole_and_its_repeats_come_in_turn()
    {
        // Ten minutes' worth: a call's time limits begin when it is its turn.
        var time = new LivingTime(_time, TimeSpan.FromSeconds(10));
        var random = new Random(1);
        using var handler = new ScriptedHandler((_, _, _) => Task.FromResult(ScriptedHandler.Ok(Next() == 0
            ? """{"errcode":-1,"errmsg":"system error"}"""
            : """{"errcode":0,"errmsg":"ok","msgid":1}""")));
        using var transport = ScriptedHandler.Transport(handler, time.Host, options =>
        {
            options.TemplateMessages.MaxPerSecond = 10;
            options.Http.MaxRetries = 20;
        });
        var began = _time.GetUtcNow();

        int Next()
        {
            lock (random)
            {
                return random.Next(10);
            }
        }

        var sender = ScriptedHandler.Sender(new AccountApi(transport, new OneToken(), "wx1"), time.Host);
        var message = TemplateMessage.Create("t").Set("a", "b").Build();

        var results = await time.RunAsync([.. Enumerable.Range(0, 6000).Select(i => sender.SendAsync($"o{i}", message))], atOnce: 20);

        Assert.All(results, result => Assert.True(result.IsSent));
        Assert.InRange(handler.Count, 6400, 7000);
        Assert.InRange((_time.GetUtcNow() - began).TotalSeconds, (handler.Count / 10) - 2, (handler.Count / 10) + 60);
    }
}
