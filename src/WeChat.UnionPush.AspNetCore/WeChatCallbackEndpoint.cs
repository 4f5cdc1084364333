using System.Text;
using Microsoft.AspNetCore.Http;

namespace WeChat.UnionPush.AspNetCore;

/// <summary>Hands a request to the receiver and writes its answer.</summary>
internal sealed class WeChatCallbackEndpoint(IWeChatCallbackReceiver receiver)
{
    internal async Task HandleAsync(HttpContext context)
    {
        var query = ReadQuery(context.Request.Query);
        WeChatCallbackAnswer answer;
        if (HttpMethods.IsGet(context.Request.Method))
        {
            answer = receiver.Verify(query);
        }
        else
        {
            var posted = BodyOf(context.Request);
            answer = await receiver.ReceiveAsync(query, posted, context.RequestAborted).ConfigureAwait(false);
            if (posted.IsBroken)
            {
                // Otherwise Kestrel continues to read where it could not read, and logs an error.
                context.Abort();
                return;
            }
        }

        // The echo is the caller's text, so no browser may interpret it as anything but plain text.
        context.Response.StatusCode = answer.StatusCode;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        var body = Encoding.UTF8.GetBytes(answer.Body);
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>The body from its beginning, also when a middleware buffered and read it.</summary>
    private static RequestBody BodyOf(HttpRequest request)
    {
        if (request.Body is { CanSeek: true, Position: > 0 } buffered)
        {
            buffered.Position = 0;
        }

        return new RequestBody(request.BodyReader);
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
}
