using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Callbacks;

namespace WeChat.UnionPush.Tests.Links;

/// <summary>Pushes that found nobody and wait until the person follows.</summary>
public sealed class HeldPushTests : IAsyncDisposable
{
    private const string Send = "/cgi-bin/message/template/send";
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly Town _town = new();
    private readonly InMemoryUnionPushStorage _storage;

    public HeldPushTests() => _storage = new InMemoryUnionPushStorage(_town.Time);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_held_message_is_sent_once_when_the_person_follows_by_a_code(bool hasUnionId)
    {
        _town.MiniProgram.OpenPlatform = hasUnionId ? Town.OpenPlatform : null;
        await using var host = await StartAsync(chaos: 0.5);
        var person = await AddUserAsync(host);
        var result = await HoldAsync(host, person);
        Assert.Equal(PushStatus.Held, result.Status);
        Assert.Contains("held until the user follows", result.Reason, StringComparison.Ordinal);
        Assert.Equal(0, _town.Platform.Calls.Count(Send));

        var link = await host.Services.GetRequiredService<IFollowLinks>().CreateAsync(OpenId(person));
        person.Scan(_town.Account, _town.Account.QrCodes.Single(code => code.Url == link.Url));
        await SettleAsync(host);

        Assert.Equal("巧克力", Assert.Single(_town.Account.MessagesTo(person)).Values["thing1"]);
        _town.Time.Advance(TimeSpan.FromMinutes(11));
        person.Unfollow(_town.Account);
        await SettleAsync(host);
        _town.Time.Advance(TimeSpan.FromMinutes(1));
        person.Follow(_town.Account);
        await SettleAsync(host);
        Assert.Single(_town.Account.MessagesTo(person));
    }

    [Fact]
    public async Task A_follow_without_a_code_sends_what_is_held_where_the_UnionID_tells_who_it_is()
    {
        await using var host = await StartAsync();
        var (person, stranger) = (await AddUserAsync(host), _town.Platform.AddPerson());
        await HoldAsync(host, person, "一");
        await HoldAsync(host, person, "二");
        stranger.Follow(_town.Account);
        await SettleAsync(host);
        Assert.Equal(0, _town.Platform.Calls.Count(Send));

        person.Follow(_town.Account);
        await SettleAsync(host);
        Assert.Equal(["一", "二"], _town.Account.MessagesTo(person).Select(message => message.Values["thing1"]));
    }

    [Fact]
    public async Task A_sign_in_that_brings_the_UnionID_of_a_follower_sends_what_is_held()
    {
        await using var host = await StartAsync();
        var person = _town.Platform.AddPerson();
        person.Follow(_town.Account);
        await SettleAsync(host);
        Assert.Equal(PushStatus.Held, (await HoldAsync(host, person)).Status);

        await host.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        await SettleAsync(host);
        Assert.Single(_town.Account.MessagesTo(person));
    }

    [Fact]
    public async Task Who_is_found_at_once_gets_it_at_once_and_nothing_is_held()
    {
        await using var host = await StartAsync();
        var person = await AddUserAsync(host);
        person.Follow(_town.Account);
        await SettleAsync(host);
        Assert.Equal(PushStatus.Sent, (await HoldAsync(host, person)).Status);
        Assert.Null(await HeldAsync(person));

        _town.Platform.Faults.Add(SimulatedFault.Error(40037).On(Send).Times(1));
        await Assert.ThrowsAsync<WeChatApiException>(() => HoldAsync(host, person));
        Assert.Null(await HeldAsync(person));
    }

    [Fact]
    public async Task What_has_expired_or_belongs_to_somebody_erased_is_not_sent()
    {
        await using var host = await StartAsync();
        var (late, erased) = (await AddUserAsync(host), await AddUserAsync(host));
        await HoldAsync(host, late, holdFor: TimeSpan.FromHours(1));
        await HoldAsync(host, erased);
        await host.Push.EraseAsync(OpenId(erased));
        Assert.Null(await HeldAsync(erased));
        _town.Time.Advance(TimeSpan.FromHours(1));
        late.Follow(_town.Account);
        erased.Follow(_town.Account);
        await SettleAsync(host);
        await host.Push.SignInAsync(erased.CreateLoginCode(_town.MiniProgram));
        Assert.Equal(0, _town.Platform.Calls.Count(Send));
    }

    [Fact]
    public async Task The_same_key_is_held_once_and_too_much_is_not_held_at_all()
    {
        await using var host = await StartAsync();
        var person = await AddUserAsync(host);
        await HoldAsync(host, person, "旧", key: "order/1");
        await HoldAsync(host, person, "新", key: "order/1");
        var long1 = TemplateMessage.Create(_town.Template.Id).Set("thing1", new string('a', 5000)).WhenValuesDoNotFit(TemplateValuePolicy.PassThrough).Build();
        Assert.Equal(PushStatus.Held, (await host.Push.HoldUntilLinkedAsync(OpenId(person), long1, Day)).Status);
        var tooMuch = await host.Push.HoldUntilLinkedAsync(OpenId(person), long1, Day);
        Assert.Equal(PushStatus.NotFollowing, tooMuch.Status);
        Assert.Contains("not held", tooMuch.Reason, StringComparison.Ordinal);
        Assert.Equal(2, HeldMessage.Read((await HeldAsync(person))!.Value).Count);

        _town.Platform.Faults.Add(SimulatedFault.Error(47003).On(Send));
        person.Follow(_town.Account);
        await SettleAsync(host);
        _town.Platform.Faults.Clear();
        await host.Inbox.WaitUntilEmptyAsync(_town.Time);
        Assert.Equal("新", _town.Account.MessagesTo(person)[0].Values["thing1"]);
    }

    [Fact]
    public async Task A_failure_that_sent_nothing_is_tried_again_with_the_event()
    {
        await using var host = await StartAsync();
        var one = await AddUserAsync(host);
        await HoldAsync(host, one);
        _town.Platform.Faults.Add(SimulatedFault.Error(48001).On(Send).Times(1));
        one.Follow(_town.Account);
        await SettleAsync(host);
        Assert.Empty(_town.Account.MessagesTo(one));
        await host.Inbox.WaitUntilEmptyAsync(_town.Time);
        Assert.Single(_town.Account.MessagesTo(one));
        Assert.Empty(HeldMessage.Read((await HeldAsync(one))?.Value));
    }

    [Fact]
    public async Task Ten_tries_at_once_send_it_once_and_one_that_died_long_ago_is_given_up()
    {
        await using var host = await StartAsync();
        var person = await AddUserAsync(host);
        person.Follow(_town.Account);
        await SettleAsync(host);
        var held = host.Services.GetRequiredService<HeldPushes>();
        Assert.True(await held.AddAsync(OpenId(person), _town.Message(), _town.Time.GetUtcNow() + Day, CancellationToken.None));
        var before = await HeldAsync(person);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => held.SendAsync(OpenId(person), CancellationToken.None))));
        Assert.Single(_town.Account.MessagesTo(person));

        // As a process leaves it that died while it sent.
        var messages = HeldMessage.Read(before!.Value);
        var now = _town.Time.GetUtcNow();
        var left = messages.ConvertAll(one => one with { TriedAt = now.ToUnixTimeMilliseconds(), BusyUntil = now.AddMinutes(1).ToUnixTimeMilliseconds() });
        await _storage.Reach!.TryWriteAsync(Town.MiniProgramAppId, ReachKeys.Held(OpenId(person)), null, HeldMessage.Write(left), now + Day);
        await held.SendAsync(OpenId(person), CancellationToken.None);
        Assert.Single(_town.Account.MessagesTo(person));
        _town.Time.Advance(TimeSpan.FromMinutes(5));
        await held.SendAsync(OpenId(person), CancellationToken.None);
        Assert.Single(_town.Account.MessagesTo(person));
        Assert.Empty(HeldMessage.Read((await HeldAsync(person))?.Value));

        await _storage.Reach!.TryWriteAsync(Town.MiniProgramAppId, ReachKeys.Held(OpenId(person)), null, HeldMessage.Write(left), now + Day);
        _town.Time.Advance(TimeSpan.FromMinutes(5));
        await held.SendAsync(OpenId(person), CancellationToken.None);
        Assert.Contains(host.Log, line => line.Id == 37);
        Assert.Single(_town.Account.MessagesTo(person));
    }

    [Fact]
    public void A_message_comes_back_from_the_store_as_it_was()
    {
        var message = TemplateMessage.Create("t").Thing("thing1", "巧克力\"").Set("thing2", "b", "#173177").Url("https://example.com/").OpenMiniProgram("wx1", "pages/a")
            .ForSubscribe(SubscribeMessage.Create("s").Thing("thing1", "c").Page("p").Build()).ForNotice(SubscribeMessage.Create("n").Set("a", "b").Build())
            .ForCustomerService("您好").IdempotencyKey("k").CorrelationId("c").WhenValuesDoNotFit(TemplateValuePolicy.Trim).Build();
        var held = HeldMessage.Read(HeldMessage.Write([HeldMessage.Of(message, _town.Time.GetUtcNow())]))[0];
        var back = held.ToMessage();
        Assert.Equal(message.ToJson("o"), back.ToJson("o"));
        Assert.Equal((message.CorrelationId, message.ValuePolicy, message.CustomerServiceText), (back.CorrelationId, back.ValuePolicy, back.CustomerServiceText));
        Assert.Equal(message.Subscribe!.ToJson("o"), back.Subscribe!.ToJson("o"));
        Assert.Equal(message.Notice!.ToJson("o"), back.Notice!.ToJson("o"));
    }

    [Fact]
    public async Task A_hold_out_of_reason_or_without_links_is_refused()
    {
        await using var host = await StartAsync();
        var person = _town.Platform.AddPerson();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => HoldAsync(host, person, holdFor: TimeSpan.Zero));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => HoldAsync(host, person, holdFor: TimeSpan.FromDays(31)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _town.Push.HoldUntilLinkedAsync(OpenId(person), _town.Message(), Day));
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    private string OpenId(SimulatedPerson person) => person.OpenIdIn(_town.MiniProgram);

    private ValueTask<ReachNote?> HeldAsync(SimulatedPerson person) => _storage.Reach!.FindAsync(Town.MiniProgramAppId, ReachKeys.Held(OpenId(person)));

    private Task<PushResult> HoldAsync(CallbackHost host, SimulatedPerson person, string thing = "巧克力", string? key = null, TimeSpan? holdFor = null)
    {
        var message = TemplateMessage.Create(_town.Template.Id).Thing("thing1", thing).Amount("amount2", 39.80m).Time("time3", _town.Time.GetUtcNow());
        return host.Push.HoldUntilLinkedAsync(OpenId(person), (key is null ? message : message.IdempotencyKey(key)).Build(), holdFor ?? Day);
    }

    private async Task<SimulatedPerson> AddUserAsync(CallbackHost host)
    {
        var person = _town.Platform.AddPerson();
        await host.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        var work = host.Services.GetRequiredService<WorkUnderWay>();
        await Runs.UntilAsync(() => work.IsIdle, "what the sign-in began is over");
        return person;
    }

    private Task SettleAsync(CallbackHost host) => LinkHost.SettleAsync(_town, host);

    private Task<CallbackHost> StartAsync(double chaos = 0) => LinkHost.StartAsync(_town, _storage, builder => builder.AddFollowLinks(), chaos: chaos);
}
