using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Receipts;

/// <summary>How many receipts are written at once, how many may wait, and for how long a send waits for its receipt.</summary>
public sealed class MessageReceiptLogTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly IMessageReceipts _receipts = Substitute.For<IMessageReceipts>();
    private readonly List<int> _batches = [];
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly MessageReceiptLog _log;

    public MessageReceiptLogTests()
    {
        _receipts.SaveAsync(default!, default).ReturnsForAnyArgs(call =>
        {
            lock (_batches)
            {
                _batches.Add(call.ArgAt<IReadOnlyCollection<MessageReceipt>>(0).Count);
            }

            return new ValueTask(_gate.Task);
        });
        _log = new MessageReceiptLog(Town.OfficialAccountAppId, _receipts, _time, NullLogger<MessageReceiptLog>.Instance);
    }

    [Fact]
    public async Task Two_thousand_are_written_at_once_and_twenty_thousand_may_wait()
    {
        // The first one is being written, and the others wait.
        var first = _log.SentAsync(1, "oPerson", "T", null);
        await Runs.UntilAsync(() => Batches() == 1, "the first write");
        var sends = Enumerable.Range(2, 20_000).Select(id => _log.SentAsync(id, "oPerson", "T", null)).ToList();
        var tooMany = _log.SentAsync(20_002, "oPerson", "T", null);
        Assert.True(tooMany.IsCompletedSuccessfully);
        Assert.DoesNotContain(sends, static send => send.IsCompleted);

        _gate.SetResult();
        await first;
        await Task.WhenAll(sends);
        Assert.Equal([1, .. Enumerable.Repeat(2_000, 10)], _batches);
    }

    [Fact]
    public async Task A_store_that_hangs_holds_a_send_up_for_thirty_seconds()
    {
        var send = _log.SentAsync(1, "oPerson", "T", null);
        await Runs.UntilAsync(() => _time.PendingTimers > 0, "the write");
        _time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
        await Task.Yield();
        Assert.False(send.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await send;
        _gate.SetResult();
    }

    private int Batches()
    {
        lock (_batches)
        {
            return _batches.Count;
        }
    }
}
