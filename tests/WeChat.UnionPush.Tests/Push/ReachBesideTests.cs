using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>The same push with its key from two machines at once, whose template messages are answered differently.</summary>
public sealed class ReachBesideTests : IAsyncDisposable
{
    private const string Send = "/cgi-bin/message/template/send";

    private readonly Town _town = new();
    private readonly SimulatedTemplate _subscription;
    private readonly List<ServiceProvider> _hosts;

    public ReachBesideTests()
    {
        _subscription = _town.MiniProgram.AddSubscriptionTemplate("订单", "商品:{{thing1.DATA}}");
        var storage = new InMemoryUnionPushStorage(_town.Time);
        _hosts = [.. Enumerable.Range(0, 2).Select(_ => _town.Build(builder => builder.UseStorage(_ => storage).AddReach(reach => reach.SubscribeMessage())))];
    }

    [Fact]
    public async Task Where_one_is_refused_and_the_other_one_accepted_no_other_channel_is_tried()
    {
        var (person, openId) = await AddPersonAsync();
        var results = await PushAtOnceAsync(openId, SimulatedFault.Error(43117).On(Send).Times(1));

        Assert.Equal([PushStatus.Sent, PushStatus.TooFrequent], results.Select(static result => result.Status).Order());
        Assert.Contains("no other channel is tried", results.Single(static result => !result.IsSent).Reason, StringComparison.Ordinal);
        Assert.Single(_town.Account.MessagesTo(person));

        // Nor later, when the person has left.
        person.Unfollow(_town.Account);
        Assert.Equal(PushStatus.NotFollowing, (await PushAsync(_hosts[0], openId)).Status);
        Assert.Empty(_town.MiniProgram.SubscriptionMessages);
    }

    [Fact]
    public async Task Where_both_are_refused_one_of_them_goes_on()
    {
        var (person, openId) = await AddPersonAsync();
        var results = await PushAtOnceAsync(openId, SimulatedFault.Error(43117).On(Send).Times(2));

        Assert.Equal([PushStatus.Sent, PushStatus.TooFrequent], results.Select(static result => result.Status).Order());
        Assert.Equal(PushChannel.SubscribeMessage, results.Single(static result => result.IsSent).Channel);
        Assert.Single(_town.MiniProgram.SubscriptionMessages);
        Assert.Empty(_town.Account.MessagesTo(person));
        Assert.Equal((PushStatus.Duplicate, PushChannel.SubscribeMessage), (await PushAsync(_hosts[1], openId)) is var again ? (again.Status, again.Channel) : default);
    }

    [Fact]
    public async Task Where_one_fails_and_the_other_one_is_accepted_the_key_stays_taken()
    {
        var (person, openId) = await AddPersonAsync();
        var push = PushAtOnceAsync(openId, SimulatedFault.Error(40037).On(Send).Times(1));
        await Assert.ThrowsAsync<WeChatApiException>(() => push);

        person.Unfollow(_town.Account);
        Assert.Equal(PushStatus.NotFollowing, (await PushAsync(_hosts[0], openId)).Status);
        Assert.Single(_town.Account.MessagesTo(person));
        Assert.Empty(_town.MiniProgram.SubscriptionMessages);
    }

    [Fact]
    public async Task Where_both_fail_the_key_is_free()
    {
        var (person, openId) = await AddPersonAsync();
        var push = PushAtOnceAsync(openId, SimulatedFault.Error(40037).On(Send).Times(2));
        await Assert.ThrowsAsync<WeChatApiException>(() => push);

        person.Unfollow(_town.Account);
        Assert.Equal((PushStatus.Sent, PushChannel.SubscribeMessage), (await PushAsync(_hosts[0], openId)) is var again ? (again.Status, again.Channel) : default);
        Assert.Empty(_town.Account.MessagesTo(person));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        await _town.DisposeAsync();
    }

    private async Task<(SimulatedPerson Person, string OpenId)> AddPersonAsync()
    {
        var person = _town.Platform.AddPerson();
        person.Follow(_town.Account);
        await _hosts[0].GetRequiredService<IUnionPush>().SyncFollowersAsync();
        var user = await _hosts[0].GetRequiredService<IUnionPush>().SignInAsync(person.CreateLoginCode(_town.MiniProgram));
        person.AnswerSubscription(_town.MiniProgram, _subscription);
        await _hosts[0].GetRequiredService<ISubscribeConsents>().ReportAsync(user.OpenId, new Dictionary<string, string> { [_subscription.Id] = "accept" });
        return (person, user.OpenId);
    }

    /// <summary>Both messages are on their way before one of them is answered.</summary>
    private async Task<PushResult[]> PushAtOnceAsync(string openId, SimulatedFault fault)
    {
        _town.Platform.Faults.Add(fault);
        using var gate = _town.Platform.Hold(Send);
        var pushes = Task.WhenAll(_hosts.Select(host => Task.Run(() => PushAsync(host, openId))));
        await gate.WaitForCallsAsync(2).WaitAsync(Runs.Patience);
        gate.Open();
        return await pushes.WaitAsync(Runs.Patience);
    }

    private Task<PushResult> PushAsync(ServiceProvider host, string openId) => host.GetRequiredService<IUnionPush>().PushAsync(
        openId,
        TemplateMessage.Create(_town.Template.Id).Thing("thing1", "巧克力").Amount("amount2", 1).Time("time3", _town.Time.GetUtcNow())
            .ForSubscribe(SubscribeMessage.Create(_subscription.Id).Thing("thing1", "巧克力").Build()).IdempotencyKey("order/1").Build());
}
