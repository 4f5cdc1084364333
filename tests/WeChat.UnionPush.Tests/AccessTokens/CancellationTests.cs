using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.AccessTokens;

/// <summary>A caller or a time limit ends the wait at every place where there is one, and nothing stays behind.</summary>
[Collection<Alone>]
public sealed class CancellationTests : IDisposable
{
    private const string Send = "/cgi-bin/message/template/send";
    private const string Stable = "/cgi-bin/stable_token";

    private readonly ConcurrentQueue<Exception> _unobserved = new();

    public CancellationTests()
    {
        // What others left behind before is not for this watch.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TaskScheduler.UnobservedTaskException += Keep;
    }

    public static TheoryData<string> StoreAwaits => ["get 1", "lease 1", "get 2", "set 1", "release 1"];

    public void Dispose()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        TaskScheduler.UnobservedTaskException -= Keep;
        Assert.Empty(_unobserved);
    }

    [Fact]
    public async Task The_watch_for_unobserved_exceptions_sees_one()
    {
        Leave();
        for (var i = 0; i < 10 && _unobserved.IsEmpty; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Yield();
        }

        Assert.NotEmpty(_unobserved);
        _unobserved.Clear();

        static void Leave() => _ = Task.FromException(new InvalidOperationException("left behind"));
    }

    [Fact]
    public async Task While_the_token_is_fetched()
    {
        await using var town = new Town();
        var openIds = Follow(town, 20);
        var sender = town.Services.GetRequiredService<ITemplateMessageSender>();
        using var stop = new CancellationTokenSource();
        using var gate = town.Platform.Hold(Stable);
        var gone = openIds.Take(10).Select(openId => sender.SendAsync(openId, town.Message(), stop.Token)).ToArray();
        var staying = openIds.Skip(10).Select(openId => sender.SendAsync(openId, town.Message())).ToArray();
        await gate.WaitForCallsAsync(1);

        await stop.CancelAsync();
        foreach (var push in gone)
        {
            await CancelledAsync(push, stop.Token);
        }

        gate.Open();
        Assert.All(await Task.WhenAll(staying), result => Assert.True(result.IsSent));
        Assert.Equal(1, town.Platform.Calls.Count(Stable));
        Assert.Equal(10, town.Account.DeliveredCount);
    }

    [Fact]
    public async Task While_the_token_is_renewed()
    {
        await using var town = new Town();
        var openIds = Follow(town, 2);
        var sender = town.Services.GetRequiredService<ITemplateMessageSender>();
        await sender.SendAsync(openIds[0], town.Message());
        town.Account.AccessTokens.Replace();
        using var stop = new CancellationTokenSource();
        using var gate = town.Platform.Hold(Stable);
        var push = sender.SendAsync(openIds[0], town.Message("b"), stop.Token);
        await gate.WaitForCallsAsync(1);

        await stop.CancelAsync();
        await CancelledAsync(push, stop.Token);
        gate.Open();
        Assert.True((await sender.SendAsync(openIds[1], town.Message("b"))).IsSent);
        Assert.Equal(2, town.Platform.Calls.Count(Stable));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task While_the_message_is_on_its_way(bool carriedOut)
    {
        await using var town = new Town(configure: options => options.TemplateMessages.MaxConcurrent = 1);
        var openIds = Follow(town, 3);
        var sender = town.Services.GetRequiredService<ITemplateMessageSender>();
        await sender.SendAsync(openIds[0], town.Message());
        using var stop = new CancellationTokenSource();
        using var gate = town.Platform.Hold(Send, afterwards: carriedOut);
        var onItsWay = sender.SendAsync(openIds[1], town.Message(), stop.Token);
        await gate.WaitForCallsAsync(1);

        // Waits for its turn, since one is all that may be under way.
        using var impatient = new CancellationTokenSource();
        var inTheQueue = sender.SendAsync(openIds[2], town.Message(), impatient.Token);
        await impatient.CancelAsync();
        await CancelledAsync(inTheQueue, impatient.Token);
        await stop.CancelAsync();
        await CancelledAsync(onItsWay, stop.Token);

        // The place is free again.
        gate.Open();
        Assert.True((await sender.SendAsync(openIds[2], town.Message())).IsSent);
        Assert.Equal(carriedOut ? 3 : 2, town.Account.DeliveredCount);
    }

    [Fact]
    public async Task While_the_pace_is_kept()
    {
        await using var town = new Town(configure: options => options.TemplateMessages.MaxPerSecond = 1);
        var openIds = Follow(town, 3);
        var sender = town.Services.GetRequiredService<ITemplateMessageSender>();
        Assert.True((await sender.SendAsync(openIds[0], town.Message())).IsSent);
        using var stop = new CancellationTokenSource();
        var paced = sender.SendAsync(openIds[1], town.Message(), stop.Token);
        await town.Time.WaitForTimersAsync(1);
        await stop.CancelAsync();
        await CancelledAsync(paced, stop.Token);

        var next = sender.SendAsync(openIds[2], town.Message());
        await town.Time.WaitForTimersAsync(1);
        town.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.True((await next).IsSent);
        Assert.Equal(2, town.Account.DeliveredCount);
    }

    [Fact]
    public async Task While_a_lease_is_waited_for()
    {
        var time = new ManualTimeProvider();
        var watch = new DelayWatch(time);
        var store = new InMemoryAccessTokenStore(time);
        var other = await store.TryLeaseAsync(Town.OfficialAccountAppId, TimeSpan.FromMinutes(5));
        var desk = new TokenDesk(time);
        var cache = new AccessTokenCache(Town.OfficialAccountAppId, new AccessTokenOptions(), desk.RequestAsync, store, watch, new LogBook());
        using var stop = new CancellationTokenSource();
        var gone = cache.GetAsync(stop.Token).AsTask();
        await watch.DelayBegunAsync();
        await stop.CancelAsync();
        await CancelledAsync(gone, stop.Token);

        await other!.DisposeAsync();
        Assert.Equal("token-1", (await watch.RunAsync(cache.GetAsync(default).AsTask())).Reveal());
        Assert.NotNull(await store.TryLeaseAsync(Town.OfficialAccountAppId, TimeSpan.FromSeconds(1)));
    }

    [Theory]
    [MemberData(nameof(StoreAwaits))]
    public async Task While_the_store_is_asked(string where)
    {
        var (reached, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var time = new ManualTimeProvider();
        var store = new MoodyStore(new InMemoryAccessTokenStore(time)) { Before = HoldAt(where, (_, _) => { reached.TrySetResult(); return goOn.Task; }) };
        var desk = new TokenDesk(time);
        var cache = new AccessTokenCache(Town.OfficialAccountAppId, new AccessTokenOptions(), desk.RequestAsync, store, time, new LogBook());
        using var stop = new CancellationTokenSource();
        var gone = cache.GetAsync(stop.Token).AsTask();
        await reached.Task;
        await stop.CancelAsync();
        await CancelledAsync(gone, stop.Token);

        goOn.SetResult();
        Assert.Equal("token-1", (await cache.GetAsync(default)).Reveal());
        await Runs.UntilAsync(() => store.LeasesOut == 0, "the lease was given back");
        Assert.Equal(1, desk.Calls);
    }

    [Theory]
    [MemberData(nameof(StoreAwaits))]
    public async Task When_the_refreshs_own_time_is_up_while_the_store_is_asked(string where)
    {
        var (reached, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var time = new ManualTimeProvider();
        var store = new MoodyStore(new InMemoryAccessTokenStore(time)) { Before = HoldAt(where, (_, _) => { reached.TrySetResult(); return goOn.Task; }) };
        var desk = new TokenDesk(time);
        var options = new AccessTokenOptions { RefreshTimeout = TimeSpan.FromSeconds(5), StoreTimeout = TimeSpan.FromMinutes(1) };
        var log = new LogBook();
        var watch = new DelayWatch(time);
        var cache = new AccessTokenCache(Town.OfficialAccountAppId, options, desk.RequestAsync, store, watch, log);
        var waiting = cache.GetAsync(default).AsTask();
        await reached.Task;
        time.Advance(options.RefreshTimeout);

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => waiting);
        Assert.Equal(WeChatErrorClass.Transient, failure.ErrorClass);

        // The next refresh does not wait for the one that hangs, and whatever that one still brings is given back.
        Assert.StartsWith("token-", (await watch.RunAsync(cache.GetAsync(default).AsTask())).Reveal(), StringComparison.Ordinal);
        goOn.SetResult();
        await Runs.UntilAsync(() => store.LeasesOut == 0, "the lease was given back");
    }

    [Fact]
    public async Task When_the_refreshs_own_time_is_up_while_the_platform_is_asked()
    {
        var time = new ManualTimeProvider();
        var store = new MoodyStore(new InMemoryAccessTokenStore(time));
        var desk = new TokenDesk(time);
        var cache = new AccessTokenCache(Town.OfficialAccountAppId, new AccessTokenOptions(), desk.RequestAsync, store, time, new LogBook());
        foreach (var deaf in new[] { false, true })
        {
            var (reached, goOn) = (new TaskCompletionSource(), new TaskCompletionSource<AccessToken>());
            desk.Answer = (_, _, cancellationToken) =>
            {
                reached.TrySetResult();
                return goOn.Task.WaitAsync(deaf ? CancellationToken.None : cancellationToken);
            };
            var waiting = cache.GetAsync(default).AsTask();
            await reached.Task;
            time.Advance(TimeSpan.FromSeconds(30));
            await Assert.ThrowsAsync<WeChatApiException>(() => waiting);
            goOn.SetException(new IOException("much later"));
            if (!deaf)
            {
                // Nobody waits for this one any more, and it is the test's own.
                _ = goOn.Task.Exception;
            }

            await Runs.UntilAsync(() => store.LeasesOut == 0, "the lease was given back");
        }

        desk.Answer = null;
        Assert.Equal("token-3", (await cache.GetAsync(default)).Reveal());
    }

    [Fact]
    public async Task When_nobody_waits_any_more_for_a_refresh_that_fails()
    {
        var time = new ManualTimeProvider();
        for (var i = 0; i < 20; i++)
        {
            var answer = new TaskCompletionSource<AccessToken>();
            var desk = new TokenDesk(time) { Answer = (call, _, _) => call == 1 ? answer.Task : Task.FromResult(new AccessToken("token-2", time.GetUtcNow().AddHours(2))) };
            var cache = new AccessTokenCache(Town.OfficialAccountAppId, new AccessTokenOptions(), desk.RequestAsync, new InMemoryAccessTokenStore(time), time, new LogBook());
            using var stop = new CancellationTokenSource();
            var gone = cache.GetAsync(stop.Token).AsTask();
            await Runs.UntilAsync(() => desk.Calls == 1, "the fetch began");
            await stop.CancelAsync();
            await CancelledAsync(gone, stop.Token);
            answer.SetException(new WeChatApiException("/cgi-bin/stable_token", null, WeChatErrorClass.Transient, "The test says no."));
            await Runs.UntilAsync(() => cache.Status.LastFailure is not null, "the refresh failed");
            Assert.Equal("token-2", (await cache.GetAsync(default)).Reveal());
        }
    }

    private static Func<string, CancellationToken, Task> HoldAt(string where, Func<string, CancellationToken, Task> hold)
    {
        var counts = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        return (operation, stop) => $"{operation} {counts.AddOrUpdate(operation, 1, static (_, count) => count + 1)}" == where ? hold(operation, stop) : Task.CompletedTask;
    }

    private static List<string> Follow(Town town, int count)
    {
        var people = town.Platform.AddPeople(count);
        town.Account.AddFollowers(people);
        return [.. people.Select(person => person.OpenIdIn(town.Account))];
    }

    private static async Task CancelledAsync(Task task, CancellationToken cancellationToken)
    {
        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        Assert.Equal(cancellationToken, exception.CancellationToken);
    }

    private void Keep(object? sender, UnobservedTaskExceptionEventArgs arguments) => _unobserved.Enqueue(arguments.Exception);
}
