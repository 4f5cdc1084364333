using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>When the note of a push that is to go out once lets an attempt through, and what it says where it does not.</summary>
public sealed class RememberedPushesTests
{
    private static readonly TimeSpan ResendsFor = TimeSpan.FromMinutes(9);
    private static readonly TimeSpan KeepsFor = TimeSpan.FromDays(30);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private static readonly PushResult Sent = new(PushStatus.Sent) { MessageId = 7 };
    private static readonly PushResult Lost = new(PushStatus.Unknown) { Reason = "lost" };

    private readonly ManualTimeProvider _time = new();
    private readonly IReachJournal _journal;
    private readonly RememberedPushes _pushes;
    private int _attempts;

    public RememberedPushesTests()
    {
        _journal = new InMemoryUnionPushStorage(_time).Reach!;
        _pushes = new RememberedPushes("wxOfficial", "wxMini", () => _journal, _time);
    }

    [Fact]
    public async Task A_push_that_went_out_is_remembered_for_thirty_days_and_no_longer()
    {
        await PushAsync(Sent);
        _time.Advance(KeepsFor - Moment);
        Assert.Equal((PushStatus.Duplicate, 7L), Told(await PushAsync(Sent)));
        Assert.Equal(1, _attempts);
        _time.Advance(Moment);
        Assert.Equal((PushStatus.Sent, 7L), Told(await PushAsync(Sent)));
        Assert.Equal(2, _attempts);
    }

    [Fact]
    public async Task An_unknown_outcome_is_tried_again_up_to_the_last_moment_of_nine_minutes()
    {
        await PushAsync(Lost);
        _time.Advance(ResendsFor - Moment);
        Assert.Equal((PushStatus.Sent, 7L), Told(await PushAsync(Sent)));
        Assert.Equal(2, _attempts);
    }

    [Fact]
    public async Task The_nine_minutes_count_from_the_first_attempt_and_end_for_good()
    {
        await PushAsync(Lost);
        _time.Advance(ResendsFor / 2);
        await PushAsync(Lost);
        _time.Advance(ResendsFor / 2);

        var late = await PushAsync(Sent);
        _time.Advance(TimeSpan.FromDays(20));
        var later = await PushAsync(Sent);

        Assert.Equal((PushStatus.Unknown, PushStatus.Unknown, 2), (late.Status, later.Status, _attempts));
        Assert.Contains("too long ago", later.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_outcome_that_stays_unknown_is_forgotten_thirty_days_after_the_last_attempt_however_often_it_is_asked_for()
    {
        await PushAsync(Lost);
        _time.Advance(ResendsFor);
        Assert.Equal(PushStatus.Unknown, (await PushAsync(Sent)).Status);
        _time.Advance(KeepsFor - ResendsFor - Moment);
        Assert.Equal(PushStatus.Unknown, (await PushAsync(Sent)).Status);
        _time.Advance(Moment);
        Assert.Equal((PushStatus.Sent, 7L), Told(await PushAsync(Sent)));
        Assert.Equal(2, _attempts);
    }

    [Fact]
    public async Task A_push_that_went_out_without_a_message_id_is_told_without_one()
    {
        await PushAsync(new PushResult(PushStatus.Sent) { Channel = PushChannel.Fallback });
        var again = await PushAsync(Sent);
        Assert.Equal((PushStatus.Duplicate, null, PushChannel.Fallback), (again.Status, again.MessageId, again.Channel));
    }

    [Fact]
    public async Task An_attempt_that_the_platform_knew_already_takes_no_message_id_away()
    {
        var (first, second) = (new TaskCompletionSource<PushResult>(), new TaskCompletionSource<PushResult>());
        var (one, other) = (PushAsync(_ => first.Task), PushAsync(_ => second.Task));
        first.SetResult(Sent);
        await one;
        second.SetResult(new PushResult(PushStatus.Duplicate) { ErrorCode = new WeChatErrorCode(40241) });
        await other;
        Assert.Equal((PushStatus.Duplicate, 7L), Told(await PushAsync(Sent)));
    }

    [Fact]
    public async Task What_another_push_has_sent_counts_where_no_other_attempt_of_this_one_can_be_meant()
    {
        var elsewhere = new PushResult(PushStatus.Duplicate) { Channel = PushChannel.SubscribeMessage };
        var (first, second) = (new TaskCompletionSource<PushResult>(), new TaskCompletionSource<PushResult>());
        var (one, other) = (PushAsync(_ => first.Task), PushAsync(_ => second.Task));
        first.SetResult(elsewhere);
        var result = await one;
        Assert.Equal(PushStatus.Unknown, result.Status);
        Assert.Contains("Push again", result.Reason, StringComparison.Ordinal);
        second.SetResult(elsewhere);
        Assert.Equal(PushStatus.Unknown, (await other).Status);

        Assert.Same(elsewhere, await PushAsync(elsewhere));
        var again = await PushAsync(Sent);
        Assert.Equal((PushStatus.Duplicate, PushChannel.SubscribeMessage), (again.Status, again.Channel));
        Assert.Equal(3, _attempts);
    }

    [Fact]
    public async Task An_attempt_whose_note_was_deleted_meanwhile_ends_as_it_does_otherwise()
    {
        var refused = new PushResult(PushStatus.NotFollowing) { Reason = "does not follow" };
        Assert.Same(refused, await PushAsync(_ => DeleteAsync(refused)));
        Assert.Same(Sent, await PushAsync(_ => DeleteAsync(Sent)));
        Assert.Equal((PushStatus.Duplicate, 7L), Told(await PushAsync(Sent)));

        async Task<PushResult> DeleteAsync(PushResult result)
        {
            var notes = await _journal.ListAsync("wxOfficial", "once:", null, 10);
            await _journal.DeleteAsync("wxOfficial", [Assert.Single(notes).Key]);
            return result;
        }
    }

    [Fact]
    public async Task An_attempt_that_takes_longer_than_the_platform_knows_the_message_is_left_as_unknown()
    {
        await PushAsync(Lost);
        _time.Advance(TimeSpan.FromMinutes(4));
        var push = PushAsync(stop => Task.Delay(Timeout.InfiniteTimeSpan, stop).ContinueWith<PushResult>(_ => throw new OperationCanceledException(stop), TaskScheduler.Default));
        await _time.WaitForTimersAsync(1);
        _time.Advance(TimeSpan.FromMinutes(5) - Moment);
        Assert.False(push.IsCompleted);
        _time.Advance(Moment);

        var result = await push.WaitAsync(Runs.Patience);

        Assert.Equal(PushStatus.Unknown, result.Status);
        Assert.Contains("did not come to an end", result.Reason, StringComparison.Ordinal);
        Assert.Equal(0, _time.PendingTimers);
    }

    [Fact]
    public async Task A_caller_that_gives_up_hears_so_and_leaves_the_outcome_open()
    {
        using var stop = new CancellationTokenSource();
        var push = PushAsync(async either =>
        {
            await stop.CancelAsync();
            either.ThrowIfCancellationRequested();
            return Sent;
        }, stop.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => push);

        // What it sent, if anything, the platform knows for a while; then nothing is sent any more.
        _time.Advance(ResendsFor);
        Assert.Equal(PushStatus.Unknown, (await PushAsync(Sent)).Status);
        Assert.Equal(1, _attempts);
    }

    [Fact]
    public async Task An_attempt_that_was_cancelled_for_another_reason_than_its_time_says_so()
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PushAsync(async either =>
        {
            // The caller gives up, and the time is over too.
            await stop.CancelAsync();
            _time.Advance(ResendsFor);
            throw new OperationCanceledException(either);
        }, stop.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PushAsync(_ => throw new OperationCanceledException(), recipient: "o2"));
    }

    [Fact]
    public async Task A_refusal_after_a_lost_answer_is_not_the_whole_truth_and_alone_it_is()
    {
        var refused = new PushResult(PushStatus.NotFollowing) { Reason = "does not follow" };
        Assert.Same(refused, await PushAsync(refused));
        await PushAsync(Lost);

        var result = await PushAsync(refused);

        Assert.Equal(PushStatus.Unknown, result.Status);
        Assert.StartsWith("does not follow", result.Reason, StringComparison.Ordinal);
        Assert.Equal((PushStatus.Sent, 7L), Told(await PushAsync(Sent)));
    }

    [Fact]
    public async Task A_failure_that_sent_certainly_nothing_leaves_the_key_free_and_any_other_does_not()
    {
        await Assert.ThrowsAsync<WeChatApiException>(() => PushAsync(_ => throw Failure(outcomeUnknown: false)));
        _time.Advance(TimeSpan.FromHours(1));
        await Assert.ThrowsAsync<WeChatApiException>(() => PushAsync(_ => throw Failure(outcomeUnknown: true)));
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(PushStatus.Unknown, (await PushAsync(Sent)).Status);
        Assert.Equal(2, _attempts);

        static WeChatApiException Failure(bool outcomeUnknown) => new("/cgi-bin/x", null, WeChatErrorClass.Transient, "failed") { OutcomeUnknown = outcomeUnknown };
    }

    [Fact]
    public async Task The_same_key_is_another_push_for_another_person()
    {
        await PushAsync(Sent);
        Assert.Equal(PushStatus.Sent, (await PushAsync(_ => Task.FromResult(Sent), recipient: "o2")).Status);
        Assert.Equal(2, _attempts);
    }

    [Theory]
    [InlineData(255, 600)]
    [InlineData(256, 88)]
    [InlineData(512, 0)]
    public async Task Notes_that_have_ended_are_deleted_two_for_each_new_one(int pushes, int left)
    {
        for (var i = 0; i < 600; i++)
        {
            await _journal.TryWriteAsync("wxOfficial", $"old-{i}", null, "old", _time.GetUtcNow() + Moment);
        }

        _time.Advance(TimeSpan.FromHours(1));
        for (var i = 0; i < pushes; i++)
        {
            await PushAsync(_ => Task.FromResult(Sent), recipient: $"o{i}");
        }

        Assert.Equal(left, await _journal.ExpireAsync(_time.GetUtcNow(), 10_000));
    }

    private static (PushStatus Status, long? MessageId) Told(PushResult result) => (result.Status, result.MessageId);

    private Task<PushResult> PushAsync(PushResult result) => PushAsync(_ => Task.FromResult(result));

    private Task<PushResult> PushAsync(Func<CancellationToken, Task<PushResult>> push, CancellationToken cancellationToken = default, string recipient = "o1") => _pushes.PushAsync(
        recipient,
        TemplateMessage.Create("t").Set("thing1", "a").IdempotencyKey("command-1").Build(),
        stop =>
        {
            _attempts++;
            return push(stop);
        },
        cancellationToken);
}
