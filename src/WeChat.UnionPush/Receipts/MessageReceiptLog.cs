using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>Writes down what was sent, many in one write. Never fails: the message is on its way already.</summary>
internal sealed class MessageReceiptLog(string appId, IMessageReceipts receipts, TimeProvider time, ILogger<MessageReceiptLog> logger) : ISentMessages
{
    private const int MaxBatch = 2_000;
    private const int MaxWaiting = 20_000;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);

    private readonly WriteBatcher<MessageReceipt> _batcher = new(
        async (batch, cancellationToken) =>
        {
            await receipts.SaveAsync(batch, cancellationToken).ConfigureAwait(false);
            return true;
        },
        MaxBatch,
        MaxWaiting,
        TimeLimit,
        time);

    /// <summary>Writes down an accepted message. Ends when it is written, so that a send and its receipt share their fate.</summary>
    public async Task SentAsync(long messageId, string openId, string templateId, string? correlationId)
    {
        Exception? failure = null;
        try
        {
            var receipt = new MessageReceipt(appId, messageId)
            {
                OpenId = openId,
                TemplateId = templateId,
                CorrelationId = correlationId,
                SentAt = time.GetUtcNow(),
            };
            if (await _batcher.AddAsync(receipt).ConfigureAwait(false))
            {
                return;
            }
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        Log.ReceiptNotSaved(logger, appId, failure);
    }
}
