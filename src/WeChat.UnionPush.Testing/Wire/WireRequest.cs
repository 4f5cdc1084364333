using System.Net;
using System.Net.Http.Headers;

namespace WeChat.UnionPush.Testing;

/// <summary>A request as the platform's gateway sees it: as it would be on the wire.</summary>
internal sealed class WireRequest
{
    private WireRequest(HttpRequestMessage request, Uri address, IPAddress caller, byte[] body, bool isChunked)
    {
        Caller = caller;
        Method = request.Method;
        Address = address;
        Body = body;
        IsChunked = isChunked;
        IsEncoded = request.Content?.Headers.ContentEncoding.Any(encoding => !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase)) ?? false;
        ContentType = request.Content?.Headers.ContentType;
    }

    /// <summary>The address that the request comes from.</summary>
    public IPAddress Caller { get; }

    public HttpMethod Method { get; }

    public Uri Address { get; }

    public byte[] Body { get; }

    public bool IsChunked { get; }

    public bool IsEncoded { get; }

    public MediaTypeHeaderValue? ContentType { get; }

    public static async Task<WireRequest> ReadAsync(HttpRequestMessage request, IPAddress caller, CancellationToken cancellationToken)
    {
        var address = request.RequestUri is { IsAbsoluteUri: true } uri
            ? uri
            : throw new InvalidOperationException("The request has no absolute address.");
        if (request.Content is not { } content)
        {
            return new WireRequest(request, address, caller, [], isChunked: false);
        }

        // The length must be read before the body. Reading the body would make it known, but a network handler must decide earlier.
        var length = content.Headers.ContentLength;
        var isChunked = length is null || request.Headers.TransferEncodingChunked == true;
        using var body = new MemoryStream((int)(length ?? 0));
        await content.CopyToAsync(body, cancellationToken).ConfigureAwait(false);
        if (!isChunked && body.Length != length)
        {
            throw new HttpRequestException($"Sent {body.Length} request content bytes, but Content-Length promised {length}.");
        }

        return new WireRequest(request, address, caller, body.ToArray(), isChunked);
    }

    public SimulatedCall ToCall(DateTimeOffset now) => new(Method.Method, Address, Body, ContentType?.ToString(), now);
}
