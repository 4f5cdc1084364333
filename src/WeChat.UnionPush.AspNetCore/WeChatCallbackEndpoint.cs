using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.AspNetCore;

/// <summary>Reads a request for the receiver and writes its answer. Whatever happens, the answer comes before the platform stops waiting.</summary>
internal sealed partial class WeChatCallbackEndpoint(
    IWeChatCallbackReceiver receiver, TimeProvider timeProvider, ILogger<WeChatCallbackEndpoint> logger)
{
    /// <summary>The platform drops the connection after five seconds.</summary>
    internal static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(4);

    internal async Task HandleAsync(HttpContext context)
    {
        var query = ReadQuery(context.Request.Query);
        var answer = HttpMethods.IsGet(context.Request.Method)
            ? receiver.Verify(query)
            : await ReceiveAsync(context, query).ConfigureAwait(false);

        // The echo is the caller's text: no browser may take it for anything but text.
        context.Response.StatusCode = answer.StatusCode;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var body = Encoding.UTF8.GetBytes(answer.Body);
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<WeChatCallbackAnswer> ReceiveAsync(HttpContext context, WeChatCallbackQuery query)
    {
        using var limit = new CancellationTokenSource(TimeLimit, timeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted);
        byte[]? body;
        try
        {
            body = await ReadBodyAsync(context.Request, both.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return new(StatusCodes.Status408RequestTimeout, "");
        }

        if (body is null)
        {
            return WeChatCallbackAnswer.Refused(WeChatCallbackRefusal.TooLarge);
        }

        Task<WeChatCallbackAnswer>? receiving = null;
        try
        {
            // Waited for from outside: a store that hangs may not heed the token.
            receiving = receiver.ReceiveAsync(query, body, both.Token).AsTask();
            return await receiving.WaitAsync(both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (both.IsCancellationRequested)
        {
            LogTooSlow();
            // What it fails with later is nobody's business any more, but must not count as unobserved.
            _ = receiving?.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            return WeChatCallbackAnswer.TryAgain;
        }
        catch (Exception exception)
        {
            // Whatever failed, the platform has the push and can bring it again.
            LogFailed(exception);
            return WeChatCallbackAnswer.TryAgain;
        }
    }

    private static async Task<byte[]?> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > WeChatCallbackReader.MaxBodyLength)
        {
            return null;
        }

        while (true)
        {
            var result = await request.BodyReader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (result.Buffer.Length > WeChatCallbackReader.MaxBodyLength || result.IsCompleted)
            {
                var body = result.Buffer.Length > WeChatCallbackReader.MaxBodyLength ? null : result.Buffer.ToArray();
                request.BodyReader.AdvanceTo(result.Buffer.End);
                return body;
            }

            request.BodyReader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private static WeChatCallbackQuery ReadQuery(IQueryCollection query) => new()
    {
        Signature = query["signature"],
        Timestamp = query["timestamp"],
        Nonce = query["nonce"],
        EncryptType = query["encrypt_type"],
        MessageSignature = query["msg_signature"],
        Echo = query["echostr"],
    };

    [LoggerMessage(EventId = 42, EventName = "CallbackTooSlow", Level = LogLevel.Warning,
        Message = "A WeChat push could not be kept in time; the platform was asked to try again")]
    private partial void LogTooSlow();

    [LoggerMessage(EventId = 43, EventName = "CallbackFailed", Level = LogLevel.Error,
        Message = "A WeChat push could not be kept; the platform was asked to try again")]
    private partial void LogFailed(Exception exception);
}
