using System.Collections.Concurrent;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>Pushes that try further channels where the template message cannot arrive.</summary>
public sealed class ReachTests : IAsyncDisposable
{
    private const string Template = "/cgi-bin/message/template/send";
    private const string Subscribe = "/cgi-bin/message/subscribe/send";
    private const string Notice = "/cgi-bin/message/subscribe/bizsend";
    private const string Service = "/cgi-bin/message/custom/send";

    private readonly Town _town;
    private readonly SimulatedTemplate _subscription;
    private readonly SimulatedTemplate _notice;
    private readonly Pigeon _pigeon = new();

    public ReachTests()
    {
        _town = new Town(
            choose: builder => builder.AddReach(reach => reach.SubscribeMessage().SubscribeNotice().CustomerService().Fallback<Pigeon>()),
            services: services => services.AddSingleton(_pigeon));
        _subscription = _town.MiniProgram.AddSubscriptionTemplate("订单", "商品:{{thing1.DATA}}");
        _notice = _town.Account.AddSubscriptionTemplate("订单", "商品:{{thing1.DATA}}");
    }

    [Fact]
    public async Task A_follower_gets_the_template_message_and_nothing_else()
    {
        var person = await _town.AddReachablePersonAsync();
        await TapAsync(person);

        var result = await PushAsync(person);

        Assert.Equal((PushStatus.Sent, PushChannel.TemplateMessage, 0), (result.Status, result.Channel, result.Attempts.Count));
        Assert.Equal((0, 1), (_town.MiniProgram.SubscriptionMessages.Count, person.SubscriptionsLeft(_town.MiniProgram, _subscription)));
        Assert.Empty(_pigeon.Flights);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_does_not_follow_gets_the_subscribe_message_and_the_result_says_why(bool byUnionId)
    {
        var person = _town.Platform.AddPerson();
        await _town.SignInAsync(person);
        await TapAsync(person);

        var result = byUnionId ? await _town.Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), Message()) : await PushAsync(person);

        Assert.Equal((PushStatus.Sent, PushChannel.SubscribeMessage), (result.Status, result.Channel));
        Assert.Equal(_town.MiniProgram.SubscriptionMessages[0].MessageId, result.MessageId);
        var attempt = Assert.Single(result.Attempts);
        Assert.Equal((PushChannel.TemplateMessage, PushStatus.NotFollowing, null), (attempt.Channel, attempt.Status, attempt.ErrorCode));
        Assert.Contains("not known as a follower", attempt.Reason, StringComparison.Ordinal);
        Assert.Equal(0, _town.Platform.Calls.Count(Template));
    }

    [Fact]
    public async Task Whom_nobody_has_ever_seen_is_reached_by_a_tap_too()
    {
        var person = _town.Platform.AddPerson();
        await TapAsync(person);
        var result = await PushAsync(person);
        Assert.Equal((PushChannel.SubscribeMessage, PushStatus.NotSignedIn), (result.Channel, Assert.Single(result.Attempts).Status));
    }

    [Fact]
    public async Task By_the_UnionID_of_nobody_every_channel_says_whose_openid_is_missing()
    {
        var result = await _town.Push.PushToUnionIdAsync("uNobody", Message());

        Assert.Equal((PushStatus.Sent, PushChannel.Fallback), (result.Status, result.Channel));
        Assert.Equal(
            [PushStatus.NotFollowing, PushStatus.NotSignedIn, PushStatus.NotLinked, PushStatus.NotLinked], result.Attempts.Select(attempt => attempt.Status));
        Assert.Contains("openid in the Mini Program", result.Attempts[1].Reason, StringComparison.Ordinal);
        Assert.All(result.Attempts.Skip(2), attempt => Assert.Contains("openid in the Official Account", attempt.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_channel_that_is_known_to_be_empty_costs_no_call_and_the_fallback_comes_last()
    {
        var person = _town.Platform.AddPerson();
        await _town.SignInAsync(person);

        var result = await PushAsync(person, correlationId: "order-42");

        Assert.Equal((PushStatus.Sent, PushChannel.Fallback), (result.Status, result.Channel));
        Assert.Equal(
            [
                (PushChannel.TemplateMessage, PushStatus.NotFollowing), (PushChannel.SubscribeMessage, PushStatus.NotSubscribed),
                (PushChannel.SubscribeNotice, PushStatus.NotLinked), (PushChannel.CustomerService, PushStatus.NotLinked),
            ],
            result.Attempts.Select(attempt => (attempt.Channel, attempt.Status)));
        Assert.Equal((0, 0, 0), (_town.Platform.Calls.Count(Template), _town.Platform.Calls.Count(Subscribe), _town.Platform.Calls.Count(Service)));
        var (recipient, correlationId) = Assert.Single(_pigeon.Flights);
        Assert.Equal((person.OpenIdIn(_town.MiniProgram), "order-42", 4), (recipient.MiniProgramOpenId, correlationId, recipient.Attempts.Count));
        Assert.NotNull(recipient.UnionId);
    }

    [Fact]
    public async Task Whom_no_channel_reaches_is_told_with_all_reasons_and_can_be_pushed_to_again()
    {
        _pigeon.Arrives = false;
        var person = _town.Platform.AddPerson();
        await _town.SignInAsync(person);

        var result = await PushAsync(person, "order/1");
        Assert.Equal((PushStatus.NotFollowing, PushChannel.TemplateMessage, 5), (result.Status, result.Channel, result.Attempts.Count));
        Assert.Equal(PushChannel.Fallback, result.Attempts[^1].Channel);
        Assert.Contains("fallback did not send", result.Attempts[^1].Reason, StringComparison.Ordinal);

        // Nothing arrived, so the same push tries everything again.
        await TapAsync(person);
        Assert.Equal(PushChannel.SubscribeMessage, (await PushAsync(person, "order/1")).Channel);
    }

    [Fact]
    public async Task A_credit_that_turns_out_to_be_gone_leads_on_and_is_known_then()
    {
        var person = _town.Platform.AddPerson();
        await _town.SignInAsync(person);
        await TapAsync(person);
        person.TurnOffSubscription(_town.MiniProgram, _subscription);

        var first = await PushAsync(person);
        Assert.Equal((PushChannel.Fallback, 43101), (first.Channel, first.Attempts[1].ErrorCode!.Value.Value));
        var second = await PushAsync(person);
        Assert.Equal((PushChannel.Fallback, null), (second.Channel, second.Attempts[1].ErrorCode));
        Assert.Equal(1, _town.Platform.Calls.Count(Subscribe));
    }

    [Theory]
    [InlineData(45009)]
    [InlineData(43107)]
    [InlineData(40037)]
    [InlineData(47003)]
    public async Task A_fault_that_somebody_has_to_mend_stops_the_ladder_and_leaves_the_push_free_to_be_made_again(int code)
    {
        var person = _town.Platform.AddPerson();
        await _town.SignInAsync(person);
        await TapAsync(person);
        var fault = _town.Platform.Faults.Add(SimulatedFault.Error(code, "reach max api minute limit").On(Subscribe).Times(1));

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => PushAsync(person, "order/1"));

        Assert.Equal((code, 1), (failure.ErrorCode!.Value.Value, fault.Strikes));
        Assert.Empty(_pigeon.Flights);
        Assert.Equal(1, person.SubscriptionsLeft(_town.MiniProgram, _subscription));
        if (code != 45009)
        {
            Assert.Equal(PushChannel.SubscribeMessage, (await PushAsync(person, "order/1")).Channel);
        }
    }

    [Fact]
    public async Task An_unknown_outcome_stops_the_ladder_and_the_same_push_goes_over_no_other_channel()
    {
        var person = _town.Platform.AddPerson();
        await _town.SignInAsync(person);
        await TapAsync(person);
        await TapAsync(person);
        _town.Platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On(Subscribe).Times(1));

        var unknown = await PushAsync(person, "order/1");
        var again = await PushAsync(person, "order/1");

        Assert.Equal((PushStatus.Unknown, PushChannel.SubscribeMessage), (unknown.Status, unknown.Channel));
        Assert.Equal((PushStatus.Duplicate, PushChannel.SubscribeMessage), (again.Status, again.Channel));
        Assert.Single(_town.MiniProgram.SubscriptionMessages);
        Assert.Empty(_pigeon.Flights);
    }

    [Fact]
    public async Task A_push_that_is_made_again_by_any_machine_reaches_nobody_over_two_channels()
    {
        var storage = new InMemoryUnionPushStorage(_town.Time);
        await using var here = _town.Build(builder => builder.UseStorage(_ => storage));
        await using var there = _town.Build(builder => builder.UseStorage(_ => storage));
        var person = _town.Platform.AddPerson();
        var openId = person.OpenIdIn(_town.MiniProgram);
        await here.GetRequiredService<IUnionPush>().SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        await TapAsync(person, here);

        var first = await here.GetRequiredService<IUnionPush>().PushAsync(openId, Message("order/1"));
        person.Follow(_town.Account);
        await there.GetRequiredService<IUnionPush>().SyncFollowersAsync();
        var second = await there.GetRequiredService<IUnionPush>().PushAsync(openId, Message("order/1"));
        var other = await there.GetRequiredService<IUnionPush>().PushAsync(openId, Message("order/2"));

        Assert.Equal((PushStatus.Sent, PushChannel.SubscribeMessage), (first.Status, first.Channel));
        Assert.Equal((PushStatus.Duplicate, PushChannel.SubscribeMessage), (second.Status, second.Channel));
        Assert.Equal((PushStatus.Sent, PushChannel.TemplateMessage), (other.Status, other.Channel));
        Assert.Single(_town.Account.MessagesTo(person));

        // Sent as a template message, and then the person leaves.
        _town.Time.Advance(TimeSpan.FromSeconds(1));
        person.Unfollow(_town.Account);
        _town.Time.Advance(TimeSpan.FromHours(1));
        await there.GetRequiredService<IUnionPush>().SyncFollowersAsync(full: true);
        await TapAsync(person, here);
        var third = await here.GetRequiredService<IUnionPush>().PushAsync(openId, Message("order/2"));
        Assert.NotEqual(PushStatus.Sent, third.Status);
        Assert.Single(_town.MiniProgram.SubscriptionMessages);

        // A day later it is forgotten.
        _town.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(PushChannel.SubscribeMessage, (await here.GetRequiredService<IUnionPush>().PushAsync(openId, Message("order/1"))).Channel);
    }

    [Fact]
    public async Task A_notice_of_the_Official_Account_reaches_who_refuses_template_messages()
    {
        var person = await _town.AddReachablePersonAsync();
        person.AnswerSubscription(_town.Account, _notice);
        var storage = _town.Services.GetRequiredService<IUnionPushStorage>();
        await storage.Consents!.ApplyAsync(
            new ConsentKey(Town.OfficialAccountAppId, person.OpenIdIn(_town.Account), _notice.Id), new ConsentChange(ConsentChangeKind.Tapped, _town.Time.GetUtcNow()));
        _town.Platform.Faults.Add(SimulatedFault.Error(43101).On(Template));

        var result = await _town.Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), Message());

        Assert.Equal((PushStatus.Sent, PushChannel.SubscribeNotice), (result.Status, result.Channel));
        Assert.Equal([PushChannel.TemplateMessage, PushChannel.SubscribeMessage], result.Attempts.Select(attempt => attempt.Channel));
        Assert.Equal((1, 1), (_town.Platform.Calls.Count(Template), _town.Platform.Calls.Count(Notice)));
    }

    [Fact]
    public async Task A_customer_service_message_is_sent_inside_its_window_only()
    {
        var person = await _town.AddReachablePersonAsync();
        var windows = _town.Services.GetRequiredService<ServiceWindows>();
        var openId = person.OpenIdIn(_town.Account);
        _town.Platform.Faults.Add(SimulatedFault.Error(43101).On(Template));

        _town.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(
            [PushStatus.Refused, PushStatus.NotSubscribed, PushStatus.NotSubscribed, PushStatus.WindowClosed],
            (await PushAsync(person)).Attempts.Select(attempt => attempt.Status));
        Assert.Equal((0, 0, 0), (_town.Platform.Calls.Count(Subscribe), _town.Platform.Calls.Count(Notice), _town.Platform.Calls.Count(Service)));

        person.Write(_town.Account, "你好");
        await windows.WroteAsync(openId, _town.Time.GetUtcNow(), CancellationToken.None);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(PushChannel.CustomerService, (await PushAsync(person)).Channel);
        }

        // The sixth needs no call to be refused.
        Assert.Equal(PushChannel.Fallback, (await PushAsync(person)).Channel);
        Assert.Equal((5, 5), (_town.Platform.Calls.Count(Service), _town.Account.CustomerMessages.Count));

        // The same event told again renews nothing; a later one does, until it is over.
        await windows.WroteAsync(openId, _town.Time.GetUtcNow(), CancellationToken.None);
        Assert.Equal(PushChannel.Fallback, (await PushAsync(person)).Channel);
        _town.Time.Advance(TimeSpan.FromMinutes(1));
        await windows.ActedAsync(openId, _town.Time.GetUtcNow(), CancellationToken.None);
        _town.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(PushChannel.Fallback, (await PushAsync(person)).Channel);
        Assert.Equal(5, _town.Platform.Calls.Count(Service));
    }

    [Fact]
    public async Task A_value_that_does_not_fit_a_further_channel_is_told_before_anything_is_sent()
    {
        var person = await _town.AddReachablePersonAsync();
        var message = TemplateMessage.Create(_town.Template.Id).Thing("thing1", "a").Amount("amount2", 1m).Time("time3", _town.Time.GetUtcNow())
            .ForSubscribe(SubscribeMessage.Create(_subscription.Id).Thing("thing1", new string('汉', 21)).Build()).Build();

        var failure = await Assert.ThrowsAsync<TemplateMessageException>(() => _town.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), message));

        Assert.Equal((_subscription.Id, 0), (failure.TemplateId, _town.Platform.Calls.Count(Template)));
    }

    [Fact]
    public async Task Pushes_over_a_broken_network_each_end_in_one_way()
    {
        _pigeon.Arrives = false;
        var people = new List<SimulatedPerson>();
        for (var i = 0; i < 200; i++)
        {
            var person = _town.Platform.AddPerson();
            if (i % 3 == 0)
            {
                person.Follow(_town.Account);
            }

            people.Add(person);
        }

        await _town.Push.SyncFollowersAsync();
        foreach (var person in people)
        {
            await _town.SignInAsync(person);
        }

        _town.Platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On(Subscribe).WithProbability(0.1));
        _town.Platform.Faults.Add(SimulatedFault.ConnectionReset().BeforeProcessing().On(Subscribe).WithProbability(0.1));
        _town.Platform.Faults.Add(SimulatedFault.Error(43101).On(Template).WithProbability(0.2));
        var unknown = 0;
        for (var i = 0; i < (Runs.IsFull ? 10_000 : 2_000); i++)
        {
            var person = people[i % people.Count];
            if (i % 2 == 0)
            {
                await TapAsync(person);
            }

            var before = (_town.Account.MessagesTo(person).Count, Left(person));
            var result = await PushAsync(person, $"order/{i}");
            var (template, left) = (_town.Account.MessagesTo(person).Count - before.Count, before.Item2 - Left(person));
            switch (result.Status)
            {
                case PushStatus.Sent:
                    Assert.Equal(result.Channel == PushChannel.TemplateMessage ? (1, 0) : (0, 1), (template, left));
                    break;
                case PushStatus.Unknown:
                    unknown++;
                    Assert.Equal(PushChannel.SubscribeMessage, result.Channel);
                    Assert.Equal(0, template);
                    break;
                default:
                    Assert.Equal((0, 0, 5), (template, left, result.Attempts.Count));
                    break;
            }
        }

        Assert.InRange(unknown, 20, 5_000);
        int Left(SimulatedPerson person) => person.SubscriptionsLeft(_town.MiniProgram, _subscription);
    }

    [Fact]
    public async Task Everybody_is_counted_on_the_first_channel_that_would_reach_them()
    {
        Assert.Equal(new ReachCoverage(0, 0, 0, 0, 0), await _town.Push.GetReachAsync(Message()));
        var follower = await _town.AddReachablePersonAsync();
        await TapAsync(follower);
        for (var i = 0; i < 3; i++)
        {
            var person = _town.Platform.AddPerson();
            await _town.SignInAsync(person);
            await TapAsync(person);
        }

        // Whoever never signed in is no user, though a tap would reach them.
        await TapAsync(_town.Platform.AddPerson());
        var (refusing, noticed, nobody) = (await _town.AddReachablePersonAsync(), await _town.AddReachablePersonAsync(), _town.Platform.AddPerson());
        await _town.SignInAsync(nobody);
        _town.Platform.Faults.Add(SimulatedFault.Error(43101).On(Template));
        foreach (var person in new[] { refusing, noticed })
        {
            await _town.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), _town.Message());
            var openId = person.OpenIdIn(_town.Account);
            await _town.Services.GetRequiredService<ServiceWindows>().WroteAsync(openId, _town.Time.GetUtcNow(), CancellationToken.None);
        }

        await _town.Services.GetRequiredService<IUnionPushStorage>().Consents!.ApplyAsync(
            new ConsentKey(Town.OfficialAccountAppId, noticed.OpenIdIn(_town.Account), _notice.Id), new ConsentChange(ConsentChangeKind.Tapped, _town.Time.GetUtcNow()));
        var reach = await _town.Push.GetReachAsync(Message());
        Assert.Equal((new ReachCoverage(1, 3, 1, 1, 1), 7L), (reach, reach.Total));

        // A message that has nothing for the further channels.
        Assert.Equal(new ReachCoverage(1, 0, 0, 0, 6), await _town.Push.GetReachAsync(_town.Message()));
        _town.Time.Advance(TimeSpan.FromHours(49));
        Assert.Equal(new ReachCoverage(1, 3, 1, 0, 2), await _town.Push.GetReachAsync(Message()));
    }

    [Fact]
    public void What_cannot_be_chosen_is_refused_while_registering()
    {
        var builder = new ServiceCollection().AddWeChatUnionPush(Town.SetCredentials);
        Assert.Throws<ArgumentException>(() => builder.AddReach(_ => { }));
        Assert.Throws<InvalidOperationException>(() => builder.AddReach(reach => reach.SubscribeMessage().SubscribeMessage()));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.AddReach(reach => reach.SubscribeMessage().RememberKeysFor(TimeSpan.FromMinutes(9))));
        builder.AddReach(reach =>
        {
            Assert.Equal(TimeSpan.FromDays(1), reach.KeepKeysFor);
            Assert.Equal(TimeSpan.FromMinutes(10), reach.SubscribeMessage().RememberKeysFor(TimeSpan.FromMinutes(10)).KeepKeysFor);
        });
        Assert.Throws<InvalidOperationException>(() => builder.AddReach(reach => reach.SubscribeMessage()));
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    private TemplateMessage Message(string? key = null, string? correlationId = null)
    {
        var message = TemplateMessage.Create(_town.Template.Id).Thing("thing1", "巧克力").Amount("amount2", 39.80m).Time("time3", _town.Time.GetUtcNow())
            .ForSubscribe(SubscribeMessage.Create(_subscription.Id).Thing("thing1", "巧克力").Page("pages/order").Build())
            .ForNotice(SubscribeMessage.Create(_notice.Id).Thing("thing1", "巧克力").Build())
            .ForCustomerService("您的订单已支付");
        message = key is null ? message : message.IdempotencyKey(key);
        return (correlationId is null ? message : message.CorrelationId(correlationId)).Build();
    }

    private Task<PushResult> PushAsync(SimulatedPerson person, string? key = null, string? correlationId = null) =>
        _town.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), Message(key, correlationId));

    private async Task TapAsync(SimulatedPerson person, IServiceProvider? host = null)
    {
        person.AnswerSubscription(_town.MiniProgram, _subscription);
        await (host ?? _town.Services).GetRequiredService<ISubscribeConsents>().ReportAsync(
            person.OpenIdIn(_town.MiniProgram), new Dictionary<string, string> { [_subscription.Id] = "accept" });
    }

    private sealed class Pigeon : IReachFallback
    {
        public bool Arrives { get; set; } = true;

        public ConcurrentQueue<(ReachRecipient Recipient, string? CorrelationId)> Flights { get; } = new();

        public Task<bool> TrySendAsync(ReachRecipient recipient, TemplateMessage message, CancellationToken cancellationToken = default)
        {
            if (Arrives)
            {
                Flights.Enqueue((recipient, message.CorrelationId));
            }

            return Task.FromResult(Arrives);
        }
    }
}
