using System.Net;
using System.Text;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Broadcasts;

/// <summary>When a broadcast must wait or stop, and that nobody pays for it with a second message.</summary>
[Collection<Alone>]
public sealed class BroadcastGuardTests
{
    private const string Send = BroadcastTown.Send;

    [Theory]
    [InlineData(40164)]
    [InlineData(61004)]
    [InlineData(40243)]
    [InlineData(43107)]
    [InlineData(48001)]
    [InlineData(50007)]
    [InlineData(40249)]
    [InlineData(40252)]
    [InlineData(43116)]
    [InlineData(40037)]
    public async Task What_a_human_must_mend_stops_the_run_at_once_with_its_code_and_nobody_is_left_out_afterwards(int code)
    {
        await using var town = await BroadcastTown.CreateAsync(300);
        var fault = town.Platform.Faults.Add(SimulatedFault.Error(code).On(Send).After(150));

        var stopped = await town.RunAsync(town.ToAll());

        Assert.Equal(BroadcastState.Stopped, stopped.State);
        Assert.Contains($"{code}", stopped.Reason, StringComparison.Ordinal);
        Assert.InRange(town.Platform.Calls.Count(Send), 151, 150 + 64);
        Assert.Equal((0, 0), (stopped.Counts.Failed, stopped.Counts.Unknown));
        Assert.Equal(stopped.Counts.Sent, town.Received().Sum());

        town.Platform.Faults.Remove(fault);
        var finished = await town.RunAsync(town.ToAll());
        Assert.Equal((BroadcastState.Finished, 300), (finished.State, finished.Counts.Sent));
        Assert.All(town.Received(), count => Assert.Equal(1, count));
    }

    [Theory]
    [InlineData(40249, true)]
    [InlineData(40252, false)]
    [InlineData(43116, true)]
    public async Task A_template_that_is_stopped_holds_back_only_those_who_get_it(int code, bool alsoByTheCommonMessage)
    {
        await using var town = await BroadcastTown.CreateAsync(400);
        town.AddHost();
        var stopped = town.Account.AddTemplate("订单通知", "内容:{{thing1.DATA}}");
        var message = TemplateMessage.Create(stopped.Id).Thing("thing1", "订单").Build();
        var fault = town.Platform.Faults.Add(
            SimulatedFault.Error(code).On(Send).When(call => Encoding.UTF8.GetString(call.Body.Span).Contains(stopped.Id, StringComparison.Ordinal)));
        var broadcast = new Broadcast("spring", BroadcastAudience.OpenIds(EachAsync()), alsoByTheCommonMessage ? message : null) { QuotaReserve = 0 };

        var report = await town.RunAsync(broadcast);

        Assert.Equal((BroadcastState.Stopped, new BroadcastCounts { Sent = 300 }), (report.State, report.Counts));
        Assert.Contains($"The template {stopped.Id} is stopped", report.Reason, StringComparison.Ordinal);
        Assert.Contains($"{code}", report.Reason, StringComparison.Ordinal);

        // Those who were on their way together.
        Assert.InRange(town.Platform.Calls.Count(Send, code), 1, 25);
        Assert.Equal([.. town.People.Select(person => person.Index % 4 == 1 ? 0 : 1)], town.Received());

        // Tried again when somebody says so, and stopped again.
        var again = await town.RunAsync(broadcast);
        Assert.Equal((BroadcastState.Stopped, 300), (again.State, again.Counts.Sent));
        town.Platform.Faults.Remove(fault);
        var finished = await town.RunAsync(broadcast);
        Assert.Equal((BroadcastState.Finished, new BroadcastCounts { Sent = 400 }), (finished.State, finished.Counts));
        Assert.All(town.Received(), count => Assert.Equal(1, count));

        async IAsyncEnumerable<BroadcastRecipient> EachAsync()
        {
            foreach (var person in town.People)
            {
                yield return new BroadcastRecipient(
                    person.OpenIdIn(town.MiniProgram), person.Index % 4 != 1 ? town.Message : alsoByTheCommonMessage ? null : message);
            }

            await Task.CompletedTask;
        }
    }

    [Theory]
    [InlineData(40003)]
    [InlineData(43101)]
    [InlineData(43004)]
    public async Task The_run_stops_when_the_first_twenty_all_fail_with_one_code(int code)
    {
        await using var town = await BroadcastTown.CreateAsync(500);
        town.AddHost();
        town.Platform.Faults.Add(SimulatedFault.Error(code).On(Send));

        var stopped = await town.RunAsync(town.ToAll());

        Assert.Equal(BroadcastState.Stopped, stopped.State);
        Assert.Contains($"first 20 messages all failed with {code}", stopped.Reason, StringComparison.Ordinal);

        // Single refusals of followers are tried once more.
        Assert.InRange(town.Platform.Calls.Count(Send), 20, code == 43004 ? 140 : 20);
    }

    [Fact]
    public async Task The_run_stops_when_failures_pass_the_share()
    {
        await using var town = await BroadcastTown.CreateAsync(2_000);
        town.Platform.Faults.Add(SimulatedFault.Error(43101).On(Send).After(500));

        var stopped = await town.RunAsync(new Broadcast("spring", BroadcastAudience.AllUsers(), town.Message) { StopAtFailureShare = 0.25, QuotaReserve = 0 });

        Assert.Equal(BroadcastState.Stopped, stopped.State);
        Assert.Contains("of the last 200 messages failed", stopped.Reason, StringComparison.Ordinal);
        Assert.InRange(stopped.Counts.Refused, 51, 51 + 64);
        await using var untroubled = await BroadcastTown.CreateAsync(2_000);
        untroubled.Platform.Faults.Add(SimulatedFault.Error(43101).On(Send).Every(5));
        Assert.Equal(new BroadcastCounts { Sent = 1_600, Refused = 400 }, (await untroubled.RunAsync(untroubled.ToAll())).Counts);
    }

    [Fact]
    public async Task A_single_43004_is_checked_before_it_is_believed()
    {
        await using var town = await BroadcastTown.CreateAsync(100);
        town.People[5].Unfollow(town.Account);
        town.Platform.Faults.Add(SimulatedFault.Error(43004).On(Send).After(30).Times(3));

        var report = await town.RunAsync(town.ToAll());

        Assert.Equal(new BroadcastCounts { Sent = 99, NotFollowing = 1 }, report.Counts);
        Assert.Equal(0, town.Received()[5]);
        Assert.Equal(99, town.Received().Count(count => count == 1));
        var left = Assert.Single(await town.Storage.Identities.FindAsync(Town.OfficialAccountAppId, [town.People[5].OpenIdIn(town.Account)]));
        Assert.Equal(FollowState.NotFollowing, left.FollowState);
    }

    [Fact]
    public async Task A_refusal_is_remembered_for_the_next_push()
    {
        await using var town = await BroadcastTown.CreateAsync(60);
        town.Account.RefusedMessages = SimulatedRefusal.AtSend;
        town.People[9].RefuseMessages(town.Account);

        Assert.Equal(new BroadcastCounts { Sent = 59, Refused = 1 }, (await town.RunAsync(town.ToAll())).Counts);

        var calls = town.Platform.Calls.Count(Send);
        Assert.Equal(PushStatus.Refused, (await town.Push.PushAsync(town.People[9].OpenIdIn(town.MiniProgram), town.Message)).Status);
        Assert.Equal(calls, town.Platform.Calls.Count(Send));
    }

    [Fact]
    public async Task It_waits_for_the_next_day_in_China_at_the_quota_and_leaves_the_reserve_to_single_pushes()
    {
        await using var town = await BroadcastTown.CreateAsync(250);
        town.Account.Quotas.SetDailyLimit(Send, 130);
        await town.Time.RunAsync(town.Broadcasts.StartAsync(new Broadcast("spring", BroadcastAudience.AllUsers(), town.Message) { QuotaReserve = 30 }));
        var run = town.Broadcasts.RunAsync("spring");
        await town.Time.UntilAsync(async () => (await town.Broadcasts.GetAsync("spring"))!.WaitsUntil is not null);

        var waiting = (await town.Broadcasts.GetAsync("spring"))!;
        Assert.Equal((BroadcastState.Running, 100), (waiting.State, waiting.Counts.Sent));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 16, 0, 0, TimeSpan.Zero), waiting.WaitsUntil);
        Assert.Contains("30 are kept", waiting.Reason, StringComparison.Ordinal);
        Assert.Equal(100, town.Account.Quotas.GetUsedToday(Send));
        for (var i = 0; i < 30; i++)
        {
            Assert.Equal(PushStatus.Sent, (await town.Push.PushAsync(town.People[i].OpenIdIn(town.MiniProgram), town.MessageOf("订单"))).Status);
        }

        var end = await town.Time.RunAsync(run);
        Assert.Equal((BroadcastState.Finished, 250), (end.State, end.Counts.Sent));

        // 100 a day: the third day in China sends the last fifty.
        Assert.InRange(end.EndedAt!.Value, new DateTimeOffset(2026, 11, 23, 16, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 11, 23, 17, 0, 0, TimeSpan.Zero));
        Assert.Equal(280, town.Received().Sum());
        Assert.Equal(0, town.Platform.Calls.Count(Send, 45009));
    }

    [Fact]
    public async Task A_reset_of_the_counter_ends_the_wait()
    {
        await using var town = await BroadcastTown.CreateAsync(150);
        town.Account.Quotas.SetDailyLimit(Send, 100);
        await town.Time.RunAsync(town.Broadcasts.StartAsync(town.ToAll()));
        var run = town.Broadcasts.RunAsync("spring");
        await town.Time.UntilAsync(async () => (await town.Broadcasts.GetAsync("spring"))!.WaitsUntil is not null);
        await town.Host.GetRequiredService<IWeChatDiagnostics>().ClearQuotaAsync();

        var end = await town.Time.RunAsync(run);

        Assert.Equal(150, end.Counts.Sent);
        Assert.InRange(end.EndedAt!.Value - end.StartedAt!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task The_platforms_own_refusal_at_the_quota_is_waited_for_where_the_quota_cannot_be_read()
    {
        await using var town = await BroadcastTown.CreateAsync(150);
        town.Account.Quotas.SetDailyLimit(Send, 100);
        town.Platform.Faults.Add(SimulatedFault.Error(48001).On("/cgi-bin/openapi/quota/get"));

        var report = await town.RunAsync(town.ToAll());

        Assert.Equal((BroadcastState.Finished, 150), (report.State, report.Counts.Sent));
        Assert.Equal(ChinaDay(report.StartedAt!.Value).AddDays(1), ChinaDay(report.EndedAt!.Value));
        Assert.All(town.Received(), count => Assert.Equal(1, count));

        static DateOnly ChinaDay(DateTimeOffset moment) => DateOnly.FromDateTime(moment.ToOffset(TimeSpan.FromHours(8)).DateTime);
    }

    [Fact]
    public async Task Nothing_is_sent_in_quiet_hours()
    {
        await using var town = await BroadcastTown.CreateAsync(50);
        town.Clock.Advance(TimeSpan.FromHours(10.5));

        var report = await town.RunAsync(
            new Broadcast("spring", BroadcastAudience.AllUsers(), town.Message) { QuietHours = new QuietHours(new TimeOnly(22, 0), new TimeOnly(8, 0)) });

        Assert.Equal((BroadcastState.Finished, 50), (report.State, report.Counts.Sent));

        // 8:00 in China.
        Assert.InRange(report.EndedAt!.Value, new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 11, 23, 0, 1, 0, TimeSpan.Zero));
        Assert.All(town.Account.Messages, message => Assert.True(message.AcceptedAt >= new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public async Task Nobody_gets_more_broadcasts_in_a_period_than_the_cap_allows()
    {
        await using var town = await BroadcastTown.CreateAsync(120);
        var half = BroadcastAudience.OpenIds(town.People.Take(70).Select(person => person.OpenIdIn(town.MiniProgram)));
        var cap = new BroadcastCap(2, TimeSpan.FromDays(7));
        await town.RunAsync(new Broadcast("first", half, town.Message));
        Assert.Equal(70, (await town.RunAsync(new Broadcast("second", half, town.Message) { Cap = cap })).Counts.Sent);

        var third = await town.RunAsync(new Broadcast("third", BroadcastAudience.AllUsers(), town.Message) { Cap = cap });
        Assert.Equal(new BroadcastCounts { Sent = 50, TooFrequent = 70 }, third.Counts);
        town.Clock.Advance(TimeSpan.FromDays(8));
        Assert.Equal(120, (await town.RunAsync(new Broadcast("fourth", BroadcastAudience.AllUsers(), town.Message) { Cap = cap })).Counts.Sent);
    }

    [Fact]
    public async Task A_message_of_ones_own_that_is_refused_fails_alone()
    {
        await using var town = await BroadcastTown.CreateAsync(60);
        var wrong = TemplateMessage.Create("ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY").Thing("thing1", "x").Build();
        var tooLong = town.MessageOf(new string('长', 30));

        var report = await town.RunAsync(new Broadcast("spring", BroadcastAudience.OpenIds(EachAsync())));

        Assert.Equal(new BroadcastCounts { Sent = 58, Failed = 2 }, report.Counts);
        await Assert.ThrowsAsync<TemplateMessageException>(() => town.Broadcasts.StartAsync(new Broadcast("wrong", BroadcastAudience.AllUsers(), tooLong)));
        await Assert.ThrowsAsync<ArgumentException>(() => town.Broadcasts.StartAsync(new Broadcast("none", BroadcastAudience.AllUsers())));

        async IAsyncEnumerable<BroadcastRecipient> EachAsync()
        {
            foreach (var person in town.People)
            {
                yield return new BroadcastRecipient(person.OpenIdIn(town.MiniProgram), person.Index == 30 ? wrong : person.Index == 31 ? tooLong : town.Message);
            }

            await Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_again_under_the_same_id()
    {
        await using var town = await BroadcastTown.CreateAsync(200, options => options.Http.MaxRetries = 0);
        town.Platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On(Send).Every(7));

        var report = await town.RunAsync(town.ToAll());

        Assert.Equal(new BroadcastCounts { Sent = 200 }, report.Counts);
        Assert.All(town.Received(), count => Assert.Equal(1, count));
    }

    [Fact]
    public async Task What_stays_unknown_for_ten_minutes_is_told_and_sent_again_only_when_somebody_asks_for_it()
    {
        await using var town = await BroadcastTown.CreateAsync(40, options => options.Http.MaxRetries = 0);
        var fault = town.Platform.Faults.Add(SimulatedFault.ConnectionReset().AfterProcessing().On(Send).After(30));
        var began = town.Clock.GetUtcNow();

        var report = await town.RunAsync(town.ToAll());

        Assert.Equal(new BroadcastCounts { Sent = 30, Unknown = 10 }, report.Counts);
        Assert.InRange(report.EndedAt!.Value - began, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(12));
        Assert.All(town.Received(), count => Assert.Equal(1, count));
        await foreach (var one in town.Broadcasts.ListRecipientsAsync("spring"))
        {
            Assert.Equal(one.Status == PushStatus.Unknown, one.AttemptedAt is not null);
        }

        town.Platform.Faults.Remove(fault);
        Assert.Equal(10, await town.Broadcasts.ResendUnknownAsync("spring"));
        Assert.Equal(0, await town.Broadcasts.ResendUnknownAsync("spring"));
        Assert.Equal(new BroadcastCounts { Sent = 40 }, (await town.RunAsync(town.ToAll())).Counts);
    }

    [Fact]
    public async Task A_push_to_a_single_person_waits_at_most_one_slot_while_a_broadcast_runs()
    {
        await using var town = await BroadcastTown.CreateAsync(200, options => options.TemplateMessages.MaxPerSecond = 10);
        await town.Time.RunAsync(town.Broadcasts.StartAsync(town.ToAll()));
        var run = town.Broadcasts.RunAsync("spring");

        for (var push = 1; push <= 10; push++)
        {
            await town.Time.UntilAsync(() => Task.FromResult(town.Account.AcceptedCount >= 15 * push));
            var openId = town.People[push].OpenIdIn(town.MiniProgram);
            var began = town.Clock.GetUtcNow();
            var result = await town.Time.RunAsync(town.Push.PushAsync(openId, town.MessageOf("订单")));
            Assert.InRange(town.Account.FindMessage(result.MessageId!.Value)!.AcceptedAt - began, TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
        }

        Assert.Equal(200, (await town.Time.RunAsync(run)).Counts.Sent);
        Assert.Equal(210, town.Received().Sum());
    }

    [Fact]
    public async Task A_busy_platform_is_waited_for()
    {
        await using var town = await BroadcastTown.CreateAsync(300, options => options.Http.MaxRetries = 0);
        town.Platform.Faults.Add(SimulatedFault.Busy().On(Send).After(100).Times(80));
        town.Platform.Faults.Add(SimulatedFault.ConnectionRefused().On(Send).After(250).Times(30));

        var report = await town.RunAsync(town.ToAll());

        Assert.Equal(new BroadcastCounts { Sent = 300 }, report.Counts);
        Assert.All(town.Received(), count => Assert.Equal(1, count));
    }
}
