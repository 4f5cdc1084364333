using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>Pushes over a network that loses answers on every channel.</summary>
public sealed class ReachChaosTests : IAsyncDisposable
{
    private static readonly string[] Paths =
        ["/cgi-bin/message/template/send", "/cgi-bin/message/subscribe/send", "/cgi-bin/message/subscribe/bizsend", "/cgi-bin/message/custom/send"];

    private readonly Pigeon _pigeon = new();
    private readonly Town _town;
    private readonly SimulatedTemplate _subscription;
    private readonly SimulatedTemplate _notice;

    public ReachChaosTests()
    {
        _town = new Town(
            configure: options => options.Http.MaxRetries = 0,
            choose: builder => builder.AddReach(reach => reach.SubscribeMessage().SubscribeNotice().CustomerService().Fallback<Pigeon>()),
            services: services => services.AddSingleton(_pigeon));
        _subscription = _town.MiniProgram.AddSubscriptionTemplate("订单", "商品:{{thing1.DATA}}");
        _notice = _town.Account.AddSubscriptionTemplate("订单", "商品:{{thing1.DATA}}");
    }

    [Fact]
    public async Task Each_ends_as_reached_once_or_not_at_all_with_all_reasons_or_unknown_with_no_later_channel_tried()
    {
        var random = new Random(42);
        var people = Enumerable.Range(0, 100).Select(_ => _town.Platform.AddPerson()).ToList();
        foreach (var person in people)
        {
            await _town.SignInAsync(person);
            person.Follow(_town.Account);
        }

        await _town.Push.SyncFollowersAsync();
        var consents = _town.Services.GetRequiredService<ISubscribeConsents>();
        var ledger = _town.Services.GetRequiredService<IUnionPushStorage>().Consents!;
        var windows = _town.Services.GetRequiredService<ServiceWindows>();
        foreach (var path in Paths)
        {
            _town.Platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On(path).WithProbability(0.08));
            _town.Platform.Faults.Add(SimulatedFault.ConnectionReset().BeforeProcessing().On(path).WithProbability(0.08));
        }

        _town.Platform.Faults.Add(SimulatedFault.Error(43101).On(Paths[0]).WithProbability(0.3));
        var (ends, unknown) = (new Dictionary<(PushStatus, PushChannel), int>(), new HashSet<PushChannel>());
        for (var i = 0; i < (Runs.IsFull ? 10_000 : 2_000); i++)
        {
            if (i % 500 == 499)
            {
                // Who refused is tried again after a walk.
                _town.Time.Advance(TimeSpan.FromMinutes(20));
                await _town.Push.SyncFollowersAsync(full: true);
            }

            var person = people[random.Next(people.Count)];
            var (openId, follower) = (person.OpenIdIn(_town.MiniProgram), person.OpenIdIn(_town.Account));
            if (random.Next(3) == 0)
            {
                person.AnswerSubscription(_town.MiniProgram, _subscription);
                await consents.ReportAsync(openId, new Dictionary<string, string> { [_subscription.Id] = "accept" });
            }

            if (random.Next(4) == 0)
            {
                person.AnswerSubscription(_town.Account, _notice);
                await ledger.ApplyAsync(new ConsentKey(Town.OfficialAccountAppId, follower, _notice.Id), new ConsentChange(ConsentChangeKind.Tapped, _town.Time.GetUtcNow()));
            }

            if (random.Next(8) == 0)
            {
                person.Write(_town.Account, "你好");
                await windows.WroteAsync(follower, _town.Time.GetUtcNow(), CancellationToken.None);
            }

            _pigeon.Arrives = random.Next(2) == 0;
            var before = Last(person);
            var result = await _town.Push.PushAsync(openId, Message(random.Next(4) == 0 ? null : $"order/{i}"));
            var arrived = Enum.GetValues<PushChannel>().ToDictionary(channel => channel, channel => Sent(person, channel).TakeWhile(one => !Equals(one, before[channel])).Count());
            switch (result.Status)
            {
                case PushStatus.Sent:
                    Assert.All(arrived, one => Assert.Equal(one.Key == result.Channel ? 1 : 0, one.Value));
                    break;
                case PushStatus.Unknown:
                    Assert.All(arrived, one => Assert.InRange(one.Value, 0, one.Key == result.Channel ? 1 : 0));
                    unknown.Add(result.Channel);
                    break;
                default:
                    Assert.All(arrived, one => Assert.Equal(0, one.Value));
                    Assert.Equal(5, result.Attempts.Count);
                    Assert.All(result.Attempts, attempt => Assert.False(string.IsNullOrEmpty(attempt.Reason)));
                    break;
            }

            ends[(result.Status, result.Channel)] = ends.GetValueOrDefault((result.Status, result.Channel)) + 1;
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', ends.OrderBy(end => end.Key).Select(end => $"{end.Key}: {end.Value}")));
        Assert.Equal(4, unknown.Count);
        Assert.All(Enum.GetValues<PushChannel>(), channel => Assert.True(ends.GetValueOrDefault((PushStatus.Sent, channel)) > 0, $"nothing was sent on {channel}"));

        // In the end the ledger knows what the platform knows.
        foreach (var person in people)
        {
            var state = await consents.GetAsync(person.OpenIdIn(_town.MiniProgram), _subscription.Id);
            Assert.InRange(state.Credits, 0, person.SubscriptionsLeft(_town.MiniProgram, _subscription));
        }
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    private Dictionary<PushChannel, object?> Last(SimulatedPerson person) =>
        Enum.GetValues<PushChannel>().ToDictionary(channel => channel, channel => Sent(person, channel).FirstOrDefault());

    /// <summary>What was sent on a channel, the last first. The platform keeps the latest only.</summary>
    private IEnumerable<object> Sent(SimulatedPerson person, PushChannel channel) => channel switch
    {
        PushChannel.TemplateMessage => _town.Account.MessagesTo(person).Reverse(),
        PushChannel.SubscribeMessage => _town.MiniProgram.SubscriptionMessages.Reverse(),
        PushChannel.SubscribeNotice => _town.Account.SubscriptionMessages.Reverse(),
        PushChannel.CustomerService => _town.Account.CustomerMessages.Reverse(),
        _ => _pigeon.Flights.AsEnumerable().Reverse().Cast<object>(),
    };

    private TemplateMessage Message(string? key)
    {
        var message = TemplateMessage.Create(_town.Template.Id).Thing("thing1", "巧克力").Amount("amount2", 39.80m).Time("time3", _town.Time.GetUtcNow())
            .ForSubscribe(SubscribeMessage.Create(_subscription.Id).Thing("thing1", "巧克力").Build())
            .ForNotice(SubscribeMessage.Create(_notice.Id).Thing("thing1", "巧克力").Build())
            .ForCustomerService("您的订单已支付");
        return (key is null ? message : message.IdempotencyKey(key)).Build();
    }

    private sealed class Pigeon : IReachFallback
    {
        public bool Arrives { get; set; }

        public List<int> Flights { get; } = [];

        public Task<bool> TrySendAsync(ReachRecipient recipient, TemplateMessage message, CancellationToken cancellationToken = default)
        {
            if (Arrives)
            {
                Flights.Add(Flights.Count);
            }

            return Task.FromResult(Arrives);
        }
    }
}
