using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>Pushes, and news of messages that did not arrive, between one step and the next of others like them.</summary>
public sealed class ReachRaceTests : IAsyncDisposable
{
    private const string Template = "/cgi-bin/message/template/send";
    private const string Subscribe = "/cgi-bin/message/subscribe/send";

    private readonly Town _town = new();
    private readonly Pigeon _pigeon = new();
    private readonly MoodyReachStorage _storage;
    private readonly SimulatedTemplate _subscription;
    private readonly ServiceProvider _host;

    public ReachRaceTests()
    {
        _storage = new MoodyReachStorage(_town.Time);
        _subscription = _town.MiniProgram.AddSubscriptionTemplate("订单", "商品:{{thing1.DATA}}");
        _host = _town.Build(builder =>
        {
            builder.Services.AddSingleton(_pigeon);
            builder.UseStorage(_ => _storage).AddReach(reach => reach.SubscribeMessage().Fallback<Pigeon>().AfterFailedDelivery());
        });
    }

    private IUnionPush Push => _host.GetRequiredService<IUnionPush>();

    [Fact]
    public async Task A_message_that_is_pushed_again_and_accepted_again_goes_on_once_and_only_when_it_fails()
    {
        var person = await AddFollowerAsync();
        var first = await PushAsync(person, "order/1");
        var again = await PushAsync(person, "order/1");
        Assert.True(again.IsSent);
        Assert.Equal(first.MessageId, again.MessageId);
        Assert.Empty(_town.MiniProgram.SubscriptionMessages);

        await FailAsync(person, first);
        Assert.Single(_town.MiniProgram.SubscriptionMessages);
        await FailAsync(person, first);
        Assert.Single(_town.MiniProgram.SubscriptionMessages);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_template_messages_of_one_push_that_both_fail_one_goes_on(bool atOnce)
    {
        var person = await AddFollowerAsync();
        var first = await PushAsync(person, "order/1");

        // The platform no longer knows the message, and takes it as another one.
        _town.Time.Advance(TimeSpan.FromMinutes(11));
        var second = await PushAsync(person, "order/1");
        Assert.NotEqual(first.MessageId, second.MessageId);
        if (atOnce)
        {
            _storage.BeforeNextWrite(ReachKeys.Message(""), () => FailAsync(person, second));
            await FailAsync(person, first);
        }
        else
        {
            await FailAsync(person, first);
            await FailAsync(person, second);
        }

        Assert.Single(_town.MiniProgram.SubscriptionMessages);
        Assert.Empty(_pigeon.Flights);
    }

    [Fact]
    public async Task The_same_news_from_two_machines_at_once_sends_one_message()
    {
        var person = await AddFollowerAsync();
        var result = await PushAsync(person);
        _storage.BeforeNextWrite(ReachKeys.LateOf(person.OpenIdIn(_town.Account)), () => FailAsync(person, result));
        await FailAsync(person, result);
        Assert.Single(_town.MiniProgram.SubscriptionMessages);
        Assert.Empty(_pigeon.Flights);
    }

    [Fact]
    public async Task News_that_comes_just_when_the_message_is_noted_is_not_lost()
    {
        var person = await AddFollowerAsync();
        var (openId, follower) = (person.OpenIdIn(_town.MiniProgram), person.OpenIdIn(_town.Account));
        var result = new PushResult(PushStatus.Sent) { MessageId = 42 };
        _storage.BeforeNextWrite(ReachKeys.LateOf(follower), async () => await _host.GetRequiredService<ReachLadder>().AcceptedAsync(
            openId, new ReachRecipient { MiniProgramOpenId = openId, OfficialAccountOpenId = follower }, Message(), result, CancellationToken.None));
        await FailAsync(person, result);
        Assert.Single(_town.MiniProgram.SubscriptionMessages);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_goes_on_to_somebody_who_is_erased_meanwhile(bool byUnionId)
    {
        var person = await AddFollowerAsync();
        var result = byUnionId
            ? await Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), Message())
            : await PushAsync(person);
        Assert.True(result.IsSent);

        // The message is taken by then, and its recipient not yet looked up.
        _storage.AfterNextWrite(ReachKeys.LateOf(person.OpenIdIn(_town.Account)), () => Push.EraseAsync(person.OpenIdIn(_town.MiniProgram)));
        await FailAsync(person, result);
        Assert.Empty(_town.MiniProgram.SubscriptionMessages);
        Assert.Empty(_pigeon.Flights);
    }

    [Fact]
    public async Task A_push_that_finds_another_one_gone_on_stops_and_says_so()
    {
        var person = await AddFollowerAsync();
        _town.Platform.Faults.Add(SimulatedFault.Error(43117).On(Template).Times(1));
        using var gate = _town.Platform.Hold(Template);
        var push = PushAsync(person, "order/1");
        await gate.WaitForCallsAsync(1).WaitAsync(Runs.Patience);

        // Between its refusal and its next step the same push is accepted, and fails.
        _storage.BeforeNextWrite(ReachKeys.Message(""), async () => await FailAsync(person, await PushAsync(person, "order/1")));
        gate.Open();
        var result = await push.WaitAsync(Runs.Patience);

        Assert.Equal((PushStatus.Duplicate, PushChannel.SubscribeMessage), (result.Status, result.Channel));
        Assert.Contains("went on meanwhile", result.Reason, StringComparison.Ordinal);
        Assert.Equal(PushStatus.TooFrequent, Assert.Single(result.Attempts).Status);
        Assert.Single(_town.MiniProgram.SubscriptionMessages);
        Assert.Empty(_pigeon.Flights);
    }

    [Fact]
    public async Task A_push_that_is_canceled_on_a_further_channel_may_have_arrived_so_its_key_stays_taken()
    {
        var person = _town.Platform.AddPerson();
        await Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        await TapAsync(person);
        await TapAsync(person);
        using var cancel = new CancellationTokenSource();
        using (var gate = _town.Platform.Hold(Subscribe))
        {
            var push = Push.PushAsync(person.OpenIdIn(_town.MiniProgram), Message("order/1"), cancel.Token);
            await gate.WaitForCallsAsync(1).WaitAsync(Runs.Patience);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => push.WaitAsync(Runs.Patience));
        }

        var again = await PushAsync(person, "order/1");
        Assert.Equal((PushStatus.Duplicate, PushChannel.SubscribeMessage), (again.Status, again.Channel));
        Assert.Equal(1, _town.Platform.Calls.Count(Subscribe));
    }

    [Fact]
    public async Task What_the_hosts_own_way_throws_may_have_been_sent_so_the_key_stays_taken()
    {
        var person = _town.Platform.AddPerson();
        await Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));

        // Also what would say of a channel of WeChat that nothing was sent.
        foreach (var failure in new Exception[] { new TimeoutException(), new UnionPushStoppingException() })
        {
            var key = failure.GetType().Name;
            _pigeon.Failure = failure;
            Assert.Same(failure, await Assert.ThrowsAnyAsync<Exception>(() => PushAsync(person, key)));
            _pigeon.Failure = null;
            var again = await PushAsync(person, key);
            Assert.Equal((PushStatus.Duplicate, PushChannel.Fallback), (again.Status, again.Channel));
        }

        Assert.Empty(_pigeon.Flights);
    }

    [Fact]
    public async Task A_push_without_an_idempotency_key_asks_the_store_for_no_note()
    {
        _pigeon.Arrives = false;
        var person = _town.Platform.AddPerson();
        await Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        Assert.Equal(PushStatus.NotFollowing, (await PushAsync(person)).Status);
        Assert.Equal(0, _storage.Calls);
        Assert.Equal(PushStatus.NotFollowing, (await PushAsync(person, "order/1")).Status);
        Assert.NotEqual(0, _storage.Calls);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _town.DisposeAsync();
    }

    /// <summary>A follower who has allowed two subscribe messages.</summary>
    private async Task<SimulatedPerson> AddFollowerAsync()
    {
        var person = _town.Platform.AddPerson();
        person.Follow(_town.Account);
        await Push.SyncFollowersAsync();
        await Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        await TapAsync(person);
        await TapAsync(person);
        return person;
    }

    private async Task TapAsync(SimulatedPerson person)
    {
        person.AnswerSubscription(_town.MiniProgram, _subscription);
        await _host.GetRequiredService<ISubscribeConsents>().ReportAsync(
            person.OpenIdIn(_town.MiniProgram), new Dictionary<string, string> { [_subscription.Id] = "accept" });
    }

    private Task<PushResult> PushAsync(SimulatedPerson person, string? key = null) => Push.PushAsync(person.OpenIdIn(_town.MiniProgram), Message(key));

    /// <summary>The platform tells that a template message did not arrive.</summary>
    private Task FailAsync(SimulatedPerson person, PushResult result) => _host.GetRequiredService<ReachLadder>().FailedAsync(
        Town.OfficialAccountAppId, person.OpenIdIn(_town.Account), result.MessageId!.Value, CancellationToken.None);

    private TemplateMessage Message(string? key = null)
    {
        var message = TemplateMessage.Create(_town.Template.Id).Thing("thing1", "巧克力").Amount("amount2", 39.80m).Time("time3", _town.Time.GetUtcNow())
            .ForSubscribe(SubscribeMessage.Create(_subscription.Id).Thing("thing1", "巧克力").Build());
        return (key is null ? message : message.IdempotencyKey(key)).Build();
    }
}
