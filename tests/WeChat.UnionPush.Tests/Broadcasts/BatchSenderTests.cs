using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Broadcasts;

/// <summary>One claimed batch, sent step by step: who is written down before which send, who is left, and what is given back.</summary>
public sealed class BatchSenderTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Moment = new(2026, 11, 22, 4, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _clock = new(Moment);
    private readonly DelayWatch _watch;
    private readonly Town _town = new();
    private readonly IBroadcastJournal _journal = Substitute.For<IBroadcastJournal>();
    private readonly IUnionIdRepository _repository = Substitute.For<IUnionIdRepository>();
    private readonly ITemplateMessageSender _sender = Substitute.For<ITemplateMessageSender>();
    private readonly IFollowerSource _source = Substitute.For<IFollowerSource>();
    private readonly ISharedPace _pace = Substitute.For<ISharedPace>();
    private readonly AccountSlots _slots;
    private readonly object _gate = new();
    private readonly List<(OutcomeSheet Sheet, BroadcastBatch Batch, bool Release)> _saved = [];
    private readonly List<(string OpenId, DateTimeOffset At)> _sent = [];
    private readonly List<PaceRequest> _asked = [];

    // What each step comes to; all goes well unless a test says otherwise.
    private Func<string, PushResult> _send = static openId => new PushResult(PushStatus.Sent) { MessageId = int.Parse(openId[1..], null) + 1_000 };
    private Func<PaceRequest, PaceGrant> _grant;
    private Func<int, bool> _save = static _ => true;
    private Func<string, FollowState?> _state = static _ => FollowState.Following;

    private Func<string, bool> _follows = static _ => true;

    // What the channel behind the template message comes to; there is none unless a test says so.
    private Func<string, PushResult>? _climb;
    private readonly List<string> _climbed = [];

    public BatchSenderTests()
    {
        _watch = new DelayWatch(_clock);
        _slots = new AccountSlots(
            _town.Services.GetRequiredService<AccountApis>().OfficialAccount, _pace, 60, static _ => Task.FromResult(new DailyQuota(100_000, 7)), _watch,
            NullLogger<AccountSlots>.Instance);
        _grant = request => new PaceGrant(request.Count, _clock.GetUtcNow(), TimeSpan.Zero, 7);
        _pace.TakeAsync(default!, default).ReturnsForAnyArgs(call =>
        {
            _asked.Add(call.ArgAt<PaceRequest>(0));
            return _grant(_asked[^1]);
        });
        _journal.SaveAsync(default!, default, default).ReturnsForAnyArgs(call =>
        {
            var batch = call.ArgAt<BroadcastBatch>(0);
            _saved.Add((new OutcomeSheet(batch.Size, batch.Outcomes), batch, call.ArgAt<bool>(1)));
            return _save(_saved.Count);
        });
        _repository.FindAsync(default!, default!, default).ReturnsForAnyArgs(call =>
        [
            .. call.ArgAt<IReadOnlyCollection<string>>(1).Where(openId => _state(openId) is not null)
                .Select(openId => new WeChatIdentity(Town.OfficialAccountAppId, openId) { FollowState = _state(openId)!.Value }),
        ]);
        _repository.SaveAsync(default!, default, default).ReturnsForAnyArgs(default(SavedIdentities)!);
        _repository.ResolveAsync(default!, default!, default!, default).ReturnsForAnyArgs([]);
        _source.GetFollowersAsync(default!, default).ReturnsForAnyArgs(call =>
            call.ArgAt<IReadOnlyCollection<string>>(0).Select(openId => new Follower(openId, _follows(openId))).ToAsyncEnumerable());
        _source.GetFollowerAsync(default!, default).ReturnsForAnyArgs(call => new Follower(call.ArgAt<string>(0), _follows(call.ArgAt<string>(0))));
        _sender.SendAsync(default!, default!, default).ReturnsForAnyArgs(call =>
        {
            lock (_gate)
            {
                _sent.Add((call.ArgAt<string>(0), _clock.GetUtcNow()));
            }

            return _send(call.ArgAt<string>(0));
        });
    }

    [Fact]
    public async Task Twenty_are_sent_to_until_the_run_is_proven_and_then_as_many_as_the_pace_lets_out()
    {
        Assert.Null(await SendAsync(100));

        // Each write settles those before, and names those who are sent to next.
        Assert.Equal([(0, 20), (20, 25), (45, 25), (70, 25), (95, 5), (100, 0)], _saved.Select(one => (Count(one.Sheet, PushStatus.Sent), UnderWay(one.Sheet))));
        Assert.Equal([false, false, false, false, false, true], _saved.Select(one => one.Release));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"o{i}"), _sent.Select(one => one.OpenId));
        Assert.Equal(Enumerable.Range(1_000, 100).Select(i => (long)i), Enumerable.Range(0, 100).Select(_saved[^1].Sheet.ValueOf));
        Assert.All(_saved.SkipLast(1), one => Assert.Equal(Moment.AddSeconds(60), one.Batch.AvailableAt));
        Assert.Equal((BroadcastBatch.Never, Moment, 100L), (_saved[^1].Batch.AvailableAt, _saved[^1].Batch.SavedAt, _saved[^1].Batch.Counts.Sent));
        Assert.Equal([20, 25, 25, 25, 5], _asked.Select(request => request.Count));
        await _repository.DidNotReceiveWithAnyArgs().SaveAsync(default!, default, default);
    }

    [Fact]
    public async Task Each_send_waits_for_its_own_slot()
    {
        _grant = request => new PaceGrant(request.Count, Moment.AddSeconds(1), TimeSpan.FromMilliseconds(250), 7);
        Assert.Null(await SendAsync(4));
        Assert.Equal([1, 1.25, 1.5, 1.75], _sent.Select(one => (one.At - Moment).TotalSeconds));
    }

    [Fact]
    public async Task Fewer_slots_than_asked_for_send_to_fewer_and_the_others_come_next()
    {
        _grant = request => new PaceGrant(Math.Min(request.Count, 3), _clock.GetUtcNow(), TimeSpan.Zero, 7);
        Assert.Null(await SendAsync(7));
        Assert.Equal([(0, 3), (3, 3), (6, 1), (7, 0)], _saved.Select(one => (Count(one.Sheet, PushStatus.Sent), UnderWay(one.Sheet))));
        Assert.Equal([7, 4, 1], _asked.Select(request => request.Count));
    }

    [Fact]
    public async Task Without_a_slot_nobody_is_sent_to_and_the_run_waits_for_the_next_day()
    {
        _grant = static _ => new PaceGrant(0, Moment, TimeSpan.Zero, 99_990);
        var trouble = await SendAsync(3, reserve: 10);
        Assert.Equal((SendTroubleKind.Quota, BroadcastReasons.Quota(99_990, 10)), (trouble!.Kind, trouble.Reason));
        Assert.Empty(_sent);
        Assert.Equal((true, 3, Moment), (_saved.Single().Release, Pending(_saved[0].Sheet), _saved[0].Batch.AvailableAt));
        Assert.Equal(99_990, Assert.Single(_asked).DailyLimit);
    }

    [Fact]
    public async Task A_claim_that_is_lost_before_the_first_send_sends_nothing_and_gives_nothing_back()
    {
        _save = static _ => false;
        Assert.Null(await SendAsync(3));
        Assert.Empty(_sent);
        Assert.False(Assert.Single(_saved).Release);
    }

    [Fact]
    public async Task A_claim_that_is_lost_later_leaves_everything_to_its_new_owner()
    {
        _save = static save => save == 1;
        Assert.Null(await SendAsync(50));
        Assert.Equal(20, _sent.Count);
        Assert.Equal([false, false], _saved.Select(one => one.Release));
    }

    [Fact]
    public async Task A_run_that_closes_between_two_writes_ends_there()
    {
        var run = Run();
        var refreshes = 0;
        Assert.Null(await SendAsync(50, run, refresh: () =>
        {
            if (++refreshes == 2)
            {
                run.Close();
            }
        }));
        Assert.Equal((2, 20, 30), (refreshes, _sent.Count, Pending(_saved[^1].Sheet)));
        Assert.Equal((true, Moment), (_saved[^1].Release, _saved[^1].Batch.AvailableAt));
    }

    [Fact]
    public async Task Who_was_written_down_when_the_run_closes_waits_again()
    {
        var run = Run();
        _send = openId =>
        {
            if (openId == "o1")
            {
                run.Close();
            }

            return new PushResult(PushStatus.Sent);
        };
        Assert.Null(await SendAsync(5, run));
        Assert.Equal((2, 3, 0), (_sent.Count, Pending(_saved[^1].Sheet), UnderWay(_saved[^1].Sheet)));
    }

    [Fact]
    public async Task Quiet_hours_that_begin_during_a_batch_end_it()
    {
        var run = Run(quiet: new QuietHours(new TimeOnly(12, 1), new TimeOnly(13, 0)));
        _send = openId =>
        {
            if (openId == "o19")
            {
                _clock.Advance(TimeSpan.FromMinutes(1));
            }

            return new PushResult(PushStatus.Sent);
        };
        Assert.Null(await SendAsync(30, run));
        Assert.Equal((20, 10), (_sent.Count, Pending(_saved[^1].Sheet)));
    }

    [Fact]
    public async Task A_host_that_stops_ends_between_two_writes_and_gives_the_batch_back()
    {
        using var stop = new CancellationTokenSource();
        _send = openId =>
        {
            if (openId == "o19")
            {
                stop.Cancel();
            }

            return new PushResult(PushStatus.Sent);
        };
        Assert.Null(await SendAsync(30, stop: stop.Token));
        Assert.Equal((20, 10, true), (_sent.Count, Pending(_saved[^1].Sheet), _saved[^1].Release));
    }

    [Fact]
    public async Task What_comes_after_three_quarters_of_the_claim_is_left_for_the_next()
    {
        _grant = request => new PaceGrant(request.Count, Moment, TimeSpan.FromSeconds(15), 7);
        Assert.Null(await SendAsync(6, stopsAfter: 1));

        // The first three slots come before the 45th second of a minute's claim.
        Assert.Equal([0, 15, 30], _sent.Select(one => (one.At - Moment).TotalSeconds));
        Assert.Equal((3, 3), (Count(_saved[^1].Sheet, PushStatus.Sent), Pending(_saved[^1].Sheet)));
    }

    [Fact]
    public async Task Whose_answer_was_lost_stays_under_way_and_is_sent_to_again_while_the_platform_knows_the_message()
    {
        _send = openId => openId == "o1" ? new PushResult(PushStatus.Unknown) : new PushResult(PushStatus.Sent);
        Assert.Null(await SendAsync(3));
        Assert.Equal((2, 1, Moment.AddSeconds(15)), (Count(_saved[^1].Sheet, PushStatus.Sent), UnderWay(_saved[^1].Sheet), _saved[^1].Batch.AvailableAt));

        // 450 seconds later it is too late for another attempt; ten minutes later, for any certainty.
        foreach (var (seconds, sends) in new[] { (15, 1), (449, 1), (450, 0), (599, 0) })
        {
            _sent.Clear();
            var sheet = new OutcomeSheet(1);
            sheet.Begin(0, _clock.GetUtcNow().AddSeconds(-seconds));
            Assert.Null(await SendAsync(sheet, static _ => new RecipientLine("o1")));
            Assert.Equal((sends, true), (_sent.Count, _saved[^1].Sheet.IsUnderWay(0)));
        }

        var old = new OutcomeSheet(1);
        old.Begin(0, _clock.GetUtcNow().AddMinutes(-10));
        _sent.Clear();
        Assert.Null(await SendAsync(old, static _ => new RecipientLine("o1")));
        Assert.Equal((0, PushStatus.Unknown), (_sent.Count, _saved[^1].Sheet.StatusOf(0)));
    }

    [Fact]
    public async Task Who_was_erased_or_has_an_outcome_is_not_sent_to()
    {
        var sheet = new OutcomeSheet(4);
        sheet.Settle(1, PushStatus.Duplicate);
        sheet.Fail(2, 47003);
        Assert.Null(await SendAsync(sheet, static i => new RecipientLine(i == 0 ? "" : $"o{i}")));
        Assert.Equal(["o3"], _sent.Select(one => one.OpenId));
        Assert.Equal([PushStatus.NotFollowing, PushStatus.Duplicate, null, PushStatus.Sent], Enumerable.Range(0, 4).Select(_saved[^1].Sheet.StatusOf));
        Assert.Equal(1, _saved[^1].Batch.Counts.Failed);
    }

    [Fact]
    public async Task A_refusal_is_learned_at_the_moment_it_was_told()
    {
        _send = openId => openId == "o1" ? new PushResult(PushStatus.Refused) { ErrorCode = 43101 } : new PushResult(PushStatus.Sent);
        Assert.Null(await SendAsync(3));
        Assert.Equal((PushStatus.Refused, 43101), (_saved[^1].Sheet.StatusOf(1), _saved[^1].Sheet.CodeOf(1)));
        var saves = _repository.ReceivedCalls().Where(static call => call.GetMethodInfo().Name == nameof(IUnionIdRepository.SaveAsync)).ToList();
        var saved = Assert.Single((IReadOnlyCollection<WeChatIdentity>)Assert.Single(saves).GetArguments()[0]!);
        Assert.Equal((Town.OfficialAccountAppId, "o1", FollowState.Refusing, Moment), (saved.AppId, saved.OpenId, saved.FollowState, saved.ObservedAt));
        Assert.Equal(0L, saves[0].GetArguments()[1]);
    }

    [Fact]
    public async Task Of_several_who_seem_to_have_left_the_platform_is_asked_and_who_follows_is_sent_to_once_more()
    {
        var seen = new List<string>();
        _send = openId => openId is "o1" or "o2" && !seen.Contains(openId) && Seen(openId)
            ? new PushResult(PushStatus.NotFollowing) { ErrorCode = 43004 }
            : new PushResult(PushStatus.Sent);
        _follows = static openId => openId == "o2";
        Assert.Null(await SendAsync(4));
        Assert.Equal(["o0", "o1", "o2", "o3", "o2"], _sent.Select(one => one.OpenId));
        Assert.Equal([PushStatus.Sent, PushStatus.NotFollowing, PushStatus.Sent, PushStatus.Sent], Enumerable.Range(0, 4).Select(_saved[^1].Sheet.StatusOf));
        Assert.Equal(43004, _saved[^1].Sheet.CodeOf(1));

        bool Seen(string openId)
        {
            seen.Add(openId);
            return true;
        }
    }

    [Fact]
    public async Task The_first_twenty_count_for_the_guards_only_once_they_were_asked_about()
    {
        var seen = new HashSet<string>();
        _send = openId => seen.Add(openId) ? new PushResult(PushStatus.NotFollowing) { ErrorCode = 43004 } : new PushResult(PushStatus.Sent);
        Assert.Null(await SendAsync(20));
        Assert.Equal((40, 20), (_sent.Count, Count(_saved[^1].Sheet, PushStatus.Sent)));

        _send = static _ => new PushResult(PushStatus.NotFollowing) { ErrorCode = 43004 };
        _follows = static _ => false;
        var trouble = await SendAsync(20);
        Assert.Equal(SendTroubleKind.Stop, trouble!.Kind);
        Assert.Equal(20, Count(_saved[^1].Sheet, PushStatus.NotFollowing));
    }

    [Theory]
    [InlineData("closed")]
    [InlineData("stopped")]
    [InlineData("trouble")]
    public async Task Who_is_to_be_sent_to_once_more_waits_where_the_batch_ends_meanwhile(string why)
    {
        using var stop = new CancellationTokenSource();
        var run = Run();
        var seen = new HashSet<string>();
        _send = openId =>
        {
            if (seen.Add(openId))
            {
                return int.Parse(openId[1..], null) % 2 == 0 ? new PushResult(PushStatus.NotFollowing) { ErrorCode = 43004 } : new PushResult(PushStatus.Sent);
            }

            if (openId == "o48")
            {
                switch (why)
                {
                    case "closed":
                        run.Close();
                        break;
                    case "stopped":
                        stop.Cancel();
                        break;
                    default:
                        throw Refusal(-1, WeChatErrorClass.Transient);
                }
            }

            return new PushResult(PushStatus.Sent);
        };
        var trouble = await SendAsync(60, run, stop: stop.Token);
        Assert.Equal(why == "trouble" ? SendTroubleKind.BackOff : null, trouble?.Kind);

        // Thirty are asked about, and sent to again by twenty-five; the last five wait, without a slot.
        Assert.Equal(60 + 25, _sent.Count);
        Assert.Equal([20, 25, 15, 25], _asked.Select(request => request.Count));
        Assert.Equal(30 + (why == "trouble" ? 24 : 25), Count(_saved[^1].Sheet, PushStatus.Sent));
        Assert.Equal(why == "trouble" ? 1 : 0, Pending(_saved[^1].Sheet));
        Assert.Equal((5, true), (UnderWay(_saved[^1].Sheet), _saved[^1].Release));
    }

    [Fact]
    public async Task A_claim_that_is_lost_before_somebody_is_sent_to_once_more_is_not_given_back()
    {
        _send = static openId => openId is "o1" or "o2" ? new PushResult(PushStatus.NotFollowing) { ErrorCode = 43004 } : new PushResult(PushStatus.Sent);
        _save = static save => save == 1;
        Assert.Null(await SendAsync(4));
        Assert.Equal((4, 2), (_sent.Count, _saved.Count));
        Assert.All(_saved, one => Assert.False(one.Release));
    }

    [Theory]
    [InlineData(false, nameof(SendTroubleKind.Stop))]
    [InlineData(true, nameof(SendTroubleKind.StopTemplate))]
    public async Task A_stopped_template_holds_back_the_whole_run_only_where_all_get_it(bool hasManyTemplates, string expected)
    {
        _send = static _ => throw Refusal(40249, WeChatErrorClass.Template);
        var trouble = await SendAsync(2, Run(hasManyTemplates: hasManyTemplates));
        Assert.Equal((expected, hasManyTemplates ? "T" : null), ($"{trouble!.Kind}", trouble.TemplateId));
    }

    [Fact]
    public async Task Who_is_refused_as_no_follower_twice_is_believed_the_second_time()
    {
        _send = static openId => openId is "o1" or "o2" ? new PushResult(PushStatus.NotFollowing) { ErrorCode = 43004 } : new PushResult(PushStatus.Sent);
        Assert.Null(await SendAsync(4));
        Assert.Equal(["o0", "o1", "o2", "o3", "o1", "o2"], _sent.Select(one => one.OpenId));
        Assert.Equal([PushStatus.Sent, PushStatus.NotFollowing, PushStatus.NotFollowing, PushStatus.Sent], Enumerable.Range(0, 4).Select(_saved[^1].Sheet.StatusOf));
    }

    [Theory]
    [InlineData(WeChatErrorClass.Transient, -1)]
    [InlineData(WeChatErrorClass.RateLimited, 45011)]
    [InlineData(WeChatErrorClass.TokenInvalid, 40001)]
    public async Task Where_nobody_can_be_asked_now_nobody_is_believed_to_have_left(WeChatErrorClass kind, int code)
    {
        _send = static openId => openId == "o1" ? new PushResult(PushStatus.NotFollowing) { ErrorCode = 43004 } : new PushResult(PushStatus.Sent);
        _source.GetFollowerAsync(default!, default).ReturnsForAnyArgs<Follower>(_ =>
            throw new WeChatApiException("/cgi-bin/user/info", new WeChatErrorCode(code), kind, "busy") { RetryAfter = TimeSpan.FromSeconds(9) });
        var trouble = await SendAsync(3);
        Assert.Equal((SendTroubleKind.BackOff, "busy", TimeSpan.FromSeconds(9)), (trouble!.Kind, trouble.Reason, trouble.Wait));
        Assert.Equal((2, true, true), (Count(_saved[^1].Sheet, PushStatus.Sent), _saved[^1].Sheet.IsPending(1), _saved[^1].Release));
    }

    [Fact]
    public async Task Where_the_account_may_not_ask_the_refusal_is_believed()
    {
        _send = static openId => openId == "o1" ? new PushResult(PushStatus.NotFollowing) { ErrorCode = 43004 } : new PushResult(PushStatus.Sent);
        _source.GetFollowerAsync(default!, default).ReturnsForAnyArgs<Follower>(static _ =>
            throw new WeChatApiException("/cgi-bin/user/info", new WeChatErrorCode(48001), WeChatErrorClass.Config, "not yours"));
        Assert.Null(await SendAsync(3));
        Assert.Equal(PushStatus.NotFollowing, _saved[^1].Sheet.StatusOf(1));
    }

    [Fact]
    public async Task A_fault_of_the_message_is_its_recipients_where_it_is_their_own_and_else_stops_the_run()
    {
        var own = StoredMessage.Of(TemplateMessage.Create("T").Thing("thing1", "b").Build()).Write();
        _send = static openId => openId == "o1" ? throw Refusal(40037, WeChatErrorClass.Template) : new PushResult(PushStatus.Sent);
        Assert.Null(await SendAsync(new OutcomeSheet(3), i => new RecipientLine($"o{i}", i == 1 ? own : null)));
        Assert.Equal((true, 40037, 2), (_saved[^1].Sheet.IsFailed(1), _saved[^1].Sheet.CodeOf(1), Count(_saved[^1].Sheet, PushStatus.Sent)));

        var run = Run();
        var trouble = await SendAsync(3, run);
        Assert.Equal((SendTroubleKind.Stop, false), (trouble!.Kind, run.IsOpen));
        Assert.Equal((1, 2), (Count(_saved[^1].Sheet, PushStatus.Sent), Pending(_saved[^1].Sheet)));
    }

    [Fact]
    public async Task Who_may_have_the_message_from_an_earlier_claim_stays_under_way_through_trouble()
    {
        _send = static _ => throw Refusal(-1, WeChatErrorClass.Transient);
        var sheet = new OutcomeSheet(2);
        sheet.Begin(0, Moment.AddSeconds(-20));
        var trouble = await SendAsync(sheet, static i => new RecipientLine($"o{i}"));
        Assert.Equal((SendTroubleKind.BackOff, 1), (trouble!.Kind, _sent.Count));
        Assert.Equal((true, true), (_saved[^1].Sheet.IsUnderWay(0), _saved[^1].Sheet.IsPending(1)));
        Assert.Equal(Moment.AddSeconds(-20).ToUnixTimeMilliseconds(), _saved[^1].Sheet.ValueOf(0));
    }

    [Fact]
    public async Task A_fault_that_is_nobodys_else_fails_its_recipient_and_counts_for_the_guards()
    {
        var run = Run();
        _send = static openId => openId == "o1" ? throw Refusal(47003, WeChatErrorClass.Request) : new PushResult(PushStatus.Sent);
        Assert.Null(await SendAsync(3, run));
        Assert.Equal((1L, 2L), (_saved[^1].Batch.Counts.Failed, _saved[^1].Batch.Counts.Sent));

        // All of the first twenty.
        _send = static _ => throw Refusal(47003, WeChatErrorClass.Request);
        var trouble = await SendAsync(40);
        Assert.Equal(SendTroubleKind.Stop, trouble!.Kind);
        Assert.Equal((20, 20), ((int)_saved[^1].Batch.Counts.Failed, Pending(_saved[^1].Sheet)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lost_answer_counts_for_the_guards_once_and_not_at_its_repeats(bool wasAttempted)
    {
        // Twenty in a row with one code stop a run. Whom an earlier claim attempted has been counted there.
        _send = static _ => new PushResult(PushStatus.Unknown) { ErrorCode = -1 };
        var sheet = new OutcomeSheet(20);
        for (var i = 0; i < 20 && wasAttempted; i++)
        {
            sheet.Begin(i, Moment.AddSeconds(-30));
        }

        var trouble = await SendAsync(sheet, static i => new RecipientLine($"o{i}"));
        Assert.Equal(wasAttempted ? null : SendTroubleKind.Stop, trouble?.Kind);
        Assert.Equal((20, 20), (_sent.Count, UnderWay(_saved[^1].Sheet)));
    }

    [Fact]
    public async Task What_the_repeat_of_a_lost_message_is_told_stops_the_run_with_its_reason()
    {
        _send = static _ => new PushResult(PushStatus.Unknown) { ErrorCode = 48001, Reason = "not yours" };
        var trouble = await SendAsync(3);
        Assert.Equal((SendTroubleKind.Stop, "not yours"), (trouble!.Kind, trouble.Reason));
        Assert.Equal((1, 1, 2), (_sent.Count, UnderWay(_saved[^1].Sheet), Pending(_saved[^1].Sheet)));
    }

    [Fact]
    public async Task Who_was_erased_while_a_message_was_on_its_way_is_not_sent_to_again()
    {
        var sheet = new OutcomeSheet(1);
        sheet.Begin(0, Moment.AddSeconds(-20));
        Assert.Null(await SendAsync(sheet, static _ => new RecipientLine("")));
        Assert.Equal((0, PushStatus.Unknown), (_sent.Count, _saved[^1].Sheet.StatusOf(0)));
    }

    // The channels behind the template message.
    [Fact]
    public async Task Whom_the_template_message_cannot_reach_costs_no_slot_and_is_tried_on_the_next_channel()
    {
        _state = static openId => openId == "o1" ? FollowState.NotFollowing : openId == "o2" ? FollowState.Refusing : FollowState.Following;
        _climb = static _ => new PushResult(PushStatus.Sent) { MessageId = 77 };
        Assert.Null(await SendAsync(4));
        Assert.Equal(["o0", "o3"], _sent.Select(one => one.OpenId));
        Assert.Equal(["o1", "o2"], _climbed);
        Assert.Equal(2, Assert.Single(_asked).Count);
        var (before, after) = (_saved[0].Sheet, _saved[^1].Sheet);
        Assert.Equal([false, true, true, false], Enumerable.Range(0, 4).Select(before.IsClimbing));
        Assert.Equal([true, true, true, true], Enumerable.Range(0, 4).Select(before.IsUnderWay));
        Assert.Equal((PushStatus.Sent, PushChannel.CustomerService, 77L), (after.StatusOf(1), after.ChannelOf(1), after.ValueOf(1)));
        Assert.Equal((PushStatus.Sent, PushChannel.TemplateMessage, 1_003L), (after.StatusOf(3), after.ChannelOf(3), after.ValueOf(3)));
    }

    [Fact]
    public async Task A_batch_in_which_nobody_can_be_reached_by_template_message_takes_no_slots_at_all()
    {
        _state = static _ => FollowState.NotFollowing;
        _climb = static _ => new PushResult(PushStatus.Refused) { ErrorCode = 45015 };
        Assert.Null(await SendAsync(2));
        Assert.Equal((0, 0), (_asked.Count, _sent.Count));

        // Where no channel served, the outcome is that of the template message.
        Assert.Equal((2, PushChannel.TemplateMessage), (Count(_saved[^1].Sheet, PushStatus.NotFollowing), _saved[^1].Sheet.ChannelOf(0)));
    }

    [Fact]
    public async Task Who_refuses_the_template_message_goes_on_and_what_may_have_arrived_there_is_unknown_since_the_attempt()
    {
        _clock.Advance(TimeSpan.FromSeconds(5));
        _send = static openId => openId == "o1" ? new PushResult(PushStatus.Refused) { ErrorCode = 43101 } : new PushResult(PushStatus.Sent) { MessageId = 5 };
        _climb = static _ => new PushResult(PushStatus.Unknown) { ErrorCode = 45047, MessageId = 9 };
        Assert.Null(await SendAsync(2));
        var sheet = _saved[^1].Sheet;
        Assert.Equal(["o1"], _climbed);
        Assert.Equal((PushStatus.Unknown, PushChannel.CustomerService, 45047), (sheet.StatusOf(1), sheet.ChannelOf(1), sheet.CodeOf(1)));
        Assert.Equal(Moment.AddSeconds(5).ToUnixTimeMilliseconds(), sheet.ValueOf(1));
    }

    [Fact]
    public async Task A_fault_of_a_further_channel_stops_the_run_and_its_recipient_stays_under_way_there()
    {
        var run = Run();
        _send = static _ => new PushResult(PushStatus.Refused) { ErrorCode = 43101 };
        _climb = static _ => throw Refusal(48001, WeChatErrorClass.Config);
        var trouble = await SendAsync(3, run);
        Assert.Equal((SendTroubleKind.Stop, false), (trouble!.Kind, run.IsOpen));
        var sheet = _saved[^1].Sheet;
        Assert.Equal(["o0"], _climbed);
        Assert.Equal((true, true, true), (sheet.IsClimbing(0), sheet.IsPending(1), sheet.IsPending(2)));

        // What concerns nobody else fails the recipient alone.
        _climb = static _ => throw Refusal(47003, WeChatErrorClass.Request);
        Assert.Null(await SendAsync(1));
        Assert.Equal((true, 47003), (_saved[^1].Sheet.IsFailed(0), _saved[^1].Sheet.CodeOf(0)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nobody_climbs_on_once_the_run_has_closed_or_three_quarters_of_the_claim_are_over(bool closes)
    {
        var run = Run();
        _send = openId =>
        {
            if (closes)
            {
                run.Close();
            }
            else
            {
                _clock.Advance(TimeSpan.FromSeconds(45));
            }

            return new PushResult(PushStatus.Refused) { ErrorCode = 43101 };
        };
        _climb = static _ => new PushResult(PushStatus.Sent);
        Assert.Null(await SendAsync(1, run, stopsAfter: 1));
        Assert.Equal((1, 0, true), (_sent.Count, _climbed.Count, _saved[^1].Sheet.IsPending(0)));
    }

    [Fact]
    public async Task Who_has_left_as_the_platform_confirms_goes_on_to_the_next_channel()
    {
        _send = static openId => openId == "o1" ? new PushResult(PushStatus.NotFollowing) { ErrorCode = 43004 } : new PushResult(PushStatus.Sent);
        _follows = static _ => false;
        _climb = static _ => new PushResult(PushStatus.Sent);
        Assert.Null(await SendAsync(2));
        Assert.Equal(["o1"], _climbed);
        Assert.Equal((PushStatus.Sent, PushChannel.CustomerService), (_saved[^1].Sheet.StatusOf(1), _saved[^1].Sheet.ChannelOf(1)));

        // Where no channel serves, the platform's code of the template message tells why.
        _climb = static _ => new PushResult(PushStatus.Refused) { ErrorCode = 45015 };
        Assert.Null(await SendAsync(2));
        Assert.Equal((PushStatus.NotFollowing, 43004), (_saved[^1].Sheet.StatusOf(1), _saved[^1].Sheet.CodeOf(1)));
    }

    [Fact]
    public async Task A_store_that_fails_still_gets_what_the_platform_accepted()
    {
        _save = static save => save == 2 ? throw new UnionPushStorageException("away", isTransient: true) : true;
        await Assert.ThrowsAsync<UnionPushStorageException>(() => SendAsync(30));
        Assert.Equal((true, 20, 10), (_saved[^1].Release, Count(_saved[^1].Sheet, PushStatus.Sent), Pending(_saved[^1].Sheet) + UnderWay(_saved[^1].Sheet)));
    }

    [Fact]
    public async Task A_stopped_template_leaves_out_only_who_gets_it()
    {
        var other = StoredMessage.Of(TemplateMessage.Create("U").Thing("thing1", "b").Build()).Write();
        Assert.Null(await SendAsync(new OutcomeSheet(4), i => new RecipientLine($"o{i}", i == 1 ? other : null), Run(stopped: "U")));
        Assert.Equal(["o0", "o2", "o3"], _sent.Select(one => one.OpenId));
        Assert.Equal((true, BroadcastBatch.Never), (_saved[^1].Sheet.IsPending(1), _saved[^1].Batch.AvailableAt));
    }

    public async ValueTask DisposeAsync()
    {
        _slots.Dispose();
        await _town.DisposeAsync();
    }

    private static WeChatApiException Refusal(int code, WeChatErrorClass kind) => new("/cgi-bin/message/template/send", new WeChatErrorCode(code), kind, "refused");

    private static int Count(OutcomeSheet sheet, PushStatus status) => Enumerable.Range(0, sheet.Size).Count(i => sheet.StatusOf(i) == status);

    private static int UnderWay(OutcomeSheet sheet) => Enumerable.Range(0, sheet.Size).Count(sheet.IsUnderWay);

    private static int Pending(OutcomeSheet sheet) => Enumerable.Range(0, sheet.Size).Count(sheet.IsPending);

    private static BroadcastRun Run(long reserve = 0, QuietHours? quiet = null, string? stopped = null, bool hasManyTemplates = false)
    {
        var message = TemplateMessage.Create("T").Thing("thing1", "a").Build();
        var broadcast = new Broadcast("spring", BroadcastAudience.AllUsers(), message) { QuotaReserve = reserve, QuietHours = quiet };
        var record = new BroadcastRecord(Town.OfficialAccountAppId, "spring")
        {
            Id = "b1",
            State = BroadcastState.Running,
            Content = BroadcastContent.Write(broadcast, hasManyTemplates || stopped is not null),
        };
        return new BroadcastRun(stopped is null ? record : BroadcastContent.Stop(record, stopped, "It is banned."));
    }

    private Task<SendTrouble?> SendAsync(
        int people, BroadcastRun? run = null, long reserve = 0, Action? refresh = null, int stopsAfter = int.MaxValue, CancellationToken stop = default) =>
        SendAsync(new OutcomeSheet(people), static i => new RecipientLine($"o{i}"), run ?? Run(reserve), refresh, stopsAfter, stop);

    private Task<SendTrouble?> SendAsync(
        OutcomeSheet sheet, Func<int, RecipientLine> line, BroadcastRun? run = null, Action? refresh = null, int stopsAfter = int.MaxValue, CancellationToken stop = default)
    {
        run ??= Run();
        var windows = 0;
        var batch = new BroadcastBatch("b1", 2)
        {
            Size = sheet.Size,
            Recipients = string.Join('\n', Enumerable.Range(0, sheet.Size).Select(line)),
            Outcomes = sheet.Text,
        };
        return _watch.RunAsync(new BatchSender(Tools(), run, batch, _watch.GetTimestamp()).SendAsync(
            _ =>
            {
                refresh?.Invoke();
                if (windows++ == stopsAfter)
                {
                    run.Close();
                }

                return Task.CompletedTask;
            },
            stop));
    }

    private Task<PushResult> ClimbAsync(ReachRecipient recipient, TemplateMessage message, CancellationToken cancellationToken)
    {
        _climbed.Add(recipient.OfficialAccountOpenId!);
        return Task.FromResult(_climb!(recipient.OfficialAccountOpenId!));
    }

    private BroadcastTools Tools() => new()
    {
        AppId = Town.OfficialAccountAppId,
        Journal = _journal,
        Repository = _repository,
        Sender = _sender,
        Check = new FollowerCheck(Town.OfficialAccountAppId, _source, _repository, new WorkUnderWay(_watch), _watch, NullLogger<FollowerCheck>.Instance),
        Finder = new RecipientFinder(new RouteApps(Town.MiniProgramAppId, Town.OfficialAccountAppId), _repository, followLinks: null),
        Reach = _climb is null ? null : new ReachLadder(
            Town.OfficialAccountAppId, Town.MiniProgramAppId, [new ReachRung(PushChannel.CustomerService, static _ => true, ClimbAsync)],
            new InMemoryReachJournal(_watch), _repository, TimeSpan.FromDays(1), late: null, followLinks: null, _watch),
        Slots = _slots,
        Options = new BroadcastOptions { LeaseDuration = TimeSpan.FromSeconds(60) },
        Time = _watch,
        MaxConcurrent = 25,
        SendTimeout = TimeSpan.FromSeconds(30),
    };
}
