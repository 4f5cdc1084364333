using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NSubstitute;
using NSubstitute.ExceptionExtensions;
using WeChat.UnionPush.Tests.Callbacks;

namespace WeChat.UnionPush.Tests.Receipts;

/// <summary>What becomes of accepted messages, as the platform tells later.</summary>
public sealed class MessageReceiptTests : IAsyncDisposable
{
    private readonly Town _town = new();

    [Fact]
    public async Task A_message_is_found_by_its_id_and_by_the_hosts_own_name_and_gets_its_real_end()
    {
        await using var host = await StartAsync();
        var person = await _town.AddReachablePersonAsync();
        await host.Push.SyncFollowersAsync();
        var sentAt = _town.Time.GetUtcNow();

        var sent = await host.Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), Message("order-42"));
        var pending = Assert.Single(await host.Receipts.FindAsync(Town.OfficialAccountAppId, [sent.MessageId!.Value]));
        Assert.Equal(
            new MessageReceipt(Town.OfficialAccountAppId, sent.MessageId.Value)
            {
                OpenId = person.OpenIdIn(_town.Account),
                TemplateId = _town.Template.Id,
                CorrelationId = "order-42",
                SentAt = sentAt,
            },
            pending);

        _town.Time.Advance(TimeSpan.FromSeconds(3));
        await host.DeliverAsync(CallbackHost.Finished(_town, person, sent.MessageId.Value, "success"));

        var settled = Assert.Single(await host.Receipts.FindByCorrelationIdAsync(Town.OfficialAccountAppId, ["order-42", "order-43"]));
        Assert.Equal(pending with { Status = TemplateDeliveryStatus.Delivered, StatusText = "success", FinishedAt = sentAt.AddSeconds(3) }, settled);
    }

    [Theory]
    [InlineData("success", TemplateDeliveryStatus.Delivered)]
    [InlineData("failed:user block", TemplateDeliveryStatus.UserBlocked)]
    [InlineData("failed: system failed", TemplateDeliveryStatus.SystemFailed)]
    [InlineData("failed:freq limit", TemplateDeliveryStatus.FrequencyLimited)]
    [InlineData("failed:something new", TemplateDeliveryStatus.Other)]
    public async Task The_event_may_come_before_the_sends_answer_is_written_down(string text, TemplateDeliveryStatus status)
    {
        await using var host = await StartAsync();
        var person = await _town.AddReachablePersonAsync();
        await host.Push.SyncFollowersAsync();
        using var gate = _town.Platform.Hold("/cgi-bin/message/template/send", afterwards: true);
        var sending = host.Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), Message("order-42"));
        await gate.WaitForCallsAsync(1);
        var message = Assert.Single(_town.Account.MessagesTo(person));

        await host.DeliverAsync(CallbackHost.Finished(_town, person, message.MessageId, text));
        gate.Open();
        Assert.Equal(message.MessageId, (await sending).MessageId);

        var receipt = Assert.Single(await host.Receipts.FindByCorrelationIdAsync(Town.OfficialAccountAppId, ["order-42"]));
        Assert.Equal((message.MessageId, status, text), (receipt.MessageId, receipt.Status, receipt.StatusText));
        Assert.Equal(_town.Template.Id, receipt.TemplateId);
    }

    [Fact]
    public async Task A_message_keeps_its_first_outcome()
    {
        await using var host = await StartAsync();
        var person = await _town.AddReachablePersonAsync();

        await host.DeliverAsync(CallbackHost.Finished(_town, person, 77, "success"));
        _town.Time.Advance(TimeSpan.FromSeconds(3));
        await host.DeliverAsync(CallbackHost.Finished(_town, person, 77, "failed: system failed"));

        var receipt = Assert.Single(await host.Receipts.FindAsync(Town.OfficialAccountAppId, [77]));
        Assert.Equal((TemplateDeliveryStatus.Delivered, "success", _town.Time.GetUtcNow().AddSeconds(-3)), (receipt.Status, receipt.StatusText, receipt.FinishedAt));
    }

    [Fact]
    public async Task A_push_without_receipts_writes_nothing_down()
    {
        var receipts = Substitute.For<IMessageReceipts>();
        await using var host = await CallbackHost.StartAsync(_town, choose: builder => builder.UseMessageReceipts(_ => receipts));
        var person = await _town.AddReachablePersonAsync();
        await host.Push.SyncFollowersAsync();

        Assert.True((await host.Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), Message("order-42"))).IsSent);

        Assert.Empty(receipts.ReceivedCalls());
    }

    [Fact]
    public async Task A_store_that_fails_costs_a_warning_and_never_a_send()
    {
        var receipts = Substitute.For<IMessageReceipts>();
        receipts.SaveAsync(default!, default).ThrowsAsyncForAnyArgs(new InvalidOperationException("the store is gone"));
        await using var host = await CallbackHost.StartAsync(_town, choose: builder => builder.AddReceipts().UseMessageReceipts(_ => receipts));
        var person = await _town.AddReachablePersonAsync();
        await host.Push.SyncFollowersAsync();

        Assert.True((await host.Push.PushToUnionIdAsync(person.UnionIdUnder(Town.OpenPlatform), Message("order-42"))).IsSent);

        Assert.Equal((LogLevel.Warning, 33), host.Log.Where(line => line.Id is >= 30 and < 50).Select(line => (line.Level, line.Id)).Single());
    }

    [Fact]
    public async Task A_receipt_that_is_written_makes_no_line_and_the_line_of_one_that_is_not_names_the_failure()
    {
        var receipts = Substitute.For<IMessageReceipts>();
        var log = new Lines();
        var book = new MessageReceiptLog(Town.OfficialAccountAppId, receipts, _town.Time, log);
        await book.SentAsync(1, "o1", "t1", correlationId: null);
        await receipts.Received(1).SaveAsync(Arg.Is<IReadOnlyCollection<MessageReceipt>>(batch => batch.Single().MessageId == 1), Arg.Any<CancellationToken>());
        Assert.Empty(log.Failures);

        var failure = new InvalidOperationException("the store is gone");
        receipts.SaveAsync(default!, default).ThrowsAsyncForAnyArgs(failure);
        await book.SentAsync(2, "o1", "t1", correlationId: null);
        Assert.Same(failure, Assert.Single(log.Failures));
    }

    [Fact]
    public async Task An_outcome_that_could_not_be_written_down_is_tried_again()
    {
        var receipts = Substitute.For<IMessageReceipts>();
        var kept = new InMemoryMessageReceipts(_town.Time);
        var fails = true;
        receipts.SaveAsync(default!, default)
            .ReturnsForAnyArgs(call => fails ? throw new InvalidOperationException("the store is gone") : kept.SaveAsync(call.Arg<IReadOnlyCollection<MessageReceipt>>()));
        await using var host = await CallbackHost.StartAsync(_town, choose: builder => builder.AddReceipts().UseMessageReceipts(_ => receipts));

        await host.PostAsync(CallbackHost.Finished(_town, _town.Platform.AddPerson(), 77, "success"));
        await host.Inbox.WaitForReturnedAsync(1);
        fails = false;
        _town.Time.Advance(TimeSpan.FromSeconds(20));
        await host.Inbox.WaitForSettledAsync(1);

        Assert.Single(await kept.FindAsync(Town.OfficialAccountAppId, [77]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Old_receipts_are_deleted_in_batches_with_and_without_a_callback(bool hasCallback)
    {
        var receipts = new WatchedReceipts(new InMemoryMessageReceipts(_town.Time));
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton<TimeProvider>(_town.Time);
        var registration = builder.Services.AddWeChatUnionPush(Town.SetCredentials)
            .Configure(static options => options.Receipts.KeepFor = TimeSpan.FromDays(2))
            .UseSimulator(_town.Platform)
            .UseMessageReceipts(_ => receipts)
            .AddReceipts()
            .AddReceipts();
        if (hasCallback)
        {
            registration.AddCallback(static options =>
            {
                options.OfficialAccount.Token = PlatformPush.Token;
                options.OfficialAccount.EncodingAesKey = PlatformPush.Key;
            });
        }

        using var host = builder.Build();
        await host.StartAsync();

        // With a callback, its events expire too, and somebody looks for them.
        await _town.Time.WaitForTimersAsync(hasCallback ? 3 : 1).WaitAsync(Runs.Patience);
        await receipts.SaveAsync(
            [.. Enumerable.Range(1, 2_500).Select(i => new MessageReceipt(Town.OfficialAccountAppId, i) { CorrelationId = "old", SentAt = _town.Time.GetUtcNow() })]);
        _town.Time.Advance(TimeSpan.FromDays(1));
        await receipts.SaveAsync([new MessageReceipt(Town.OfficialAccountAppId, 77_777)]);
        await Runs.UntilAsync(() => receipts.Sweeps > 0, "the first sweep");
        Assert.Equal(2_500, (await receipts.FindByCorrelationIdAsync(Town.OfficialAccountAppId, ["old"])).Count);

        // A store that fails is asked again ten minutes later.
        receipts.Expiring = () => throw new InvalidOperationException("the store is gone");
        _town.Time.Advance(TimeSpan.FromDays(1));
        await Runs.UntilAsync(() => receipts.Failures > 0, "a sweep that fails");
        receipts.Expiring = null;
        _town.Time.Advance(TimeSpan.FromMinutes(10));
        await Runs.UntilAsync(() => receipts.Expired >= 2_500, "the sweep after it");

        Assert.Empty(await receipts.FindByCorrelationIdAsync(Town.OfficialAccountAppId, ["old"]));
        Assert.Single(await receipts.FindAsync(Town.OfficialAccountAppId, [77_777]));
        Assert.InRange(receipts.LargestBatch, 1, 1_000);
        await host.StopAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("a\nb")]
    public void A_correlation_id_is_a_readable_name(string correlationId) =>
        Assert.ThrowsAny<ArgumentException>(() => TemplateMessage.Create("t").CorrelationId(correlationId));

    [Fact]
    public void A_correlation_id_stays_with_the_host()
    {
        var message = Message("order-42");
        Assert.Equal("order-42", message.CorrelationId);
        Assert.DoesNotContain("order-42", message.ToJson("o"), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TemplateMessage.Create("t").CorrelationId(new string('a', 129)));
    }

    public ValueTask DisposeAsync() => _town.DisposeAsync();

    private Task<CallbackHost> StartAsync() => CallbackHost.StartAsync(_town, choose: builder => builder.AddReceipts());

    private TemplateMessage Message(string correlationId) => TemplateMessage.Create(_town.Template.Id)
        .Thing("thing1", "巧克力").Amount("amount2", 39.80m).Time("time3", _town.Time.GetUtcNow()).CorrelationId(correlationId).Build();

    private sealed class Lines : ILogger<MessageReceiptLog>
    {
        public List<Exception?> Failures { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Failures.Add(exception);
    }
}
