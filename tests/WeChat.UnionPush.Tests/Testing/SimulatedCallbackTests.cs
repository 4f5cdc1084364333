using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Threading.Channels;
using WeChat.UnionPush.Testing;
using static WeChat.UnionPush.Tests.PlatformFixture;

namespace WeChat.UnionPush.Tests.Testing;

public sealed class SimulatedCallbackTests
{
    [Theory]
    [InlineData("1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696")]
    [InlineData("1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78")]
    [InlineData("1714112445", "415670741", "6c5c811b55cc85e0e1b54100749188c20beb3f5d")]
    public void It_signs_as_the_published_vectors_do(string timestamp, string nonce, string signature) =>
        Assert.Equal(signature, PushCipher.Sign("AAAAA", timestamp, nonce));

    [Theory]
    [InlineData(
        "a8eedb185eb2fecf",
        """{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445"""
            + ""","MsgType":"event","Event":"debug_demo","debug_str":"hello world"}""",
        "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj"
            + "+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=",
        "1714112445", "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3")]
    [InlineData(
        "707722b803182950", """{"demo_resp":"good luck"}""", "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==",
        "1713424427", "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1")]
    public void It_encrypts_and_signs_as_the_published_vectors_do(string random, string message, string encrypted, string timestamp, string signature)
    {
        Assert.Equal(encrypted, PushCipher.Encrypt(PushInbox.Key, Encoding.ASCII.GetBytes(random), message, "wxba5fad812f8e6fb9"));
        Assert.Equal(signature, PushCipher.Sign("AAAAA", timestamp, "415670741", encrypted));
    }

    [Fact]
    public async Task Follows_and_unfollows_are_pushed_once_each_while_a_callback_is_set()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        var person = fixture.Platform.AddPerson();
        person.Follow(fixture.Account);
        fixture.Account.Callback = inbox.Callback();
        fixture.Platform.Callbacks.Concurrency = 1;
        person.Follow(fixture.Account);
        person.Unfollow(fixture.Account);
        person.Unfollow(fixture.Account);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        person.Follow(fixture.Account);
        fixture.Account.Callback = null;
        person.Unfollow(fixture.Account);
        await fixture.Platform.Callbacks.SettleAsync();

        Assert.Equal(["unsubscribe", "subscribe"], inbox.Events);
        var push = inbox.All[1];
        Assert.Equal(["signature", "timestamp", "nonce", "openid"], push.Parameters);
        Assert.Equal(PushInbox.Sha1(PushInbox.Token, push.Parameter("timestamp"), push.Parameter("nonce")), push.Parameter("signature"));
        Assert.Equal(person.OpenIdIn(fixture.Account), push.Parameter("openid"));
        var now = fixture.Time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        Assert.Equal(now, push.Parameter("timestamp"));
        Assert.Equal(
            [
                ("ToUserName", fixture.Account.OriginalId), ("FromUserName", person.OpenIdIn(fixture.Account)), ("CreateTime", now),
                ("MsgType", "event"), ("Event", "subscribe"), ("EventKey", ""),
            ],
            PushInbox.Received.Fields(push.Text));
        Assert.Contains("<Event><![CDATA[subscribe]]></Event>", push.Text, StringComparison.Ordinal);
        Assert.Contains($"<CreateTime>{now}</CreateTime>", push.Text, StringComparison.Ordinal);
        Assert.Matches("^gh_[0-9a-f]{12}$", fixture.Account.OriginalId);
        AssertCounts(fixture, events: 2, requests: 2, delivered: 2, retried: 0, givenUp: 0);
    }

    [Fact]
    public async Task A_scan_subscribes_a_stranger_and_is_an_event_of_its_own_for_a_follower()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        fixture.Account.Callback = inbox.Callback();
        fixture.Platform.Callbacks.Concurrency = 1;
        var person = fixture.Platform.AddPerson();
        person.Scan(fixture.Account, "98765");
        person.Scan(fixture.Account, "98765");
        await fixture.Platform.Callbacks.SettleAsync();
        Assert.Equal([("subscribe", "qrscene_98765"), ("SCAN", "98765")], inbox.All.Select(push => (push.Field("Event"), push.Field("EventKey"))));
        Assert.Single(inbox.All.Select(push => push.Field("Ticket")).Distinct());
        Assert.True(person.IsFollowing(fixture.Account));
        var details = await fixture.GetAsync($"/cgi-bin/user/info?openid={person.OpenIdIn(fixture.Account)}&access_token={await fixture.TokenAsync()}");
        Assert.Equal("ADD_SCENE_QR_CODE", details.GetProperty("subscribe_scene").GetString());
        Assert.Equal("98765", details.GetProperty("qr_scene_str").GetString());
    }

    [Theory]
    [InlineData(SimulatedCallbackMode.Compatible, false)]
    [InlineData(SimulatedCallbackMode.Compatible, true)]
    [InlineData(SimulatedCallbackMode.Safe, false)]
    [InlineData(SimulatedCallbackMode.Safe, true)]
    public async Task Encrypted_pushes_can_be_read_by_the_book(SimulatedCallbackMode mode, bool json)
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        fixture.MiniProgram.Callback = inbox.Callback(mode, json);
        var person = fixture.Platform.AddPerson();
        for (var length = 0; length < 40; length++)
        {
            fixture.MiniProgram.PushEvent(person, "user_authorization_revoke", ("RevokeInfo", new string('巧', length) + "]]>\"\\"));
        }

        await fixture.Platform.Callbacks.SettleAsync();
        Assert.Equal(40, inbox.All.Count);
        var lengths = new HashSet<int>();
        foreach (var push in inbox.All)
        {
            Assert.Equal(["signature", "timestamp", "nonce", "openid", "encrypt_type", "msg_signature"], push.Parameters);
            Assert.Equal("aes", push.Parameter("encrypt_type"));
            var encrypted = push.Field("Encrypt");
            Assert.Equal(
                PushInbox.Sha1(PushInbox.Token, push.Parameter("timestamp"), push.Parameter("nonce"), encrypted), push.Parameter("msg_signature"));
            var (message, appId) = PushInbox.Decrypt(encrypted);
            Assert.Equal(fixture.MiniProgram.AppId, appId);
            Assert.Equal(json, message[0] == '{');
            var fields = PushInbox.Received.Fields(message);
            var openId = person.OpenIdIn(fixture.MiniProgram);
            Assert.Equal(
                [
                    ("ToUserName", fixture.MiniProgram.OriginalId), ("FromUserName", openId), ("MsgType", "event"), ("Event", "user_authorization_revoke"),
                    ("OpenID", openId), ("AppID", fixture.MiniProgram.AppId),
                ],
                fields.Where(field => field.Name is not ("CreateTime" or "RevokeInfo")));
            var info = fields.Single(field => field.Name == "RevokeInfo").Value;
            Assert.EndsWith("]]>\"\\", info, StringComparison.Ordinal);
            lengths.Add(info.Length);
            var open = PushInbox.Received.Fields(push.Text).Where(field => field.Name != "Encrypt");
            Assert.Equal(mode == SimulatedCallbackMode.Compatible ? fields : [fields[0]], open);
        }

        Assert.Equal(40, lengths.Count);
    }

    [Fact]
    public async Task Every_accepted_message_ends_in_one_event_with_its_number_and_status()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        fixture.Account.Callback = inbox.Callback();
        fixture.Account.RefusedMessages = SimulatedRefusal.ByEvent;
        var template = fixture.Account.AddTemplate("t", "{{thing1.DATA}}");
        var people = fixture.Platform.AddPeople(4);
        fixture.Account.AddFollowers(people.Slice(0, 3));
        people[1].RefuseMessages(fixture.Account);
        fixture.Account.FailedMessages = person => person.Equals(people[2]) ? "failed: system failed" : null;
        var sent = new Dictionary<string, string>();
        foreach (var (person, status) in people.Zip(["success", "failed:user block", "failed: system failed"]))
        {
            var openId = person.OpenIdIn(fixture.Account);
            var answers = new HashSet<string>();
            for (var i = 0; i < 2; i++)
            {
                var answer = await fixture.SendAsync(openId, template.Id, """{"thing1":{"value":"a"}}""", ""","client_msg_id":"once" """);
                answers.Add(answer.GetProperty("msgid").GetRawText());
            }

            sent.Add(Assert.Single(answers), status);
        }

        Assert.Equal(43004, ErrorCode(await fixture.SendAsync(people[3].OpenIdIn(fixture.Account), template.Id, """{"thing1":{"value":"a"}}""")));
        await fixture.Platform.Callbacks.SettleAsync();
        Assert.All(inbox.Events, name => Assert.Equal("TEMPLATESENDJOBFINISH", name));
        Assert.Equal(sent, inbox.All.ToDictionary(push => push.Field("MsgID"), push => push.Field("Status")));
        Assert.Equal(sent.Values, fixture.Account.Messages.Select(message => message.Status));
        Assert.Equal(1, fixture.Account.DeliveredCount);
        Assert.Contains("<MsgID>3", inbox.All[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_text_can_be_pushed_as_it_stands()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        var person = fixture.Platform.AddPerson();
        fixture.MiniProgram.Callback = inbox.Callback();
        fixture.MiniProgram.PushBody(person, "{\"List\":{\"TemplateId\":\"x\"}}");
        await fixture.Platform.Callbacks.SettleAsync();
        fixture.MiniProgram.Callback = inbox.Callback(SimulatedCallbackMode.Safe);
        fixture.MiniProgram.PushBody(person, "<broken");
        await fixture.Platform.Callbacks.SettleAsync();
        Assert.Equal("{\"List\":{\"TemplateId\":\"x\"}}", inbox.All[0].Text);
        Assert.Equal("<broken", PushInbox.Decrypt(inbox.All[1].Field("Encrypt")).Message);
        Assert.Equal(person.OpenIdIn(fixture.MiniProgram), inbox.All[1].Parameter("openid"));
        Assert.Null(fixture.Platform.Callbacks.Recent[1].Event);
    }

    [Fact]
    public async Task What_is_not_answered_as_expected_comes_again_every_five_seconds_three_times_in_all()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        var answers = new Queue<(int, string)>([(500, ""), (200, "\"success\""), (200, "success"), (200, "ok"), (404, "success"), (302, "")]);
        var moments = new List<TimeSpan>();
        var start = fixture.Time.GetUtcNow();
        inbox.Answer = (_, _) =>
        {
            moments.Add(fixture.Time.GetUtcNow() - start);
            return Task.FromResult(answers.Dequeue());
        };
        fixture.Account.Callback = inbox.Callback(SimulatedCallbackMode.Safe);
        var person = fixture.Platform.AddPerson();
        person.Follow(fixture.Account);
        await fixture.Platform.Callbacks.WhenIdleAsync();
        Assert.Single(moments);
        Assert.Equal(1, fixture.Platform.Callbacks.Pending);
        await fixture.Platform.Callbacks.SettleAsync();
        AssertCounts(fixture, events: 1, requests: 3, delivered: 1, retried: 2, givenUp: 0);
        person.Unfollow(fixture.Account);
        await fixture.Platform.Callbacks.SettleAsync();

        AssertCounts(fixture, events: 2, requests: 6, delivered: 1, retried: 4, givenUp: 1);
        Assert.Equal([0, 5, 10, 10, 15, 20], moments.Select(moment => moment.TotalSeconds));
        Assert.Equal(2, inbox.All.Select(push => (push.Query, push.Text)).Distinct().Count());
        var deliveries = fixture.Platform.Callbacks.Recent;
        Assert.Equal([(true, 3, null), (false, 3, "HTTP 302")], deliveries.Select(delivery => (delivery.IsDelivered, delivery.Attempts, delivery.Failure)));
        Assert.Equal([("subscribe", false), ("unsubscribe", false)], deliveries.Select(delivery => (delivery.Event!, delivery.IsDuplicate)));
        Assert.Equal((fixture.Account.AppId, person.OpenIdIn(fixture.Account)), (deliveries[0].AppId, deliveries[0].OpenId));
        Assert.Equal(inbox.All[0].Query, deliveries[0].Query);
        Assert.Equal(inbox.All[0].Bytes, deliveries[0].Body.ToArray());
    }

    [Fact]
    public async Task A_receiver_that_never_answers_is_dropped_after_five_seconds_and_asked_again()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        var calls = Channel.CreateUnbounded<CancellationToken>();
        inbox.Answer = async (_, cancellationToken) =>
        {
            await calls.Writer.WriteAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return default;
        };
        fixture.Account.Callback = inbox.Callback();
        fixture.Platform.AddPerson().Follow(fixture.Account);
        var dropped = new List<CancellationToken>();
        for (var i = 0; i < 3; i++)
        {
            dropped.Add(await calls.Reader.ReadAsync());
            fixture.Time.Advance(TimeSpan.FromSeconds(4.999));
            Assert.False(dropped[i].IsCancellationRequested);
            fixture.Time.Advance(TimeSpan.FromSeconds(0.001));
            Assert.True(dropped[i].IsCancellationRequested);
        }

        await fixture.Platform.Callbacks.SettleAsync();
        AssertCounts(fixture, events: 1, requests: 3, delivered: 0, retried: 2, givenUp: 1);
        Assert.Equal("No answer within five seconds.", fixture.Platform.Callbacks.Recent[0].Failure);
    }

    [Fact]
    public async Task A_receiver_that_throws_has_not_answered_and_its_exception_is_kept()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox { Answer = (_, _) => throw new InvalidOperationException("down") };
        fixture.Account.Callback = inbox.Callback();
        fixture.Platform.AddPerson().Follow(fixture.Account);
        await fixture.Platform.Callbacks.SettleAsync();
        AssertCounts(fixture, events: 1, requests: 3, delivered: 0, retried: 2, givenUp: 1);
        Assert.Contains("InvalidOperationException: down", fixture.Platform.Callbacks.Recent[0].Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_answer_is_as_good_as_success()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox { Answer = (_, _) => Task.FromResult((200, "")) };
        fixture.Account.Callback = inbox.Callback();
        fixture.Platform.AddPerson().Follow(fixture.Account);
        await fixture.Platform.Callbacks.SettleAsync();
        AssertCounts(fixture, events: 1, requests: 1, delivered: 1, retried: 0, givenUp: 0);
    }

    [Fact]
    public async Task A_duplicate_is_the_same_in_every_byte()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        fixture.Account.Callback = new SimulatedCallback(PushInbox.Token, inbox.ReceiveAsync)
        {
            Mode = SimulatedCallbackMode.Compatible,
            EncodingAesKey = PushInbox.Key,
            DuplicateProbability = 1,
        };
        fixture.Platform.AddPerson().Follow(fixture.Account);
        await fixture.Platform.Callbacks.SettleAsync();
        Assert.Equal(2, inbox.All.Count);
        Assert.Equal(inbox.All[0].Query, inbox.All[1].Query);
        Assert.Equal(inbox.All[0].Bytes, inbox.All[1].Bytes);
        Assert.Equal(1, fixture.Platform.Callbacks.Duplicates);
        Assert.Single(fixture.Platform.Callbacks.Recent, delivery => delivery.IsDuplicate);
        AssertCounts(fixture, events: 1, requests: 2, delivered: 2, retried: 0, givenUp: 0);
    }

    [Fact]
    public async Task An_event_may_be_overtaken_by_the_next_one()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        fixture.Platform.Callbacks.Concurrency = 1;
        fixture.Account.Callback = new SimulatedCallback(PushInbox.Token, inbox.ReceiveAsync) { ReorderProbability = 1 };
        var people = fixture.Platform.AddPeople(5).ToArray();
        foreach (var person in people)
        {
            person.Follow(fixture.Account);
        }

        await fixture.Platform.Callbacks.SettleAsync();
        int[] order = [1, 0, 3, 2, 4];
        Assert.Equal(order.Select(i => people[i].OpenIdIn(fixture.Account)), inbox.All.Select(push => push.Parameter("openid")));
    }

    [Fact]
    public async Task A_delayed_event_is_stamped_when_it_happened_and_signed_when_it_is_pushed()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        fixture.Account.Callback = new SimulatedCallback(PushInbox.Token, inbox.ReceiveAsync) { Delay = (TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10)) };
        var happened = fixture.Time.GetUtcNow();
        fixture.Platform.AddPerson().Follow(fixture.Account);
        fixture.Time.Advance(TimeSpan.FromSeconds(599));
        await fixture.Platform.Callbacks.WhenIdleAsync();
        Assert.Empty(inbox.All);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        await fixture.Platform.Callbacks.WhenIdleAsync();
        var push = Assert.Single(inbox.All);
        Assert.Equal(happened.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), push.Field("CreateTime"));
        Assert.Equal((happened.ToUnixTimeSeconds() + 600).ToString(CultureInfo.InvariantCulture), push.Parameter("timestamp"));
        Assert.Equal(0, fixture.Time.PendingTimers);
    }

    [Fact]
    public async Task Waiting_for_the_last_push_moves_a_manual_clock_from_one_due_moment_to_the_next()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        var (from, to) = (TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2));
        fixture.Account.Callback = new SimulatedCallback(PushInbox.Token, inbox.ReceiveAsync) { Delay = (from, to) };
        var start = fixture.Time.GetUtcNow();
        foreach (var person in fixture.Platform.AddPeople(50))
        {
            person.Follow(fixture.Account);
        }

        Assert.Equal(50, fixture.Platform.Callbacks.Pending);
        await fixture.Platform.Callbacks.SettleAsync();
        var moments = inbox.All.Select(push => long.Parse(push.Parameter("timestamp"), CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(moments.Order(), moments);
        Assert.All(moments, moment => Assert.InRange(moment, (start + from).ToUnixTimeSeconds(), (start + to).ToUnixTimeSeconds()));
        Assert.True(moments.Distinct().Count() > 20);
        Assert.InRange(fixture.Time.GetUtcNow(), start + from, start + to);
        Assert.Equal(0, fixture.Platform.Callbacks.Pending);
    }

    [Fact]
    public async Task Nothing_of_the_callers_context_reaches_the_receiver()
    {
        using var fixture = new PlatformFixture();
        var context = new AsyncLocal<string>();
        var seen = new ConcurrentQueue<string?>();
        var inbox = new PushInbox();
        inbox.Answer = (_, _) =>
        {
            seen.Enqueue(context.Value);
            return Task.FromResult((200, seen.Count == 2 ? "not yet" : "success"));
        };
        fixture.Account.Callback = inbox.Callback();
        var people = fixture.Platform.AddPeople(2);
        context.Value = "of the caller";
        people[0].Follow(fixture.Account);
        await fixture.Platform.Callbacks.WhenIdleAsync();
        people[1].Follow(fixture.Account);
        await fixture.Platform.Callbacks.SettleAsync();
        Assert.Equal([null, null, null], seen);
    }

    [Fact]
    public async Task On_the_systems_clock_pushes_settle_by_themselves()
    {
        var platform = new SimulatedPlatform();
        var account = platform.AddOfficialAccount("wx00000000000000aa", Secret);
        var inbox = new PushInbox();
        account.Callback = new SimulatedCallback(PushInbox.Token, inbox.ReceiveAsync) { Delay = (TimeSpan.Zero, TimeSpan.FromMilliseconds(20)), ReorderProbability = 0.5 };
        foreach (var person in platform.AddPeople(100))
        {
            person.Follow(account);
        }

        await platform.Callbacks.SettleAsync();
        Assert.Equal(100, inbox.All.Count);
        Assert.Equal(100, platform.Callbacks.Delivered);
    }

    [Fact]
    public async Task A_URL_is_verified_by_its_echo()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        inbox.Answer = (push, _) =>
        {
            Assert.Empty(push.Bytes);
            Assert.Equal(PushInbox.Sha1(PushInbox.Token, push.Parameter("timestamp"), push.Parameter("nonce")), push.Parameter("signature"));
            return Task.FromResult((200, push.Parameter("echostr")));
        };
        Assert.True(await fixture.Platform.Callbacks.VerifyAsync(inbox.Callback()));
        inbox.Answer = (push, _) => Task.FromResult((200, $"\"{push.Parameter("echostr")}\""));
        Assert.False(await fixture.Platform.Callbacks.VerifyAsync(inbox.Callback()));
        inbox.Answer = (push, _) => Task.FromResult((401, push.Parameter("echostr")));
        Assert.False(await fixture.Platform.Callbacks.VerifyAsync(inbox.Callback()));
        Assert.Equal(0, fixture.Platform.Callbacks.Events);
    }

    [Fact]
    public async Task A_URL_gets_GET_and_POST_beside_its_own_query()
    {
        using var fixture = new PlatformFixture();
        using var server = new Server();
        using var http = new HttpMessageInvoker(server);
        var callback = new SimulatedCallback(PushInbox.Token, new Uri("https://example.com/wechat?brand=b"), http);
        Assert.True(await fixture.Platform.Callbacks.VerifyAsync(callback));
        fixture.Account.Callback = callback;
        fixture.MiniProgram.Callback = new SimulatedCallback(PushInbox.Token, new Uri("https://example.com/wechat"), http) { UsesJson = true };
        var person = fixture.Platform.AddPerson();
        person.Follow(fixture.Account);
        await fixture.Platform.Callbacks.SettleAsync();
        fixture.MiniProgram.PushEvent(person, "user_info_modified");
        await fixture.Platform.Callbacks.SettleAsync();
        Assert.Equal(
            ["GET https://example.com/wechat?brand=b&signature= ", "POST https://example.com/wechat?brand=b&signature= text/xml",
                "POST https://example.com/wechat?signature= application/json"],
            server.Requests);
        AssertCounts(fixture, events: 2, requests: 2, delivered: 2, retried: 0, givenUp: 0);
    }

    [Fact]
    public async Task No_more_pushes_are_under_way_at_once_than_allowed()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        using var go = new SemaphoreSlim(0);
        var (now, most) = (0, 0);
        var full = new TaskCompletionSource();
        inbox.Answer = async (_, cancellationToken) =>
        {
            var count = Interlocked.Increment(ref now);
            InterlockedMax(ref most, count);
            if (count == 3)
            {
                full.TrySetResult();
            }

            await go.WaitAsync(cancellationToken);
            Interlocked.Decrement(ref now);
            return (200, "success");
        };
        fixture.Platform.Callbacks.Concurrency = 3;
        fixture.Account.Callback = inbox.Callback();
        foreach (var person in fixture.Platform.AddPeople(20))
        {
            person.Follow(fixture.Account);
        }

        await full.Task;
        go.Release(20);
        await fixture.Platform.Callbacks.SettleAsync();
        Assert.Equal(3, most);
        AssertCounts(fixture, events: 20, requests: 20, delivered: 20, retried: 0, givenUp: 0);
    }

    [Fact]
    public async Task The_same_seed_duplicates_keeps_back_and_delays_the_same_events()
    {
        var first = await Run(seed: 1);
        Assert.Equal(first, await Run(seed: 1));
        Assert.NotEqual(first, await Run(seed: 2));

        // 1,000 casts at 0.2: fewer than 145 or more than 255 is more than four standard deviations away.
        Assert.InRange(first.Count - 1_000, 145, 255);

        static async Task<IReadOnlyList<string>> Run(int seed)
        {
            using var fixture = new PlatformFixture(seed);
            var inbox = new PushInbox();
            fixture.Platform.Callbacks.Concurrency = 1;
            fixture.Account.Callback = new SimulatedCallback(PushInbox.Token, inbox.ReceiveAsync)
            {
                Mode = SimulatedCallbackMode.Safe,
                EncodingAesKey = PushInbox.Key,
                DuplicateProbability = 0.2,
                ReorderProbability = 0.3,
                Delay = (TimeSpan.Zero, TimeSpan.FromSeconds(30)),
            };
            foreach (var person in fixture.Platform.AddPeople(1_000))
            {
                person.Follow(fixture.Account);
            }

            await fixture.Platform.Callbacks.SettleAsync();
            return [.. inbox.All.Select(push => push.Query + push.Text)];
        }
    }

    [Fact]
    public async Task Nothing_is_lost_or_counted_twice_under_load_with_a_moody_receiver()
    {
        using var fixture = new PlatformFixture();
        var delivered = new ConcurrentDictionary<string, int>();
        var inbox = new PushInbox();
        inbox.Answer = (push, _) =>
        {
            // Every tenth nonce is refused, always; every other tenth, each time it is tried first.
            var nonce = uint.Parse(push.Parameter("nonce"), CultureInfo.InvariantCulture);
            var tries = delivered.AddOrUpdate(push.Query, 1, static (_, count) => count + 1);
            return Task.FromResult(nonce % 10 == 0 || (nonce % 10 == 1 && tries == 1) ? (503, "") : (200, "success"));
        };
        fixture.Account.Callback = new SimulatedCallback(PushInbox.Token, inbox.ReceiveAsync) { DuplicateProbability = 0.1, ReorderProbability = 0.1 };
        fixture.Platform.Callbacks.Capacity = 100_000;
        var people = fixture.Platform.AddPeople(10_000);
        Parallel.ForEach(people, person => person.Follow(fixture.Account));
        await fixture.Platform.Callbacks.SettleAsync();

        var callbacks = fixture.Platform.Callbacks;
        Assert.Equal(10_000, callbacks.Events);
        Assert.Equal(callbacks.Events + callbacks.Duplicates, callbacks.Delivered + callbacks.GivenUp);
        Assert.Equal(callbacks.Requests, callbacks.Delivered + callbacks.GivenUp + callbacks.Retried);
        Assert.Equal(callbacks.Requests, inbox.All.Count);
        Assert.Equal(10_000, callbacks.Recent.Where(delivery => !delivery.IsDuplicate).Select(delivery => delivery.OpenId).Distinct().Count());
        Assert.Equal(callbacks.GivenUp, callbacks.Recent.Count(delivery => !delivery.IsDelivered));
        Assert.InRange(callbacks.GivenUp, 800, 1_400);
    }

    [Fact]
    public void A_callback_that_cannot_be_is_refused()
    {
        using var fixture = new PlatformFixture();
        var inbox = new PushInbox();
        Assert.Throws<ArgumentException>(() => new SimulatedCallback("", inbox.ReceiveAsync));
        Assert.Throws<ArgumentException>(() => new SimulatedCallback("t", inbox.ReceiveAsync) { EncodingAesKey = "short" });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SimulatedCallback("t", inbox.ReceiveAsync) { DuplicateProbability = 1.5 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SimulatedCallback("t", inbox.ReceiveAsync) { Delay = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)) });
        Assert.Throws<ArgumentException>(() => fixture.Account.Callback = new SimulatedCallback("t", inbox.ReceiveAsync) { Mode = SimulatedCallbackMode.Safe });
        Assert.Throws<ArgumentException>(() => fixture.Account.Callback = inbox.Callback(json: true));
        Assert.Null(fixture.Account.Callback);
        fixture.MiniProgram.Callback = inbox.Callback(json: true);
    }

    private static void AssertCounts(PlatformFixture fixture, long events, long requests, long delivered, long retried, long givenUp)
    {
        var callbacks = fixture.Platform.Callbacks;
        Assert.Equal((events, requests, delivered, retried, givenUp), (callbacks.Events, callbacks.Requests, callbacks.Delivered, callbacks.Retried, callbacks.GivenUp));
        Assert.Equal(0, callbacks.Pending);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); seen < value;)
        {
            var before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    private sealed class Server : HttpMessageHandler
    {
        public List<string> Requests { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var address = request.RequestUri!.AbsoluteUri;
            Requests.Add($"{request.Method} {address[..(address.IndexOf("signature=", StringComparison.Ordinal) + 10)]} {request.Content?.Headers.ContentType}");
            var echo = System.Web.HttpUtility.ParseQueryString(request.RequestUri.Query)["echostr"];
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(echo ?? "success") });
        }
    }
}
