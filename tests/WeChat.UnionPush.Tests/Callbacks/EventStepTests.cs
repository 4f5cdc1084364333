using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Receipts;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>The library's own part, the receipt and each handler are steps of their own: none keeps another from being done, and none is done again for another.</summary>
public sealed class EventStepTests : IAsyncDisposable
{
    private readonly Town _town = new();
    private readonly Diary _diary = new();

    [Theory]
    [InlineData(48001)]
    [InlineData(50001)]
    public async Task Handlers_run_though_the_librarys_own_part_fails_and_not_again_when_it_succeeds(int errorCode)
    {
        await using var host = await StartAsync(builder => builder.AddWeChatEventHandler<First>().AddWeChatEventHandler<Second>());
        var person = _town.Platform.AddPerson();
        person.Follow(_town.Account);
        _town.Platform.Faults.Add(SimulatedFault.Error(errorCode).On("/cgi-bin/user/info"));

        Assert.Equal(HttpStatusCode.OK, await host.PostAsync(host.Event(person, "subscribe")));
        await ReturnedAsync(host, 1);
        Assert.Equal(["First", "Second"], _diary.Done());
        Assert.Null(await host.FollowStateAsync(person));
        Assert.Contains(host.Log, static line => line.Id == 30 && line.Text.Contains("failed in follower", StringComparison.Ordinal));

        _town.Platform.Faults.Clear();
        _town.Time.Advance(TimeSpan.FromSeconds(20));
        await host.Inbox.WaitForSettledAsync(1);
        Assert.Equal(FollowState.Following, await host.FollowStateAsync(person));
        Assert.Equal(["First", "Second"], _diary.Done());
    }

    [Fact]
    public async Task Only_the_handler_that_failed_is_tried_again_also_by_another_machine_and_after_a_restart()
    {
        var inbox = new InMemoryWeChatEventInbox(_town.Time);
        var person = _town.Platform.AddPerson();
        person.Follow(_town.Account);
        _diary.Fails.Add("Second");
        static void Choose(WeChatUnionPushBuilder builder) => builder.AddWeChatEventHandler<First>().AddWeChatEventHandler<Second>().AddWeChatEventHandler<Third>();
        await using (var host = await StartAsync(Choose, inbox))
        {
            await host.PostAsync(host.Event(person, "subscribe"));
            await ReturnedAsync(host, 1);
            Assert.Equal(["First", "Second", "Third"], _diary.Tried());
        }

        var infos = _town.Platform.Calls.Count("/cgi-bin/user/info");
        await using var restarted = await StartAsync(Choose, inbox);
        _town.Time.Advance(TimeSpan.FromSeconds(20));
        await ReturnedAsync(restarted, 1);
        Assert.Equal(["First", "Second", "Second", "Third"], _diary.Tried());

        _diary.Fails.Clear();
        _town.Time.Advance(TimeSpan.FromMinutes(1));
        await restarted.Inbox.WaitForSettledAsync(1);
        Assert.Equal(["First", "Second", "Second", "Second", "Third"], _diary.Tried());
        Assert.Equal(["First", "Second", "Third"], _diary.Done());
        Assert.Equal(infos, _town.Platform.Calls.Count("/cgi-bin/user/info"));
    }

    [Fact]
    public async Task A_handler_that_cannot_be_made_or_blocks_keeps_no_other_from_running()
    {
        await using var host = await StartAsync(
            builder => builder.AddWeChatEventHandler<Unmakeable>().AddWeChatEventHandler<Blocking>().AddWeChatEventHandler<First>());
        var person = _town.Platform.AddPerson();

        await host.PostAsync(host.Event(person, "CLICK"));
        await _diary.Blocked.Task;
        await _diary.WhenDoneAsync(1);

        // Until only the poll, the sweep of old events and the blocked handler's limit are left: the other's own limit must not strike while it ends.
        await Runs.UntilAsync(() => _town.Time.PendingTimers == 3, "the other handler is over");
        _town.Time.Advance(TimeSpan.FromMinutes(1));
        await host.Inbox.WaitForReturnedAsync(1);
        Assert.Equal(["First"], _diary.Done());
        _diary.Gate.Set();
        _town.Time.Advance(TimeSpan.FromSeconds(20));
        await host.Inbox.WaitForReturnedAsync(2);
        Assert.Equal(["Blocking", "First"], _diary.Done());
    }

    [Fact]
    public async Task Each_handler_has_a_scope_of_its_own_and_one_class_may_be_added_twice()
    {
        await using var host = await StartAsync(
            builder => builder.AddWeChatEventHandler<Scoped>().AddWeChatEventHandler<Scoped>(), services: services => services.AddScoped<Scope>());

        await host.DeliverAsync(host.Event(_town.Platform.AddPerson(), "CLICK"));

        Assert.Equal(["Scoped", "Scoped"], _diary.Done());
        Assert.Equal(2, _diary.Scopes.Distinct().Count());
        Assert.All(_diary.Scopes, static scope => Assert.True(scope.IsDisposed));
    }

    [Fact]
    public async Task A_handler_that_the_host_registered_itself_is_taken_as_it_is()
    {
        var own = new First(_diary);
        await using var host = await StartAsync(builder => builder.AddWeChatEventHandler<First>(), services: services => services.AddSingleton(own));

        await host.DeliverAsync(host.Event(_town.Platform.AddPerson(), "CLICK"));

        Assert.Equal(1, own.Count);
    }

    [Fact]
    public async Task Handlers_run_though_the_receipt_cannot_be_saved_and_it_is_saved_once_later()
    {
        var receipts = new WatchedReceipts(new InMemoryMessageReceipts(_town.Time));
        await using var host = await StartAsync(builder => builder.AddReceipts().UseMessageReceipts(_ => receipts).AddWeChatEventHandler<First>());
        receipts.Saving = static () => throw new InvalidOperationException("the store is gone");

        await host.PostAsync(CallbackHost.Finished(_town, _town.Platform.AddPerson(), 77, "success"));
        await ReturnedAsync(host, 1);
        Assert.Equal(["First"], _diary.Done());

        receipts.Saving = null;
        _town.Time.Advance(TimeSpan.FromSeconds(20));
        await host.Inbox.WaitForSettledAsync(1);
        Assert.Equal(["First"], _diary.Done());
        Assert.Single(await receipts.FindAsync(Town.OfficialAccountAppId, [77]));
    }

    [Fact]
    public async Task An_event_whose_own_part_never_succeeds_is_set_aside_and_its_handlers_have_run_once()
    {
        await using var host = await CallbackHost.StartAsync(
            _town, options => options.MaxAttempts = 3, builder => builder.AddWeChatEventHandler<First>(), services: services => services.AddSingleton(_diary));
        var person = _town.Platform.AddPerson();
        _town.Platform.Faults.Add(SimulatedFault.Error(48001).On("/cgi-bin/user/info"));

        await host.PostAsync(host.Event(person, "unsubscribe"));
        for (var attempt = 1; attempt < 3; attempt++)
        {
            await ReturnedAsync(host, attempt);
            _town.Time.Advance(TimeSpan.FromMinutes(1));
        }

        await host.Inbox.WaitForSettledAsync(1);
        Assert.Equal(1, host.Inbox.Buried);
        Assert.Equal(["First"], _diary.Done());
    }

    public ValueTask DisposeAsync()
    {
        _diary.Gate.Set();
        return _town.DisposeAsync();
    }

    private static Task ReturnedAsync(CallbackHost host, int count) => host.Inbox.WaitForReturnedAsync(count);

    private Task<CallbackHost> StartAsync(Action<WeChatUnionPushBuilder> choose, IWeChatEventInbox? inbox = null, Action<IServiceCollection>? services = null) =>
        CallbackHost.StartAsync(_town, choose: choose, inbox: inbox, services: collection =>
        {
            collection.AddSingleton(_diary);
            services?.Invoke(collection);
        });

    private sealed class Diary
    {
        private readonly ConcurrentQueue<string> _tried = new();
        private readonly ConcurrentQueue<string> _done = new();
        private readonly SemaphoreSlim _anyDone = new(0);

        public HashSet<string> Fails { get; } = [];

        public TaskCompletionSource Blocked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim Gate { get; } = new();

        public ConcurrentQueue<Scope> Scopes { get; } = new();

        public string[] Tried() => [.. _tried.Order(StringComparer.Ordinal)];

        public string[] Done() => [.. _done.Order(StringComparer.Ordinal)];

        public void Try(string name)
        {
            _tried.Enqueue(name);
            if (Fails.Contains(name))
            {
                throw new InvalidOperationException("no");
            }

            _done.Enqueue(name);
            _anyDone.Release();
        }

        public async Task WhenDoneAsync(int count)
        {
            for (; count > 0; count--)
            {
                Assert.True(await _anyDone.WaitAsync(Runs.Patience));
            }
        }
    }

    private sealed class First(Diary diary) : IWeChatEventHandler
    {
        public int Count { get; private set; }

        public ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default)
        {
            Count++;
            diary.Try("First");
            return default;
        }
    }

    private sealed class Second(Diary diary) : IWeChatEventHandler
    {
        public async ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            diary.Try("Second");
        }
    }

    private sealed class Third(Diary diary) : IWeChatEventHandler
    {
        public ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default)
        {
            diary.Try("Third");
            return default;
        }
    }

    private sealed class Unmakeable : IWeChatEventHandler
    {
        public Unmakeable() => throw new InvalidOperationException("cannot be made");

        public ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default) => default;
    }

    private sealed class Blocking(Diary diary) : IWeChatEventHandler
    {
        public ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default)
        {
            diary.Blocked.TrySetResult();
            var late = !diary.Gate.IsSet;
            diary.Gate.Wait(CancellationToken.None);
            if (!late)
            {
                diary.Try("Blocking");
            }

            return default;
        }
    }

    private sealed class Scope : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    private sealed class Scoped(Diary diary, Scope scope) : IWeChatEventHandler
    {
        public ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default)
        {
            diary.Scopes.Enqueue(scope);
            diary.Try("Scoped");
            return default;
        }
    }
}
