using System.Net;
using System.Net.Http.Headers;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>Answers synchronously with prepared bytes, so that only the caller's own work is measured.</summary>
internal sealed class StubPlatform : HttpMessageHandler
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly byte[] _token = [.. "{\"access_token\":\""u8, .. System.Text.Encoding.ASCII.GetBytes(Samples.Token), .. "\",\"expires_in\":7200}"u8];
    private readonly byte[] _sent = [.. "{\"errcode\":0,\"errmsg\":\"ok\",\"msgid\":3141592653589793238}"u8];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is not null)
        {
            await request.Content.CopyToAsync(Stream.Null, cancellationToken);
        }

        var path = request.RequestUri!.AbsolutePath;
        var bytes = path switch
        {
            "/cgi-bin/message/template/send" => _sent,
            "/cgi-bin/stable_token" or "/cgi-bin/token" => _token,
            _ => throw new NotSupportedException(path),
        };
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(bytes) { Headers = { ContentType = Json } } };
    }
}
