using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>How pushed events reach the host's handlers: at least once, never lost once answered, and never in the way of the answer.</summary>
public sealed class EventHandlingTests : IAsyncDisposable
{
    private readonly Town _town = new();
    private readonly SeenEvents _seen = new();

    [Fact]
    public async Task A_handler_gets_typed_events_and_the_raw_body_of_everything_else()
    {
        await using var host = await StartAsync();
        var person = _town.Platform.AddPerson();
        person.Follow(_town.Account);
        var text = host.Event(person, "-").Replace(">event<", ">text<", StringComparison.Ordinal).Replace("<![CDATA[event]]>", "<![CDATA[text]]>", StringComparison.Ordinal)
            .Replace("<Event><![CDATA[-]]></Event>", "<Content><![CDATA[你好 😀]]></Content><MsgId>7</MsgId>", StringComparison.Ordinal);

        await host.DeliverAsync(host.Event(person, "subscribe", "<EventKey>qrscene_spring</EventKey>"));
        await host.DeliverAsync(host.Event(person, "CLICK", "<EventKey>menu-1</EventKey>"));
        await host.DeliverAsync(text);

        var events = _seen.Events.ToArray();
        Assert.Equal("spring", Assert.IsType<SubscribeEvent>(events[0]).Scene);
        Assert.Contains("menu-1", Assert.IsType<OtherEvent>(events[1]).Callback.Body, StringComparison.Ordinal);
        Assert.Contains("你好 😀", Assert.IsType<OtherEvent>(events[2]).Callback.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_finds_the_repository_up_to_date()
    {
        await using var host = await StartAsync();
        var person = _town.Platform.AddPerson();
        person.Follow(_town.Account);
        FollowState? seen = null;
        _seen.Handle = async (_, _) => seen = await host.FollowStateAsync(person);

        await host.DeliverAsync(host.Event(person, "subscribe"));

        Assert.Equal(FollowState.Following, seen);
    }

    [Fact]
    public async Task The_platforms_tries_of_one_push_are_handled_once_even_after_an_error_and_over_a_restart()
    {
        var inbox = new InMemoryWeChatEventInbox(_town.Time);
        var person = _town.Platform.AddPerson();
        string body;
        await using (var host = await StartAsync(inbox: inbox))
        {
            body = host.Event(person, "CLICK");
            host.Inbox.Adding = () => throw new InvalidOperationException("the store is gone");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await host.PostAsync(body));
            host.Inbox.Adding = null;
            _town.Time.Advance(TimeSpan.FromSeconds(5));
            await host.DeliverAsync(body);
            _town.Time.Advance(TimeSpan.FromSeconds(5));
            Assert.Equal(HttpStatusCode.OK, await host.PostAsync(body));
        }

        await using var restarted = await StartAsync(inbox: inbox);
        Assert.Equal(HttpStatusCode.OK, await restarted.PostAsync(body));
        await restarted.DeliverAsync(restarted.Event(person, "VIEW"));

        Assert.Equal(["CLICK", "VIEW"], _seen.Events.Select(@event => @event.Callback.EventName));
    }

    [Fact]
    public async Task What_was_answered_with_success_waits_for_the_next_start()
    {
        var inbox = new InMemoryWeChatEventInbox(_town.Time);
        var person = _town.Platform.AddPerson();
        var entered = new TaskCompletionSource();
        _seen.Handle = async (_, cancellationToken) =>
        {
            entered.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        };
        await using (var host = await StartAsync(inbox: inbox))
        {
            Assert.Equal(HttpStatusCode.OK, await host.PostAsync(host.Event(person, "CLICK")));
            await entered.Task;
            Assert.Equal(HttpStatusCode.OK, await host.PostAsync(host.Event(person, "VIEW")));
        }

        _seen.Handle = null;
        _seen.Events.Clear();
        await using var restarted = await StartAsync(inbox: inbox);
        await restarted.Inbox.WaitForSettledAsync(2);

        Assert.Equal(["CLICK", "VIEW"], _seen.Events.Select(@event => @event.Callback.EventName).Order());
    }

    [Fact]
    public async Task An_event_that_a_slow_store_passes_over_is_taken_at_a_later_look()
    {
        await using var host = await StartAsync();
        var looks = 0;
        host.Inbox.Taking = async () =>
        {
            await Task.Delay(20);
            return Interlocked.Increment(ref looks) > 10;
        };
        var began = _town.Time.GetUtcNow();

        Assert.Equal(HttpStatusCode.OK, await host.PostAsync(host.Event(_town.Platform.AddPerson(), "CLICK")));
        await host.Inbox.WaitUntilEmptyAsync(_town.Time);

        Assert.Equal("CLICK", Assert.Single(_seen.Events).Callback.EventName);
        Assert.InRange(_town.Time.GetUtcNow() - began, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(11));
    }

    [Fact]
    public async Task A_handler_that_fails_is_tried_again_with_longer_and_longer_pauses_and_then_set_aside_with_one_line()
    {
        var began = _town.Time.GetUtcNow();
        await using var host = await StartAsync(options => options.MaxAttempts = 5);
        _seen.Handle = (_, _) => throw new InvalidOperationException("no");
        var person = _town.Platform.AddPerson();

        Assert.Equal(HttpStatusCode.OK, await host.PostAsync(host.Event(person, "CLICK", "<EventKey>secret of the user</EventKey>")));
        var pauses = new List<double>();
        for (var attempt = 1; attempt < 5; attempt++)
        {
            await host.Inbox.WaitForReturnedAsync(attempt);
            var availableAt = host.Inbox.Returned[^1];
            pauses.Add((availableAt - _town.Time.GetUtcNow()).TotalSeconds);

            // To the next poll and no further: the next pause counts from the moment of the attempt.
            _town.Time.SetUtcNow(began + TimeSpan.FromSeconds(5 * Math.Ceiling((availableAt - began).TotalSeconds / 5)));
        }

        await host.Inbox.WaitForSettledAsync(1);
        Assert.Equal(1, host.Inbox.Buried);
        Assert.Equal(5, _seen.Events.Count);

        // The line comes after the settling; a host that has stopped has written it.
        await host.StopAsync();
        Assert.All(pauses.Zip([10, 20, 40, 80]), pause => Assert.InRange(pause.First, pause.Second * 0.89, pause.Second * 1.11));
        var line = Assert.Single(host.Log, line => line.Level == LogLevel.Error);
        Assert.Equal(31, line.Id);
        Assert.Contains("CLICK", line.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(host.Log, line => line.Text.Contains("secret of the user", StringComparison.Ordinal)
            || line.Text.Contains(person.OpenIdIn(_town.Account), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_handler_that_never_ends_delays_neither_the_answer_nor_other_people_and_is_tried_again()
    {
        await using var host = await StartAsync();
        var (slow, quick) = (_town.Platform.AddPerson(), _town.Platform.AddPerson());
        var entered = new TaskCompletionSource();
        _seen.Handle = (@event, _) =>
        {
            if (string.Equals(@event.Callback.OpenId, slow.OpenIdIn(_town.Account), StringComparison.Ordinal))
            {
                entered.TrySetResult();
                return new(new TaskCompletionSource().Task);
            }

            return default;
        };

        Assert.Equal(HttpStatusCode.OK, await host.PostAsync(host.Event(slow, "CLICK")));
        await entered.Task;
        await host.DeliverAsync(host.Event(quick, "CLICK"));

        _seen.Handle = null;
        _town.Time.Advance(TimeSpan.FromMinutes(1));
        await host.Inbox.WaitForReturnedAsync(1);
        _town.Time.Advance(TimeSpan.FromSeconds(20));
        await host.Inbox.WaitForSettledAsync(2);
        Assert.Equal(2, _seen.Events.Count(@event => string.Equals(@event.Callback.OpenId, slow.OpenIdIn(_town.Account), StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Events_of_one_person_come_one_after_the_other()
    {
        await using var host = await StartAsync();
        var person = _town.Platform.AddPerson();
        var inside = 0;
        var most = 0;
        _seen.Handle = async (_, _) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inside));
            await Task.Yield();
            Interlocked.Decrement(ref inside);
        };

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => host.PostAsync(host.Event(person, "CLICK", $"<MsgID>{i}</MsgID>"))));
        await host.Inbox.WaitForSettledAsync(200);

        Assert.Equal(1, most);
        Assert.Equal(200, _seen.Events.Count);
    }

    [Fact]
    public async Task A_full_inbox_lets_the_platform_try_again_and_takes_events_when_there_is_room()
    {
        var gate = new TaskCompletionSource();
        _seen.Handle = async (_, cancellationToken) => await gate.Task.WaitAsync(cancellationToken);
        await using var host = await StartAsync(inbox: new InMemoryWeChatEventInbox(_town.Time, capacity: 5_000));
        var person = _town.Platform.AddPerson();
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 10; i++)
        {
            answers.Add(await host.PostAsync(host.Event(person, "CLICK", $"<MsgID>{i}</MsgID>")));
        }

        var kept = answers.Count(answer => answer == HttpStatusCode.OK);
        Assert.InRange(kept, 1, 9);
        Assert.All(answers.Skip(kept), answer => Assert.Equal(HttpStatusCode.ServiceUnavailable, answer));
        Assert.Contains(host.Log, line => line.Id == 41);

        gate.SetResult();
        await host.Inbox.WaitForSettledAsync(kept);
        Assert.Equal(HttpStatusCode.OK, await host.PostAsync(host.Event(person, "CLICK", "<MsgID>9</MsgID>")));
    }

    [Fact]
    public async Task Two_hosts_on_one_inbox_handle_each_event_once()
    {
        var inbox = new WatchedInbox(new InMemoryWeChatEventInbox(_town.Time));
        await using var here = await StartAsync(inbox: inbox);
        await using var there = await StartAsync(inbox: inbox);
        var people = _town.Platform.AddPeople(50).ToArray();

        await Task.WhenAll(people.SelectMany(person => new[]
        {
            here.PostAsync(here.Event(person, "CLICK")),
            there.PostAsync(there.Event(person, "CLICK")),
            there.PostAsync(there.Event(person, "VIEW")),
        }));
        await inbox.WaitForSettledAsync(100);

        Assert.Equal(100, _seen.Events.Count);
        Assert.Equal(100, _seen.Events.Select(@event => @event.Callback.DeduplicationKey).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task What_nobody_handles_is_answered_and_not_kept()
    {
        await using var host = await CallbackHost.StartAsync(_town);
        var person = _town.Platform.AddPerson();

        Assert.Equal(HttpStatusCode.OK, await host.PostAsync(host.Event(person, "CLICK")));
        Assert.Equal(HttpStatusCode.OK, await host.PostAsync(CallbackHost.Finished(_town, person, 1, "success")));

        Assert.Equal(0, host.Inbox.Added);
    }

    [Fact]
    public async Task Hostile_requests_leave_nothing_behind()
    {
        await using var town = new Town(DateTimeOffset.FromUnixTimeSeconds(PlatformPush.Now));
        await using var host = await CallbackHost.StartAsync(
            town, choose: builder => builder.AddWeChatEventHandler<Recorder>(), services: services => services.AddSingleton(_seen));
        var tried = 0;
        foreach (var row in CallbackReaderTests.Corpus)
        {
            var (name, mode, query, body, _) = row.Data;
            if (mode is WeChatCallbackMode.Safe)
            {
                var status = (int)await host.PostAsync(query, Convert.FromBase64String(body));
                Assert.True(status is >= 400 and < 500, name);
                tried++;
            }
        }

        Assert.True(tried > 10);
        Assert.Equal(0, host.Inbox.Added);
        Assert.Empty(_seen.Events);
    }

    [Fact]
    public async Task Both_apps_come_over_one_URL_or_two_and_a_named_registration_has_its_own()
    {
        await using var host = await StartAsync(name: "brand-b", paths: ["/one", "/two"]);
        var person = _town.Platform.AddPerson();
        var body = CallbackHost.Event(_town, person, "CLICK");
        var own = PlatformPush.Encrypt(body);
        var other = PlatformPush.Encrypt(body, PlatformPush.OtherAppId, PlatformPush.OtherKey);
        var now = _town.Time.GetUtcNow().ToUnixTimeSeconds();

        Assert.Equal(HttpStatusCode.OK, await host.PostAsync(PlatformPush.SafeQuery(own, now), PlatformPush.SafeBody(own), "/one"));
        Assert.Equal(HttpStatusCode.OK, await host.PostAsync(PlatformPush.SafeQuery(other, now, "Other"), PlatformPush.SafeBody(other), "/two"));
        await host.Inbox.WaitForSettledAsync(2);

        Assert.Equal([PlatformPush.AppId, PlatformPush.OtherAppId], _seen.Events.Select(@event => @event.Callback.AppId).Order());
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    private Task<CallbackHost> StartAsync(
        Action<WeChatCallbackOptions>? configure = null, IWeChatEventInbox? inbox = null, string name = "", params string[] paths) =>
        CallbackHost.StartAsync(
            _town, configure, builder => builder.AddWeChatEventHandler<Recorder>(), inbox, services => services.AddSingleton(_seen), name, paths);

    private sealed class SeenEvents
    {
        public ConcurrentQueue<IWeChatEvent> Events { get; } = new();

        public Func<IWeChatEvent, CancellationToken, ValueTask>? Handle { get; set; }
    }

    private sealed class Recorder(SeenEvents seen) : IWeChatEventHandler
    {
        public async ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default)
        {
            seen.Events.Enqueue(received);
            if (seen.Handle is { } handle)
            {
                await handle(received, cancellationToken);
            }
        }
    }
}
