using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;

namespace WeChat.UnionPush.Tests.Api;

/// <summary>Stands where the network handler stands and does what the test says, request by request.</summary>
internal sealed class ScriptedHandler : HttpMessageHandler
{
    private readonly Func<int, HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> _answer;
    private readonly ConcurrentQueue<Request> _requests = new();
    private int _count;

    /// <param name="answer">Answers the request with that number, from 1.</param>
    public ScriptedHandler(Func<int, HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) => _answer = answer;

    /// <param name="answers">Bodies of HTTP 200, one after the other; the last one again and again.</param>
    public ScriptedHandler(params string[] answers)
        : this((number, _, _) => Task.FromResult(Ok(answers[Math.Min(number, answers.Length) - 1])))
    {
    }

    public IReadOnlyList<Request> Requests => [.. _requests];

    public int Count => Volatile.Read(ref _count);

    public static HttpResponseMessage Ok(string body) => Answer(HttpStatusCode.OK, Encoding.UTF8.GetBytes(body));

    public static HttpResponseMessage Answer(HttpStatusCode status, string body) => Answer(status, Encoding.UTF8.GetBytes(body));

    public static HttpResponseMessage Answer(HttpStatusCode status, byte[] body, string contentType = "application/json; encoding=utf-8")
    {
        var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return new HttpResponseMessage(status) { Content = content };
    }

    /// <summary>An answer that never comes.</summary>
    public static async Task<HttpResponseMessage> Never(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        throw new InvalidOperationException("It came.");
    }

    public static ApiTransport Transport(HttpMessageHandler handler, TimeProvider time, Action<WeChatUnionPushOptions>? configure = null, LogBook? log = null)
    {
        var options = new WeChatUnionPushOptions();
        Town.SetCredentials(options);
        configure?.Invoke(options);
        return new ApiTransport(
            new HttpMessageInvoker(handler, disposeHandler: false),
            [options.ApiBaseAddress, .. options.FallbackAddresses],
            options.Http,
            time,
            log ?? (Microsoft.Extensions.Logging.ILogger<ApiTransport>)NullLogger<ApiTransport>.Instance);
    }

    /// <summary>Calls of an account without limits of its own.</summary>
    public static AccountApi Api(ApiTransport transport, IAccessTokenProvider tokens) => new(transport, tokens, new Account("wx1", transport.Time));

    public static TemplateMessageSender Sender(AccountApi api, TimeProvider time) =>
        new(
            api,
            new TemplateCatalog(api, new TemplateMessageOptions(), time),
            static () => { },
            new TemplateMessageOptions(),
            new RecipientTurns(new WeChatHttpOptions(), time),
            new WorkUnderWay(time),
            null,
            NullLogger<TemplateMessageSender>.Instance);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(CancellationToken.None);
        _requests.Enqueue(new Request(request.Method.Method, request.RequestUri!, body));

        // No network answers before the caller has gone on.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return await _answer(Interlocked.Increment(ref _count), request, cancellationToken);
    }

    internal sealed record Request(string Method, Uri Address, byte[] Body)
    {
        public string Text => Encoding.UTF8.GetString(Body);
    }
}
