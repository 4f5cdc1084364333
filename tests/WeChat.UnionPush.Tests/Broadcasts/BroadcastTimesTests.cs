using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Broadcasts;

/// <summary>How long a claim is good, when a batch comes back, and how many are sent to at once.</summary>
public sealed class BroadcastTimesTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Moment = new(2026, 11, 22, 4, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _clock = new(Moment);
    private readonly DelayWatch _watch;
    private readonly IBroadcastJournal _journal = Substitute.For<IBroadcastJournal>();
    private readonly List<BroadcastBatch> _saved = [];
    private readonly Town _town = new();
    private readonly List<AccountSlots> _slots = [];

    public BroadcastTimesTests() => _watch = new DelayWatch(_clock);

    [Theory]
    [InlineData(64, 60, 3, 21)]
    [InlineData(25, 0, 1, 25)]
    [InlineData(26, 0, 2, 13)]
    [InlineData(50, 0, 2, 25)]
    [InlineData(51, 0, 3, 17)]
    [InlineData(1, 1, 1, 1)]
    [InlineData(3, 1, 1, 2)]
    [InlineData(25, 12, 1, 24)]
    [InlineData(64, 5, 3, 3)]
    [InlineData(64, 1, 3, 1)]
    public void As_many_are_sent_to_at_once_as_two_seconds_of_the_pace_let_out(int maxConcurrent, int perSecond, int lanes, int window)
    {
        var tools = Tools(maxConcurrent, perSecond);
        Assert.Equal((lanes, window), (tools.Lanes, tools.Window));
    }

    [Theory]
    [InlineData(30, 60, 450)]
    [InlineData(10, 30, 520)]
    public void A_message_is_sent_again_only_while_the_last_attempt_ends_within_ten_minutes(int sendTimeout, int lease, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Tools(sendTimeout: sendTimeout, lease: lease).ResendsFor);

    [Fact]
    public async Task A_claim_is_good_to_send_under_for_three_quarters_of_its_life_from_its_last_renewal()
    {
        _journal.SaveAsync(default!, default, default).ReturnsForAnyArgs(true);
        var claim = Claim(new OutcomeSheet(1));
        Assert.Equal(TimeSpan.FromSeconds(45), Until(claim));
        _clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(TimeSpan.FromSeconds(25), Until(claim));
        Assert.True(await claim.SaveAsync(release: false, Moment, default));
        Assert.Equal(TimeSpan.FromSeconds(45), Until(claim));

        _clock.Advance(TimeSpan.FromSeconds(20));
        _journal.SaveAsync(default!, default, default).ReturnsForAnyArgs(false);
        Assert.False(await claim.SaveAsync(release: false, Moment, default));
        Assert.Equal(TimeSpan.FromSeconds(25), Until(claim));

        TimeSpan Until(BatchClaim claim) => _watch.GetElapsedTime(_watch.GetTimestamp(), claim.SendsUntil);
    }

    // Somebody who waits opens the batch at once; whose answer was lost after a quarter of a minute, or when the platform has forgotten the id.
    [Theory]
    [InlineData("pending", 0)]
    [InlineData("under way since 0", 15)]
    [InlineData("under way since 449", 15)]
    [InlineData("under way since 450", 150)]
    [InlineData("under way since 599", 1)]
    [InlineData("pending, under way since 0", 0)]
    [InlineData("under way since 0, under way since 599", 1)]
    [InlineData("sent, under way since 590", 10)]
    [InlineData("sent, failed", null)]
    public async Task A_batch_comes_back_when_something_can_be_done_for_somebody(string states, int? seconds)
    {
        Save();
        var each = states.Split(", ");
        var sheet = new OutcomeSheet(each.Length);
        for (var i = 0; i < each.Length; i++)
        {
            switch (each[i])
            {
                case "sent":
                    sheet.Settle(i, PushStatus.Sent);
                    break;
                case "failed":
                    sheet.Fail(i, 47003);
                    break;
                case "pending":
                    break;
                default:
                    sheet.Begin(i, Moment.AddSeconds(-int.Parse(each[i].Split(' ')[^1], null)));
                    break;
            }
        }

        await Claim(sheet).GiveBackAsync(default);
        Assert.Equal(seconds is { } wait ? Moment.AddSeconds(wait) : BroadcastBatch.Never, Assert.Single(_saved).AvailableAt);
    }

    [Theory]
    [InlineData(false, 300)]
    [InlineData(true, 5)]
    public async Task A_database_that_is_away_is_waited_for_with_growing_pauses_and_shortly_where_the_host_stops(bool stops, int seconds)
    {
        _journal.SaveAsync(default!, default, default).ReturnsForAnyArgs<bool>(_ => throw new UnionPushStorageException("away", isTransient: true));
        await Assert.ThrowsAsync<UnionPushStorageException>(() => _watch.RunAsync(GiveBackAsync()));
        Assert.Equal([0.2, 0.4, 0.8, 1.6, 2], _watch.Delays.Take(5).Select(delay => delay.TotalSeconds));
        Assert.All(_watch.Delays.Skip(5), delay => Assert.Equal(2, delay.TotalSeconds));

        // The five pauses above are the five seconds of a host that stops; a pause of two seconds passes the five minutes by one.
        Assert.Equal(TimeSpan.FromSeconds(stops ? seconds : seconds + 1), _clock.GetUtcNow() - Moment);

        async Task<int> GiveBackAsync()
        {
            await Claim(new OutcomeSheet(1)).GiveBackAsync(new CancellationToken(stops));
            return 0;
        }
    }

    [Fact]
    public async Task A_worker_whose_database_is_away_waits_longer_each_time_up_to_ten_seconds()
    {
        var failures = 0;
        _journal.ListAsync(default!, default, default).ReturnsForAnyArgs<IReadOnlyList<BroadcastRecord>>(_ =>
            failures++ < 8 ? throw new UnionPushStorageException("away", isTransient: true) : []);
        await _watch.RunAsync(WorkAsync());
        Assert.Equal([0.25, 0.5, 1, 2, 4, 8, 10, 10], _watch.Delays.Select(delay => delay.TotalSeconds));

        async Task<int> WorkAsync()
        {
            await new BroadcastWorker(Tools(), NullLogger<BroadcastWorker>.Instance).RunAsync("spring", default);
            return 0;
        }
    }

    // The wait is a random one of the upper half, so that processes do not come back together. A poll is a second, and adds up to one.
    [Fact]
    public async Task A_busy_platform_is_left_alone_twice_as_long_each_time_up_to_a_minute()
    {
        var waits = await WaitsAsync(retryAfter: null, times: 300);
        for (var i = 0; i < waits.Count; i++)
        {
            var most = Math.Pow(2, Math.Min(i, 6));
            Assert.InRange(waits[i], most / 2, Math.Min(most, 60) + 1);
        }

        Assert.InRange(waits.Max(), 60, 61);
        Assert.InRange(waits.Skip(8).Min(), 32, 40);
    }

    [Theory]
    [InlineData(7, 7)]
    [InlineData(600, 60)]
    public async Task The_platform_s_own_wait_is_kept_up_to_a_minute(int retryAfter, int seconds) =>
        Assert.All(await WaitsAsync(TimeSpan.FromSeconds(retryAfter), times: 3), wait => Assert.InRange(wait, seconds, seconds + 1));

    [Fact]
    public async Task Who_was_erased_is_settled_when_the_batch_is_given_back()
    {
        Save();
        var sheet = new OutcomeSheet(3);
        sheet.Begin(1, Moment);
        sheet.Settle(2, PushStatus.Sent);
        await Claim(sheet, static _ => new RecipientLine("")).GiveBackAsync(default);
        Assert.Equal([PushStatus.NotFollowing, PushStatus.Unknown, PushStatus.Sent], Statuses(sheet));
        Assert.Equal(BroadcastBatch.Never, Assert.Single(_saved).AvailableAt);
    }

    [Fact]
    public async Task Whose_template_was_stopped_does_not_open_the_batch()
    {
        Save();
        var sheet = new OutcomeSheet(2);
        sheet.Begin(1, Moment);
        await Claim(sheet, static i => new RecipientLine($"o{i}"), stopped: "T").GiveBackAsync(default);
        Assert.Equal(Moment.AddMinutes(10), Assert.Single(_saved).AvailableAt);
    }

    [Fact]
    public async Task Somebody_who_may_have_the_message_is_unknown_once_the_platform_has_forgotten_its_id()
    {
        var sheet = new OutcomeSheet(4);
        sheet.Begin(0, Moment.AddMinutes(-10));
        sheet.Begin(1, Moment.AddMinutes(-10).AddMilliseconds(1));
        sheet.Climb(2, Moment.AddMinutes(-1));
        var (recipients, _) = Recipients(sheet);
        await recipients.RecoverAsync(default);
        Assert.Equal([PushStatus.Unknown, null, null, null], Statuses(sheet));
        Assert.Equal([false, true, true, false], Enumerable.Range(0, 4).Select(sheet.IsUnderWay));
        Assert.Equal(Moment.AddMinutes(-10).ToUnixTimeMilliseconds(), sheet.ValueOf(0));
    }

    [Fact]
    public async Task What_was_tried_on_a_further_channel_is_told_by_the_notes_and_tried_anew_only_while_they_are_kept()
    {
        var sheet = new OutcomeSheet(5);
        sheet.Begin(0, Moment.AddMinutes(-1));
        sheet.Climb(1, Moment.AddMinutes(-5));
        sheet.Climb(2, Moment.AddMinutes(-5).AddMilliseconds(1));
        sheet.Climb(3, Moment.AddMinutes(-1));
        var notes = new InMemoryReachJournal(_watch);
        var (recipients, _) = Recipients(sheet, reach: Ladder(notes));
        foreach (var i in (int[])[0, 3])
        {
            var message = recipients.MessageOf(i);
            await Ladder(notes).GoOnAsync(new ReachRecipient { OfficialAccountOpenId = $"o{i}" }, message, new PushResult(PushStatus.NotFollowing));
        }

        await recipients.RecoverAsync(default);
        Assert.Equal([PushStatus.Unknown, null, null, PushStatus.Unknown, null], Statuses(sheet));
        Assert.Equal((PushChannel.CustomerService, PushChannel.CustomerService), (sheet.ChannelOf(0), sheet.ChannelOf(3)));
        Assert.Equal(Moment.AddMinutes(-1).ToUnixTimeMilliseconds(), sheet.ValueOf(3));
        Assert.Equal([false, true, false, false, false], Enumerable.Range(0, 5).Select(sheet.IsUnderWay));
        Assert.Equal([false, false, true, false, true], Enumerable.Range(0, 5).Select(sheet.IsPending));
    }

    [Fact]
    public async Task The_notes_are_not_asked_where_nobody_is_under_way()
    {
        var notes = Substitute.For<IReachJournal>();
        var (recipients, _) = Recipients(new OutcomeSheet(1), reach: Ladder(notes));
        await recipients.RecoverAsync(default);
        Assert.Empty(notes.ReceivedCalls());
    }

    [Fact]
    public async Task Somebody_who_was_named_and_is_erased_costs_no_look_up()
    {
        var sheet = new OutcomeSheet(1);
        var (recipients, repository) = Recipients(sheet, static _ => new RecipientLine("", IsAsNamed: true));
        await recipients.LookUpAsync(default);
        Assert.Empty(repository.ReceivedCalls());
        Assert.Equal([PushStatus.NotFollowing], Statuses(sheet));
    }

    [Fact]
    public async Task Who_left_refuses_or_was_erased_since_the_plan_costs_no_call_and_nobody_under_way_is_looked_up()
    {
        var sheet = new OutcomeSheet(6);
        sheet.Begin(4, Moment);
        var (recipients, repository) = Recipients(sheet, static i => new RecipientLine(i == 5 ? "" : $"o{i}"));
        repository.FindAsync(default!, default!, default).ReturnsForAnyArgs(static call =>
        [
            .. call.ArgAt<IReadOnlyCollection<string>>(1).Where(static openId => openId != "o3").Select(static openId => new WeChatIdentity(Town.OfficialAccountAppId, openId)
            {
                FollowState = openId switch { "o0" => FollowState.Following, "o1" => FollowState.NotFollowing, _ => FollowState.Refusing },
            }),
        ]);
        await recipients.LookUpAsync(default);
        Assert.Equal([null, PushStatus.NotFollowing, PushStatus.Refused, PushStatus.NotFollowing, null, PushStatus.NotFollowing], Statuses(sheet));
        Assert.True(sheet.IsPending(0));
        Assert.Equal(["o0", "o1", "o2", "o3"], Assert.Single(repository.ReceivedCalls()).GetArguments()[1] as IReadOnlyCollection<string>);
        Assert.Equal(("o0", null), (recipients.OpenIdOf(0), recipients.UnreachableOf(1)));
    }

    [Fact]
    public async Task A_batch_without_anybody_to_look_up_asks_nobody()
    {
        var sheet = new OutcomeSheet(1);
        var (recipients, repository) = Recipients(sheet, static _ => new RecipientLine(""));
        await recipients.LookUpAsync(default);
        Assert.Empty(repository.ReceivedCalls());
        Assert.Equal([PushStatus.NotFollowing], Statuses(sheet));
    }

    [Fact]
    public void A_message_has_the_run_s_id_and_its_name_as_correlation_where_it_has_none_of_its_own()
    {
        var own = StoredMessage.Of(TemplateMessage.Create("T").Thing("thing1", "b").CorrelationId("order-7").Build());
        var ownText = System.Text.Json.JsonSerializer.Serialize(own, StoredJson.Plain.StoredMessage);
        var (recipients, _) = Recipients(new OutcomeSheet(2), i => new RecipientLine($"o{i}", i == 1 ? ownText : null));
        var (first, second) = (recipients.MessageOf(0), recipients.MessageOf(1));
        Assert.Equal(("broadcast/spring", "a", "b1-200"), (first.CorrelationId, first.Fields[0].Value, first.ClientMessageId));
        Assert.Equal(("order-7", "b", "b1-201"), (second.CorrelationId, second.Fields[0].Value, second.ClientMessageId));
    }

    [Fact]
    public async Task Calls_that_others_of_the_process_made_are_reported_once_and_again_where_the_report_fails()
    {
        var pace = Substitute.For<ISharedPace>();
        using var slots = Slots(pace, 60);
        await slots.ReportAsync(default);
        await pace.DidNotReceiveWithAnyArgs().TakeAsync(default!, default);
        var person = await _town.AddReachablePersonAsync();
        await _town.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), _town.Message());

        var isAway = true;
        pace.TakeAsync(default!, default).ReturnsForAnyArgs<PaceGrant>(_ => isAway ? throw new UnionPushStorageException("away", isTransient: true) : null!);
        await Assert.ThrowsAsync<UnionPushStorageException>(() => slots.ReportAsync(default));
        isAway = false;
        await slots.ReportAsync(default);
        await slots.ReportAsync(default);
        await pace.Received(2).TakeAsync(new PaceRequest(Town.OfficialAccountAppId) { PerSecond = 60, Made = 1 }, Arg.Any<CancellationToken>());
        await pace.ReceivedWithAnyArgs(2).TakeAsync(default!, default);
    }

    // A stored sheet is read by later versions: thirteen bytes a recipient, the state and the channel, the code, and the message id or the first attempt.
    [Fact]
    public void A_sheet_is_written_as_earlier_versions_wrote_it()
    {
        var sheet = new OutcomeSheet(5);
        sheet.Begin(0, DateTimeOffset.FromUnixTimeMilliseconds(0x0000010203040506));
        sheet.Climb(1, DateTimeOffset.FromUnixTimeMilliseconds(1));
        sheet.Fail(2, 47003);
        sheet.Settle(3, PushStatus.Sent, 0, 77, PushChannel.Fallback);
        var bytes = Convert.FromHexString(
            "01" + "00000000" + "0605040302010000" + "03" + "00000000" + "0100000000000000" + "02" + "9BB70000" + "0000000000000000"
            + "90" + "00000000" + "4D00000000000000" + "00" + "00000000" + "0000000000000000");
        Assert.Equal(Convert.ToBase64String(bytes), sheet.Text);
    }

    public async ValueTask DisposeAsync()
    {
        _slots.ForEach(static slots => slots.Dispose());
        await _town.DisposeAsync();
    }

    private void Save() => _journal.SaveAsync(default!, default, default).ReturnsForAnyArgs(call =>
    {
        _saved.Add(call.ArgAt<BroadcastBatch>(0));
        return true;
    });

    /// <summary>How many seconds lie between the attempts of a broadcast that finds the platform busy each time.</summary>
    private async Task<List<double>> WaitsAsync(TimeSpan? retryAfter, int times)
    {
        Save();
        var claimed = new List<DateTimeOffset>();
        _journal.ListAsync(default!, default, default).ReturnsForAnyArgs<IReadOnlyList<BroadcastRecord>>(_ => claimed.Count > times ? [] : [Run().Record]);
        _journal.CountAsync(default!, default, default).ReturnsForAnyArgs(new BroadcastProgress(1, new BroadcastCounts()) { OpenBatches = 1 });
        _journal.TryClaimAsync(default!, default, default).ReturnsForAnyArgs(_ =>
        {
            claimed.Add(_clock.GetUtcNow());
            return new BroadcastBatch("b1", 0) { Size = 1, Recipients = "o0", Outcomes = new OutcomeSheet(1).Text };
        });
        var pace = Substitute.For<ISharedPace>();
        pace.TakeAsync(default!, default).ReturnsForAnyArgs(_ => new PaceGrant(1, _clock.GetUtcNow(), TimeSpan.Zero, 1));
        var tools = Tools(pace: pace);
        tools.Repository.FindAsync(default!, default!, default).ReturnsForAnyArgs([new WeChatIdentity(Town.OfficialAccountAppId, "o0") { FollowState = FollowState.Following }]);
        tools.Sender.SendAsync(default!, default!, default).ThrowsAsyncForAnyArgs(
            new WeChatApiException("/cgi-bin/message/template/send", -1, WeChatErrorClass.Transient, "The platform is busy.") { RetryAfter = retryAfter });
        await _watch.RunAsync(WorkAsync());
        return [.. claimed.Zip(claimed.Skip(1), static (first, second) => (second - first).TotalSeconds)];

        async Task<int> WorkAsync()
        {
            await new BroadcastWorker(tools, NullLogger<BroadcastWorker>.Instance).RunAsync("spring", default);
            return 0;
        }
    }

    private static PushStatus?[] Statuses(OutcomeSheet sheet) => [.. Enumerable.Range(0, sheet.Size).Select(sheet.StatusOf)];

    private static BroadcastRun Run(string? stopped = null)
    {
        var message = TemplateMessage.Create("T").Thing("thing1", "a").Build();
        var record = new BroadcastRecord(Town.OfficialAccountAppId, "spring")
        {
            Id = "b1",
            State = BroadcastState.Running,
            Content = BroadcastContent.Write(new Broadcast("spring", BroadcastAudience.AllUsers(), message)),
        };
        return new BroadcastRun(stopped is null ? record : BroadcastContent.Stop(record, stopped, "It is banned."));
    }

    private BatchClaim Claim(OutcomeSheet sheet, Func<int, RecipientLine>? line = null, string? stopped = null)
    {
        var lines = Lines(sheet, line);
        return new BatchClaim(Tools(), new BroadcastBatch("b1", 2) { Size = sheet.Size }, sheet, lines, new BatchTemplates(Run(stopped), lines), _watch.GetTimestamp());
    }

    /// <summary>A ladder with one channel behind the template message, whose answers are lost.</summary>
    private ReachLadder Ladder(IReachJournal notes) => new(
        Town.OfficialAccountAppId, Town.MiniProgramAppId,
        [new ReachRung(PushChannel.CustomerService, static _ => true, static (_, _, _) => Task.FromResult(new PushResult(PushStatus.Unknown)))],
        notes, Substitute.For<IUnionIdRepository>(), TimeSpan.FromMinutes(5), late: null, followLinks: null, _watch);

    private (BatchRecipients Recipients, IUnionIdRepository Repository) Recipients(
        OutcomeSheet sheet, Func<int, RecipientLine>? line = null, ReachLadder? reach = null)
    {
        var (run, lines, tools) = (Run(), Lines(sheet, line), Tools(reach: reach));
        return (
            new BatchRecipients(tools, run, new BroadcastBatch("b1", 2) { Size = sheet.Size }, sheet, lines, new BatchTemplates(run, lines), Claim(sheet, line)),
            tools.Repository);
    }

    private static RecipientLine[] Lines(OutcomeSheet sheet, Func<int, RecipientLine>? line) =>
        [.. Enumerable.Range(0, sheet.Size).Select(line ?? (static i => new RecipientLine($"o{i}")))];

    private AccountSlots Slots(ISharedPace pace, int perSecond) => new(
        _town.Services.GetRequiredService<AccountApis>().OfficialAccount, pace, perSecond, _ => Task.FromResult(new DailyQuota(100_000, 0)), _watch,
        NullLogger<AccountSlots>.Instance);

    private BroadcastTools Tools(int maxConcurrent = 25, int perSecond = 60, int sendTimeout = 30, int lease = 60, ISharedPace? pace = null, ReachLadder? reach = null)
    {
        var slots = Slots(pace ?? Substitute.For<ISharedPace>(), perSecond);
        _slots.Add(slots);
        return new BroadcastTools
        {
            AppId = Town.OfficialAccountAppId,
            Journal = _journal,
            Repository = Substitute.For<IUnionIdRepository>(),
            Sender = Substitute.For<ITemplateMessageSender>(),
            Check = null!,
            Finder = null!,
            Reach = reach,
            Slots = slots,
            Options = new BroadcastOptions { LeaseDuration = TimeSpan.FromSeconds(lease) },
            Time = _watch,
            MaxConcurrent = maxConcurrent,
            SendTimeout = TimeSpan.FromSeconds(sendTimeout),
        };
    }
}
