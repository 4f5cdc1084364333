using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
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
        Assert.InRange(_clock.GetUtcNow() - Moment, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(seconds + 2));

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

    private BatchClaim Claim(OutcomeSheet sheet)
    {
        var run = new BroadcastRun(new BroadcastRecord(Town.OfficialAccountAppId, "spring")
        {
            Id = "b1",
            State = BroadcastState.Running,
            Content = BroadcastContent.Write(new Broadcast("spring", BroadcastAudience.AllUsers(), TemplateMessage.Create("T").Thing("thing1", "a").Build())),
        });
        var lines = Enumerable.Range(0, sheet.Size).Select(static i => new RecipientLine($"o{i}")).ToArray();
        return new BatchClaim(Tools(), new BroadcastBatch("b1", 0) { Size = sheet.Size }, sheet, lines, new BatchTemplates(run, lines), _watch.GetTimestamp());
    }

    private BroadcastTools Tools(int maxConcurrent = 25, int perSecond = 60, int sendTimeout = 30, int lease = 60)
    {
        var slots = new AccountSlots(
            _town.Services.GetRequiredService<AccountApis>().OfficialAccount, Substitute.For<ISharedPace>(), perSecond,
            _ => throw new InvalidOperationException("Nobody asks."), _watch, NullLogger<AccountSlots>.Instance);
        _slots.Add(slots);
        return new BroadcastTools
        {
            AppId = Town.OfficialAccountAppId,
            Journal = _journal,
            Repository = Substitute.For<IUnionIdRepository>(),
            Sender = Substitute.For<ITemplateMessageSender>(),
            Check = null!,
            Finder = null!,
            Reach = null,
            Slots = slots,
            Options = new BroadcastOptions { LeaseDuration = TimeSpan.FromSeconds(lease) },
            Time = _watch,
            MaxConcurrent = maxConcurrent,
            SendTimeout = TimeSpan.FromSeconds(sendTimeout),
        };
    }
}
