using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>Reads a push with the reader of whichever app it was made to, and keeps it for its handlers.</summary>
internal sealed class WeChatCallbackReceiver(
    IReadOnlyList<WeChatCallbackReader> readers, IWeChatEventIntake intake, ILogger<WeChatCallbackReceiver> logger) : IWeChatCallbackReceiver
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
                if (await intake.TryAddAsync(read, cancellationToken).ConfigureAwait(false))
                {
                    Telemetry.CallbackAnswered("kept");
                    return WeChatCallbackAnswer.Success;
                }

                Telemetry.CallbackAnswered("full");
                Log.CallbackInboxFull(logger);
                return WeChatCallbackAnswer.TryAgain;
            }

            first = first is WeChatCallbackRefusal.None ? refusal : first;
        }

        return Refuse(first);
    }

    private WeChatCallbackAnswer Refuse(WeChatCallbackRefusal refusal)
    {
        Telemetry.CallbackAnswered("refused");
        Log.CallbackRefused(logger, refusal);
        return WeChatCallbackAnswer.Refused(refusal);
    }
}
