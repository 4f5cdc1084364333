using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.Testing;
using static WeChat.UnionPush.Tests.Callbacks.PlatformPush;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>The callback on Kestrel over TCP, with clients that a test server does not have: slow ones, broken ones, ones that send too much.</summary>
public sealed class CallbackOverTcpTests : IAsyncDisposable
{
    private static readonly string Encrypted = Encrypt(Subscribe);

    private readonly ManualTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(Now));
    private readonly ConcurrentQueue<(LogLevel Level, string Category, string Text)> _log = new();
    private WebApplication? _app;

    [Fact]
    public async Task A_slow_body_is_given_up_after_four_seconds_and_leaves_no_error_of_the_servers_own()
    {
        await StartAsync();
        using var client = await ConnectAsync();
        var body = SafeBody(Encrypted);
        await SendAsync(client, Head(SafeQuery(Encrypted), body.Length));
        await SendAsync(client, body[..10]);

        var answer = await WhileTimePassesAsync(ReadAnswerAsync(client));

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        client.Dispose();
        await AssertOneRefusalAsync("Interrupted");
    }

    [Fact]
    public async Task A_connection_that_breaks_off_in_the_body_leaves_no_error_of_the_servers_own()
    {
        using var entered = new SemaphoreSlim(0);
        await StartAsync(middleware: (context, next) =>
        {
            entered.Release();
            return next(context);
        });
        foreach (var linger in new[] { true, false })
        {
            using var client = await ConnectAsync();
            var body = SafeBody(Encrypted);
            await SendAsync(client, Head(SafeQuery(Encrypted), body.Length));
            await SendAsync(client, body[..10]);
            Assert.True(await entered.WaitAsync(Runs.Patience));

            // With a reset, or with an orderly end.
            client.LingerState = new LingerOption(linger, 0);
        }

        await Runs.UntilAsync(() => Refusals("Interrupted") == 2, "both requests are refused");
        await AssertOneRefusalAsync("Interrupted", 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_unsigned_request_is_answered_before_its_body_has_come(bool isChunked)
    {
        await StartAsync();
        using var client = await ConnectAsync();
        await SendAsync(client, Head(SafeQuery(Encrypted, token: "Guess"), isChunked ? null : 1 << 20));

        // Nothing of the body was sent, and nothing was read.
        Assert.StartsWith("HTTP/1.1 403 ", await ReadAnswerAsync(client), StringComparison.Ordinal);
        client.Dispose();
        await AssertOneRefusalAsync("Signature");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_signed_body_beyond_the_limit_is_refused_before_its_end(bool isChunked)
    {
        await StartAsync();
        using var client = await ConnectAsync();
        await SendAsync(client, Head(SafeQuery(Encrypted), isChunked ? null : 1 << 20));
        var part = new byte[MaxBodyLength + 1];
        if (isChunked)
        {
            await SendAsync(client, Encoding.ASCII.GetBytes($"{part.Length:x}\r\n"));
        }

        await SendAsync(client, part);

        Assert.StartsWith("HTTP/1.1 413 ", await ReadAnswerAsync(client), StringComparison.Ordinal);
        client.Dispose();
        await AssertOneRefusalAsync("TooLarge");
    }

    [Fact]
    public async Task A_body_in_chunks_of_a_byte_is_kept()
    {
        await StartAsync();
        using var client = await ConnectAsync();
        await SendAsync(client, Head(SafeQuery(Encrypted), length: null));
        var chunks = new StringBuilder();
        foreach (var value in SafeBody(Encrypted))
        {
            chunks.Append(CultureInfo.InvariantCulture, $"1\r\n{(char)value}\r\n");
        }

        await SendAsync(client, Encoding.ASCII.GetBytes(chunks.Append("0\r\n\r\n").ToString()));

        var answer = await ReadAnswerAsync(client);
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nsuccess", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(_log, static line => line.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_server_that_allows_less_than_the_callback_is_told_as_a_refusal()
    {
        await StartAsync(limit: 100);
        using var client = await ConnectAsync();
        var body = SafeBody(Encrypted);
        await SendAsync(client, Head(SafeQuery(Encrypted), body.Length));
        await SendAsync(client, body);

        Assert.StartsWith("HTTP/1.1 4", await ReadAnswerAsync(client), StringComparison.Ordinal);
        client.Dispose();
        await AssertOneRefusalAsync("Interrupted");
    }

    [Fact]
    public async Task A_body_that_a_middleware_has_read_is_told_and_one_that_it_buffered_is_kept()
    {
        await StartAsync(middleware: async (context, next) =>
        {
            if (context.Request.Path.StartsWithSegments("/buffered", StringComparison.Ordinal))
            {
                context.Request.EnableBuffering();
                context.Request.Path = "/wechat/callback";
            }
            else if (context.Request.Path.StartsWithSegments("/completed", StringComparison.Ordinal))
            {
                var all = await context.Request.BodyReader.ReadAtLeastAsync(SafeBody(Encrypted).Length);
                context.Request.BodyReader.AdvanceTo(all.Buffer.End);
                await context.Request.BodyReader.CompleteAsync();
                context.Request.Path = "/wechat/callback";
                await next(context);
                return;
            }

            using var reader = new StreamReader(context.Request.Body, leaveOpen: true);
            await reader.ReadToEndAsync();
            await next(context);
        });
        var body = SafeBody(Encrypted);
        foreach (var (path, status) in new[] { ("/wechat/callback", 400), ("/completed", 400), ("/buffered", 200) })
        {
            using var client = await ConnectAsync();
            await SendAsync(client, Head(SafeQuery(Encrypted), body.Length, path));
            await SendAsync(client, body);
            Assert.StartsWith($"HTTP/1.1 {status} ", await ReadAnswerAsync(client), StringComparison.Ordinal);
        }

        await AssertOneRefusalAsync("Empty", 2);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    private static byte[] Head(WeChatCallbackQuery query, long? length, string path = "/wechat/callback") => Encoding.ASCII.GetBytes(
        $"POST {path}?signature={query.Signature}&timestamp={query.Timestamp}&nonce={query.Nonce}&encrypt_type={query.EncryptType}&msg_signature={query.MessageSignature} "
            + "HTTP/1.1\r\n" +
        $"Host: localhost\r\nContent-Type: text/xml\r\nConnection: close\r\n{(length is { } known ? $"Content-Length: {known}" : "Transfer-Encoding: chunked")}\r\n\r\n");

    private static async Task SendAsync(Socket client, byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await client.SendAsync(bytes.AsMemory(sent));
        }
    }

    private static async Task<string> ReadAnswerAsync(Socket client)
    {
        using var patience = new CancellationTokenSource(Runs.Patience);
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        while (!IsWhole(answer.ToString()))
        {
            var count = await client.ReceiveAsync(buffer, patience.Token);
            if (count == 0)
            {
                break;
            }

            answer.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return answer.ToString();

        static bool IsWhole(string text) => text.EndsWith("\r\n\r\n", StringComparison.Ordinal) && text.Contains("Content-Length: 0", StringComparison.Ordinal)
            || text.EndsWith("success", StringComparison.Ordinal);
    }

    private async Task<string> WhileTimePassesAsync(Task<string> answer)
    {
        using var patience = new CancellationTokenSource(Runs.Patience);
        while (!answer.IsCompleted)
        {
            Assert.False(patience.IsCancellationRequested);
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        return await answer;
    }

    private int Refusals(string reason) => _log.Count(line => line.Text.StartsWith($"Refused a request at the WeChat callback URL ({reason}): ", StringComparison.Ordinal));

    /// <summary>After the end of the server, which waits for its connections, the log has these lines above Information and no others.</summary>
    private async Task AssertOneRefusalAsync(string reason, int count = 1)
    {
        await _app!.StopAsync();
        Assert.Equal(count, Refusals(reason));
        Assert.Equal("", string.Join(
            '\n', _log.Where(static line => line.Level >= LogLevel.Warning && !line.Text.StartsWith("Refused ", StringComparison.Ordinal)).Select(static line => line.Text)));
    }

    private async Task StartAsync(long? limit = null, Func<HttpContext, RequestDelegate, Task>? middleware = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Debug).AddProvider(new Lines(_log));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = limit ?? kestrel.Limits.MaxRequestBodySize;
        });
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.Services.AddWeChatUnionPush(Town.SetCredentials)
            .AddCallback(static options =>
            {
                options.OfficialAccount.Token = Token;
                options.OfficialAccount.EncodingAesKey = Key;

                // The clock moves while a request is on its way.
                options.OfficialAccount.ReplayWindow = Timeout.InfiniteTimeSpan;
            })
            .AddWeChatEventHandler<NoHandler>();
        _app = builder.Build();
        if (middleware is not null)
        {
            _app.Use(middleware);
            _app.UseRouting();
        }

        _app.MapWeChatCallback("/wechat/callback");
        await _app.StartAsync();
    }

    private async Task<Socket> ConnectAsync()
    {
        var address = new Uri(_app!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, address.Port);
        return client;
    }

    private sealed class NoHandler : IWeChatEventHandler
    {
        public ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default) => default;
    }

    private sealed class Lines(ConcurrentQueue<(LogLevel, string, string)> log) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => new Logger(categoryName, log);

        public void Dispose()
        {
        }

        private sealed class Logger(string category, ConcurrentQueue<(LogLevel, string, string)> log) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                log.Enqueue((logLevel, category, formatter(state, exception) + exception));
        }
    }
}
