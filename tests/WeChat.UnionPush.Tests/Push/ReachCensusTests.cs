using System.Globalization;
using WeChat.UnionPush.Tests.Links;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>Who is counted on which channel, of very many people and of those whom a code has linked.</summary>
public sealed class ReachCensusTests : IAsyncDisposable
{
    private readonly Town _town = new();
    private readonly InMemoryUnionPushStorage _storage;

    public ReachCensusTests() => _storage = new InMemoryUnionPushStorage(_town.Time);

    [Theory]
    [InlineData(500)]
    [InlineData(1001)]
    public async Task People_of_all_pages_are_counted_once(int people)
    {
        var subscription = _town.MiniProgram.AddSubscriptionTemplate("订单", "商品:{{thing1.DATA}}");
        await using var host = _town.Build(builder => builder.UseStorage(_ => _storage).AddReach(reach => reach.SubscribeMessage().CustomerService()));
        var windows = host.GetRequiredService<ServiceWindows>();
        var now = _town.Time.GetUtcNow();

        // As many have tapped as have written to the account, whose template messages they refuse.
        for (var i = 0; i < people; i++)
        {
            var number = i.ToString("0000", CultureInfo.InvariantCulture);
            await _storage.Identities.SaveAsync(
            [
                new WeChatIdentity(Town.MiniProgramAppId, $"oTapped{number}") { ObservedAt = now },
                new WeChatIdentity(Town.MiniProgramAppId, $"oWriter{number}") { UnionId = $"u{number}", ObservedAt = now },
                new WeChatIdentity(Town.OfficialAccountAppId, $"oRefuses{number}") { UnionId = $"u{number}", FollowState = FollowState.Refusing, ObservedAt = now },
            ]);
            await _storage.Consents.ApplyAsync(
                new ConsentKey(Town.MiniProgramAppId, $"oTapped{number}", subscription.Id), new ConsentChange(ConsentChangeKind.Tapped, now));
            await windows.WroteAsync($"oRefuses{number}", now, CancellationToken.None);
        }

        var message = TemplateMessage.Create(_town.Template.Id).Thing("thing1", "巧克力").Amount("amount2", 1m).Time("time3", now)
            .ForSubscribe(SubscribeMessage.Create(subscription.Id).Thing("thing1", "巧克力").Build()).ForCustomerService("您的订单已支付").Build();

        // Whoever reads the same page again and again comes to no end.
        using var patience = new CancellationTokenSource(Runs.Patience);
        Assert.Equal(new ReachCoverage(0, people, 0, people, 0), await host.GetRequiredService<IUnionPush>().GetReachAsync(message, patience.Token));
    }

    [Fact]
    public async Task Whom_a_code_has_linked_is_counted_by_the_template_message_only_while_following_and_by_the_window_when_refusing()
    {
        _town.MiniProgram.OpenPlatform = null;
        _town.Account.OpenPlatform = null;
        await using var host = await LinkHost.StartAsync(_town, _storage, builder => builder.AddFollowLinks().AddReach(reach => reach.CustomerService()));
        var links = host.Services.GetRequiredService<IFollowLinks>();
        var people = Enumerable.Range(0, 3).Select(_ => _town.Platform.AddPerson()).ToList();
        foreach (var person in people)
        {
            await host.Push.SignInAsync(person.CreateLoginCode(_town.MiniProgram));
            var link = await links.CreateAsync(person.OpenIdIn(_town.MiniProgram));
            person.Scan(_town.Account, _town.Account.QrCodes.Single(code => code.Url == link.Url));
        }

        // Somebody who writes too, and of whom no user is known.
        var stranger = _town.Platform.AddPerson();
        stranger.Follow(_town.Account);
        stranger.Write(_town.Account, "你好");
        await LinkHost.SettleAsync(_town, host);
        var message = TemplateMessage.Create(_town.Template.Id).Thing("thing1", "巧克力").Amount("amount2", 1m).Time("time3", _town.Time.GetUtcNow())
            .ForCustomerService("您的订单已支付").Build();
        Assert.Equal(new ReachCoverage(3, 0, 0, 0, 0), await host.Push.GetReachAsync(message));

        // One follows on, one has left, and one refuses template messages.
        _town.Time.Advance(TimeSpan.FromSeconds(2));
        people[1].Unfollow(_town.Account);
        people[2].Write(_town.Account, "你好");
        await LinkHost.SettleAsync(_town, host);
        await host.Repository.SaveAsync(
            [new WeChatIdentity(Town.OfficialAccountAppId, people[2].OpenIdIn(_town.Account)) { FollowState = FollowState.Refusing, ObservedAt = _town.Time.GetUtcNow() }]);

        Assert.Equal(new ReachCoverage(1, 0, 0, 1, 1), await host.Push.GetReachAsync(message));
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();
}
