using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Broadcasts;

/// <summary>The parts of a broadcast that decide by counts, codes and times, at their borders.</summary>
public sealed class BroadcastPartsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.FromHours(8));

    [Theory]
    [InlineData("22:00", "08:00", "21:59:59.9999999", null)]
    [InlineData("22:00", "08:00", "22:00", "1.08:00")]
    [InlineData("22:00", "08:00", "23:59", "1.08:00")]
    [InlineData("22:00", "08:00", "00:00", "08:00")]
    [InlineData("22:00", "08:00", "07:59:59.9999999", "08:00")]
    [InlineData("22:00", "08:00", "08:00", null)]
    [InlineData("12:00", "14:00", "13:00", "14:00")]
    [InlineData("12:00", "14:00", "14:00", null)]
    [InlineData("12:00", "00:00", "13:00", "1.00:00")]
    [InlineData("12:00", "12:00", "12:00", null)]
    public void Quiet_hours_are_those_of_China_and_end_at_their_next_end(string from, string to, string time, string? end)
    {
        var midnight = Noon.AddHours(-12);
        var quiet = new QuietHours(TimeOnly.Parse(from, null), TimeOnly.Parse(to, null));
        var moment = (midnight + TimeSpan.Parse(time, null)).ToOffset(TimeSpan.FromHours(-5));
        Assert.Equal(end is null ? null : midnight + TimeSpan.Parse(end, null), quiet.EndAt(moment));
    }

    [Fact]
    public void A_sheet_keeps_what_became_of_each_recipient()
    {
        var sheet = new OutcomeSheet(6);
        sheet.Begin(1, Noon);
        sheet.Climb(2, Noon);
        sheet.Fail(3, 47003);
        sheet.Settle(4, PushStatus.Sent, 0, 77, PushChannel.CustomerService);
        sheet.Settle(5, PushStatus.Refused, 43101);
        var read = new OutcomeSheet(6, sheet.Text);
        Assert.Equal([true, false, false, false, false, false], Of(read.IsPending));
        Assert.Equal([false, true, true, false, false, false], Of(read.IsUnderWay));
        Assert.Equal([false, false, true, false, false, false], Of(read.IsClimbing));
        Assert.Equal([true, true, true, false, false, false], Of(read.IsOpen));
        Assert.Equal([false, false, false, true, false, false], Of(read.IsFailed));
        Assert.Equal([null, null, null, null, PushStatus.Sent, PushStatus.Refused], Of(read.StatusOf));
        Assert.Equal([0, 0, 0, 47003, 0, 43101], Of(read.CodeOf));
        Assert.Equal([0, Noon.ToUnixTimeMilliseconds(), Noon.ToUnixTimeMilliseconds(), 0, 77, 0], Of(read.ValueOf));
        Assert.Equal((PushChannel.CustomerService, PushChannel.TemplateMessage), (read.ChannelOf(4), read.ChannelOf(5)));

        static T[] Of<T>(Func<int, T> read) => [.. Enumerable.Range(0, 6).Select(read)];
    }

    [Fact]
    public void Who_is_under_way_keeps_the_time_of_the_first_attempt()
    {
        var sheet = new OutcomeSheet(2);
        sheet.Begin(0, Noon);
        sheet.Begin(0, Noon.AddMinutes(1));
        Assert.Equal(Noon.ToUnixTimeMilliseconds(), sheet.ValueOf(0));
        sheet.Climb(0, Noon.AddMinutes(2));
        sheet.Begin(0, Noon.AddMinutes(3));
        Assert.Equal((Noon.ToUnixTimeMilliseconds(), true), (sheet.ValueOf(0), sheet.IsClimbing(0)));
        sheet.Climb(1, Noon.AddMinutes(4));
        Assert.Equal(Noon.AddMinutes(4).ToUnixTimeMilliseconds(), sheet.ValueOf(1));
        sheet.Return(1);
        Assert.Equal((true, 0L), (sheet.IsPending(1), sheet.ValueOf(1)));
    }

    [Fact]
    public void A_sheet_counts_by_status_and_by_channel()
    {
        // A broadcast holds nothing back, and its outcome is that of the template message where no channel served.
        PushStatus[] statuses = [.. Enum.GetValues<PushStatus>().Except([PushStatus.NotSubscribed, PushStatus.WindowClosed, PushStatus.Held])];
        var channels = Enum.GetValues<PushChannel>();
        var sheet = new OutcomeSheet(statuses.Length + channels.Length + 2);
        for (var i = 0; i < statuses.Length; i++)
        {
            sheet.Settle(i, statuses[i]);
        }

        for (var i = 0; i < channels.Length; i++)
        {
            sheet.Settle(statuses.Length + i, PushStatus.Sent, channel: channels[i]);
        }

        sheet.Fail(sheet.Size - 2, 47003);
        Assert.Equal(
            new BroadcastCounts
            {
                Sent = 1 + channels.Length,
                SentBySubscribeMessage = 1,
                SentBySubscribeNotice = 1,
                SentByCustomerService = 1,
                SentByFallback = 1,
                NotSignedIn = 1,
                NotLinked = 1,
                NotFollowing = 1,
                Refused = 1,
                TooFrequent = 1,
                Duplicate = 1,
                Unknown = 1,
                Failed = 1,
            },
            sheet.Count());
        Assert.Equal(sheet.Size - 1, sheet.Count().Settled);
    }

    [Theory]
    [InlineData("?")]
    [InlineData("AAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void A_damaged_sheet_is_told(string text)
    {
        var told = Assert.Throws<FormatException>(() => new OutcomeSheet(1, text));
        Assert.Equal($"The outcomes of a broadcast's batch are damaged: 1 recipients, {text.Length} characters.", told.Message);
    }

    [Theory]
    [InlineData("o1", "o1", null, false)]
    [InlineData("o1\t{}", "o1", "{}", false)]
    [InlineData("m1\t{}\t+", "m1", "{}", true)]
    [InlineData("m1\t\t+", "m1", null, true)]
    [InlineData("", "", null, false)]
    public void A_line_of_a_batch_is_read_as_it_was_written(string text, string id, string? own, bool isAsNamed)
    {
        var line = new RecipientLine(id, own, isAsNamed);
        Assert.Equal(line, RecipientLine.Read(text));
        Assert.Equal(text, line.ToString());
    }

    [Fact]
    public async Task Batches_hold_a_hundred_of_a_kind_and_are_written_twenty_at_once_and_the_rest_at_the_end()
    {
        var written = new List<int>();
        var batches = new List<BroadcastBatch>();
        var packer = new BatchPacker("b1", Noon, (some, _) =>
        {
            written.Add(some.Count);
            batches.AddRange(some);
            return default;
        });
        for (var i = 0; i < 2101; i++)
        {
            packer.AddReachable(new RecipientLine($"o{i}", IsAsNamed: i % 7 == 0, Own: i % 7 == 0 ? "" : null));
            await packer.WriteAsync(all: false, default);
        }

        Assert.Equal([20], written);
        for (var i = 0; i < 101; i++)
        {
            packer.AddUnreachable($"u{i}", i == 0 ? PushStatus.NotLinked : PushStatus.NotFollowing);
        }

        await packer.WriteAsync(all: true, default);
        await packer.WriteAsync(all: true, default);
        Assert.Equal([20, 4], written);
        Assert.Equal((2202, 301), (packer.Recipients, packer.OnOtherChannels));
        Assert.Equal((1L, 100L), (packer.Unreachable.NotLinked, packer.Unreachable.NotFollowing));
        Assert.Equal(Enumerable.Range(0, 24), batches.Select(batch => batch.Number));
        Assert.Equal([.. Enumerable.Repeat(100, 22), 1, 1], batches.Select(batch => batch.Size));
        Assert.All(batches, batch => Assert.Equal(batch.Size, batch.Recipients.Split('\n').Length));

        // Nobody claims who cannot be reached, and nothing was sent to them in the last minute.
        var unreachable = batches.Where(batch => batch.Outcomes.Length > 0).ToList();
        Assert.Equal(["u0", "u100"], unreachable.Select(batch => batch.Recipients.Split('\n')[0]));
        Assert.All(unreachable, batch => Assert.Equal((Millisecond.Cut(DateTimeOffset.MaxValue), Noon.AddDays(-1)), (batch.AvailableAt, batch.SavedAt)));
        Assert.All(batches.Except(unreachable), batch => Assert.Equal((DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch), (batch.AvailableAt, batch.SavedAt)));
    }

    [Fact]
    public async Task Long_messages_of_ones_own_are_written_before_a_million_characters_wait()
    {
        var written = new List<long>();
        var packer = new BatchPacker("b1", Noon, (some, _) =>
        {
            written.Add(some.Sum(batch => (long)batch.Recipients.Length));
            return default;
        });
        var own = new string('x', 5_000);
        for (var i = 0; i < 1000; i++)
        {
            packer.AddReachable(new RecipientLine("o", own));
            await packer.WriteAsync(all: false, default);
        }

        // 500,299 characters a batch: two of them pass the million.
        Assert.Equal(Enumerable.Repeat(1_000_598L, 5), written);
    }

    [Theory]
    [InlineData(9_999, 0)]
    [InlineData(10_000, 1)]
    public async Task A_million_characters_are_written_at_once(int last, int writes)
    {
        var written = 0;
        var packer = new BatchPacker("b1", Noon, (_, _) =>
        {
            written++;
            return default;
        });
        for (var i = 0; i < 100; i++)
        {
            // With the line break that follows, ten thousand characters each.
            packer.AddReachable(new RecipientLine(new string('o', i == 99 ? last : 9_999)));
        }

        await packer.WriteAsync(all: false, default);
        Assert.Equal(writes, written);
    }

    [Theory]
    [InlineData("o1", "o1")]
    [InlineData("o-1_é", "o-1_é")]
    [InlineData("o\n1", "o1")]
    [InlineData("o\t1\0", "o1")]
    public async Task An_id_of_the_hosts_that_would_break_the_line_is_kept_without_what_breaks_it(string id, string kept)
    {
        BroadcastBatch? batch = null;
        var packer = new BatchPacker("b1", Noon, (some, _) =>
        {
            batch = some.Single();
            return default;
        });
        packer.AddUnreachable(id, PushStatus.NotSignedIn);
        await packer.WriteAsync(all: true, default);
        Assert.Equal(kept, batch!.Recipients);
    }

    [Fact]
    public void An_id_has_up_to_128_characters()
    {
        Assert.True(BatchPacker.IsOneLine(new string('a', 128)));
        Assert.False(BatchPacker.IsOneLine(new string('a', 129)));
        Assert.False(BatchPacker.IsOneLine("\ud83d"));
    }

    [Theory]
    [InlineData(WeChatErrorClass.Config, 48001, false, null, nameof(SendTroubleKind.Stop))]
    [InlineData(WeChatErrorClass.Template, 40037, false, null, nameof(SendTroubleKind.Stop))]
    [InlineData(WeChatErrorClass.Template, 40037, true, null, null)]
    [InlineData(WeChatErrorClass.Template, 40249, true, null, nameof(SendTroubleKind.Stop))]
    [InlineData(WeChatErrorClass.Template, 40249, false, "t1", nameof(SendTroubleKind.StopTemplate))]
    [InlineData(WeChatErrorClass.Template, 40252, true, "t1", nameof(SendTroubleKind.StopTemplate))]
    [InlineData(WeChatErrorClass.Template, 43116, true, "t1", nameof(SendTroubleKind.StopTemplate))]
    [InlineData(WeChatErrorClass.Template, 40037, false, "t1", nameof(SendTroubleKind.Stop))]
    [InlineData(WeChatErrorClass.Quota, 45009, false, null, nameof(SendTroubleKind.Quota))]
    [InlineData(WeChatErrorClass.Transient, -1, false, null, nameof(SendTroubleKind.BackOff))]
    [InlineData(WeChatErrorClass.RateLimited, 45011, false, null, nameof(SendTroubleKind.BackOff))]
    [InlineData(WeChatErrorClass.TokenInvalid, 40001, false, null, nameof(SendTroubleKind.BackOff))]
    [InlineData(WeChatErrorClass.Request, 47003, false, null, null)]
    [InlineData(WeChatErrorClass.Recipient, 40003, true, "t1", null)]
    public void A_refusal_is_the_runs_trouble_or_the_recipients_alone(WeChatErrorClass kind, int code, bool hasOwnMessage, string? template, string? expected)
    {
        var (trouble, told) = SendFailures.Judge(
            new WeChatApiException("/a", new WeChatErrorCode(code), kind, "refused") { RetryAfter = TimeSpan.FromSeconds(7) }, hasOwnMessage, template);
        Assert.Equal((expected, code), (trouble?.Kind.ToString(), told));
        Assert.Equal(expected == nameof(SendTroubleKind.StopTemplate) ? template : null, trouble?.TemplateId);
        Assert.Equal(expected == nameof(SendTroubleKind.BackOff) ? TimeSpan.FromSeconds(7) : null, trouble?.Wait);
        Assert.True(trouble is null || trouble.Reason.EndsWith("refused", StringComparison.Ordinal), trouble?.Reason);
    }

    [Fact]
    public void A_message_that_does_not_fit_stops_the_run_unless_it_is_one_persons_own()
    {
        var invalid = new TemplateMessageException("t1", []);
        Assert.Equal((SendTroubleKind.Stop, invalid.Message), Trouble(SendFailures.Judge(invalid, hasOwnMessage: false, null).Trouble));
        Assert.Equal((null, 0), SendFailures.Judge(invalid, hasOwnMessage: true, null));
        var (trouble, code) = SendFailures.Judge(new TimeoutException("late"), hasOwnMessage: true, null);
        Assert.Equal(((SendTroubleKind.BackOff, "late"), 0), (Trouble(trouble), code));
        (trouble, code) = SendFailures.Judge(new WeChatApiException("/a", null, WeChatErrorClass.Config, "no code"), hasOwnMessage: false, null);
        Assert.Equal(((SendTroubleKind.Stop, "no code"), 0), (Trouble(trouble), code));

        static (SendTroubleKind Kind, string Reason)? Trouble(SendTrouble? trouble) => trouble is null ? null : (trouble.Kind, trouble.Reason);
    }

    [Theory]
    [InlineData(0, null, null)]
    [InlineData(48001, null, nameof(SendTroubleKind.Stop))]
    [InlineData(40037, "t1", nameof(SendTroubleKind.Stop))]
    [InlineData(40249, null, nameof(SendTroubleKind.Stop))]
    [InlineData(40249, "t1", nameof(SendTroubleKind.StopTemplate))]
    [InlineData(45009, null, nameof(SendTroubleKind.Quota))]
    [InlineData(43004, null, null)]
    [InlineData(47003, null, null)]
    public void A_code_that_another_channel_met_stops_what_it_stops_there(int code, string? template, string? expected)
    {
        var trouble = SendFailures.TroubleOf(code, "why", template);
        Assert.Equal((expected, expected == nameof(SendTroubleKind.StopTemplate) ? template : null), (trouble?.Kind.ToString(), trouble?.TemplateId));
        Assert.Equal(expected is null ? null : expected == nameof(SendTroubleKind.Quota) ? $"{BroadcastReasons.QuotaBegins} why" : "why", trouble?.Reason);
    }

    [Fact]
    public void The_first_twenty_stop_a_run_when_all_fail_with_one_code()
    {
        Assert.Equal(20, CallsUntilStop(new BroadcastGuards(1), _ => (false, 43004)));
        Assert.Null(CallsUntilStop(new BroadcastGuards(1), _ => (false, 0), calls: 40));
        Assert.Null(CallsUntilStop(new BroadcastGuards(1), call => (call == 20, 43004), calls: 40));
        Assert.Null(CallsUntilStop(new BroadcastGuards(1), call => (false, call == 20 ? 43101 : 43004), calls: 40));
    }

    [Fact]
    public void A_run_is_proven_by_the_first_success_by_a_second_code_or_by_the_first_twenty()
    {
        var guards = new BroadcastGuards(1);
        Assert.False(guards.IsProven);
        guards.Count(isAccepted: false, 43004);
        Assert.False(guards.IsProven);
        guards.Count(isAccepted: false, 43101);
        Assert.True(guards.IsProven);

        guards = new BroadcastGuards(1);
        guards.Count(isAccepted: true, 0);
        Assert.True(guards.IsProven);

        guards = new BroadcastGuards(1);
        Assert.Null(CallsUntilStop(guards, _ => (false, 0), calls: 20));
        Assert.False(guards.IsProven);
        guards.Count(isAccepted: false, 0);
        Assert.True(guards.IsProven);
    }

    [Theory]
    [InlineData(0.5, 100, null)]
    [InlineData(0.5, 101, 200)]
    [InlineData(0.1, 20, null)]
    [InlineData(0.1, 21, 200)]
    public void A_run_stops_when_more_than_the_share_of_the_last_two_hundred_failed(double share, int failures, int? stopsAt) =>
        Assert.Equal(stopsAt, CallsUntilStop(new BroadcastGuards(share), call => (call > failures + 1 || call == 1, 43101), calls: 300));

    [Fact]
    public void Failures_of_long_ago_are_forgotten()
    {
        var guards = new BroadcastGuards(0.5);
        Assert.Null(CallsUntilStop(guards, call => (call > 100 || call == 1, 43101), calls: 200));
        Assert.Null(CallsUntilStop(guards, _ => (true, 0), calls: 200));
        Assert.Equal(101, CallsUntilStop(guards, _ => (false, 43101), calls: 200));
    }

    [Fact]
    public async Task The_days_quota_is_asked_for_once_a_minute_and_after_midnight_in_China_and_held_where_it_is_not_told()
    {
        // Ten seconds before midnight in China.
        var time = new ManualTimeProvider(new DateTimeOffset(2026, 11, 22, 15, 59, 50, TimeSpan.Zero));
        var asked = 0;
        var fails = false;
        await using var town = new Town();
        using var slots = new AccountSlots(
            Api(town), new InMemorySharedPace(time), 10,
            _ => ++asked > 0 && !fails ? Task.FromResult(new DailyQuota(100 * asked, asked)) : throw new WeChatApiException("/q", null, WeChatErrorClass.Transient, "away"),
            time, NullLogger<AccountSlots>.Instance);
        Assert.Equal(new DailyQuota(100, 1), await slots.AskAsync(default));
        time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(new DailyQuota(100, 1), await slots.AskAsync(default));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new DailyQuota(200, 2), await slots.AskAsync(default));
        time.Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
        Assert.Equal(new DailyQuota(200, 2), await slots.AskAsync(default));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(new DailyQuota(300, 3), await slots.AskAsync(default));
        fails = true;
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(new DailyQuota(300, 3), await slots.AskAsync(default));
        Assert.Equal(4, asked);
    }

    [Fact]
    public async Task Only_the_platforms_refusal_to_tell_the_quota_is_overlooked()
    {
        await using var town = new Town();
        Exception failure = new InvalidOperationException("a defect");
        using var slots = new AccountSlots(
            Api(town), Substitute.For<ISharedPace>(), 10, _ => throw failure, new ManualTimeProvider(), NullLogger<AccountSlots>.Instance);
        await Assert.ThrowsAsync<InvalidOperationException>(() => slots.AskAsync(default));
        failure = new OperationCanceledException("not ours");
        await Assert.ThrowsAsync<OperationCanceledException>(() => slots.AskAsync(default));
        failure = new WeChatApiException("/q", null, WeChatErrorClass.Transient, "away");
        Assert.Null(await slots.AskAsync(default));
    }

    [Fact]
    public async Task A_reset_is_one_when_more_is_left_than_the_reserve()
    {
        var time = new ManualTimeProvider();
        var pace = Substitute.For<ISharedPace>();
        var quota = new DailyQuota(100, 90);
        await using var town = new Town();
        using var slots = new AccountSlots(Api(town), pace, 10, _ => Task.FromResult(quota), time, NullLogger<AccountSlots>.Instance);
        Assert.False(await slots.WasResetAsync(reserve: 10, default));
        Assert.False(await slots.WasResetAsync(reserve: 9, default));
        await pace.DidNotReceiveWithAnyArgs().TakeAsync(default!, default);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await slots.WasResetAsync(reserve: 9, default));
        await pace.Received(1).TakeAsync(
            Arg.Is<PaceRequest>(request => request.PlatformUsed == 90 && request.IsReset && request.Count == 0 && request.PerSecond == 10), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task Slots_are_asked_for_with_what_the_quota_leaves_beside_the_reserve()
    {
        var pace = Substitute.For<ISharedPace>();
        await using var town = new Town();
        using var slots = new AccountSlots(Api(town), pace, 10, _ => Task.FromResult(new DailyQuota(100, 90)), new ManualTimeProvider(), NullLogger<AccountSlots>.Instance);
        await slots.TakeAsync(7, reserve: 3, default);
        await slots.TakeAsync(8, reserve: 0, default);
        Received.InOrder(() =>
        {
            pace.TakeAsync(new PaceRequest(Town.OfficialAccountAppId) { PerSecond = 10, Count = 7, DailyLimit = 97, PlatformUsed = 90 }, Arg.Any<CancellationToken>());
            pace.TakeAsync(new PaceRequest(Town.OfficialAccountAppId) { PerSecond = 10, Count = 8, DailyLimit = 100 }, Arg.Any<CancellationToken>());
        });
    }

    [Fact]
    public void Of_several_troubles_the_gravest_counts_and_only_one_that_stops_closes_the_run()
    {
        var run = new BroadcastRun(new BroadcastRecord(Town.OfficialAccountAppId, "name")
        {
            Id = "b1",
            State = BroadcastState.Running,
            Content = BroadcastContent.Write(new Broadcast("name", BroadcastAudience.AllUsers()) { StopAtFailureShare = 1 }),
        });
        var troubles = new BatchTroubles(run);
        foreach (var (kind, gravest) in new[]
        {
            (SendTroubleKind.StopTemplate, SendTroubleKind.StopTemplate), (SendTroubleKind.BackOff, SendTroubleKind.StopTemplate), (SendTroubleKind.Quota, SendTroubleKind.Quota),
        })
        {
            troubles.Meet(new SendTrouble(kind, $"{kind}"));
            Assert.Equal((gravest, true), (troubles.Gravest!.Kind, run.IsOpen));
        }

        run.BackOff(Noon);
        run.BackOff(Noon.AddSeconds(-1));
        Assert.Equal((2, Noon), (run.Troubles, run.NotBefore));
        troubles.Count(isAccepted: false, 43101);
        Assert.Equal(2, run.Troubles);
        troubles.Count(isAccepted: true, 0);
        Assert.Equal(0, run.Troubles);
        troubles.Meet(new SendTrouble(SendTroubleKind.Stop, "over"));
        Assert.Equal(("over", false), (troubles.Gravest!.Reason, run.IsOpen));
        troubles.Meet(new SendTrouble(SendTroubleKind.Stop, "again"));
        Assert.Equal("over", troubles.Gravest!.Reason);
    }

    [Theory]
    [InlineData(BroadcastState.Running, 2, 50L)]
    [InlineData(BroadcastState.Running, 0, null)]
    [InlineData(BroadcastState.Paused, 2, null)]
    public void The_time_left_is_that_of_a_run_that_goes_on(BroadcastState state, double perSecond, long? seconds)
    {
        var status = new BroadcastStatus("spring", state) { Recipients = 120, PerSecond = perSecond, Counts = new BroadcastCounts { Sent = 19, Failed = 1 } };
        Assert.Equal(100, status.Pending);
        Assert.Equal(seconds is { } left ? TimeSpan.FromSeconds(left) : null, status.TimeLeft);
        Assert.Equal($"spring: {state}, 20 of 120", status.ToString());
    }

    [Fact]
    public async Task The_cap_counts_messages_of_the_period_that_went_out_or_may_go_out()
    {
        var now = Noon;
        var cap = new BroadcastCap(2, TimeSpan.FromDays(7));
        var journal = Substitute.For<IBroadcastJournal>();
        var (running, cancelled, ended, planned, own) = (Record("running"), Record("cancelled") with { State = BroadcastState.Cancelled }, Record("ended") with
        {
            State = BroadcastState.Finished,
            EndedAt = now.AddDays(-7).AddMilliseconds(-1),
        }, Record("planned") with { StartedAt = null }, Record("own"));
        journal.ListAsync(Town.OfficialAccountAppId, onlyRunning: false, Arg.Any<CancellationToken>()).Returns([running, cancelled, ended, planned, own]);
        var sheet = new OutcomeSheet(7);
        sheet.Settle(1, PushStatus.Sent);
        sheet.Settle(2, PushStatus.Duplicate);
        sheet.Settle(3, PushStatus.Unknown);
        sheet.Settle(4, PushStatus.Refused);
        sheet.Fail(5, 47003);
        sheet.Begin(6, now);
        var batch = new BroadcastBatch("running", 0)
        {
            Size = 7,
            Recipients = "pending\tx\nsent\nduplicate\nunknown\nrefused\nfailed\nunderway",
            Outcomes = sheet.Text,
            SavedAt = now,
        };
        Batches("running", batch, batch with { AvailableAt = DateTimeOffset.MaxValue, SavedAt = now.AddDays(-7).AddMilliseconds(-1) });
        Batches("cancelled", batch with { AvailableAt = DateTimeOffset.MaxValue, SavedAt = now.AddDays(-7) });
        Batches("ended", batch);
        Batches("planned", batch);
        Batches("own", batch);
        var caps = await PersonCaps.ReadAsync(journal, Town.OfficialAccountAppId, "own", cap, now, default);
        Assert.Equal(
            ["sent", "duplicate", "unknown", "underway"],
            batch.Recipients.Split('\n').Select(line => line.Split('\t')[0]).Where(id => caps.HadTooMany(Follower(id))));

        // By whichever of a person's ids they were named.
        Assert.True(caps.HadTooMany(FoundRecipient.Of("x", "sent", "u1", null, PushStatus.NotFollowing)));
        Assert.True(caps.HadTooMany(FoundRecipient.Of("x", "m1", "sent", null, PushStatus.NotFollowing)));
        Assert.False(caps.HadTooMany(FoundRecipient.Of("sent", "m1", "u1", null, PushStatus.NotFollowing)));

        // A broadcast that goes on counts whom it has not reached yet; one that was cancelled does not.
        journal.ListAsync(Town.OfficialAccountAppId, onlyRunning: false, Arg.Any<CancellationToken>()).Returns([running]);
        Assert.Equal((true, true), await OnceAsync());
        journal.ListAsync(Town.OfficialAccountAppId, onlyRunning: false, Arg.Any<CancellationToken>()).Returns([cancelled]);
        Assert.Equal((false, true), await OnceAsync());

        async Task<(bool Pending, bool UnderWay)> OnceAsync()
        {
            var once = await PersonCaps.ReadAsync(journal, Town.OfficialAccountAppId, "own", cap with { Messages = 1 }, now, default);
            return (once.HadTooMany(Follower("pending")), once.HadTooMany(Follower("underway")));
        }

        // By two ids of one person, one message each.
        journal.ListAsync(Town.OfficialAccountAppId, onlyRunning: false, Arg.Any<CancellationToken>()).Returns([running]);
        var both = await PersonCaps.ReadAsync(journal, Town.OfficialAccountAppId, "own", cap, now, default);
        Assert.True(both.HadTooMany(FoundRecipient.Of("x", "sent", "unknown", null, PushStatus.NotFollowing)));
        Assert.False(both.HadTooMany(FoundRecipient.Of("x", "sent", "u1", null, PushStatus.NotFollowing)));

        static FoundRecipient Follower(string openId) =>
            FoundRecipient.Of("x", "m1", "u1", new WeChatIdentity(Town.OfficialAccountAppId, openId) { FollowState = FollowState.Following }, PushStatus.NotFollowing);

        BroadcastRecord Record(string name) => new(Town.OfficialAccountAppId, name) { Id = name, State = BroadcastState.Running, StartedAt = now.AddDays(-30) };

        void Batches(string id, params BroadcastBatch[] batches) => journal.ListBatchesAsync(id, Arg.Any<CancellationToken>()).Returns(_ => batches.ToAsyncEnumerable());
    }

    private static int? CallsUntilStop(BroadcastGuards guards, Func<int, (bool IsAccepted, int Code)> outcome, int calls = 1000)
    {
        for (var call = 1; call <= calls; call++)
        {
            var (isAccepted, code) = outcome(call);
            if (guards.Count(isAccepted, code) is not null)
            {
                return call;
            }
        }

        return null;
    }

    private static AccountApi Api(Town town) => town.Services.Get<AccountApis>(null).OfficialAccount;
}
