using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace WeChat.UnionPush.Simulator;

/// <summary>Leads calls of WeChat's APIs to the platform, as they are on the wire.</summary>
internal static class PlatformDoor
{
    private const long LongestBody = 16 * 1024 * 1024;

    public static async Task AnswerAsync(HttpContext context, PlatformSimulator simulator, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri($"http://127.0.0.1{path}{context.Request.QueryString}"));
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != false && !HttpMethods.IsGet(context.Request.Method))
        {
            request.Content = await ReadAsync(context).ConfigureAwait(false);
        }

        try
        {
            using var response = await simulator.Door.SendAsync(request, context.RequestAborted).ConfigureAwait(false);
            context.Response.StatusCode = (int)response.StatusCode;
            context.Response.Headers.ContentType = response.Content.Headers.TryGetValues("Content-Type", out var types) ? types.First() : null;
            context.Response.ContentLength = response.Content.Headers.ContentLength;

            // The platform's clock, not the server's: a host can tell from it how far its own is off.
            context.Response.Headers.Date = simulator.Platform.TimeProvider.GetUtcNow().ToString("R", System.Globalization.CultureInfo.InvariantCulture);
            await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
        }
        catch (InvalidOperationException missing)
        {
            simulator.Journal.NotSimulated(context.Request.Method, path, context.Request.QueryString.Value ?? "");
            throw new SimulatorException(404, $"{context.Request.Method} {path} is not simulated. {missing.Message}", missing);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or OperationCanceledException)
        {
            // Half an answer, if there is one, must be on the way before the connection is cut.
            if (context.Response.HasStarted)
            {
                await context.Response.Body.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            }

            context.Abort();
        }
    }

    private static async Task<HttpContent> ReadAsync(HttpContext context)
    {
        var length = context.Request.ContentLength;
        using var body = new MemoryStream((int)Math.Min(length ?? 0, 64 * 1024));
        var buffer = new byte[16 * 1024];
        for (int read; (read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false)) > 0;)
        {
            body.Write(buffer, 0, read);
            if (body.Length > LongestBody)
            {
                throw new SimulatorException(413, $"The body has more than {LongestBody} bytes.");
            }
        }

        HttpContent content = length is null ? new LengthlessContent(body.ToArray()) : new ByteArrayContent(body.ToArray());
        if (context.Request.ContentType is { } type)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        foreach (var encoding in context.Request.Headers.ContentEncoding)
        {
            content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        }

        return content;
    }

    /// <summary>A body that was sent in chunks, and so did not say how long it is.</summary>
    private sealed class LengthlessContent(byte[] body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => stream.WriteAsync(body).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
