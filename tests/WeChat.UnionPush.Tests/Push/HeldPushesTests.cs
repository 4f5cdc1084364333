using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>Which of the messages that are held for a person go out, when, and from which machine. Here a desk answers the pushes, so that each can be held up or fail.</summary>
public sealed class HeldPushesTests
{
    private const string App = "wxMini";
    private const string Person = "o1";

    // The longest note that a store must take.
    private const int MostRoom = 8000;

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly ManualTimeProvider _time = new();
    private readonly IReachJournal _journal;
    private readonly Desk _desk = new();
    private readonly HeldPushes _held;
    private readonly HeldPushes _beside;

    public HeldPushesTests()
    {
        _journal = new InMemoryUnionPushStorage(_time).Reach;
        _held = new(App, _journal, () => _desk, _time, NullLogger<HeldPushes>.Instance);
        _beside = new(App, _journal, () => _desk, _time, NullLogger<HeldPushes>.Instance);
    }

    [Fact]
    public async Task What_was_sent_is_held_no_longer()
    {
        await AddAsync("a");
        Assert.True(await SendAsync(_held));
        Assert.True(await SendAsync(_held));
        Assert.Equal(["a"], _desk.Pushed);
    }

    [Fact]
    public async Task A_message_that_another_machine_sends_just_now_is_left_to_it()
    {
        await AddAsync("a");
        await AddAsync("b");
        _desk.HoldUp("a");
        var first = SendAsync(_held);

        Assert.False(await SendAsync(_beside));
        Assert.Equal(["a", "b"], _desk.Pushed);

        // Now it has nothing else to do, and leaves the note as it is.
        var note = await NoteAsync();
        Assert.False(await SendAsync(_beside));
        Assert.Equal(note, await NoteAsync());

        // One that somebody else sent meanwhile is done: nobody has to look after it again.
        _desk.LetGo();
        Assert.True(await first);
        Assert.Equal(["a", "b"], _desk.Pushed);
        Assert.Empty(await HeldAsync());
    }

    [Fact]
    public async Task A_message_that_is_replaced_while_it_is_tried_goes_out_once_and_is_tried_next_with_its_new_text()
    {
        await AddAsync("a");
        _desk.FindsNobody = ["a"];
        _desk.HoldUp("a");
        var first = SendAsync(_held);
        await AddAsync("a", Hour, length: 5);
        Assert.False(await SendAsync(_beside));
        Assert.Equal(["a"], _desk.Pushed);

        // It found nobody, and so is free for all.
        _desk.LetGo();
        Assert.True(await first);
        var held = Assert.Single(await HeldAsync());
        Assert.Equal((0, 0, (_time.GetUtcNow() + Hour).ToUnixTimeMilliseconds()), (held.BusyUntil, held.TriedAt, held.ExpiresAt));
        Assert.Equal("xxxxx", held.ToMessage().Fields[0].Value);

        // What was sent is over, also under its newest text.
        _desk.FindsNobody = [];
        _desk.HoldUp("a");
        var second = SendAsync(_held);
        await AddAsync("a", length: 7);
        _desk.LetGo();
        Assert.True(await second);
        Assert.Empty(await HeldAsync());
        Assert.Equal(["a", "a"], _desk.Pushed);
    }

    [Fact]
    public async Task A_message_belongs_to_a_machine_for_a_minute()
    {
        await AddAsync("a");
        _desk.HoldUp("a");
        var first = SendAsync(_held);
        _time.Advance(Minute - Moment);
        Assert.False(await SendAsync(_beside));
        Assert.Equal(["a"], _desk.Pushed);

        _time.Advance(Moment);
        var second = SendAsync(_beside);
        Assert.Equal(["a", "a"], _desk.Pushed);
        _desk.LetGo();
        Assert.True(await first);
        Assert.True(await second);
    }

    [Fact]
    public async Task A_message_on_which_machines_die_is_tried_for_nine_minutes_from_the_first_time()
    {
        await AddAsync("a");
        _desk.HoldUp("a", times: 3);
        List<Task<bool>> dead = [];
        foreach (var pause in new[] { TimeSpan.Zero, 5 * Minute, 4 * Minute })
        {
            _time.Advance(pause);
            dead.Add(SendAsync(_held));
        }

        Assert.Equal(["a", "a", "a"], _desk.Pushed);
        _time.Advance(Minute);
        Assert.True(await SendAsync(_beside));
        Assert.Equal(3, _desk.Pushed.Count);
        Assert.Empty(await HeldAsync());
        _desk.LetGo();
        await Task.WhenAll(dead);
    }

    [Fact]
    public async Task After_failures_that_sent_nothing_it_is_tried_for_as_long_as_it_is_held()
    {
        await AddAsync("a");
        foreach (var failure in new Exception[] { Failure(outcomeUnknown: false), new TemplateMessageException("t", []), new UnionPushStoppingException() })
        {
            _desk.Fails = failure;
            Assert.Same(failure, Assert.Single((await Assert.ThrowsAsync<AggregateException>(() => SendAsync(_held))).InnerExceptions));
            _time.Advance(Hour);
        }

        _desk.Fails = null;
        Assert.True(await SendAsync(_held));
        Assert.Equal(4, _desk.Pushed.Count);
    }

    [Fact]
    public async Task After_a_failure_that_may_have_sent_it_it_is_tried_for_nine_minutes_from_the_first_time()
    {
        await AddAsync("a");
        _desk.Fails = Failure(outcomeUnknown: true);
        foreach (var pause in new[] { TimeSpan.Zero, 5 * Minute, 4 * Minute })
        {
            _time.Advance(pause);
            await Assert.ThrowsAsync<AggregateException>(() => SendAsync(_held));
        }

        Assert.Equal(3, _desk.Pushed.Count);
        _time.Advance(Moment);
        Assert.True(await SendAsync(_held));
        Assert.Equal(3, _desk.Pushed.Count);
        Assert.Empty(await HeldAsync());
    }

    [Fact]
    public async Task One_that_finds_nobody_stays_and_those_behind_it_are_sent()
    {
        await AddAsync("a");
        await AddAsync("b");
        await AddAsync("c");
        _desk.FindsNobody = ["a", "c"];

        Assert.True(await SendAsync(_held));
        Assert.Equal(["a", "b", "c"], _desk.Pushed);
        Assert.Equal(["a", "c"], (await HeldAsync()).Select(one => one.Message.CorrelationId));

        _desk.FindsNobody = [];
        Assert.True(await SendAsync(_held));
        Assert.Equal(["a", "b", "c", "a", "c"], _desk.Pushed);
    }

    [Fact]
    public async Task One_that_has_expired_is_not_sent_beside_one_that_has_not()
    {
        await AddAsync("short", Hour);
        await AddAsync("long", Day);
        _time.Advance(Hour);
        Assert.True(await SendAsync(_held));
        Assert.Equal(["long"], _desk.Pushed);
        Assert.Empty(await HeldAsync());
    }

    [Fact]
    public async Task One_that_has_expired_makes_room()
    {
        await AddAsync("small", Day);
        await AddAsync("large", Hour, length: 5000);
        _time.Advance(Hour - Moment);
        Assert.False(await AddAsync("larger", Hour, length: 5000));
        _time.Advance(Moment);
        Assert.True(await AddAsync("larger", Hour, length: 5000));
        Assert.Equal(["small", "larger"], (await HeldAsync()).Select(one => one.Message.CorrelationId));
    }

    [Fact]
    public async Task A_note_is_used_to_its_last_character()
    {
        var room = MostRoom - HeldMessage.Write([HeldMessage.Of(Message("a", 0), _time.GetUtcNow() + Day)]).Length;
        Assert.False(await AddAsync("a", Day, room + 1));
        Assert.Null(await NoteAsync());
        Assert.True(await AddAsync("a", Day, room));
        Assert.Equal(MostRoom, (await NoteAsync())!.Value.Length);
    }

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    [InlineData(false, false, false)]
    public void Each_alternative_comes_back_from_the_store_alone(bool subscribe, bool notice, bool text)
    {
        var message = TemplateMessage.Create("t").Set("thing1", "a");
        _ = subscribe ? message.ForSubscribe(SubscribeMessage.Create("s").Set("thing1", "b").Build()) : message;
        _ = notice ? message.ForNotice(SubscribeMessage.Create("n").Set("thing1", "c").Build()) : message;
        _ = text ? message.ForCustomerService("d") : message;

        var back = HeldMessage.Read(HeldMessage.Write([HeldMessage.Of(message.Build(), _time.GetUtcNow())]))[0].ToMessage();

        Assert.Equal((subscribe ? "s" : null, notice ? "n" : null, text ? "d" : null), (back.Subscribe?.TemplateId, back.Notice?.TemplateId, back.CustomerServiceText));
    }

    [Fact]
    public void What_is_stored_takes_no_more_room_than_it_must()
    {
        var message = TemplateMessage.Create("t").Set("thing1", "巧克力").IdempotencyKey("k").Build();
        Assert.Equal(
            $$"""[{"m":{"t":"t","f":[["thing1","巧克力"]],"i":"{{message.ClientMessageId}}"},"e":0}]""",
            HeldMessage.Write([HeldMessage.Of(message, DateTimeOffset.UnixEpoch)]));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("""[{"m":null,"e":0}]""")]
    [InlineData("""[{"m":{"t":null,"f":[]},"e":0}]""")]
    [InlineData("""[{"m":{"t":"t","f":null},"e":0}]""")]
    public void What_is_no_list_of_messages_is_refused_at_once(string text) => Assert.Throws<JsonException>(() => HeldMessage.Read(text));

    private static WeChatApiException Failure(bool outcomeUnknown) => new("/cgi-bin/x", null, WeChatErrorClass.Transient, "failed") { OutcomeUnknown = outcomeUnknown };

    private static TemplateMessage Message(string id, int length) =>
        TemplateMessage.Create("t").Set("thing1", new string('x', length)).IdempotencyKey(id).CorrelationId(id).Build();

    private static Task<bool> SendAsync(HeldPushes machine) => machine.SendAsync(Person, CancellationToken.None);

    private ValueTask<bool> AddAsync(string id, TimeSpan? holdFor = null, int length = 1) =>
        _held.AddAsync(Person, Message(id, length), _time.GetUtcNow() + (holdFor ?? Day), CancellationToken.None);

    private ValueTask<ReachNote?> NoteAsync() => _journal.FindAsync(App, ReachKeys.Held(Person));

    private async Task<List<HeldMessage>> HeldAsync() => HeldMessage.Read((await NoteAsync())?.Value);

    /// <summary>Takes the pushes, and does nothing else.</summary>
    private sealed class Desk : IUnionPush
    {
        private TaskCompletionSource _goes = new();
        private string? _heldUp;
        private int _times;

        public List<string> Pushed { get; } = [];

        public Exception? Fails { get; set; }

        public string[] FindsNobody { get; set; } = [];

        /// <summary>Answers the next pushes of a message only after <see cref="LetGo"/>.</summary>
        public void HoldUp(string id, int times = 1) => (_heldUp, _times, _goes) = (id, times, new());

        public void LetGo() => _goes.SetResult();

        public async Task<PushResult> PushAsync(string miniProgramOpenId, TemplateMessage message, CancellationToken cancellationToken = default)
        {
            var id = message.CorrelationId!;
            Pushed.Add(id);
            if (id == _heldUp && _times-- > 0)
            {
                await _goes.Task;
            }

            return Fails is null ? new(FindsNobody.Contains(id) ? PushStatus.NotFollowing : PushStatus.Sent) : throw Fails;
        }

        public Task<MiniProgramUser> SignInAsync(string code, EncryptedOpenData? openData = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<FollowerSyncReport> SyncFollowersAsync(IProgress<FollowerSyncProgress>? progress = null, bool full = false, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<PushResult> PushOnceAsync(string miniProgramOpenId, TemplateMessage message, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<PushResult> PushToUnionIdAsync(string unionId, TemplateMessage message, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<PushResult> PushOnceToUnionIdAsync(string unionId, TemplateMessage message, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<PushResult> HoldUntilLinkedAsync(string miniProgramOpenId, TemplateMessage message, TimeSpan holdFor, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<WeChatIdentity>> EraseAsync(string miniProgramOpenId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<IReadOnlyList<WeChatIdentity>> EraseByUnionIdAsync(string unionId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<IdentityCoverage> GetCoverageAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask<ReachCoverage> GetReachAsync(TemplateMessage message, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
