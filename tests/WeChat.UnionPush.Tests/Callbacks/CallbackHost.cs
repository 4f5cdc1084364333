using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.AspNetCore;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>A web app of a town's, with the callback on <c>/wechat/callback</c>, to which pushes are posted as the platform posts them.</summary>
internal sealed class CallbackHost : IAsyncDisposable
{
    private readonly Town _town;
    private readonly WebApplication _app;
    private readonly HttpClient _client;

    private CallbackHost(Town town, WebApplication app, WatchedInbox inbox, ConcurrentQueue<(LogLevel Level, int Id, string Text)> log)
    {
        (_town, _app, Inbox, Log) = (town, app, inbox, log);
        _client = app.GetTestClient();
    }

    public WatchedInbox Inbox { get; }

    public ConcurrentQueue<(LogLevel Level, int Id, string Text)> Log { get; }

    public IServiceProvider Services => _app.Services;

    public IUnionPush Push => Services.GetRequiredService<IUnionPush>();

    public IUnionIdRepository Repository => Services.GetRequiredService<IUnionIdRepository>();

    public IMessageReceipts Receipts => Services.GetRequiredService<IMessageReceipts>();

    public static async Task<CallbackHost> StartAsync(
        Town town,
        Action<WeChatCallbackOptions>? configure = null,
        Action<WeChatUnionPushBuilder>? choose = null,
        IWeChatEventInbox? inbox = null,
        Action<IServiceCollection>? services = null,
        string name = "",
        params string[] paths)
    {
        var watched = inbox as WatchedInbox ?? new WatchedInbox(inbox ?? new InMemoryWeChatEventInbox(town.Time));
        var log = new ConcurrentQueue<(LogLevel, int, string)>();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseTestServer();
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Captured.Provider).AddProvider(new QueueProvider(log)));
        services?.Invoke(builder.Services);
        var registration = builder.Services.AddWeChatUnionPush(name, Town.SetCredentials)
            .UseSimulator(town.Platform)
            .UseEventInbox(_ => watched)
            .AddCallback(options =>
            {
                options.OfficialAccount.Token = PlatformPush.Token;
                options.OfficialAccount.EncodingAesKey = PlatformPush.Key;
                options.MiniProgram.Token = "Other";
                options.MiniProgram.EncodingAesKey = PlatformPush.OtherKey;
                configure?.Invoke(options);
            });
        choose?.Invoke(registration);
        var app = builder.Build();
        foreach (var path in paths.DefaultIfEmpty("/wechat/callback"))
        {
            app.MapWeChatCallback(path, name.Length == 0 ? null : name);
        }

        await app.StartAsync();
        return new CallbackHost(town, app, watched, log);
    }

    /// <summary>The body of an event of a person, dated now.</summary>
    public string Event(SimulatedPerson person, string name, string fields = "") => Event(_town, person, name, fields);

    public static string Event(Town town, SimulatedPerson person, string name, string fields = "") => string.Create(
        CultureInfo.InvariantCulture,
        $"<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><FromUserName><![CDATA[{person.OpenIdIn(town.Account)}]]></FromUserName>" +
        $"<CreateTime>{town.Time.GetUtcNow().ToUnixTimeSeconds()}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event>{fields}</xml>");

    public static string Finished(Town town, SimulatedPerson person, long messageId, string status) =>
        Event(town, person, "TEMPLATESENDJOBFINISH", $"<MsgID>{messageId.ToString(CultureInfo.InvariantCulture)}</MsgID><Status><![CDATA[{status}]]></Status>");

    /// <summary>Posts a body for the Official Account, in safe mode, signed now.</summary>
    public async Task<HttpStatusCode> PostAsync(string body)
    {
        var encrypted = PlatformPush.Encrypt(body);
        return await PostAsync(PlatformPush.SafeQuery(encrypted, _town.Time.GetUtcNow().ToUnixTimeSeconds()), PlatformPush.SafeBody(encrypted));
    }

    /// <summary>Posts a body for the Mini Program, in safe mode, signed now.</summary>
    public async Task<HttpStatusCode> PostForMiniProgramAsync(string body)
    {
        var encrypted = PlatformPush.Encrypt(body, PlatformPush.OtherAppId, PlatformPush.OtherKey);
        return await PostAsync(PlatformPush.SafeQuery(encrypted, _town.Time.GetUtcNow().ToUnixTimeSeconds(), "Other"), PlatformPush.SafeBody(encrypted));
    }

    public async Task<HttpStatusCode> PostAsync(WeChatCallbackQuery query, byte[] body, string path = "/wechat/callback")
    {
        var parameters = $"?signature={query.Signature}&timestamp={query.Timestamp}&nonce={query.Nonce}&encrypt_type={query.EncryptType}&msg_signature={query.MessageSignature}";
        using var content = new ByteArrayContent(body);
        using var answer = await _client.PostAsync(new Uri(path + parameters, UriKind.Relative), content);
        Assert.Equal(answer.StatusCode == HttpStatusCode.OK ? "success" : "", await answer.Content.ReadAsStringAsync());
        return answer.StatusCode;
    }

    /// <summary>Posts a body and waits until it is handled.</summary>
    public async Task DeliverAsync(string body)
    {
        var before = Inbox.Settled;
        Assert.Equal(HttpStatusCode.OK, await PostAsync(body));
        await Inbox.WaitForSettledAsync(before + 1);
    }

    public async Task<FollowState?> FollowStateAsync(SimulatedPerson person) =>
        (await Repository.FindAsync(Town.OfficialAccountAppId, [person.OpenIdIn(_town.Account)])).SingleOrDefault()?.FollowState;

    /// <summary>What an app of the town has for its callback, so that the platform's own pushes come here, in safe mode.</summary>
    public SimulatedCallback Connect(string token, string key, double chaos = 0, bool usesJson = false) => new(token, async (text, body, _) =>
    {
        var status = await PostAsync(PlatformPush.QueryOf(text), body.ToArray());
        return ((int)status, "success");
    })
    {
        Mode = SimulatedCallbackMode.Safe,
        EncodingAesKey = key,
        UsesJson = usesJson,
        DuplicateProbability = chaos,
        ReorderProbability = chaos,
    };

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private sealed class QueueProvider(ConcurrentQueue<(LogLevel, int, string)> lines) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) =>
            categoryName.StartsWith("WeChat.", StringComparison.Ordinal) ? new Logger(lines) : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public void Dispose()
        {
        }

        private sealed class Logger(ConcurrentQueue<(LogLevel, int, string)> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                lines.Enqueue((logLevel, eventId.Id, formatter(state, exception)));
        }
    }
}
