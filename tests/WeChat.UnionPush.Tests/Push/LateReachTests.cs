using System.Text.Json;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Callbacks;
using WeChat.UnionPush.Tests.Links;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>Messages that the platform accepted, and that go on to the next channel when it tells that they did not arrive.</summary>
public sealed class LateReachTests : IAsyncDisposable
{
    private readonly Town _town = new();
    private readonly InMemoryUnionPushStorage _storage;
    private readonly SimulatedTemplate _subscription;

    public LateReachTests()
    {
        _storage = new InMemoryUnionPushStorage(_town.Time);
        _subscription = _town.MiniProgram.AddSubscriptionTemplate("订单", "商品:{{thing1.DATA}}");
        _town.Account.RefusedMessages = SimulatedRefusal.ByEvent;
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("order/1", false)]
    [InlineData("order/1", true)]
    public async Task A_template_message_that_is_blocked_later_goes_on_once(string? key, bool byUnionId)
    {
        await using var host = await StartAsync(late: true);
        var person = await AddRefusingPersonAsync(host);

        var result = await (byUnionId
            ? host.Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), Message(key))
            : host.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), Message(key)));
        await SettleAsync(host);
        await SettleAsync(host);

        Assert.True(result.IsSent);
        Assert.Single(_town.MiniProgram.SubscriptionMessages);

        // The same event again, and the same push with its key, send nothing more.
        await host.Services.GetRequiredService<ReachLadder>().FailedAsync(
            Town.OfficialAccountAppId, person.OpenIdIn(_town.Account), result.MessageId!.Value, CancellationToken.None);
        if (key is not null)
        {
            await TapAsync(host, person);
            var again = byUnionId
                ? await host.Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), Message(key))
                : await host.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), Message(key));
            Assert.Equal((PushStatus.Duplicate, PushChannel.SubscribeMessage), (again.Status, again.Channel));
        }

        Assert.Single(_town.MiniProgram.SubscriptionMessages);
    }

    [Fact]
    public async Task Without_being_asked_for_it_nothing_goes_on_later()
    {
        await using var host = await StartAsync(late: false);
        var person = await AddRefusingPersonAsync(host);
        await host.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), Message());
        await SettleAsync(host);
        Assert.Empty(_town.MiniProgram.SubscriptionMessages);
    }

    [Fact]
    public async Task An_event_that_comes_before_the_message_is_noted_counts_too()
    {
        await using var host = await StartAsync(late: true);
        var person = await AddRefusingPersonAsync(host);
        var late = new LateReach(new RouteApps(Town.MiniProgramAppId, Town.OfficialAccountAppId), _storage.Reach!, _town.Time);
        var follower = person.OpenIdIn(_town.Account);
        Assert.Null(await late.FailAsync(Town.OfficialAccountAppId, follower, 42, CancellationToken.None));
        var result = await host.Services.GetRequiredService<ReachLadder>().AcceptedAsync(
            person.OpenIdIn(_town.MiniProgram), new ReachRecipient { MiniProgramOpenId = person.OpenIdIn(_town.MiniProgram), OfficialAccountOpenId = follower }, Message(),
            new PushResult(PushStatus.Sent) { MessageId = 42 }, CancellationToken.None);
        Assert.Equal((PushStatus.Sent, PushChannel.SubscribeMessage), (result.Status, result.Channel));
        Assert.Null(await late.FailAsync(Town.OfficialAccountAppId, follower, 42, CancellationToken.None));
        Assert.Single(_town.MiniProgram.SubscriptionMessages);
    }

    [Fact]
    public async Task A_subscribe_message_that_fails_later_goes_on_and_one_of_somebody_erased_does_not()
    {
        var pigeon = new Pigeon();
        await using var host = await StartAsync(late: true, pigeon);
        for (var i = 0; i < 2; i++)
        {
            var person = _town.Platform.AddPerson();
            await host.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
            await TapAsync(host, person);
            var result = await host.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), Message());
            Assert.Equal(PushChannel.SubscribeMessage, result.Channel);
            if (i == 1)
            {
                await host.Push.EraseAsync(person.OpenIdIn(_town.MiniProgram));
            }

            await host.Services.GetRequiredService<ReachLadder>().FailedAsync(
                Town.MiniProgramAppId, person.OpenIdIn(_town.MiniProgram), result.MessageId!.Value, CancellationToken.None);
        }

        var attempt = Assert.Single(Assert.Single(pigeon.Flights).Attempts);
        Assert.Equal((PushChannel.SubscribeMessage, PushStatus.Refused), (attempt.Channel, attempt.Status));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_is_linked_by_a_code_is_found_again_when_a_message_fails_later(bool byUnionId)
    {
        _town.Account.OpenPlatform = null;
        var pigeon = new Pigeon();
        await using var host = await StartAsync(late: true, pigeon, byCode: true);
        var person = _town.Platform.AddPerson();
        await host.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        var link = await host.Services.GetRequiredService<IFollowLinks>().CreateAsync(person.OpenIdIn(_town.MiniProgram));
        person.Scan(_town.Account, _town.Account.QrCodes.Single(code => code.Url == link.Url));
        await SettleAsync(host);
        person.RefuseMessages(_town.Account);

        var result = await (byUnionId
            ? host.Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), Message())
            : host.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), Message()));
        Assert.True(result.IsSent);
        await SettleAsync(host);

        var flight = Assert.Single(pigeon.Flights);
        Assert.Equal(
            (person.OpenIdIn(_town.MiniProgram), person.UnionIdUnder(Town.OpenPlatform), person.OpenIdIn(_town.Account)),
            (flight.MiniProgramOpenId, flight.UnionId, flight.OfficialAccountOpenId));
    }

    [Theory]
    [InlineData(8000, true)]
    [InlineData(8001, false)]
    public async Task A_message_that_takes_more_room_than_a_note_has_does_not_go_on_later(int length, bool goesOn)
    {
        var late = new LateReach(new RouteApps(Town.MiniProgramAppId, Town.OfficialAccountAppId), _storage.Reach!, _town.Time);
        var message = new LateMessage { Pushed = "", Message = StoredMessage.Of(Message()) };
        var rest = JsonSerializer.Serialize(message, StoredJson.Plain.LateMessage).Length;
        message = message with { Pushed = new string('o', length - rest) };

        Assert.False(await late.NoteAsync(message, "oFollower", 42, CancellationToken.None));

        var found = await late.FailAsync(Town.OfficialAccountAppId, "oFollower", 42, CancellationToken.None);
        Assert.Equal(goesOn ? message.Pushed : null, found?.Pushed);
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    private Task<CallbackHost> StartAsync(bool late, Pigeon? pigeon = null, bool byCode = false) => LinkHost.StartAsync(_town, _storage, builder =>
    {
        builder.Services.AddSingleton(pigeon ?? new Pigeon());
        _ = byCode ? builder.AddFollowLinks() : builder;
        builder.AddReach(reach =>
        {
            reach.SubscribeMessage();
            _ = pigeon is null ? reach : reach.Fallback<Pigeon>();
            _ = late ? reach.AfterFailedDelivery() : reach;
        });
    });

    private Task SettleAsync(CallbackHost host) => LinkHost.SettleAsync(_town, host);

    private async Task<SimulatedPerson> AddRefusingPersonAsync(CallbackHost host)
    {
        var person = _town.Platform.AddPerson();
        await host.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        person.Follow(_town.Account);
        await SettleAsync(host);
        person.RefuseMessages(_town.Account);
        await TapAsync(host, person);
        return person;
    }

    private async Task TapAsync(CallbackHost host, SimulatedPerson person)
    {
        person.AnswerSubscription(_town.MiniProgram, _subscription);
        await host.Services.GetRequiredService<ISubscribeConsents>().ReportAsync(
            person.OpenIdIn(_town.MiniProgram), new Dictionary<string, string> { [_subscription.Id] = "accept" });
    }

    private TemplateMessage Message(string? key = null)
    {
        var message = TemplateMessage.Create(_town.Template.Id).Thing("thing1", "巧克力").Amount("amount2", 39.80m).Time("time3", _town.Time.GetUtcNow())
            .ForSubscribe(SubscribeMessage.Create(_subscription.Id).Thing("thing1", "巧克力").Build());
        return (key is null ? message : message.IdempotencyKey(key)).Build();
    }
}
