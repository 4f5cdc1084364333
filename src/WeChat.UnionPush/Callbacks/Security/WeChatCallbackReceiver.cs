using System.Buffers;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Callbacks;

/// <summary>Reads a push and keeps it for its handlers. Whatever happens, the answer comes before the platform stops waiting.</summary>
internal sealed class WeChatCallbackReceiver(CallbackReader reader, WeChatEventIntake intake, TimeProvider time, ILogger<WeChatCallbackReceiver> logger)
    : IWeChatCallbackReceiver, IDisposable
{
    /// <summary>The platform drops the connection after five seconds.</summary>
    internal static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(4);

    // Genuine bodies have less, so one rent is enough for them.
    private const int FirstBuffer = 4096;

    private readonly LineLimit _lines = new((kind, count) => Log.CallbackLinesLeftOut(logger, count, kind), time);

    public WeChatCallbackAnswer Verify(WeChatCallbackQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (!reader.TryReadEcho(query, out var echo))
        {
            return Refuse(CallbackRefusal.Signature, query);
        }

        if (reader.ExplainClock(query) is { } explanation && _lines.Allows("Clock"))
        {
            Log.CallbackClockOff(logger, explanation);
        }

        return new(200, echo);
    }

    public async ValueTask<WeChatCallbackAnswer> ReceiveAsync(WeChatCallbackQuery query, Stream body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(body);

        // A stranger's request costs this hash and nothing more.
        if (reader.CheckQuery(query) is not CallbackRefusal.None and var refused)
        {
            return Refuse(refused, query);
        }

        using var limit = new CancellationTokenSource(AnswerTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        IWeChatEvent? read;
        try
        {
            // One byte more than is allowed tells that there is more.
            int length = 0, count;
            do
            {
                if (length == buffer.Length)
                {
                    buffer = Grow(buffer);
                }

                count = await body.ReadAsync(buffer.AsMemory(length, Math.Min(buffer.Length, reader.MaxBodyLength + 1) - length), either.Token).ConfigureAwait(false);
                length += count;
            }
            while (count > 0 && length <= reader.MaxBodyLength);

            if (!reader.TryRead(query, buffer.AsSpan(0, length), out read, out var refusal))
            {
                return Refuse(refusal, query);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return Refuse(CallbackRefusal.Interrupted, query);
        }
        catch (Exception exception) when (exception is InvalidOperationException or NotSupportedException)
        {
            // The stream was read to its end, or closed, by somebody before.
            return Refuse(CallbackRefusal.Empty, query);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return await KeepAsync(read, either.Token).ConfigureAwait(false);
    }

    public async ValueTask<WeChatCallbackAnswer> ReceiveAsync(WeChatCallbackQuery query, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (!reader.TryRead(query, body.Span, out var read, out var refusal))
        {
            return Refuse(refusal, query);
        }

        using var limit = new CancellationTokenSource(AnswerTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        return await KeepAsync(read, either.Token).ConfigureAwait(false);
    }

    public void Dispose() => _lines.Dispose();

    private static byte[] Grow(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(2 * buffer.Length);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private async Task<WeChatCallbackAnswer> KeepAsync(IWeChatEvent read, CancellationToken cancellationToken)
    {
        try
        {
            if (await intake.TryAddAsync(read, cancellationToken).ConfigureAwait(false))
            {
                Telemetry.CallbackAnswered("kept");
                return WeChatCallbackAnswer.Success;
            }

            Telemetry.CallbackAnswered("full");
            if (_lines.Allows("Full"))
            {
                Log.CallbackInboxFull(logger);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Telemetry.CallbackAnswered("failed");
            if (_lines.Allows("TooSlow"))
            {
                Log.CallbackTooSlow(logger);
            }
        }
        catch (Exception exception)
        {
            // Whatever failed, the platform has the push and can bring it again.
            Telemetry.CallbackAnswered("failed");
            if (_lines.Allows("Failed"))
            {
                Log.CallbackFailed(logger, exception);
            }
        }

        return WeChatCallbackAnswer.TryAgain;
    }

    private WeChatCallbackAnswer Refuse(CallbackRefusal refusal, WeChatCallbackQuery query)
    {
        Telemetry.CallbackAnswered("refused");
        var name = refusal.ToString();
        if (_lines.Allows(name))
        {
            Log.CallbackRefused(logger, name, reader.Explain(refusal, query));
        }

        return WeChatCallbackAnswer.Refused(refusal);
    }
}
