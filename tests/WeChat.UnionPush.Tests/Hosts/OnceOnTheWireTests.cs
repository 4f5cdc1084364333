using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Tests.Hosts;

/// <summary>A login code works once, so its request may arrive once, whoever would repeat it. Counted by a server on TCP.</summary>
public sealed class OnceOnTheWireTests
{
    private const string SignIn = "/sns/jscode2session";

    public static TheoryData<string, bool> Ends => new()
    {
        { "close", false },
        { "close", true },
        { "reset", false },
        { "reset", true },
        { "500", false },
        { "503", true },
        { "429", true },
        { "408", true },
    };

    public static TheoryData<string> Repeaters => ["standard, for every client", "standard, for this client", "same message", "copy", "parallel copies", "filter"];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_code_whose_answer_never_comes_arrives_once(string how, bool reused)
    {
        using var platform = new TcpPlatform(request => request.Target.Contains("js_code=lost", StringComparison.Ordinal) ? End(how) : TcpPlatform.Well(request));
        await using var services = Build(platform);
        var session = services.GetRequiredService<IMiniProgramSession>();
        if (reused)
        {
            // Connections of all kinds are open and have been used.
            await session.SignInAsync("first");
            await services.GetRequiredService<IWeChatDiagnostics>().GetApiAddressesAsync().ContinueWith(static _ => { }, TaskScheduler.Default);
            await session.CheckAsync("o1", "key");
        }

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => session.SignInAsync("lost"));

        Assert.True(failure.OutcomeUnknown);
        Assert.Equal(1, platform.Count("js_code=lost"));
        Assert.All(platform.Requests, static request => Assert.Equal(request.Method == "POST", request.Head.Contains("Content-Length:", StringComparison.OrdinalIgnoreCase)));
        Assert.DoesNotContain(Secrets.Marker, failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Over_TLS_a_code_arrives_once_too(bool closes)
    {
        using var platform = new TcpPlatform(request => closes ? TcpAnswer.Close : TcpPlatform.Well(request), isSecure: true);
        await using var services = Build(platform, choose: static builder => builder.ConfigureHttpClient(static client =>
            client.ConfigurePrimaryHttpMessageHandler(
                static () => new HttpClientHandler { ServerCertificateCustomValidationCallback = static (request, _, _, _) => request.RequestUri!.Host == "127.0.0.1" })));
        var session = services.GetRequiredService<IMiniProgramSession>();

        if (closes)
        {
            Assert.True((await Assert.ThrowsAsync<WeChatApiException>(() => session.SignInAsync("code"))).OutcomeUnknown);
        }
        else
        {
            Assert.Equal("o1", (await session.SignInAsync("code")).OpenId);
        }

        Assert.Equal(1, platform.Count(SignIn));
    }

    [Theory]
    [InlineData("close")]
    [InlineData("reset")]
    public async Task A_session_key_is_reset_once_and_a_template_is_added_once(string how)
    {
        using var platform = new TcpPlatform(request => request.Target.Contains("reset", StringComparison.Ordinal)
            || request.Target.Contains("api_add_template", StringComparison.Ordinal) ? End(how) : TcpPlatform.Well(request));
        await using var services = Build(platform);
        await services.GetRequiredService<IMiniProgramSession>().CheckAsync("o1", "key");

        await Assert.ThrowsAsync<WeChatApiException>(() => services.GetRequiredService<IMiniProgramSession>().ResetAsync("o1", "key"));
        await Assert.ThrowsAsync<WeChatApiException>(() => services.GetRequiredService<ITemplateCatalog>().AddAsync("TM1"));

        Assert.Equal(1, platform.Count("resetusersessionkey"));
        Assert.Equal(1, platform.Count("api_add_template"));
    }

    [Fact]
    public async Task Connections_that_the_server_closed_while_they_were_idle_cost_no_sign_in()
    {
        using var platform = new TcpPlatform(
            static request => request.Target.Contains(SignIn, StringComparison.Ordinal) ? TcpAnswer.OkAndClose(TcpPlatform.Session) : TcpPlatform.Well(request));
        await using var services = Build(platform);
        var session = services.GetRequiredService<IMiniProgramSession>();

        for (var i = 0; i < 50; i++)
        {
            Assert.Equal("o1", (await session.SignInAsync($"code-{i}")).OpenId);
        }

        Assert.Equal(50, platform.Count(SignIn));
        Assert.All(platform.Requests, static request => Assert.Equal(1, request.Number));
    }

    [Fact]
    public async Task Many_at_once_arrive_once_each()
    {
        using var platform = new TcpPlatform(static request => request.Connection % 3 == 0 ? TcpAnswer.Close : TcpPlatform.Well(request));
        await using var services = Build(platform);
        var session = services.GetRequiredService<IMiniProgramSession>();

        await Task.WhenAll(Enumerable.Range(0, 300).Select(i => session.SignInAsync($"code-{i}-").ContinueWith(static _ => { }, TaskScheduler.Default)));

        Assert.Equal(300, platform.Count(SignIn));
        Assert.Equal(300, platform.Requests.Select(static request => request.Target).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task A_code_that_could_not_leave_is_sent_when_the_platform_is_back()
    {
        using var platform = new TcpPlatform(TcpPlatform.Well);
        await using var services = Build(platform, options =>
        {
            // Nobody listens there, and nobody who wants a free port gets it.
            options.ApiBaseAddress = new Uri("http://127.0.0.1:1");
            options.FallbackAddresses.Add(platform.Address);
        });

        Assert.Equal("o1", (await services.GetRequiredService<IMiniProgramSession>().SignInAsync("code")).OpenId);
        Assert.Equal(1, platform.Count(SignIn));
    }

    [Theory]
    [MemberData(nameof(Repeaters))]
    public async Task Handlers_that_repeat_do_not_repeat_a_sign_in_and_make_no_more_calls_of_others_than_the_options_say(string who)
    {
        using var platform = new TcpPlatform(static _ => TcpAnswer.Status(500, "down"));
        using var log = new LogBook();
        await using var services = Build(platform, configureServices: services => Add(services, who), choose: builder => Add(builder, who), log: log);

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => services.GetRequiredService<IMiniProgramSession>().SignInAsync("code"));
        Assert.True(failure.OutcomeUnknown);
        if (who == "parallel copies")
        {
            // The handler gave up on the first send, so the request may not have arrived.
            Assert.InRange(platform.Count(SignIn), 0, 1);
        }
        else
        {
            Assert.Equal(1, platform.Count(SignIn));
            Assert.Equal(HttpStatusCode.InternalServerError, failure.StatusCode);
        }

        await Assert.ThrowsAsync<WeChatApiException>(() => services.GetRequiredService<IAccessTokenProvider>().GetAsync(Town.MiniProgramAppId).AsTask());
        if (who is "standard, for every client" or "standard, for this client" or "same message" or "filter")
        {
            Assert.Equal(5, platform.Count("/cgi-bin/stable_token"));
        }

        Assert.Equal(who == "standard, for every client" ? 1 : 0, log.Texts(2).Count(static text => text.Contains("left out", StringComparison.Ordinal)));
        Assert.Equal(who == "standard, for every client" ? 0 : 1, log.Texts(3).Count(static text => text.Contains("not let through", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_handlers_own_time_limit_is_not_taken_for_a_connection_that_never_came_about()
    {
        using var platform = new TcpPlatform(static request => request.Target.Contains(SignIn, StringComparison.Ordinal) ? TcpAnswer.Close : TcpPlatform.Well(request));
        await using var services =
            Build(platform, choose: static builder => builder.ConfigureHttpClient(static client => client.AddHttpMessageHandler(static () => new TimeLimitHandler())));

        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => services.GetRequiredService<IMiniProgramSession>().SignInAsync("code"));

        Assert.True(failure.OutcomeUnknown);
        Assert.Equal(1, platform.Count(SignIn));
    }

    internal static ServiceProvider Build(
        TcpPlatform platform, Action<WeChatUnionPushOptions>? configure = null, Action<IServiceCollection>? configureServices = null,
        Action<WeChatUnionPushBuilder>? choose = null, LogBook? log = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging =>
        {
            logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Captured.Provider);
            if (log is not null)
            {
                logging.AddProvider(log);
            }
        });
        configureServices?.Invoke(services);
        var builder = services.AddWeChatUnionPush(options =>
        {
            platform.SetCredentials(options);
            configure?.Invoke(options);
        });
        choose?.Invoke(builder);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }

    private static TcpAnswer End(string how) => how switch
    {
        "close" => TcpAnswer.Close,
        "reset" => TcpAnswer.Reset,
        _ => TcpAnswer.Status(int.Parse(how, System.Globalization.CultureInfo.InvariantCulture), "<html>down</html>"),
    };

    private static void Add(IServiceCollection services, string who)
    {
        switch (who)
        {
            case "standard, for every client":
                services.ConfigureHttpClientDefaults(static client => client.AddStandardResilienceHandler());
                break;
            case "filter":
                services.AddSingleton<Microsoft.Extensions.Http.IHttpMessageHandlerBuilderFilter, RepeatingFilter>();
                break;
        }
    }

    private static void Add(WeChatUnionPushBuilder builder, string who) => builder.ConfigureHttpClient(client => _ = who switch
    {
        "standard, for this client" => client.AddStandardResilienceHandler(static options => options.Retry.Delay = TimeSpan.Zero),
        "same message" => (object)client.AddHttpMessageHandler(static () => new RepeatingHandler(static request => request)),
        "copy" => client.AddHttpMessageHandler(static () => new RepeatingHandler(Copy)),
        "parallel copies" => client.AddHttpMessageHandler(static () => new HedgingHandler()),
        _ => client,
    });

    private static HttpRequestMessage Copy(HttpRequestMessage request) => new(request.Method, request.RequestUri) { Content = request.Content };

    /// <summary>Repeats what failed, as hand-written retries do.</summary>
    private sealed class RepeatingHandler(Func<HttpRequestMessage, HttpRequestMessage> next) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(next(request), cancellationToken);
            for (var i = 0; i < 3 && !response.IsSuccessStatusCode; i++)
            {
                response = await base.SendAsync(next(request), cancellationToken);
            }

            return response;
        }
    }

    /// <summary>Sends copies side by side and takes the first.</summary>
    private sealed class HedgingHandler : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var sends = Enumerable.Range(0, 3).Select(_ => base.SendAsync(Copy(request), cancellationToken)).ToArray();
            return await await Task.WhenAny(sends[1], sends[2]);
        }
    }

    private sealed class TimeLimitHandler : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException)
            {
                throw new TaskCanceledException("the handler's own limit", new TimeoutException());
            }
        }
    }

    private sealed class RepeatingFilter : Microsoft.Extensions.Http.IHttpMessageHandlerBuilderFilter
    {
        public Action<Microsoft.Extensions.Http.HttpMessageHandlerBuilder> Configure(Action<Microsoft.Extensions.Http.HttpMessageHandlerBuilder> next) => builder =>
        {
            next(builder);
            builder.AdditionalHandlers.Add(new RepeatingHandler(static request => request));
        };
    }
}
