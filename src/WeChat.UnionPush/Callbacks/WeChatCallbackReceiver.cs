using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>Reads a push with the reader of whichever app it was made to, and puts it into the inbox.</summary>
internal sealed partial class WeChatCallbackReceiver(
    IReadOnlyList<WeChatCallbackReader> readers, IWeChatEventInbox inbox, ILogger<WeChatCallbackReceiver> logger) : IWeChatCallbackReceiver
{
    public WeChatCallbackAnswer Verify(WeChatCallbackQuery query)
    {
        foreach (var reader in readers)
        {
            if (reader.TryReadEcho(query, out var echo))
            {
                return new(200, echo);
            }
        }

        return Refuse(WeChatCallbackRefusal.Signature);
    }

    public async ValueTask<WeChatCallbackAnswer> ReceiveAsync(
        WeChatCallbackQuery query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        var first = WeChatCallbackRefusal.None;
        foreach (var reader in readers)
        {
            if (reader.TryRead(query, body.Span, out var read, out var refusal))
            {
                if (await inbox.TryAddAsync(read, cancellationToken).ConfigureAwait(false))
                {
                    return WeChatCallbackAnswer.Success;
                }

                LogFull();
                return WeChatCallbackAnswer.TryAgain;
            }

            first = first is WeChatCallbackRefusal.None ? refusal : first;
        }

        return Refuse(first);
    }

    private WeChatCallbackAnswer Refuse(WeChatCallbackRefusal refusal)
    {
        LogRefused(refusal);
        return WeChatCallbackAnswer.Refused(refusal);
    }

    // The request comes from anybody, so nothing of it is worth a place in the log.
    [LoggerMessage(EventId = 700, EventName = "CallbackRefused", Level = LogLevel.Warning,
        Message = "A request at the WeChat callback URL was refused: {Refusal}")]
    private partial void LogRefused(WeChatCallbackRefusal refusal);

    [LoggerMessage(EventId = 701, EventName = "CallbackInboxFull", Level = LogLevel.Warning,
        Message = "The inbox of WeChat events is full; the platform was asked to try again")]
    private partial void LogFull();
}
