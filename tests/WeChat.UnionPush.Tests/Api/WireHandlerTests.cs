using System.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace WeChat.UnionPush.Tests.Api;

/// <summary>What goes out once, whoever sends it again, and what the call is told then.</summary>
public sealed class WireHandlerTests : IDisposable
{
    private const int NotSent = 3;

    private static readonly Uri Address = new("https://api.weixin.qq.com/cgi-bin/x?secret=" + Secrets.Marker);

    private readonly LogBook _log = new();
    private readonly List<IDisposable> _owned = [];

    [Fact]
    public async Task A_request_of_somebody_else_passes_as_often_as_it_is_sent()
    {
        var network = new ScriptedHandler("{}");
        var client = Client(network);
        foreach (var _ in new[] { 1, 2 })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Address);
            using var response = await client.SendAsync(request, default);
            Assert.Equal("{}", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        Assert.Equal((2, 0), (network.Count, _log.Count(NotSent)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_repeat_gets_the_status_of_the_first_time_without_its_body_and_is_told_in_the_log_once(bool worksOnce)
    {
        var network = new ScriptedHandler((_, _, _) => Task.FromResult(ScriptedHandler.Answer(HttpStatusCode.BadGateway, "busy")));
        var client = Client(network);
        for (var call = 0; call < 2; call++)
        {
            using var attempt = Attempt(worksOnce);
            Assert.Equal(worksOnce, attempt.WorksOnce);
            using var first = await client.SendAsync(attempt, default);
            Assert.Equal("busy", await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            using var again = await client.SendAsync(attempt, default);
            Assert.Equal((HttpStatusCode.BadGateway, attempt), (again.StatusCode, again.RequestMessage));
            Assert.Empty(await again.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        }

        Assert.Equal((2, 1), (network.Count, _log.Count(NotSent)));
        Assert.Contains(worksOnce ? "/sns/jscode2session" : "/cgi-bin/message/template/send", Assert.Single(_log.All), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_of_a_request_that_works_once_goes_out_no_more_than_it()
    {
        var network = new ScriptedHandler("{}");
        var client = Client(network);
        using var attempt = Attempt(worksOnce: true);
        using var first = await client.SendAsync(attempt, default);
        using var copy = new HttpRequestMessage(HttpMethod.Get, attempt.RequestUri);
        using var again = await client.SendAsync(copy, default);
        Assert.Equal((1, HttpStatusCode.OK), (network.Count, again.StatusCode));
    }

    [Fact]
    public async Task A_repeat_of_what_failed_fails_as_it_did()
    {
        var network = new ScriptedHandler((_, _, _) => throw new IOException("It broke."));
        var client = Client(network);
        using var attempt = Attempt(worksOnce: true);
        var first = await Assert.ThrowsAsync<IOException>(() => client.SendAsync(attempt, default));
        Assert.Same(first, await Assert.ThrowsAsync<IOException>(() => client.SendAsync(attempt, default)));
        Assert.Equal((1, false), (network.Count, attempt.HadNoConnection));
    }

    [Fact]
    public async Task A_repeat_of_what_is_under_way_is_refused()
    {
        var answer = new TaskCompletionSource<HttpResponseMessage>();
        var client = Client(new ScriptedHandler((_, _, _) => answer.Task));
        using var attempt = Attempt(worksOnce: false);
        var first = client.SendAsync(attempt, default);
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(attempt, default));
        Assert.Equal("/cgi-bin/message/template/send is under way already, and an attempt of a call is sent once.", refused.Message);
        answer.SetResult(ScriptedHandler.Ok("{}"));
        using var response = await first;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData(HttpRequestError.NameResolutionError, true)]
    [InlineData(HttpRequestError.ConnectionError, true)]
    [InlineData(HttpRequestError.SecureConnectionError, true)]
    [InlineData(HttpRequestError.ProxyTunnelError, true)]
    [InlineData(HttpRequestError.ResponseEnded, false)]
    [InlineData(HttpRequestError.Unknown, false)]
    public async Task Only_the_network_s_own_word_says_that_nothing_left(HttpRequestError error, bool nothingLeft)
    {
        foreach (var fresh in new[] { false, true })
        {
            var client = Client(new ScriptedHandler((_, _, _) => throw new HttpRequestException(error)), fresh);
            using var attempt = Attempt(worksOnce: true);
            var failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.SendAsync(attempt, default));
            Assert.Equal((nothingLeft, nothingLeft), (attempt.HadNoConnection, attempt.IsUnreached(failure)));
        }

        // What may arrive twice is believed whoever says it.
        using var other = Attempt(worksOnce: false);
        Assert.Equal(nothingLeft, other.IsUnreached(new HttpRequestException(error)));
    }

    [Fact]
    public async Task Who_waits_for_a_connection_of_its_own_has_sent_nothing_yet()
    {
        var answer = new TaskCompletionSource<HttpResponseMessage>();
        var network = new ScriptedHandler((number, _, _) => number == 1 ? answer.Task : Task.FromResult(ScriptedHandler.Ok("second")));
        var client = Client(network, fresh: true);
        var (first, second, third) = (new Calling(client), new Calling(client), new Calling(client));
        var (firstDone, secondDone) = (first.SendAsync(default), second.SendAsync(default));
        using var stop = new CancellationTokenSource();
        var thirdDone = third.SendAsync(stop.Token);
        await Runs.UntilAsync(() => network.Count == 1, "the first one is under way");
        Assert.Equal((false, true, true), (first.Attempt.HadNoConnection, second.Attempt.HadNoConnection, third.Attempt.HadNoConnection));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => thirdDone);
        Assert.True(third.Attempt.HadNoConnection);

        answer.SetResult(ScriptedHandler.Ok("first"));
        Assert.Equal(("first", "second"), (await firstDone, await secondDone));
        Assert.Equal((false, 2), (second.Attempt.HadNoConnection, network.Count));
    }

    [Fact]
    public async Task An_answer_that_is_too_long_fails_and_gives_its_connection_back()
    {
        var contents = new List<Content>();
        var client = Client(
            new ScriptedHandler((_, _, _) =>
            {
                contents.Add(new Content(new byte[contents.Count == 0 ? AnswerReader.MaxBytes + 1 : AnswerReader.MaxBytes]));
                return Task.FromResult(new HttpResponseMessage { Content = contents[^1] });
            }),
            fresh: true);
        await Assert.ThrowsAsync<HttpRequestException>(() => new Calling(client).SendAsync(default));
        Assert.True(Assert.Single(contents).IsDisposed);
        Assert.Equal(AnswerReader.MaxBytes, (await new Calling(client).SendAsync(default)).Length);
    }

    [Fact]
    public void What_it_sends_with_ends_with_it()
    {
        var owned = new Content([]);
        new WireHandler(new Owner(owned), makeFresh: null, 1, NullLogger.Instance).Dispose();
        Assert.True(owned.IsDisposed);
    }

    public void Dispose() => _owned.ForEach(static owned => owned.Dispose());

    private static ApiRequest Attempt(bool worksOnce) => new(worksOnce ? SessionEndpoints.CodeToSession : TemplateEndpoints.TemplateSend, Address);

    private HttpMessageInvoker Client(HttpMessageHandler network, bool fresh = false)
    {
        var invoker = new HttpMessageInvoker(new WireHandler(
            fresh ? new ScriptedHandler("shared") : network, fresh ? _ => new Unowned(network) : null, connections: 1, _log));
        _owned.Add(invoker);
        return invoker;
    }

    /// <summary>A call in a flow of its own, as each one is.</summary>
    private sealed class Calling(HttpMessageInvoker client)
    {
        public ApiRequest Attempt { get; } = WireHandlerTests.Attempt(worksOnce: true);

        public async Task<string> SendAsync(CancellationToken cancellationToken)
        {
            using var response = await client.SendAsync(Attempt, cancellationToken);
            return await response.Content.ReadAsStringAsync(CancellationToken.None);
        }
    }

    /// <summary>Leaves the network open for the next connection.</summary>
    private sealed class Unowned(HttpMessageHandler network) : HttpMessageHandler
    {
        private readonly HttpMessageInvoker _network = new(network, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _network.SendAsync(request, cancellationToken);
    }

    private sealed class Content(byte[] bytes) : ByteArrayContent(bytes)
    {
        public bool IsDisposed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }

    private sealed class Owner(IDisposable owned) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            owned.Dispose();
            base.Dispose(disposing);
        }
    }
}
