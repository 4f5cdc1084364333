using System.Net;

namespace WeChat.UnionPush.Testing;

/// <summary>What the platform sends back.</summary>
internal sealed record Answer(byte[] Body, int ErrorCode = 0)
{
    public const string Json = "application/json; encoding=utf-8";

    public static readonly Answer Ok = new("{\"errcode\":0,\"errmsg\":\"ok\"}"u8.ToArray());

    public string ContentType { get; init; } = Json;

    public HttpStatusCode Status { get; init; } = HttpStatusCode.OK;

    public HttpResponseMessage ToResponse(HttpRequestMessage request)
    {
        var content = new ByteArrayContent(Body);
        content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        content.Headers.ContentLength = Body.Length;
        return new HttpResponseMessage(Status) { Content = content, RequestMessage = request };
    }
}
