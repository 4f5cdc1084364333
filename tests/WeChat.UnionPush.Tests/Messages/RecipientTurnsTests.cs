using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Messages;

/// <summary>The turns of one person's messages, step by step: pauses, limits, who waits and who has left.</summary>
public sealed class RecipientTurnsTests
{
    private const int Busy = 43108;
    private const string Person = "oPerson";

    private readonly ManualTimeProvider _clock = new();
    private readonly DelayWatch _watch;

    public RecipientTurnsTests() => _watch = new DelayWatch(_clock);

    [Fact]
    public async Task Pauses_double_up_to_five_seconds_and_the_last_answer_is_given_back()
    {
        var turns = Turns(TimeSpan.FromSeconds(30));
        var began = _clock.GetUtcNow();
        var answer = await _watch.RunAsync(turns.SendAsync(Person, BusyAnswer(), () => Task.FromResult(BusyAnswer()), default));
        Assert.Equal(Busy, answer.ErrorCode);
        Assert.Equal([0.2, 0.4, 0.8, 1.6, 3.2, 5, 5, 5, 5, 5], _watch.Delays.Select(delay => delay.TotalSeconds));
        Assert.InRange(_clock.GetUtcNow() - began, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(32));
        Assert.False(turns.AreTakenAt(Person));
    }

    [Fact]
    public async Task A_long_first_pause_is_doubled_once()
    {
        var turns = new RecipientTurns(new WeChatHttpOptions { TotalTimeout = TimeSpan.FromSeconds(20), RetryDelay = TimeSpan.FromSeconds(2) }, _watch);
        await _watch.RunAsync(turns.SendAsync(Person, BusyAnswer(), () => Task.FromResult(BusyAnswer()), default));
        Assert.Equal([2, 4, 5, 5, 5], _watch.Delays.Select(delay => delay.TotalSeconds));
    }

    [Theory]
    [InlineData(false, 30, 30)]
    [InlineData(true, 30, 30)]
    [InlineData(false, 120, 120)]
    [InlineData(true, 120, 60)]
    public async Task After_a_lost_answer_a_message_waits_for_a_minute_at_most(bool followsLostAnswer, int totalTimeout, int seconds)
    {
        var turns = Turns(TimeSpan.FromSeconds(totalTimeout));
        var sent = new List<DateTimeOffset>();
        var began = _clock.GetUtcNow();
        await _watch.RunAsync(turns.SendAsync(Person, BusyAnswer(followsLostAnswer), Send, default));
        Assert.InRange(sent[^1] - began, TimeSpan.FromSeconds(seconds - 5), TimeSpan.FromSeconds(seconds));

        Task<MessageAnswer> Send()
        {
            sent.Add(_clock.GetUtcNow());
            return Task.FromResult(BusyAnswer());
        }
    }

    [Fact]
    public async Task An_outcome_that_is_unknown_stays_so_whatever_the_further_attempts_are_answered()
    {
        var turns = Turns(TimeSpan.FromSeconds(30));
        var attempts = 0;
        var answer = await _watch.RunAsync(turns.SendAsync(
            Person, BusyAnswer(followsLostAnswer: true), () => Task.FromResult(++attempts < 3 ? BusyAnswer() : new MessageAnswer { Code = 0, MessageId = 1 }), default));
        Assert.Equal((3, 0, true), (attempts, answer.ErrorCode, answer.FollowsLostAnswer));

        // Also where another answer is lost in between.
        var again = await _watch.RunAsync(turns.SendAsync(
            Person, BusyAnswer(followsLostAnswer: true), () => Task.FromResult(new MessageAnswer { Code = 0, FollowsLostAnswer = true }), default));
        Assert.True(again.FollowsLostAnswer);

        var fails = turns.SendAsync(Person, BusyAnswer(followsLostAnswer: true), () => throw Failure(), default);
        Assert.True((await Assert.ThrowsAsync<WeChatApiException>(() => _watch.RunAsync(fails))).OutcomeUnknown);
    }

    [Fact]
    public async Task Where_no_answer_was_lost_an_attempt_is_told_as_it_ended()
    {
        var turns = Turns(TimeSpan.FromSeconds(30));
        var answer = await _watch.RunAsync(turns.SendAsync(Person, BusyAnswer(), () => Task.FromResult(new MessageAnswer { Code = 0 }), default));
        Assert.False(answer.FollowsLostAnswer);

        var later = await _watch.RunAsync(turns.SendAsync(Person, BusyAnswer(), () => Task.FromResult(new MessageAnswer { Code = 0, FollowsLostAnswer = true }), default));
        Assert.True(later.FollowsLostAnswer);

        var failure = Failure();
        Assert.Same(failure, await Assert.ThrowsAsync<WeChatApiException>(() => _watch.RunAsync(turns.SendAsync(Person, BusyAnswer(), () => throw failure, default))));
        Assert.False(turns.AreTakenAt(Person));
    }

    [Fact]
    public async Task One_message_at_a_time_is_under_way_to_a_person_and_none_waits_for_another_person_s()
    {
        var turns = Turns(TimeSpan.FromSeconds(30));
        var (first, second) = (new TaskCompletionSource<MessageAnswer>(), new TaskCompletionSource<MessageAnswer>());
        var begun = new List<int>();
        var one = turns.SendAsync<MessageAnswer>(Person, null, () => Begin(1, first), default);
        var two = turns.SendAsync<MessageAnswer>(Person, null, () => Begin(2, second), default);
        Assert.Equal([1], begun);
        Assert.True(turns.AreTakenAt(Person));
        Assert.False(turns.AreTakenAt("oOther"));
        Assert.Equal(0, (await turns.SendAsync<MessageAnswer>("oOther", null, () => Task.FromResult(new MessageAnswer()), default)).ErrorCode);

        first.SetResult(new MessageAnswer { MessageId = 1 });
        Assert.Equal(1, (await one).MessageId);
        Assert.True(turns.AreTakenAt(Person));
        second.SetResult(new MessageAnswer { MessageId = 2 });
        Assert.Equal(2, (await two).MessageId);
        Assert.Equal([1, 2], begun);
        Assert.False(turns.AreTakenAt(Person));

        Task<MessageAnswer> Begin(int number, TaskCompletionSource<MessageAnswer> answer)
        {
            begun.Add(number);
            return answer.Task;
        }
    }

    [Fact]
    public async Task Who_never_gets_a_turn_sends_without_one_when_the_time_is_up()
    {
        var turns = Turns(TimeSpan.FromSeconds(30));
        var never = new TaskCompletionSource<MessageAnswer>();
        var one = turns.SendAsync<MessageAnswer>(Person, null, () => never.Task, default);
        var two = turns.SendAsync<MessageAnswer>(Person, null, () => Task.FromResult(new MessageAnswer { MessageId = 2 }), default);
        var refused = turns.SendAsync(Person, BusyAnswer(), () => throw new InvalidOperationException("It has its answer."), default);
        _clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(two.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await two).MessageId);
        Assert.Equal(Busy, (await refused).ErrorCode);
        Assert.True(turns.AreTakenAt(Person));
        never.SetResult(new MessageAnswer());
        await one;
        Assert.False(turns.AreTakenAt(Person));
    }

    [Fact]
    public async Task A_caller_who_goes_away_is_told_so_with_its_own_token()
    {
        var turns = Turns(TimeSpan.FromSeconds(30));
        using var cancellation = new CancellationTokenSource();
        var send = turns.SendAsync(Person, BusyAnswer(), () => throw new InvalidOperationException("Nobody waits for it."), cancellation.Token);
        await cancellation.CancelAsync();
        Assert.Equal(cancellation.Token, (await Assert.ThrowsAsync<OperationCanceledException>(() => send)).CancellationToken);
        Assert.False(turns.AreTakenAt(Person));
    }

    [Fact]
    public async Task Where_the_host_wants_no_retries_each_message_is_sent_once()
    {
        var turns = Turns(TimeSpan.FromSeconds(30), retries: 0);
        var refusal = BusyAnswer();
        Assert.Same(refusal, await turns.SendAsync(Person, refusal, () => throw new InvalidOperationException("It was sent."), default));
        var answer = BusyAnswer();
        Assert.Same(answer, await turns.SendAsync(Person, null, () => Task.FromResult(answer), default));
        Assert.Empty(_watch.Delays);
    }

    private static MessageAnswer BusyAnswer(bool followsLostAnswer = false) => new() { Code = Busy, FollowsLostAnswer = followsLostAnswer };

    private static WeChatApiException Failure() => WeChatApiErrors.Create("/cgi-bin/message/template/send", 45009, "reach max api daily quota limit");

    private RecipientTurns Turns(TimeSpan totalTimeout, int retries = 2) => new(new WeChatHttpOptions { TotalTimeout = totalTimeout, MaxRetries = retries }, _watch);
}
