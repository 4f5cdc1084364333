using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Tests.Hosts;

/// <summary>Whatever primary handler a host chooses, for every client or for this one: what the library guarantees holds, or the host is told.</summary>
public sealed class PrimaryHandlerTests
{
    public static TheoryData<string> Handlers => ["none", "HttpClientHandler, for every client", "HttpClientHandler", "SocketsHttpHandler, for every client", "SocketsHttpHandler",
        "behind a handler", "shared by all clients"];

    [Theory]
    [MemberData(nameof(Handlers))]
    public async Task Redirects_are_not_followed_no_trace_header_is_sent_and_no_diagnostic_record_is_written(string which)
    {
        using var platform = new TcpPlatform(static request => request.Target.StartsWith("/cgi-bin/token", StringComparison.Ordinal)
            ? TcpAnswer.Status(302, "", $"Location: /stolen\r\nSet-Cookie: a=b\r\n")
            : TcpPlatform.Well(request));
        using var log = new LogBook();
        using var records = new Records();
        await using var services = OnceOnTheWireTests.Build(
            platform,
            static options => options.AccessToken.Channel = AccessTokenChannel.Classic,
            services => Choose(services, which),
            builder => Choose(builder, which),
            log);
        using var activity = new Activity("a request of the host's").Start();

        await services.GetRequiredService<IMiniProgramSession>().SignInAsync("code");
        await Assert.ThrowsAsync<WeChatApiException>(() => services.GetRequiredService<IAccessTokenProvider>().GetAsync(Town.MiniProgramAppId).AsTask());

        Assert.Equal(0, platform.Count("/stolen"));
        Assert.Equal(1, platform.Count("/cgi-bin/token"));
        Assert.All(platform.Requests, static request => Assert.DoesNotContain("traceparent", request.Head, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(records.Texts, static text => text.Contains(Secrets.Marker, StringComparison.Ordinal));
        Assert.Equal(0, log.Count(4));
    }

    [Theory]
    [MemberData(nameof(Handlers))]
    public async Task Connections_are_limited_and_end(string which)
    {
        using var platform = new TcpPlatform(TcpPlatform.Well);
        await using var services =
            OnceOnTheWireTests.Build(platform, static options => options.Http.MaxConnections = 3, services => Choose(services, which), builder => Choose(builder, which));

        foreach (var areShared in (bool[])[true, false])
        {
            using var handler = PlatformConnections.Make(Given(which), new WeChatHttpOptions { MaxConnections = 3 }, proxy: null, areShared ? null : new OneConnection())!;
            Assert.Equal(3, handler.MaxConnectionsPerServer);
            Assert.InRange(handler.PooledConnectionLifetime, TimeSpan.Zero, TimeSpan.FromMinutes(5));
            Assert.Equal(!areShared, handler.PooledConnectionLifetime == TimeSpan.Zero);
            Assert.Equal(TimeSpan.FromSeconds(5), handler.ConnectTimeout);
        }

        var session = services.GetRequiredService<IMiniProgramSession>();
        await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => session.CheckAsync("o1", "key")));
        Assert.InRange(platform.Requests.Where(static request => request.Target.Contains("checksession", StringComparison.Ordinal)).Select(static request => request.Connection)
            .Distinct().Count(), 1, 3);
    }

    [Fact]
    public async Task The_hosts_settings_are_taken_over()
    {
        using var proxy = new TcpPlatform(TcpPlatform.Well);
        using var platform = new TcpPlatform(TcpPlatform.Well);
        await using var services = OnceOnTheWireTests.Build(platform, configureServices: services => services.ConfigureHttpClientDefaults(client =>
            client.ConfigurePrimaryHttpMessageHandler(() => new HttpClientHandler { Proxy = new WebProxy(proxy.Address), UseProxy = true })));

        await services.GetRequiredService<IMiniProgramSession>().SignInAsync("code");

        Assert.Equal(1, proxy.Count($"http://127.0.0.1:{platform.Port}/sns/jscode2session"));
        Assert.Empty(platform.Requests);
    }

    [Fact]
    public async Task The_handler_that_the_host_shares_with_other_clients_stays_as_it_was()
    {
        using var shared = new SocketsHttpHandler();
        using var platform = new TcpPlatform(TcpPlatform.Well);
        await using var services =
            OnceOnTheWireTests.Build(platform, choose: builder => builder.ConfigureHttpClient(client => client.ConfigurePrimaryHttpMessageHandler(() => shared)));

        await services.GetRequiredService<IMiniProgramSession>().SignInAsync("code");

        Assert.True(shared.AllowAutoRedirect);
        Assert.True(shared.UseCookies);
        Assert.NotNull(shared.ActivityHeadersPropagator);
    }

    [Fact]
    public async Task A_handler_whose_settings_cannot_be_read_is_told_at_the_start_with_the_lines_that_mend_it()
    {
        using var platform = new TcpPlatform(TcpPlatform.Well);
        using var log = new LogBook();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(log);
        builder.Services.AddWeChatUnionPush(platform.SetCredentials).ConfigureHttpClient(static client => client.ConfigurePrimaryHttpMessageHandler(static () => new OwnHandler()));
        using var host = builder.Build();
        await host.StartAsync();

        var told = Assert.Single(log.Texts(4));
        Assert.Contains(nameof(OwnHandler), told, StringComparison.Ordinal);
        Assert.Contains("UseProxy(", told, StringComparison.Ordinal);
        Assert.Contains("UseSocketsHttpHandler(", told, StringComparison.Ordinal);
        await host.StopAsync();
    }

    [Theory]
    [InlineData("ours")]
    [InlineData("the host's")]
    public async Task A_proxys_user_and_password_reach_the_proxy_and_no_text(string whose)
    {
        const string Password = Secrets.Marker + "p%40ss";
        using var proxy = new TcpPlatform(static request =>
            !request.Head.Contains("Proxy-Authorization:", StringComparison.OrdinalIgnoreCase) ? TcpAnswer.Status(407, "", "Proxy-Authenticate: Basic realm=\"x\"\r\n")
            : request.Method == "CONNECT" ? TcpAnswer.Status(503, "")
            : TcpPlatform.Well(request));
        using var log = new LogBook();
        var address = new Uri($"http://user:{Password}@127.0.0.1:{proxy.Port}");
        await using var services = OnceOnTheWireTests.Build(
            proxy,
            static options =>
            {
                options.ApiBaseAddress = new Uri("https://api.weixin.qq.com");
                options.Http.MaxRetries = 1;
            },
            choose: builder => _ = whose == "ours"
                ? builder.UseProxy(address).AddHealthCheck()
                : builder.UseProxy(new WebProxy(address) { Credentials = new NetworkCredential("user", Uri.UnescapeDataString(Password)) }).AddHealthCheck(),
            log: log);

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => services.GetRequiredService<IMiniProgramSession>().SignInAsync("code"));
        await Assert.ThrowsAsync<WeChatApiException>(() => services.GetRequiredService<IAccessTokenProvider>().GetAsync(Town.MiniProgramAppId).AsTask());
        var health = await services.GetRequiredService<Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckService>().CheckHealthAsync();

        var sent = Convert.ToBase64String(Encoding.UTF8.GetBytes($"user:{Uri.UnescapeDataString(Password)}"));
        Assert.Contains(proxy.Requests, request => request.Head.Contains(sent, StringComparison.Ordinal));
        Assert.All(
            [failure.ToString(), .. log.All, string.Join(' ', health.Entries.Select(static entry => $"{entry.Value.Description} {string.Join(' ', entry.Value.Data)}"))],
            text =>
            {
                Assert.DoesNotContain(Secrets.Marker, text, StringComparison.Ordinal);
                Assert.DoesNotContain("user:", text, StringComparison.Ordinal);
            });
        Assert.Contains("127.0.0.1", failure.ToString(), StringComparison.Ordinal);
    }

    private static HttpMessageHandler Given(string which) => which.StartsWith("Http", StringComparison.Ordinal) ? new HttpClientHandler() : new SocketsHttpHandler();

    private static void Choose(IServiceCollection services, string which)
    {
        if (which.EndsWith("for every client", StringComparison.Ordinal))
        {
            services.ConfigureHttpClientDefaults(client => client.ConfigurePrimaryHttpMessageHandler(() => Given(which)));
        }
    }

    private static void Choose(WeChatUnionPushBuilder builder, string which) => builder.ConfigureHttpClient(client => _ = which switch
    {
        "HttpClientHandler" or "SocketsHttpHandler" => client.ConfigurePrimaryHttpMessageHandler(() => Given(which)),
        "behind a handler" => client.ConfigurePrimaryHttpMessageHandler(static () => new Passing { InnerHandler = new HttpClientHandler() }),
        _ => client,
    });

    private sealed class Passing : DelegatingHandler;

    private sealed class OwnHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage { Content = new StringContent(TcpPlatform.Session, MediaTypeHeaderValue.Parse("text/plain")) });
    }

    /// <summary>What a listener of the network's diagnostic records sees.</summary>
    private sealed class Records : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        private readonly ConcurrentQueue<IDisposable> _subscriptions = new();

        public Records() => _subscriptions.Enqueue(DiagnosticListener.AllListeners.Subscribe(this));

        public ConcurrentQueue<string> Texts { get; } = new();

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "HttpHandlerDiagnosticListener")
            {
                _subscriptions.Enqueue(value.Subscribe(this));
            }
        }

        public void OnNext(KeyValuePair<string, object?> value) =>
            Texts.Enqueue($"{value.Key} {value.Value} {(value.Value?.GetType().GetProperty("Request")?.GetValue(value.Value) as HttpRequestMessage)?.RequestUri}");

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void Dispose()
        {
            foreach (var subscription in _subscriptions)
            {
                subscription.Dispose();
            }
        }
    }
}
