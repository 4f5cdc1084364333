using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Broadcasts;

/// <summary>What is told of a broadcast from what was written down, and who takes part while the host runs.</summary>
public sealed class BroadcastRecordsTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 4, 0, 0, TimeSpan.Zero);

    private readonly ManualTimeProvider _time = new(Noon);
    private readonly IBroadcastJournal _journal = Substitute.For<IBroadcastJournal>();
    private readonly IMessageReceipts _receipts = Substitute.For<IMessageReceipts>();
    private readonly ISharedPace _pace = Substitute.For<ISharedPace>();
    private readonly Town _town = new();
    private readonly AccountSlots _slots;

    public BroadcastRecordsTests() => _slots = new AccountSlots(
        _town.Services.GetRequiredService<AccountApis>().OfficialAccount, _pace, 60, static _ => Task.FromResult(new DailyQuota(100, 0)), _time, NullLogger<AccountSlots>.Instance);

    [Theory]
    [InlineData(BroadcastState.Running, 120, 60, 0.5)]
    [InlineData(BroadcastState.Running, 60, 60, 0.5)]
    [InlineData(BroadcastState.Running, 10, 10, 3)]
    [InlineData(BroadcastState.Running, 0, 0, 0)]
    [InlineData(BroadcastState.Paused, 10, 10, 0)]
    [InlineData(BroadcastState.Finished, 10, 10, 0)]
    public async Task A_rate_is_that_of_the_last_minute_or_of_the_time_since_the_start(BroadcastState state, int startedBefore, int since, double perSecond)
    {
        _journal.CountAsync("b1", Noon.AddSeconds(-since), Arg.Any<CancellationToken>())
            .Returns(new BroadcastProgress(90, new BroadcastCounts { Sent = 40 }) { Recent = 30 });
        var status = await Records().StatusAsync(Record(state) with { StartedAt = Noon.AddSeconds(-startedBefore) }, default);
        Assert.Equal((90L, 40L, perSecond), (status.Recipients, status.Counts.Sent, status.PerSecond));
    }

    [Fact]
    public async Task An_outcome_tells_the_message_of_who_was_sent_to_and_the_attempt_of_who_may_have_been()
    {
        var sheet = new OutcomeSheet(6);
        sheet.Settle(0, PushStatus.Sent, value: 77);
        sheet.Settle(1, PushStatus.Sent);
        sheet.Settle(2, PushStatus.Unknown, value: Noon.ToUnixTimeMilliseconds());
        sheet.Begin(3, Noon);
        sheet.Fail(4, 47003);
        Batches(new BroadcastBatch("b1", 0) { Size = 6, Recipients = "a\nb\tx\nc\nd\ne\nf", Outcomes = sheet.Text });
        var outcomes = await Records().OutcomesAsync(Record(BroadcastState.Running), default).ToListAsync();
        Assert.Equal(["a", "b", "c", "d", "e", "f"], outcomes.Select(static one => one.Id));
        Assert.Equal([PushStatus.Sent, PushStatus.Sent, PushStatus.Unknown, null, null, null], outcomes.Select(static one => one.Status));
        Assert.Equal([77L, null, null, null, null, null], outcomes.Select(static one => one.MessageId));
        Assert.Equal([null, null, Noon, Noon, null, null], outcomes.Select(static one => one.AttemptedAt));
        Assert.Equal(47003, outcomes[4].ErrorCode?.Value);
        Assert.All(outcomes.Where(static one => one.Id != "e"), static one => Assert.Null(one.ErrorCode));
    }

    [Fact]
    public async Task Receipts_are_asked_for_only_where_a_message_has_an_id()
    {
        var (without, with) = (new OutcomeSheet(2), new OutcomeSheet(4));
        without.Settle(0, PushStatus.Sent);
        without.Settle(1, PushStatus.Sent, value: 5, channel: PushChannel.CustomerService);
        for (var i = 0; i < 4; i++)
        {
            with.Settle(i, PushStatus.Sent, value: 10 + i);
        }

        Batches(Batch(0, without), Batch(1, with));
        _receipts.FindAsync(default!, default!, default).ReturnsForAnyArgs(
        [
            Receipt(10) with { Status = TemplateDeliveryStatus.Delivered }, Receipt(11) with { Status = TemplateDeliveryStatus.UserBlocked },
            Receipt(12) with { Status = TemplateDeliveryStatus.Other }, Receipt(13),
        ]);
        var report = await Records().ReportAsync(Record(BroadcastState.Running), default);
        Assert.Equal((6, 1, 1, 1, 2), (report.Recipients, report.Delivered, report.Blocked, report.FailedLater, report.WithoutReceipt));
        var call = Assert.Single(_receipts.ReceivedCalls());
        Assert.Equal([10L, 11, 12, 13], (IReadOnlyCollection<long>)call.GetArguments()[1]!);

        BroadcastBatch Batch(int number, OutcomeSheet sheet) =>
            new("b1", number) { Size = sheet.Size, Recipients = string.Join('\n', Enumerable.Range(0, sheet.Size)), Outcomes = sheet.Text, Counts = sheet.Count() };

        MessageReceipt Receipt(long id) => new(Town.OfficialAccountAppId, id);
    }

    [Fact]
    public void A_report_as_text_has_the_time_it_took_and_the_reason_where_there_are_such()
    {
        var report = new BroadcastReport("spring", BroadcastState.Stopped) { Recipients = 1_234, Counts = new BroadcastCounts { Sent = 3, SentByFallback = 1 } };
        var lines = report.ToText().Split(Environment.NewLine);
        Assert.Equal("spring: Stopped", lines[0]);
        Assert.Equal("  recipients                        1,234", lines[1]);
        Assert.Contains("    by the host's own way               1", lines);
        Assert.DoesNotContain(lines, static line => line.Contains("customer service", StringComparison.Ordinal));

        lines = (report with { Reason = "It is banned.", StartedAt = Noon, EndedAt = Noon.AddDays(1).AddSeconds(62) }).ToText().Split(Environment.NewLine);
        Assert.Equal(["spring: Stopped after 1.00:01:02", "  It is banned.", "  recipients                        1,234"], lines.Take(3));
        Assert.Equal("spring: Stopped", (report with { EndedAt = Noon }).ToText().Split(Environment.NewLine)[0]);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("0.5", true)]
    [InlineData("1", true)]
    [InlineData("1.01", false)]
    [InlineData("-0.01", false)]
    [InlineData("1e999", false)]
    public void A_stored_share_is_one(string share, bool isOne)
    {
        var json = $$"""{"quotaReserve":0,"stopAtFailureShare":{{share}}}""";
        if (isOne)
        {
            Assert.Equal(double.Parse(share, System.Globalization.CultureInfo.InvariantCulture), BroadcastContent.Read(json).StopAtFailureShare);
        }
        else
        {
            Assert.Contains("stopAtFailureShare", Assert.Throws<JsonException>(() => BroadcastContent.Read(json)).Message, StringComparison.Ordinal);
        }
    }

    // While the host runs.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_host_takes_part_where_it_is_to_and_reports_its_pushes_in_any_case(bool takesPart)
    {
        var (listed, reported) = (new TaskCompletionSource(), new TaskCompletionSource());
        _journal.ListAsync(default!, default, default).ReturnsForAnyArgs<IReadOnlyList<BroadcastRecord>>(_ =>
        {
            listed.TrySetResult();
            return [];
        });
        _pace.TakeAsync(default!, default).ReturnsForAnyArgs(_ =>
        {
            reported.TrySetResult();
            return new PaceGrant(0, Noon, TimeSpan.Zero, 0);
        });
        var person = await _town.AddReachablePersonAsync();
        await _town.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), _town.Message());
        var service = Service(takesPart);
        await service.StartAsync(default);
        await _time.WaitForTimersAsync(takesPart ? 2 : 1).WaitAsync(Runs.Patience);
        _time.Advance(TimeSpan.FromMilliseconds(250));
        await reported.Task.WaitAsync(Runs.Patience);
        await service.StopAsync(default).WaitAsync(Runs.Patience);
        Assert.Equal(takesPart, listed.Task.IsCompleted);
    }

    [Fact]
    public async Task A_report_that_fails_is_logged_and_made_again_with_the_next()
    {
        var calls = 0;
        var twice = new TaskCompletionSource();
        _pace.TakeAsync(default!, default).ReturnsForAnyArgs<PaceGrant>(_ =>
        {
            if (++calls < 2)
            {
                throw new InvalidOperationException("away");
            }

            twice.TrySetResult();
            return new PaceGrant(0, Noon, TimeSpan.Zero, 0);
        });
        var person = await _town.AddReachablePersonAsync();
        await _town.Push.PushAsync(person.OpenIdIn(_town.MiniProgram), _town.Message());
        using var log = new LogBook();
        using var loggers = new LoggerFactory([log]);
        var service = Service(takesPart: false, loggers.CreateLogger<BroadcastService>());
        await service.StartAsync(default);
        await _time.WaitForTimersAsync(1).WaitAsync(Runs.Patience);
        await Runs.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(250));
                return twice.Task.IsCompleted;
            },
            "a second report");
        await service.StopAsync(default).WaitAsync(Runs.Patience);
        Assert.Single(log.All);
        Assert.Equal(LogLevel.Error, log.LevelOf(54));
    }

    public async ValueTask DisposeAsync()
    {
        _slots.Dispose();
        await _town.DisposeAsync();
    }

    private static BroadcastRecord Record(BroadcastState state) => new(Town.OfficialAccountAppId, "spring") { Id = "b1", State = state };

    private void Batches(params BroadcastBatch[] batches) => _journal.ListBatchesAsync("b1", Arg.Any<CancellationToken>()).Returns(_ => batches.ToAsyncEnumerable());

    private BroadcastRecords Records() => new(Tools(takesPart: true), _receipts);

    private BroadcastService Service(bool takesPart, ILogger<BroadcastService>? logger = null) =>
        new(Tools(takesPart), new BroadcastWorker(Tools(takesPart), NullLogger<BroadcastWorker>.Instance), logger ?? NullLogger<BroadcastService>.Instance);

    private BroadcastTools Tools(bool takesPart) => new()
    {
        AppId = Town.OfficialAccountAppId,
        Journal = _journal,
        Repository = Substitute.For<IUnionIdRepository>(),
        Sender = Substitute.For<ITemplateMessageSender>(),
        Check = null!,
        Finder = null!,
        Reach = null,
        Slots = _slots,
        Options = new BroadcastOptions { TakesPart = takesPart },
        Time = _time,
        MaxConcurrent = 25,
        SendTimeout = TimeSpan.FromSeconds(30),
    };
}
