using System.Net;

namespace WeChat.UnionPush.Testing;

/// <summary>The platform's answer.</summary>
internal sealed record Answer(byte[] Body, int ErrorCode = 0)
{
    public const string Json = "application/json; encoding=utf-8";

    public static readonly Answer Ok = new("{\"errcode\":0,\"errmsg\":\"ok\"}"u8.ToArray());

    public string ContentType { get; init; } = Json;

    public HttpStatusCode Status { get; init; } = HttpStatusCode.OK;

    /// <summary>The exception that replaces the answer, or null.</summary>
    public Func<Exception>? Failure { get; init; }

    /// <summary>The exception that interrupts the body halfway, or null.</summary>
    public Func<Exception>? BreaksOffWith { get; init; }

    public bool NeverComes { get; init; }

    /// <summary>Whether the caller could read the error code.</summary>
    public bool HasErrorCode => Status == HttpStatusCode.OK && Failure is null && BreaksOffWith is null && !NeverComes;

    public HttpResponseMessage ToResponse(HttpRequestMessage request)
    {
        HttpContent content = BreaksOffWith is { } failure ? new BrokenContent(Body, failure) : new ByteArrayContent(Body);
        content.Headers.TryAddWithoutValidation("Content-Type", ContentType);
        content.Headers.ContentLength = Body.Length;
        return new HttpResponseMessage(Status) { Content = content, RequestMessage = request };
    }
}
