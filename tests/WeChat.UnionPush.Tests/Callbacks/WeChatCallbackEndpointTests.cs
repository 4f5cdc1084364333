using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.AspNetCore;
using static WeChat.UnionPush.Tests.Callbacks.PlatformPush;

namespace WeChat.UnionPush.Tests.Callbacks;

public sealed class WeChatCallbackEndpointTests
{
    private static readonly string Encrypted = Encrypt(Subscribe);

    /// <summary>What is put behind a genuine query, or in its place.</summary>
    public static TheoryData<bool, string> OddQueries => new()
    {
        { false, "" }, { false, "?" }, { false, "?signature" }, { false, "?signature=&timestamp=&nonce=" }, { false, "?signature=%00%ff%&timestamp=%&nonce=%zz" },
        { false, "?signature[]=1&timestamp[]=2" }, { false, "?signature=" + new string('a', 60_000) }, { false, "?timestamp=99999999999999999999&nonce=1&signature=2" },
        { false, "?timestamp=-1&nonce=1&signature=2" }, { false, "?" + string.Join('&', Enumerable.Range(0, 5_000).Select(i => $"signature=a{i}")) },
        { true, "&signature=0" }, { true, "&timestamp=1795312800" }, { true, "&nonce=1" }, { true, "&msg_signature=0" }, { true, "&Signature=0" },
    };

    private readonly EntranceOnlyInbox _inbox = new();
    private readonly LogLines _log = new();

    [Fact]
    public async Task The_URL_is_verified_with_the_bare_echo()
    {
        await using var app = await StartAsync();
        using var client = app.GetTestClient();

        using var answer = await client.GetAsync(new Uri($"/wechat/callback{QueryOf(PlainQuery())}&echostr=%3Cb%3E4375120948345356249", UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("<b>4375120948345356249", await answer.Content.ReadAsStringAsync());
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));

        using var forged = await client.GetAsync(new Uri($"/wechat/callback{QueryOf(PlainQuery(token: "Guess"))}&echostr=1", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
        Assert.Empty(await forged.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_genuine_push_is_kept_and_answered_with_success()
    {
        await using var app = await StartAsync();
        using var client = app.GetTestClient();

        using var answer = await PostAsync(client, SafeQuery(Encrypted), SafeBody(Encrypted));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("success", await answer.Content.ReadAsStringAsync());
        Assert.Equal(7, answer.Content.Headers.ContentLength);
        Assert.Equal("subscribe", Assert.Single(_inbox.Events).EventName);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task One_URL_serves_both_apps_of_a_registration()
    {
        var own = App("Callback:OfficialAccount", AppId, new() { Token = Token, EncodingAesKey = Key });
        var other = App("Callback:MiniProgram", OtherAppId, new() { Token = "Other", EncodingAesKey = OtherKey });
        await using var app = await StartAsync(new CallbackReader([own, other], MaxBodyLength));
        using var client = app.GetTestClient();
        var encrypted = Encrypt(Subscribe, OtherAppId, OtherKey);

        using var first = await PostAsync(client, SafeQuery(Encrypted), SafeBody(Encrypted));
        using var second = await PostAsync(client, SafeQuery(encrypted, token: "Other"), SafeBody(encrypted));

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], [first.StatusCode, second.StatusCode]);
        Assert.Equal([AppId, OtherAppId], _inbox.Events.Select(kept => kept.AppId));
    }

    [Theory]
    [MemberData(nameof(OddQueries))]
    public async Task A_query_of_any_shape_is_refused_and_keeps_nothing(bool isBehindAGenuineOne, string odd)
    {
        await using var app = await StartAsync();
        using var client = app.GetTestClient();
        using var content = new ByteArrayContent(SafeBody(Encrypted));

        using var answer = await client.PostAsync(new Uri($"/wechat/callback{(isBehindAGenuineOne ? QueryOf(SafeQuery(Encrypted)) : "")}{odd}", UriKind.Relative), content);

        Assert.InRange((int)answer.StatusCode, 400, 403);
        Assert.Empty(await answer.Content.ReadAsStringAsync());
        Assert.Empty(_inbox.Events);
        Assert.Single(_log.Lines);
    }

    [Fact]
    public async Task What_a_proxy_adds_to_the_query_does_no_harm_and_a_body_that_it_compressed_is_refused()
    {
        await using var app = await StartAsync();
        using var client = app.GetTestClient();
        var url = new Uri($"/wechat/callback{QueryOf(SafeQuery(Encrypted))}&utm_source=proxy&x=%E4%BD%A0", UriKind.Relative);
        using var plain = new ByteArrayContent(SafeBody(Encrypted));
        using var answer = await client.PostAsync(url, plain);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        using var packed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionMode.Compress, leaveOpen: true))
        {
            await gzip.WriteAsync(SafeBody(Encrypted));
        }

        using var compressed = new ByteArrayContent(packed.ToArray());
        compressed.Headers.ContentEncoding.Add("gzip");
        using var refused = await client.PostAsync(url, compressed);
        Assert.InRange((int)refused.StatusCode, 400, 415);
        Assert.Single(_inbox.Events);
    }

    [Fact]
    public async Task A_push_that_cannot_be_kept_is_asked_for_again()
    {
        await using var app = await StartAsync();
        using var client = app.GetTestClient();

        _inbox.Answer = static () => new(false);
        using var full = await PostAsync(client, SafeQuery(Encrypted), SafeBody(Encrypted));
        _inbox.Answer = static () => throw new InvalidOperationException("the store is gone");
        using var broken = await PostAsync(client, SafeQuery(Encrypted), SafeBody(Encrypted));

        Assert.Equal([HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable], [full.StatusCode, broken.StatusCode]);
        Assert.Equal(["CallbackInboxFull", "CallbackFailed"], _log.Lines.Select(line => line.Event));
    }

    [Fact]
    public async Task A_store_that_hangs_does_not_keep_the_platform_waiting()
    {
        var clock = new PushedClock();
        var never = new TaskCompletionSource<bool>();
        var entered = new TaskCompletionSource();
        _inbox.Answer = () =>
        {
            entered.SetResult();
            return new(never.Task);
        };
        await using var app = await StartAsync(clock: clock);
        using var client = app.GetTestClient();

        var answer = PostAsync(client, SafeQuery(Encrypted), SafeBody(Encrypted));
        await entered.Task;
        Assert.False(answer.IsCompleted);
        Assert.InRange(clock.Longest, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4.5));
        clock.FireAll();

        using var late = await answer;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, late.StatusCode);
        Assert.Equal("CallbackTooSlow", Assert.Single(_log.Lines).Event);
        never.SetResult(true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_beyond_the_limit_is_not_read_to_its_end(bool withLength)
    {
        await using var app = await StartAsync();
        using var client = app.GetTestClient();
        var endless = new EndlessStream(64L << 20);
        using var content = new StreamContent(endless);
        content.Headers.ContentLength = withLength ? 64L << 20 : null;

        using var answer = await client.PostAsync(new Uri($"/wechat/callback{QueryOf(SafeQuery(Encrypted))}", UriKind.Relative), content);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.InRange(endless.Position, 0, 8L << 20);
        Assert.Empty(_inbox.Events);
    }

    [Fact]
    public async Task Other_methods_are_not_served()
    {
        await using var app = await StartAsync();
        using var client = app.GetTestClient();

        using var answer = await client.DeleteAsync(new Uri("/wechat/callback", UriKind.Relative));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    [Fact]
    public async Task A_named_registration_has_an_endpoint_of_its_own_and_a_missing_one_stops_the_start()
    {
        var builder = Builder();
        builder.Services.AddKeyedSingleton<IWeChatCallbackReceiver>("brand-b", (services, _) => Receiver(services, Reader(WeChatCallbackMode.Safe)));
        await using var app = builder.Build();
        app.MapWeChatCallback("/b", "brand-b");
        Assert.Throws<InvalidOperationException>(() => app.MapWeChatCallback("/c", "brand-c"));
        Assert.Throws<InvalidOperationException>(() => app.MapWeChatCallback("/d"));
        await app.StartAsync();
        using var client = app.GetTestClient();

        using var answer = await PostAsync(client, SafeQuery(Encrypted), SafeBody(Encrypted), "/b");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(_inbox.Events);
    }

    [Fact]
    public async Task Every_known_mistake_is_answered_with_4xx_and_one_log_line_without_content()
    {
        foreach (var row in CallbackReaderTests.Corpus)
        {
            var (name, mode, query, body, refusal) = row.Data;
            _log.Lines.Clear();

            var context = await HandleAsync(Receiver(Reader(mode)), query, Convert.FromBase64String(body));

            Assert.True(context.Response.StatusCode is >= 400 and < 500, name);
            Assert.Equal(0, context.Response.ContentLength);
            Assert.Empty(_inbox.Events);
            var line = Assert.Single(_log.Lines);
            Assert.Equal("CallbackRefused", line.Event);
            Assert.StartsWith($"Refused a request at the WeChat callback URL ({refusal}): ", line.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("oAbCdEf", line.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(Key, line.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(Token, line.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Twenty_thousand_random_requests_are_refused_without_an_exception()
    {
        var receiver = Receiver(Reader(WeChatCallbackMode.Safe));
        var texts = ArbMap.Default.GeneratorFor<string?>();
        var bodies = Gen.OneOf(
            ArbMap.Default.GeneratorFor<byte[]>(),
            Gen.Choose(0, SafeBody(Encrypted).Length - 1).Select(length => SafeBody(Encrypted)[..length]));
        var queries =
            from known in Gen.Elements(SafeQuery(Encrypted), PlainQuery(), new WeChatCallbackQuery())
            from text in texts
            from field in Gen.Choose(0, 5)
            select field switch
            {
                0 => known with { Signature = text },
                1 => known with { Timestamp = text },
                2 => known with { Nonce = text },
                3 => known with { EncryptType = text },
                4 => known with { MessageSignature = text },
                _ => known,
            };

        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(20_000).WithReplay(20_261_123, 1),
            Prop.ForAll(queries.ToArbitrary(), bodies.ToArbitrary(), (query, body) =>
            {
                var context = HandleAsync(receiver, query, body).GetAwaiter().GetResult();
                return context.Response.StatusCode is >= 400 and < 500;
            }));

        Assert.Empty(_inbox.Events);
        Assert.All(_log.Lines, line => Assert.Contains(line.Event, new[] { "CallbackRefused", "CallbackLinesLeftOut" }));
        Assert.InRange(_log.Lines.Count, 1, 200);
    }

    private static QueryString QueryOf(WeChatCallbackQuery query) => QueryString.Create(new KeyValuePair<string, string?>[]
    {
        new("signature", query.Signature),
        new("timestamp", query.Timestamp),
        new("nonce", query.Nonce),
        new("encrypt_type", query.EncryptType),
        new("msg_signature", query.MessageSignature),
    }.Where(pair => pair.Value is not null));

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, WeChatCallbackQuery query, byte[] body, string path = "/wechat/callback") =>
        client.PostAsync(new Uri(path + QueryOf(query), UriKind.Relative), new ByteArrayContent(body));

    private static async Task<HttpContext> HandleAsync(IWeChatCallbackReceiver receiver, WeChatCallbackQuery query, byte[] body)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "POST";
        context.Request.QueryString = QueryOf(query);
        context.Request.Body = new MemoryStream(body);
        await new WeChatCallbackEndpoint(receiver).HandleAsync(context);
        return context;
    }

    private WeChatCallbackReceiver Receiver(CallbackReader reader) =>
        new(reader, new WeChatEventIntake(_inbox, static _ => true, TimeProvider.System), TimeProvider.System, _log.For<WeChatCallbackReceiver>());

    private WeChatCallbackReceiver Receiver(IServiceProvider services, CallbackReader reader)
    {
        var time = services.GetRequiredService<TimeProvider>();
        return new(reader, new WeChatEventIntake(_inbox, static _ => true, time), time, services.GetRequiredService<ILogger<WeChatCallbackReceiver>>());
    }

    private WebApplicationBuilder Builder(TimeProvider? clock = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseTestServer();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<ILoggerProvider>(_log);
        builder.Services.AddSingleton(clock ?? TimeProvider.System);
        return builder;
    }

    private async Task<WebApplication> StartAsync(CallbackReader? reader = null, TimeProvider? clock = null)
    {
        var builder = Builder(clock);
        builder.Services.AddSingleton<IWeChatCallbackReceiver>(services => Receiver(services, reader ?? Reader(WeChatCallbackMode.Safe)));
        var app = builder.Build();
        app.MapWeChatCallback("/wechat/callback");
        await app.StartAsync();
        return app;
    }

    private sealed class LogLines : ILoggerProvider
    {
        public List<(string? Event, string Text)> Lines { get; } = [];

        public ILogger<T> For<T>() => new LoggerFactory([this]).CreateLogger<T>();

        public ILogger CreateLogger(string categoryName) =>
            categoryName.StartsWith("WeChat.", StringComparison.Ordinal) ? new Logger(Lines) : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public void Dispose()
        {
        }

        private sealed class Logger(List<(string? Event, string Text)> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                lines.Add((eventId.Name, formatter(state, exception)));
        }
    }

    /// <summary>A clock whose timers ring when they are told to.</summary>
    private sealed class PushedClock : TimeProvider
    {
        private readonly List<Action> _timers = [];

        public TimeSpan Longest { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Longest = dueTime > Longest ? dueTime : Longest;
            _timers.Add(() => callback(state));
            return new Timer();
        }

        public void FireAll() => _timers.ForEach(ring => ring());

        private sealed class Timer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }

    private sealed class EndlessStream(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - Position);
            Array.Fill(buffer, (byte)' ', offset, read);
            Position += read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
