using System.Collections.Concurrent;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Broadcasts;

/// <summary>Broadcasts that go on to other channels where the template message cannot arrive.</summary>
[Collection<Alone>]
public sealed class BroadcastReachTests : IAsyncLifetime
{
    private const string Send = BroadcastTown.Send;
    private const string Subscribe = "/cgi-bin/message/subscribe/send";
    private const string Service = "/cgi-bin/message/custom/send";
    private const int Followers = 30;
    private const int Tapped = 8;

    private readonly ConcurrentQueue<ReachRecipient> _byFallback = new();
    private BroadcastTown _town = null!;
    private SimulatedTemplate _subscription = null!;
    private List<SimulatedPerson> _strangers = null!;

    public async ValueTask InitializeAsync()
    {
        _town = await BroadcastTown.CreateAsync(Followers, choose: builder => builder.AddReach(reach => reach.SubscribeMessage().CustomerService()));
        _subscription = _town.MiniProgram.AddSubscriptionTemplate("活动", "内容:{{thing1.DATA}}");

        // Users who do not follow; the first ones have tapped.
        _strangers = [.. Enumerable.Range(0, Tapped + 3).Select(_ => _town.Platform.AddPerson())];
        await _town.Storage.Identities.SaveAsync([.. _strangers.Select(person => _town.Identity(person, Town.MiniProgramAppId, FollowState.Unknown))]);
        foreach (var person in _strangers.Take(Tapped))
        {
            await TapAsync(person);
        }
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    [Fact]
    public async Task Whom_the_template_message_cannot_reach_is_reached_on_the_next_channel_and_counted_apart()
    {
        var refuses = _town.People[0];
        await _town.Storage.Identities.SaveAsync([_town.Identity(refuses, Town.OfficialAccountAppId, FollowState.Refusing)]);
        await _town.Host.GetRequiredService<ServiceWindows>().WroteAsync(refuses.OpenIdIn(_town.Account), _town.Clock.GetUtcNow(), CancellationToken.None);
        refuses.Write(_town.Account, "你好");

        var forecast = await _town.Broadcasts.ForecastAsync(ToAll());
        var report = await _town.RunAsync(ToAll());

        Assert.Equal((Followers + Tapped + 3, Followers - 1, Tapped + 4), (forecast.Recipients, forecast.Reachable, forecast.OnOtherChannels));
        Assert.Equal(BroadcastState.Finished, report.State);
        Assert.Equal(
            new BroadcastCounts { Sent = Followers + Tapped, SentBySubscribeMessage = Tapped, SentByCustomerService = 1, NotFollowing = 3 }, report.Counts);
        Assert.Equal(0, report.Pending);

        // Nobody was called for whom it was known to be in vain.
        Assert.Equal((Followers - 1, Tapped, 1), (_town.Platform.Calls.Count(Send), _town.Platform.Calls.Count(Subscribe), _town.Platform.Calls.Count(Service)));
        Assert.Equal(Followers - 1, report.WithoutReceipt);
        Assert.Contains("by subscribe message", report.ToText(), StringComparison.Ordinal);
        Assert.DoesNotContain("by the host's own way", report.ToText(), StringComparison.Ordinal);
        var outcomes = await OutcomesAsync();
        Assert.Equal(Tapped, outcomes.Count(one => one is { Status: PushStatus.Sent, Channel: PushChannel.SubscribeMessage, MessageId: not null }));
        Assert.Equal(
            _strangers.Take(Tapped).Select(person => person.OpenIdIn(_town.MiniProgram)).Order(StringComparer.Ordinal),
            outcomes.Where(one => one.Channel == PushChannel.SubscribeMessage).Select(one => one.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_message_that_has_nothing_for_other_channels_goes_over_none()
    {
        var forecast = await _town.Broadcasts.ForecastAsync(_town.ToAll());
        var report = await _town.RunAsync(_town.ToAll());

        Assert.Equal((Followers, 0), (forecast.Reachable, forecast.OnOtherChannels));
        Assert.Equal(new BroadcastCounts { Sent = Followers, NotFollowing = Tapped + 3 }, report.Counts);
        Assert.Equal(0, _town.Platform.Calls.Count(Subscribe));
    }

    [Fact]
    public async Task By_UnionID_and_at_last_by_the_hosts_own_way()
    {
        var host = _town.AddHost(builder =>
        {
            builder.Services.AddSingleton(_byFallback);
            builder.AddReach(reach => reach.SubscribeMessage().Fallback<Pigeon>());
        });
        var broadcasts = host.GetRequiredService<IBroadcasts>();
        string[] unionIds = [.. _town.People.Concat(_strangers).Select(person => person.UnionIdUnder(Town.OpenPlatform)), "uNobody"];
        await _town.Time.RunAsync(broadcasts.StartAsync(new Broadcast("spring", BroadcastAudience.UnionIds(unionIds), Message()) { QuotaReserve = 0 }));

        var end = await _town.Time.RunAsync(broadcasts.RunAsync("spring"));

        Assert.Equal(new BroadcastCounts { Sent = Followers + Tapped + 4, SentBySubscribeMessage = Tapped, SentByFallback = 4 }, end.Counts);
        Assert.Equal(4, _byFallback.Count);
        Assert.Contains(_byFallback, one => one is { UnionId: "uNobody", MiniProgramOpenId: null });
        Assert.Contains(_byFallback, one => one.MiniProgramOpenId == _strangers[^1].OpenIdIn(_town.MiniProgram));
    }

    [Fact]
    public async Task Who_has_left_as_the_platform_tells_at_the_send_goes_on_once_that_was_checked()
    {
        await _town.Time.RunAsync(_town.Broadcasts.StartAsync(ToAll()));
        foreach (var person in _town.People.Take(3))
        {
            person.Unfollow(_town.Account);
        }

        await TapAsync(_town.People[0]);
        var end = await _town.Time.RunAsync(_town.Broadcasts.RunAsync("spring"));

        Assert.Equal(new BroadcastCounts { Sent = Followers - 3 + Tapped + 1, SentBySubscribeMessage = Tapped + 1, NotFollowing = 5 }, end.Counts);
        Assert.Equal(0, _town.People[0].SubscriptionsLeft(_town.MiniProgram, _subscription));
    }

    [Fact]
    public async Task Who_follows_since_the_plan_gets_the_template_message_after_all()
    {
        await _town.Time.RunAsync(_town.Broadcasts.StartAsync(ToAll()));
        _strangers[0].Follow(_town.Account);
        await _town.Storage.Identities.SaveAsync([_town.Identity(_strangers[0], Town.OfficialAccountAppId, FollowState.Following)]);

        var end = await _town.Time.RunAsync(_town.Broadcasts.RunAsync("spring"));

        Assert.Equal(new BroadcastCounts { Sent = Followers + Tapped, SentBySubscribeMessage = Tapped - 1, NotFollowing = 3 }, end.Counts);
        Assert.Single(_town.Account.MessagesTo(_strangers[0]));
        Assert.Equal(1, _strangers[0].SubscriptionsLeft(_town.MiniProgram, _subscription));
    }

    [Theory]
    [InlineData(43107)]
    [InlineData(40037)]
    public async Task A_fault_of_a_further_channel_that_somebody_has_to_mend_stops_the_run_and_nobody_is_lost(int code)
    {
        var fault = _town.Platform.Faults.Add(SimulatedFault.Error(code).On(Subscribe));
        var stopped = await _town.RunAsync(ToAll());
        Assert.Equal((BroadcastState.Stopped, 0), (stopped.State, stopped.Counts.SentBySubscribeMessage));
        Assert.Contains($"{code}", stopped.Reason, StringComparison.Ordinal);

        _town.Platform.Faults.Remove(fault);
        await _town.Broadcasts.ResumeAsync("spring");
        var end = await _town.Time.RunAsync(_town.Broadcasts.RunAsync("spring"));

        Assert.Equal(new BroadcastCounts { Sent = Followers + Tapped, SentBySubscribeMessage = Tapped, NotFollowing = 3 }, end.Counts);
        Assert.Equal(Tapped, _town.MiniProgram.SubscriptionMessages.Count);
        Assert.All(_town.Received(), count => Assert.Equal(1, count));
    }

    [Fact]
    public async Task What_may_have_arrived_on_a_further_channel_is_unknown_and_sent_again_only_when_somebody_says_so()
    {
        _town.Platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On(Subscribe).Times(1));
        var report = await _town.RunAsync(ToAll());

        Assert.Equal(new BroadcastCounts { Sent = Followers + Tapped - 1, SentBySubscribeMessage = Tapped - 1, NotFollowing = 3, Unknown = 1 }, report.Counts);
        Assert.Equal(Tapped, _town.MiniProgram.SubscriptionMessages.Count);
        var unknown = Assert.Single(await OutcomesAsync(), one => one.Status == PushStatus.Unknown);
        Assert.Equal(PushChannel.SubscribeMessage, unknown.Channel);

        await TapAsync(_strangers.Single(person => person.OpenIdIn(_town.MiniProgram) == unknown.Id));
        Assert.Equal(1, await _town.Broadcasts.ResendUnknownAsync("spring"));
        var end = await _town.Time.RunAsync(_town.Broadcasts.RunAsync("spring"));

        Assert.Equal(new BroadcastCounts { Sent = Followers + Tapped, SentBySubscribeMessage = Tapped, NotFollowing = 3 }, end.Counts);
        Assert.Equal(Tapped + 1, _town.MiniProgram.SubscriptionMessages.Count);
    }

    [Fact]
    public async Task After_a_crash_the_ladders_own_note_keeps_a_person_from_getting_it_twice()
    {
        var audience = BroadcastAudience.OpenIds(_strangers.Take(3).Select(person => person.OpenIdIn(_town.MiniProgram)));
        await _town.Time.RunAsync(_town.Broadcasts.StartAsync(new Broadcast("spring", audience, Message()) { QuotaReserve = 0 }));
        var record = (await _town.Storage.Broadcasts.FindAsync(Town.OfficialAccountAppId, "spring"))!;

        // A worker has written down that it tries the other channels for all three, and dies: it had sent to the first, and not heard the answer.
        var batch = (await _town.Storage.Broadcasts.TryClaimAsync(record.Id, TimeSpan.FromMinutes(1)))!;
        var sheet = new OutcomeSheet(batch.Size);
        Array.ForEach([0, 1, 2], recipient => sheet.Climb(recipient, _town.Clock.GetUtcNow()));
        Assert.True(await _town.Storage.Broadcasts.SaveAsync(batch with { Outcomes = sheet.Text, AvailableAt = _town.Clock.GetUtcNow().AddMinutes(1) }, release: false));
        var fault = _town.Platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On(Subscribe));
        var message = StoredMessage.Of(Message()).ToMessage(BroadcastPlanner.MessageIdOf(batch, 0), "broadcast/spring");
        Assert.Equal(PushStatus.Unknown, (await GoOnAsync()).Status);
        _town.Platform.Faults.Remove(fault);
        await TapAsync(_strangers[0]);

        // Nor does another worker know more, who comes to it as late as that.
        Assert.Equal((PushStatus.Unknown, PushChannel.SubscribeMessage), (await GoOnAsync()) is var again ? (again.Status, again.Channel) : default);

        var end = await _town.Time.RunAsync(_town.Broadcasts.RunAsync("spring"));

        Assert.Equal(new BroadcastCounts { Sent = 2, SentBySubscribeMessage = 2, Unknown = 1 }, end.Counts);
        Assert.Equal(3, _town.MiniProgram.SubscriptionMessages.Count);
        Assert.Equal(1, _strangers[0].SubscriptionsLeft(_town.MiniProgram, _subscription));

        Task<PushResult> GoOnAsync() => _town.Host.GetRequiredService<ReachLadder>().GoOnAsync(
            new ReachRecipient { MiniProgramOpenId = _strangers[0].OpenIdIn(_town.MiniProgram) }, message, new PushResult(PushStatus.NotFollowing));
    }

    [Fact]
    public async Task A_value_that_does_not_fit_a_further_channel_is_told_before_anything_is_sent()
    {
        var wrong = TemplateMessage.Create(_town.Template.Id).Thing("thing1", "春季活动")
            .ForSubscribe(SubscribeMessage.Create(_subscription.Id).Thing("thing1", new string('汉', 21)).Build()).Build();
        await Assert.ThrowsAsync<TemplateMessageException>(() => _town.Broadcasts.StartAsync(new Broadcast("all", BroadcastAudience.AllUsers(), wrong)));

        // Of one person's own message it is that person's outcome.
        var report = await _town.RunAsync(new Broadcast("spring", BroadcastAudience.OpenIds(EachAsync())) { QuotaReserve = 0 });
        Assert.Equal(new BroadcastCounts { Sent = 1, SentBySubscribeMessage = 1, Failed = 2 }, report.Counts);
        Assert.Equal((0, 1), (_town.Platform.Calls.Count(Send), _town.MiniProgram.SubscriptionMessages.Count));

        async IAsyncEnumerable<BroadcastRecipient> EachAsync()
        {
            await Task.CompletedTask;
            yield return new BroadcastRecipient(_town.People[0].OpenIdIn(_town.MiniProgram), wrong);
            yield return new BroadcastRecipient(_strangers[0].OpenIdIn(_town.MiniProgram), wrong);
            yield return new BroadcastRecipient(_strangers[1].OpenIdIn(_town.MiniProgram), Message());
        }
    }

    [Fact]
    public async Task The_cap_counts_whom_another_channel_reached_and_an_erased_person_is_forgotten()
    {
        await _town.RunAsync(ToAll());
        foreach (var person in _strangers)
        {
            await TapAsync(person);
        }

        var second = await _town.RunAsync(new Broadcast("autumn", BroadcastAudience.AllUsers(), Message()) { QuotaReserve = 0, Cap = new BroadcastCap(1, TimeSpan.FromDays(1)) });

        Assert.Equal(new BroadcastCounts { Sent = 3, SentBySubscribeMessage = 3, TooFrequent = Followers + Tapped }, second.Counts);
        var openId = _strangers[0].OpenIdIn(_town.MiniProgram);
        await _town.Push.EraseAsync(openId);
        Assert.DoesNotContain(await OutcomesAsync(), one => one.Id == openId);
    }

    private TemplateMessage Message() => TemplateMessage.Create(_town.Template.Id).Thing("thing1", "春季活动")
        .ForSubscribe(SubscribeMessage.Create(_subscription.Id).Thing("thing1", "春季活动").Page("pages/spring").Build())
        .ForCustomerService("春季活动开始了").Build();

    private Broadcast ToAll() => new("spring", BroadcastAudience.AllUsers(), Message()) { QuotaReserve = 0 };

    private async Task TapAsync(SimulatedPerson person)
    {
        person.AnswerSubscription(_town.MiniProgram, _subscription);
        await _town.Host.GetRequiredService<ISubscribeConsents>().ReportAsync(
            person.OpenIdIn(_town.MiniProgram), new Dictionary<string, string> { [_subscription.Id] = "accept" });
    }

    private async Task<List<BroadcastOutcome>> OutcomesAsync()
    {
        var all = new List<BroadcastOutcome>();
        await foreach (var one in _town.Broadcasts.ListRecipientsAsync("spring"))
        {
            all.Add(one);
        }

        return all;
    }

    private sealed class Pigeon(ConcurrentQueue<ReachRecipient> flights) : IReachFallback
    {
        public Task<bool> TrySendAsync(ReachRecipient recipient, TemplateMessage message, CancellationToken cancellationToken = default)
        {
            flights.Enqueue(recipient);
            return Task.FromResult(true);
        }
    }
}
