using System.Text.Json;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Broadcasts;

/// <summary>Everyone, once: what a host meets of a broadcast.</summary>
[Collection<Alone>]
public sealed class BroadcastTests
{
    private const string Send = BroadcastTown.Send;

    [Fact]
    public async Task Everybody_who_can_be_reached_gets_the_message_once_and_the_others_count_with_their_reason()
    {
        await using var town = await BroadcastTown.CreateAsync(250);
        await town.Storage.Identities.SaveAsync(
        [
            new(Town.MiniProgramAppId, "oUnlinked"),
            new(Town.MiniProgramAppId, "oStranger") { UnionId = "uStranger" },
            new(Town.MiniProgramAppId, "oLeft") { UnionId = "uLeft" },
            new(Town.OfficialAccountAppId, "oLeftOfficial") { UnionId = "uLeft", FollowState = FollowState.NotFollowing, ObservedAt = town.Clock.GetUtcNow() },
            new(Town.MiniProgramAppId, "oRefuses") { UnionId = "uRefuses" },
            new(Town.OfficialAccountAppId, "oRefusesOfficial") { UnionId = "uRefuses", FollowState = FollowState.Refusing, ObservedAt = town.Clock.GetUtcNow() },
        ]);

        var report = await town.RunAsync(town.ToAll());

        Assert.Equal(BroadcastState.Finished, report.State);
        Assert.Equal(254, report.Recipients);
        Assert.Equal(new BroadcastCounts { Sent = 250, NotLinked = 1, NotFollowing = 2, Refused = 1 }, report.Counts);
        Assert.Equal(0, report.Pending);
        Assert.All(town.Received(), count => Assert.Equal(1, count));
        Assert.Equal(250, town.Platform.Calls.Count(Send));
    }

    [Fact]
    public async Task The_same_name_again_sends_nothing_and_returns_how_it_ended()
    {
        await using var town = await BroadcastTown.CreateAsync(30);
        await town.RunAsync(town.ToAll());

        var again = await town.Broadcasts.StartAsync(town.ToAll());

        Assert.Equal((BroadcastState.Finished, 30, 0), (again.State, again.Counts.Sent, again.Pending));
        Assert.NotNull(again.EndedAt);
        Assert.Equal(30, town.Platform.Calls.Count(Send));
        Assert.Equal("spring", Assert.Single(await town.Broadcasts.ListAsync()).Name);
        Assert.Null(await town.Broadcasts.GetAsync("autumn"));
        await Assert.ThrowsAsync<ArgumentException>(() => town.Broadcasts.ResumeAsync("autumn"));
    }

    [Fact]
    public async Task A_forecast_tells_what_it_would_come_to_and_sends_nothing()
    {
        await using var town = await BroadcastTown.CreateAsync(250, options => options.TemplateMessages.MaxPerSecond = 50);
        town.Account.Quotas.SetDailyLimit(Send, 110);
        await town.Storage.Identities.SaveAsync([new(Town.MiniProgramAppId, "oUnlinked")]);

        var forecast = await town.Broadcasts.ForecastAsync(new Broadcast("spring", BroadcastAudience.AllUsers(), town.Message) { QuotaReserve = 10 });

        Assert.Equal((251, 250), (forecast.Recipients, forecast.Reachable));
        Assert.Equal(new BroadcastCounts { NotLinked = 1 }, forecast.Unreachable);
        Assert.Equal((110, 110), (forecast.DailyLimit, forecast.RemainingToday));
        Assert.Equal((TimeSpan.FromSeconds(5), 3), (forecast.SendingTime, forecast.Days));
        Assert.Empty(await town.Broadcasts.ListAsync());
        Assert.Equal(0, town.Platform.Calls.Count(Send));
    }

    [Fact]
    public async Task Several_hosts_on_one_storage_share_a_run()
    {
        await using var town = await BroadcastTown.CreateAsync(1_000);
        var others = Enumerable.Range(0, 2).Select(_ => town.AddHost().GetRequiredService<IBroadcasts>()).ToArray();
        await town.Time.RunAsync(town.Broadcasts.StartAsync(town.ToAll()));

        var ends = await town.Time.RunAsync(Task.WhenAll(others.Append(town.Broadcasts).Select(broadcasts => broadcasts.RunAsync("spring"))));

        Assert.All(ends, end => Assert.Equal((BroadcastState.Finished, 1_000), (end.State, end.Counts.Sent)));
        Assert.All(town.Received(), count => Assert.Equal(1, count));
    }

    [Fact]
    public async Task Each_person_gets_their_own_message_by_openid_or_UnionID_and_nobody_twice()
    {
        await using var town = await BroadcastTown.CreateAsync(120);
        var byOpenId = new Broadcast("by openid", BroadcastAudience.OpenIds(EachAsync(person => person.OpenIdIn(town.MiniProgram))), town.Message) { QuotaReserve = 0 };
        var byUnionId = new Broadcast("by UnionID", BroadcastAudience.UnionIds(EachAsync(person => person.UnionIdUnder(Town.OpenPlatform)))) { QuotaReserve = 0 };

        Assert.Equal(new BroadcastCounts { Sent = 120, NotSignedIn = 1 }, (await town.RunAsync(byOpenId)).Counts);
        Assert.Equal(new BroadcastCounts { Sent = 120, NotFollowing = 1 }, (await town.RunAsync(byUnionId)).Counts);

        for (var i = 0; i < 120; i++)
        {
            Assert.Equal([$"第{i}号 😀", $"第{i}号 😀"], town.Account.MessagesTo(town.People[i]).Select(message => message.Values["thing1"]));
        }

        async IAsyncEnumerable<BroadcastRecipient> EachAsync(Func<SimulatedPerson, string> id)
        {
            for (var i = 0; i < 120; i++)
            {
                yield return new BroadcastRecipient(id(town.People[i]), town.MessageOf($"第{i}号 😀"));
                yield return new BroadcastRecipient(id(town.People[i]), town.MessageOf("again"));
            }

            yield return new BroadcastRecipient("oNobody", town.Message);
            await Task.CompletedTask;
        }
    }

    [Fact]
    public async Task A_filter_and_a_list_choose_who_receives()
    {
        await using var town = await BroadcastTown.CreateAsync(40);
        var first = town.People[0].OpenIdIn(town.MiniProgram);

        Assert.Equal(39, (await town.RunAsync(new Broadcast("all but one", BroadcastAudience.Where(identity => identity.OpenId != first), town.Message))).Counts.Sent);
        Assert.Equal(1, (await town.RunAsync(new Broadcast("one", BroadcastAudience.OpenIds([first, first]), town.Message))).Counts.Sent);
        Assert.Equal(1, (await town.RunAsync(new Broadcast("union", BroadcastAudience.UnionIds([town.People[1].UnionIdUnder(Town.OpenPlatform)]), town.Message))).Counts.Sent);
        Assert.Equal(0, (await town.RunAsync(new Broadcast("none", BroadcastAudience.OpenIds(Array.Empty<string>()), town.Message))).Recipients);
        Assert.Equal([1, 2], town.Received()[..2]);
    }

    [Fact]
    public async Task A_plan_that_was_cut_off_is_made_anew_and_nobody_of_it_is_sent_to_twice()
    {
        await using var town = await BroadcastTown.CreateAsync(300);
        var isBroken = true;

        await Assert.ThrowsAsync<TimeoutException>(() => town.Broadcasts.StartAsync(new Broadcast("spring", BroadcastAudience.OpenIds(EachAsync()), town.Message)));
        Assert.Equal(BroadcastState.Planning, (await town.Broadcasts.GetAsync("spring"))!.State);
        await Assert.ThrowsAsync<InvalidOperationException>(() => town.Broadcasts.ResumeAsync("spring"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => town.Broadcasts.PauseAsync("spring"));
        isBroken = false;
        var report = await town.RunAsync(new Broadcast("spring", BroadcastAudience.OpenIds(EachAsync()), town.Message));

        Assert.Equal((300, 300), (report.Recipients, report.Counts.Sent));
        Assert.All(town.Received(), count => Assert.Equal(1, count));

        async IAsyncEnumerable<BroadcastRecipient> EachAsync()
        {
            await Task.CompletedTask;
            for (var i = 0; i < 300; i++)
            {
                yield return i == 250 && isBroken ? throw new TimeoutException("the host's database") : new BroadcastRecipient(town.People[i].OpenIdIn(town.MiniProgram));
            }
        }
    }

    [Fact]
    public async Task Two_processes_that_start_the_same_broadcast_plan_it_once()
    {
        await using var town = await BroadcastTown.CreateAsync(700);
        var other = town.AddHost().GetRequiredService<IBroadcasts>();
        var read = 0;

        var starts = await town.Time.RunAsync(Task.WhenAll(new[] { town.Broadcasts, other }.Select(broadcasts => Task.Run(() => broadcasts.StartAsync(
            new Broadcast("spring", BroadcastAudience.Where(_ => Interlocked.Increment(ref read) > 0), town.Message))))));

        Assert.All(starts, start => Assert.Equal((BroadcastState.Running, 700), (start.State, start.Recipients)));
        Assert.Equal(700, read);
    }

    [Fact]
    public async Task Any_process_pauses_resumes_and_cancels()
    {
        await using var town = await BroadcastTown.CreateAsync(2_000);
        var other = town.AddHost().GetRequiredService<IBroadcasts>();
        await town.Time.RunAsync(town.Broadcasts.StartAsync(town.ToAll()));

        Assert.Equal(BroadcastState.Paused, (await other.PauseAsync("spring")).State);
        Assert.Equal(BroadcastState.Paused, (await town.Time.RunAsync(town.Broadcasts.RunAsync("spring"))).State);
        Assert.Equal(0, town.Platform.Calls.Count(Send));
        await other.ResumeAsync("spring");
        using (var gate = town.Platform.Hold(Send))
        {
            var run = town.Broadcasts.RunAsync("spring");
            await gate.WaitForCallsAsync(1);
            await other.CancelAsync("spring");
            town.Clock.Advance(TimeSpan.FromSeconds(2));
            gate.Open();
            Assert.Equal(BroadcastState.Cancelled, (await town.Time.RunAsync(run)).State);
        }

        var report = await other.GetReportAsync("spring");
        Assert.InRange(report.Counts.Sent, 1, 100);
        Assert.Equal(2_000, report.Counts.Sent + report.Pending);
        Assert.Equal(report.Counts.Sent, town.Received().Sum());
        Assert.Equal(BroadcastState.Cancelled, (await town.Broadcasts.StartAsync(town.ToAll())).State);
    }

    [Fact]
    public async Task Somebody_who_is_erased_after_the_plan_is_neither_sent_to_nor_remembered()
    {
        await using var town = await BroadcastTown.CreateAsync(50);
        var openId = town.People[7].OpenIdIn(town.Account);
        await town.Time.RunAsync(town.Broadcasts.StartAsync(town.ToAll()));
        await town.Push.EraseAsync(town.People[7].OpenIdIn(town.MiniProgram));
        Assert.DoesNotContain(openId, await RecipientsAsync(town));

        var end = await town.Time.RunAsync(town.Broadcasts.RunAsync("spring"));

        Assert.Equal(new BroadcastCounts { Sent = 49, NotFollowing = 1 }, end.Counts);
        Assert.Equal(0, town.Received()[7]);
        await town.Push.EraseAsync(town.People[8].OpenIdIn(town.MiniProgram));
        Assert.DoesNotContain(town.People[8].OpenIdIn(town.Account), await RecipientsAsync(town));
    }

    [Fact]
    public async Task A_report_has_the_receipts_folded_in_and_comes_as_object_JSON_and_text()
    {
        await using var town = await BroadcastTown.CreateAsync(60);
        var report = await town.RunAsync(town.ToAll());
        Assert.Equal((60, 0), (report.WithoutReceipt, report.Delivered));

        var messages = (await RecipientsAsync(town, one => one.MessageId!.Value)).ToArray();
        TemplateDeliveryStatus[] statuses = [TemplateDeliveryStatus.Delivered, TemplateDeliveryStatus.UserBlocked, TemplateDeliveryStatus.SystemFailed];
        await town.Storage.Receipts.SaveAsync(
            [.. messages[..50].Select(
                (id, i) => new MessageReceipt(Town.OfficialAccountAppId, id) { Status = statuses[i < 30 ? 0 : i < 45 ? 1 : 2], FinishedAt = town.Clock.GetUtcNow() })]);
        report = await town.Broadcasts.GetReportAsync("spring");

        Assert.Equal((30, 15, 5, 10), (report.Delivered, report.Blocked, report.FailedLater, report.WithoutReceipt));
        using var json = JsonDocument.Parse(report.ToJson());
        Assert.Equal("Finished", json.RootElement.GetProperty("state").GetString());
        Assert.Equal(60, json.RootElement.GetProperty("counts").GetProperty("sent").GetInt64());
        Assert.Contains("delivered", report.ToText(), StringComparison.Ordinal);
        Assert.Contains("spring: Finished", report.ToText(), StringComparison.Ordinal);
        Assert.Equal("broadcast/spring", Assert.Single(await town.Storage.Receipts.FindAsync(Town.OfficialAccountAppId, messages[..1])).CorrelationId);
    }

    [Fact]
    public async Task A_pruned_broadcast_keeps_its_report_and_nothing_else()
    {
        await using var town = await BroadcastTown.CreateAsync(60);
        var report = await town.RunAsync(town.ToAll());
        await town.Time.RunAsync(town.Broadcasts.StartAsync(town.ToAll("open")));

        Assert.Equal(0, await town.Broadcasts.PruneAsync(report.EndedAt!.Value));
        Assert.Equal(1, await town.Broadcasts.PruneAsync(report.EndedAt.Value.AddMilliseconds(1)));
        Assert.Equal(0, await town.Broadcasts.PruneAsync(DateTimeOffset.MaxValue));

        Assert.Equal(report, await town.Broadcasts.GetReportAsync("spring"));
        Assert.Equal(60, (await town.Broadcasts.GetAsync("spring"))!.Counts.Sent);
        Assert.Empty(await RecipientsAsync(town));
        Assert.Equal(BroadcastState.Finished, (await town.Broadcasts.StartAsync(town.ToAll())).State);
        Assert.Equal(60, (await town.Broadcasts.GetAsync("open"))!.Pending);
    }

    [Fact]
    public async Task Progress_is_told_while_it_is_planned_and_while_it_runs()
    {
        await using var town = await BroadcastTown.CreateAsync(1_200, options => options.TemplateMessages.MaxPerSecond = 100);
        var planned = new List<BroadcastStatus>();
        await town.Time.RunAsync(town.Broadcasts.StartAsync(town.ToAll(), new Told(planned)));
        Assert.Equal([500, 1_000, 1_200], planned.Select(status => status.Recipients));
        Assert.All(planned, status => Assert.Equal(BroadcastState.Planning, status.State));

        var told = new List<BroadcastStatus>();
        var end = await town.Time.RunAsync(town.Broadcasts.RunAsync("spring", new Told(told)));

        Assert.Equal(1_200, end.Counts.Sent);
        Assert.Equal((BroadcastState.Running, 0), (told[0].State, told[0].Counts.Sent));
        Assert.Equal((BroadcastState.Finished, 1_200), (told[^1].State, told[^1].Counts.Sent));
        Assert.Equal(told.OrderBy(status => status.Counts.Sent).Select(status => status.Counts.Sent), told.Select(status => status.Counts.Sent));
    }

    [Fact]
    public async Task Rate_and_time_left_are_those_of_the_last_minute()
    {
        await using var town = await BroadcastTown.CreateAsync(400);
        await town.Time.RunAsync(town.Broadcasts.StartAsync(town.ToAll()));
        var record = (await town.Storage.Broadcasts.FindAsync(Town.OfficialAccountAppId, "spring"))!;
        for (var batches = 0; batches < 3; batches++)
        {
            town.Clock.Advance(TimeSpan.FromSeconds(40));
            var batch = (await town.Storage.Broadcasts.TryClaimAsync(record.Id, TimeSpan.FromMinutes(1)))!;
            await town.Storage.Broadcasts.SaveAsync(
                batch with { Counts = new BroadcastCounts { Sent = 100 }, AvailableAt = DateTimeOffset.MaxValue, SavedAt = town.Clock.GetUtcNow() }, release: true);
        }

        var status = (await town.Broadcasts.GetAsync("spring"))!;

        // The batches of 40 and 0 seconds ago.
        Assert.Equal((200 / 60.0, 100L), (status.PerSecond, status.Pending));
        Assert.Equal(TimeSpan.FromSeconds(30), status.TimeLeft);
    }

    private static async Task<List<string>> RecipientsAsync(BroadcastTown town) => await RecipientsAsync(town, one => one.Id);

    private static async Task<List<T>> RecipientsAsync<T>(BroadcastTown town, Func<BroadcastOutcome, T> select)
    {
        var all = new List<T>();
        await foreach (var one in town.Broadcasts.ListRecipientsAsync("spring"))
        {
            all.Add(select(one));
        }

        return all;
    }

    private sealed class Told(List<BroadcastStatus> statuses) : IProgress<BroadcastStatus>
    {
        public void Report(BroadcastStatus value) => statuses.Add(value);
    }
}
