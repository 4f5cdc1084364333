using System.Net;
using System.Text;
using WeChat.UnionPush.Testing;
using static WeChat.UnionPush.Tests.Api.ScriptedHandler;

namespace WeChat.UnionPush.Tests.Api;

public sealed class ApiTransportTests
{
    private const string Done = """{"errcode":0,"errmsg":"ok","msgid":1}""";
    private const string Busy = """{"errcode":-1,"errmsg":"system error"}""";
    private const string Page = """{"total":1,"count":1,"data":{"openid":["o1"]},"next_openid":"o1"}""";

    private static readonly AccessToken Token = new("5ecre7-token-of-this-test-0123456789", DateTimeOffset.MaxValue);
    private static readonly byte[] Body = "{}"u8.ToArray();

    private readonly ManualTimeProvider _time = new();
    private readonly DelayWatch _watch;
    private int _silences;
    private int _ended;

    public ApiTransportTests() => _watch = new DelayWatch(_time);

    public static TheoryData<string> Lost => ["reset", "502", "html", "empty", "truncated", "huge", "silence"];

    [Fact]
    public async Task What_the_platform_calls_busy_is_asked_again_after_growing_pauses_with_jitter()
    {
        var (firsts, fourths) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var i = 0; i < 20; i++)
        {
            var watch = new DelayWatch(_time);
            using var handler = new ScriptedHandler(Busy, Busy, Busy, Busy, Done);
            Assert.Equal(1, (await watch.RunAsync(SendAsync(Transport(handler, watch)))).MessageId);
            Assert.Equal(5, handler.Count);
            Assert.Equal(4, watch.Delays.Count);
            Assert.All(watch.Delays, delay => Assert.InRange(delay, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(5)));
            firsts.Add(watch.Delays[0]);
            fourths.Add(watch.Delays[3]);
        }

        Assert.InRange(firsts.Distinct().Count(), 10, 20);
        Assert.True(fourths.Sum(delay => delay.TotalSeconds) > 2 * firsts.Sum(delay => delay.TotalSeconds));
    }

    [Fact]
    public async Task No_pause_is_longer_than_five_seconds()
    {
        using var handler = new ScriptedHandler(Busy, Busy, Busy, Busy, Done);
        var transport = Transport(handler, _watch, options => (options.Http.RetryDelay, options.Http.TotalTimeout) = (TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2)));
        Assert.Equal(1, (await _watch.RunAsync(SendAsync(transport))).MessageId);
        Assert.Equal(Enumerable.Repeat(TimeSpan.FromSeconds(5), 4), _watch.Delays);
    }

    // A damaged name does not give its value away, so of such an answer only the beginning is shown.
    [Theory]
    [InlineData(200, """{"acess_tokn":"hunter2-hunter2","expires_in":72""")]
    [InlineData(200, """{"access_token" "hunter2-hunter2"}""")]
    [InlineData(403, """{"acess_tokn":"hunter2-hunter2"}""")]
    [InlineData(502, """{"acess_tokn":"hunter2-hunter2"}""")]
    public async Task Of_an_answer_that_should_hold_a_secret_nothing_of_its_values_is_shown(int status, string body)
    {
        using var handler = new ScriptedHandler((_, _, _) => Task.FromResult(Answer((HttpStatusCode)status, body)));
        var transport = Transport(handler, _watch, options => options.Http.MaxRetries = 0);
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => transport.SendAsync(AccessTokenEndpoints.StableToken, null, null, Body, default).AsTask());
        Assert.DoesNotContain("hunter2", failure.ToString(), StringComparison.Ordinal);
        Assert.Contains(body[..8], failure.ToString(), StringComparison.Ordinal);
    }

    // An answer that cannot be read tells most: what was asked for may be what spoils it.
    [Theory]
    [InlineData("html", "reset", "welcome")]
    [InlineData("reset", "html", "welcome")]
    [InlineData("html", "html", "welcome")]
    [InlineData("reset", "reset", "broke off")]
    public async Task Of_several_failures_the_answer_that_cannot_be_read_is_told(string first, string second, string told)
    {
        var script = new Queue<string>([first, second]);
        using var handler = new ScriptedHandler((_, _, stop) => LoseAsync(script.Dequeue(), stop));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(
            () => _watch.RunAsync(SendAsync(Transport(handler, _watch, options => options.Http.MaxRetries = 1))));
        Assert.True(failure.OutcomeUnknown);
        Assert.Contains(told, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_after_an_answer_that_could_not_be_read_is_the_answer()
    {
        var script = new Queue<string>(["html", "busy"]);
        using var handler = new ScriptedHandler((_, _, stop) => script.Dequeue() is "html" ? LoseAsync("html", stop) : Task.FromResult(Ok("""{"errcode":45009,"errmsg":"no"}""")));
        var answer = await _watch.RunAsync(SendAsync(Transport(handler, _watch, options => options.Http.MaxRetries = 1)));
        Assert.Equal((45009, true), (answer.ErrorCode, answer.FollowsLostAnswer));
    }

    [Fact]
    public async Task A_platform_that_stays_busy_is_left_alone_after_the_last_retry()
    {
        using var handler = new ScriptedHandler(Busy);
        var answer = await _watch.RunAsync(SendAsync(Transport(handler, _watch, options => options.Http.MaxRetries = 2)));
        Assert.Equal(-1, answer.ErrorCode);
        Assert.False(answer.FollowsLostAnswer);
        Assert.Equal(3, handler.Count);

        using var once = new ScriptedHandler(Busy);
        Assert.Equal(-1, (await SendAsync(Transport(once, _watch, options => options.Http.MaxRetries = 0))).ErrorCode);
        Assert.Equal(1, once.Count);
    }

    [Theory]
    [InlineData(45009, "reach max api daily quota limit")]
    [InlineData(45011, "api minute-quota reach limit")]
    [InlineData(43004, "require subscribe")]
    [InlineData(40164, "invalid ip")]
    [InlineData(40001, "invalid credential")]
    [InlineData(123456789, "something new")]
    public async Task A_refusal_is_not_asked_again_whether_its_code_is_known_or_not(int code, string text)
    {
        using var handler = new ScriptedHandler($$"""{"errcode":{{code}},"errmsg":"{{text}} rid: 6401d3a9-2c8f6a11-0f0e1d2c"}""");
        var answer = await SendAsync(Transport(handler, _watch));
        Assert.Equal(code, answer.ErrorCode);
        Assert.Equal(1, handler.Count);

        var failure = WeChatApiErrors.Create("/cgi-bin/message/template/send", answer.ErrorCode, answer.ErrorMessage);
        Assert.Contains(text, failure.Message, StringComparison.Ordinal);
        Assert.Equal("6401d3a9-2c8f6a11-0f0e1d2c", failure.RequestId);
    }

    [Theory]
    [MemberData(nameof(Lost))]
    public async Task An_answer_that_gets_lost_is_asked_for_again_with_the_same_body(string how)
    {
        using var handler = new ScriptedHandler((number, _, stop) => number == 1 ? LoseAsync(how, stop) : Task.FromResult(Ok(Done)));
        var answer = await RunAsync(SendAsync(Transport(handler, _watch), """{"client_msg_id":"a"}"""u8.ToArray()), how);
        Assert.Equal(1, answer.MessageId);
        Assert.True(answer.FollowsLostAnswer);
        Assert.All(handler.Requests, request => Assert.Equal("""{"client_msg_id":"a"}""", request.Text));
        Assert.Equal(2, handler.Requests.Count);
    }

    [Theory]
    [MemberData(nameof(Lost))]
    public async Task What_works_once_is_not_asked_for_again_when_the_answer_gets_lost(string how)
    {
        using var handler = new ScriptedHandler((_, _, stop) => LoseAsync(how, stop));
        var transport = Transport(handler, _watch);
        var failure = await Assert.ThrowsAsync<WeChatApiException>(
            () => RunAsync(transport.SendAsync(SessionEndpoints.CodeToSession, null, "js_code=a", default, default).AsTask(), how));
        Assert.True(failure.OutcomeUnknown);
        Assert.Equal(WeChatErrorClass.Transient, failure.ErrorClass);
        Assert.Null(failure.ErrorCode);
        Assert.Equal(1, handler.Count);

        await Assert.ThrowsAsync<WeChatApiException>(() => RunAsync(transport.SendAsync(DiagnosticsEndpoints.ClearQuota, Token, null, Body, default).AsTask(), how));
        Assert.Equal(2, handler.Count);
    }

    [Theory]
    [InlineData("no name")]
    [InlineData("no connection")]
    [InlineData("no connection in time")]
    public async Task What_works_once_is_asked_for_again_when_it_was_certainly_not_done(string how)
    {
        using var handler = new ScriptedHandler((number, _, _) => Task.FromResult(number > 1 ? Ok("""{"openid":"o1","session_key":"k"}""") : how switch
        {
            "no name" => throw new HttpRequestException(HttpRequestError.NameResolutionError),
            "no connection" => throw new HttpRequestException(HttpRequestError.ConnectionError),
            _ => throw new TaskCanceledException("the handler's own limit", new TimeoutException("no connection within 5 s")),
        }));
        var answer = await _watch.RunAsync(Transport(handler, _watch).SendAsync(SessionEndpoints.CodeToSession, null, "js_code=a", default, default).AsTask());
        Assert.Equal("o1", answer.OpenId);
        Assert.False(answer.FollowsLostAnswer);
        Assert.Equal(2, handler.Count);
    }

    [Fact]
    public async Task A_login_code_is_not_sent_again_when_the_platform_is_busy()
    {
        using var handler = new ScriptedHandler(Busy);
        var answer = await _watch.RunAsync(Transport(handler, _watch).SendAsync(SessionEndpoints.CodeToSession, null, "js_code=a", default, default).AsTask());
        Assert.Equal(-1, answer.ErrorCode);
        Assert.Equal(1, handler.Count);
        Assert.Contains("wx.login", WeChatApiErrors.Create("/sns/jscode2session", -1, "system error").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_platform_that_cannot_be_reached_is_named_with_what_to_check()
    {
        using var handler = new ScriptedHandler((_, _, _) => throw new HttpRequestException(HttpRequestError.NameResolutionError, "Name or service not known"));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => _watch.RunAsync(SendAsync(Transport(handler, _watch))));
        Assert.False(failure.OutcomeUnknown);
        Assert.Equal(WeChatErrorClass.Transient, failure.ErrorClass);
        Assert.Contains("could not be reached on api.weixin.qq.com: Name or service not known Check network, proxy and DNS", failure.Message, StringComparison.Ordinal);
        Assert.Equal(5, handler.Count);
    }

    [Fact]
    public async Task A_call_that_ends_unreached_after_a_lost_attempt_is_unknown()
    {
        using var handler = new ScriptedHandler((number, _, _) => throw new HttpRequestException(number == 1 ? HttpRequestError.ResponseEnded : HttpRequestError.ConnectionError));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => _watch.RunAsync(SendAsync(Transport(handler, _watch))));
        Assert.True(failure.OutcomeUnknown);
        Assert.Equal(5, handler.Count);
    }

    [Fact]
    public async Task An_answer_after_a_lost_attempt_says_so()
    {
        using var handler = new ScriptedHandler((number, _, _) => number == 1 ? throw new IOException("reset") : Task.FromResult(Ok(Busy)));
        var answer = await _watch.RunAsync(SendAsync(Transport(handler, _watch)));
        Assert.Equal(-1, answer.ErrorCode);
        Assert.True(answer.FollowsLostAnswer);
    }

    [Fact]
    public async Task An_attempt_ends_with_its_time_and_the_next_one_begins()
    {
        using var handler = new ScriptedHandler((number, _, stop) => number == 1 ? Never(stop) : Task.FromResult(Ok(Done)));
        var log = new LogBook();
        var send = SendAsync(Transport(handler, _watch, log: log));
        await Runs.UntilAsync(() => handler.Count == 1, "the first attempt is on its way");
        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.Equal(1, handler.Count);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(1, (await _watch.RunAsync(send)).MessageId);
        Assert.Contains("gave no answer within 10 s", Assert.Single(log.Texts(1)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_attempts_together_end_with_the_total_time()
    {
        using var handler = new ScriptedHandler((_, _, stop) => LoseAsync("silence", stop));
        var began = _time.GetUtcNow();
        var send = SendAsync(Transport(handler, _watch, options => options.Http.MaxRetries = 20));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => RunAsync(send, "silence"));
        Assert.True(failure.OutcomeUnknown);
        Assert.Equal(TimeSpan.FromSeconds(30), _time.GetUtcNow() - began);
        Assert.Equal(3, handler.Count);
    }

    [Fact]
    public async Task The_total_time_ends_a_single_attempt_too()
    {
        using var handler = new ScriptedHandler((_, _, stop) => Never(stop));
        var began = _time.GetUtcNow();
        var send = SendAsync(Transport(handler, _watch, options => options.Http.TotalTimeout = TimeSpan.FromSeconds(4)));
        await Runs.UntilAsync(() => handler.Count == 1, "the attempt is on its way");
        _time.Advance(TimeSpan.FromSeconds(4));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => send);
        Assert.Contains("within 4 s", failure.Message, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(4), _time.GetUtcNow() - began);
    }

    [Fact]
    public async Task An_attempt_that_the_total_time_ends_is_lost_whatever_came_before_it()
    {
        using var handler = new ScriptedHandler((number, _, stop) => number == 1 ? Task.FromResult(Ok(Busy)) : LoseAsync("silence", stop));
        var send = SendAsync(Transport(handler, _watch, options => options.Http.TotalTimeout = TimeSpan.FromSeconds(8)));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => RunAsync(send, "silence"));
        Assert.True(failure.OutcomeUnknown);
        Assert.Equal(2, handler.Count);
    }

    [Fact]
    public async Task The_total_time_ends_the_pause_between_two_attempts_and_keeps_the_last_answer()
    {
        using var handler = new ScriptedHandler(Busy);
        var transport = Transport(handler, _time, options =>
        {
            options.Http.TotalTimeout = TimeSpan.FromMilliseconds(1);
            options.Http.RetryDelay = TimeSpan.FromMinutes(1);
        });
        var send = SendAsync(transport);
        await _time.WaitForTimersAsync(2);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(-1, (await send).ErrorCode);
        Assert.Equal(1, handler.Count);
    }

    [Theory]
    [InlineData("attempt")]
    [InlineData("body")]
    [InlineData("pause")]
    public async Task A_caller_ends_the_call_where_it_stands(string where)
    {
        using var stop = new CancellationTokenSource();
        using var handler = new ScriptedHandler((_, _, end) => where switch
        {
            "attempt" => Never(end),
            "body" => Task.FromResult(new HttpResponseMessage { Content = new StreamContent(new SilentStream()) }),
            _ => Task.FromResult(Ok(Busy)),
        });
        var send = Transport(handler, _watch).SendAsync(TemplateEndpoints.TemplateSend, Token, null, Body, stop.Token).AsTask();
        await Runs.UntilAsync(() => handler.Count == 1, "the attempt is on its way");
        if (where == "pause")
        {
            await _watch.DelayBegunAsync();
        }

        await stop.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => send);
        Assert.Equal(stop.Token, cancelled.CancellationToken);
        Assert.Equal(1, handler.Count);
    }

    [Fact]
    public async Task Calls_move_on_to_the_next_host_name_and_return_to_the_first_after_a_minute()
    {
        var down = new HashSet<string> { "api.weixin.qq.com", "api2.weixin.qq.com" };
        using var handler = new ScriptedHandler((_, request, _) => down.Contains(request.RequestUri!.Host)
            ? throw new HttpRequestException(HttpRequestError.ConnectionError)
            : Task.FromResult(Ok(Done)));
        var transport = Transport(handler, _watch, options =>
        {
            options.FallbackAddresses.Add(new Uri("https://api2.weixin.qq.com"));
            options.FallbackAddresses.Add(new Uri("http://localhost:5000/wechat/"));
        });

        await _watch.RunAsync(SendAsync(transport));
        Assert.Equal(["api.weixin.qq.com", "api2.weixin.qq.com", "localhost"], handler.Requests.Select(request => request.Address.Host));
        Assert.Equal("http://localhost:5000/wechat/cgi-bin/message/template/send", handler.Requests[2].Address.GetLeftPart(UriPartial.Path));

        down.Clear();
        _time.Advance(TimeSpan.FromSeconds(30));
        await SendAsync(transport);
        Assert.Equal("localhost", handler.Requests[^1].Address.Host);
        _time.Advance(TimeSpan.FromSeconds(31));
        await SendAsync(transport);
        Assert.Equal("api.weixin.qq.com", handler.Requests[^1].Address.Host);
        await SendAsync(transport);
        Assert.Equal("api.weixin.qq.com", handler.Requests[^1].Address.Host);
    }

    [Fact]
    public void A_hundred_failures_on_one_host_move_on_by_one()
    {
        var hosts = new ApiHosts([new Uri("https://a"), new Uri("https://b"), new Uri("https://c")], _time);
        Parallel.For(0, 100, _ => hosts.Failed(0));
        Assert.Equal(1, hosts.Current);

        // Those that were under way on the first host for long say nothing new.
        _time.Advance(TimeSpan.FromSeconds(59));
        hosts.Failed(0);
        Assert.Equal(1, hosts.Current);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, hosts.Current);

        // Left at once where it fails again.
        hosts.Failed(0);
        Assert.Equal(1, hosts.Current);
        hosts.Failed(1);
        Assert.Equal(2, hosts.Current);
        hosts.Failed(2);
        Assert.Equal(0, hosts.Current);

        var single = new ApiHosts([new Uri("https://a")], _time);
        single.Failed(0);
        Assert.Equal(0, single.Current);
    }

    [Theory]
    [InlineData("502")]
    [InlineData("html")]
    [InlineData("reset")]
    [InlineData("silence")]
    public async Task A_gateway_that_fails_is_reason_to_move_on(string how)
    {
        using var handler = new ScriptedHandler((number, _, stop) => number == 1 ? LoseAsync(how, stop) : Task.FromResult(Ok(Done)));
        await RunAsync(SendAsync(Transport(handler, _watch, options => options.FallbackAddresses.Add(new Uri("https://api2.weixin.qq.com")))), how);
        Assert.Equal(["api.weixin.qq.com", "api2.weixin.qq.com"], handler.Requests.Select(request => request.Address.Host));
    }

    [Fact]
    public async Task What_the_platform_itself_refuses_is_no_reason_to_move_on()
    {
        using var handler = new ScriptedHandler(Busy, """{"errcode":45009,"errmsg":"reach max api daily quota limit"}""");
        await _watch.RunAsync(SendAsync(Transport(handler, _watch, options => options.FallbackAddresses.Add(new Uri("https://api2.weixin.qq.com")))));
        Assert.All(handler.Requests, request => Assert.Equal("api.weixin.qq.com", request.Address.Host));
    }

    [Theory]
    [InlineData(HttpStatusCode.PreconditionFailed, "Content-Length")]
    [InlineData(HttpStatusCode.Redirect, "HTTP 302")]
    [InlineData(HttpStatusCode.TemporaryRedirect, "HTTP 307")]
    [InlineData(HttpStatusCode.NotFound, "HTTP 404")]
    [InlineData(HttpStatusCode.Forbidden, "proxy")]
    [InlineData(HttpStatusCode.ProxyAuthenticationRequired, "proxy")]
    public async Task A_stranger_that_refuses_is_told_apart_from_the_platform_and_not_asked_again(HttpStatusCode status, string says)
    {
        using var handler = new ScriptedHandler((_, _, _) =>
        {
            var response = Answer(status, $"<html>Sign in at https://portal/?access_token={Token.Reveal()}</html>");
            response.Headers.Location = new Uri($"https://portal/?access_token={Token.Reveal()}");
            return Task.FromResult(response);
        });
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => SendAsync(Transport(handler, _watch)));
        Assert.Equal(WeChatErrorClass.Request, failure.ErrorClass);
        Assert.Equal(status, failure.StatusCode);
        Assert.False(failure.OutcomeUnknown);
        Assert.Contains(says, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Token.Reveal(), failure.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, handler.Count);
    }

    [Theory]
    [InlineData(HttpStatusCode.BadGateway)]
    [InlineData(HttpStatusCode.GatewayTimeout)]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.RequestTimeout)]
    [InlineData(HttpStatusCode.OK)]
    public async Task HTML_of_a_gateway_is_transient_and_its_first_bytes_are_shown_redacted(HttpStatusCode status)
    {
        using var handler = new ScriptedHandler((_, request, _) => Task.FromResult(Answer(status, $"<html><h1>nginx</h1>{request.RequestUri}{new string('x', 500)}</html>")));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => _watch.RunAsync(SendAsync(Transport(handler, _watch))));
        Assert.Equal(WeChatErrorClass.Transient, failure.ErrorClass);
        Assert.True(failure.OutcomeUnknown);
        Assert.Equal(status == HttpStatusCode.OK ? null : status, failure.StatusCode);
        Assert.Contains("<html><h1>nginx</h1>", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Token.Reveal(), failure.ToString(), StringComparison.Ordinal);
        Assert.InRange(failure.Message.Length, 1, 500);
        Assert.Equal(5, handler.Count);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.BadGateway)]
    [InlineData(HttpStatusCode.Forbidden)]
    public async Task The_platforms_code_counts_whatever_the_status(HttpStatusCode status)
    {
        using var handler = new ScriptedHandler((_, _, _) => Task.FromResult(Answer(status, """{"errcode":43004,"errmsg":"require subscribe"}""")));
        Assert.Equal(43004, (await SendAsync(Transport(handler, _watch))).ErrorCode);
    }

    [Fact]
    public async Task A_success_counts_only_with_its_status()
    {
        using var handler = new ScriptedHandler((number, _, _) => Task.FromResult(Answer(number < 3 ? HttpStatusCode.InternalServerError : HttpStatusCode.OK, Done)));
        Assert.True((await _watch.RunAsync(SendAsync(Transport(handler, _watch)))).FollowsLostAnswer);
        Assert.Equal(3, handler.Count);
    }

    [Fact]
    public async Task JSON_of_a_stranger_is_no_success()
    {
        using var handler = new ScriptedHandler("""{"message":"please sign in to the guest network"}""");
        var transport = Transport(handler, _watch);
        foreach (var call in new Func<Task>[]
                 {
                     () => SendAsync(transport),
                     () => transport.SendAsync(SessionEndpoints.CheckSession, Token, "openid=o1", default, default).AsTask(),
                     () => transport.SendAsync(DiagnosticsEndpoints.ClearQuota, Token, null, Body, default).AsTask(),
                     () => transport.SendAsync(AccessTokenEndpoints.StableToken, null, null, Body, default).AsTask(),
                 })
        {
            var failure = await Assert.ThrowsAsync<WeChatApiException>(
                () => _watch.RunAsync(call().ContinueWith(task => task.Exception is { InnerException: { } inner } ? throw inner : true, TaskScheduler.Default)));
            Assert.True(failure.OutcomeUnknown);
            Assert.Contains("without", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_endless_answer_is_not_read_to_its_end()
    {
        var stream = new EndlessStream();
        using var handler = new ScriptedHandler((_, _, _) => Task.FromResult(new HttpResponseMessage { Content = new StreamContent(stream) }));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(
            () => Transport(handler, _watch).SendAsync(SessionEndpoints.CodeToSession, null, "js_code=a", default, default).AsTask());
        Assert.True(failure.OutcomeUnknown);
        Assert.Contains("more than 16 MB", failure.Message, StringComparison.Ordinal);
        Assert.InRange(stream.Position, 16 * 1024 * 1024, 64 * 1024 * 1024);
    }

    [Theory]
    [InlineData("\uFEFF{\"total\":1,\"count\":1,\"data\":{\"openid\":[\"o1\"]},\"next_openid\":\"o1\"}")]
    [InlineData("  {\"total\":\"1\",\"count\":\"1\",\"data\":{\"openid\":[\"o1\"]},\"next_openid\":\"o1\"}\r\n")]
    [InlineData("{\"total\":1,\"count\":1,\"data\":{\"openid\":[\"o1\"]},\"next_openid\":\"o1\",\"remark\":\"a\u0001\n\tb\"}")]
    [InlineData("{\"total\":1,\"count\":1,\"data\":{\"openid\":[\"o1\"]},\"next_openid\":\"o1\",\"errmsg\":7,\"new\":{\"a\":[1,2]}}")]
    public async Task What_can_be_read_is_read(string body)
    {
        foreach (var contentType in new[] { "application/json; encoding=utf-8", "text/plain", "text/html; charset=utf8", "application/json; charset=no-such-charset", "nonsense" })
        {
            using var handler = new ScriptedHandler((_, _, _) => Task.FromResult(Answer(HttpStatusCode.OK, Encoding.UTF8.GetBytes(body), contentType)));
            var answer = await Transport(handler, _watch).SendAsync(FollowerEndpoints.UserGet, Token, null, default, default);
            Assert.Equal("o1", Assert.Single(answer.Data!.OpenIds!));
            Assert.Equal(1, answer.Total);
        }
    }

    [Fact]
    public async Task Invalid_UTF8_is_read_with_replacements()
    {
        byte[] body = [.. "{\"errcode\":43004,\"errmsg\":\"require \xff"u8[..^2], 0xff, 0xc3, .. "subscribe\"}"u8];
        using var handler = new ScriptedHandler((_, _, _) => Task.FromResult(Answer(HttpStatusCode.OK, body)));
        Assert.Equal(43004, (await SendAsync(Transport(handler, _watch))).ErrorCode);
    }

    [Fact]
    public async Task The_address_changes_with_the_token_and_the_host()
    {
        using var handler = new ScriptedHandler(Page);
        var transport = Transport(handler, _watch);
        var other = new AccessToken("token+with/signs=&", DateTimeOffset.MaxValue);
        foreach (var token in new[] { Token, Token, other, Token })
        {
            await transport.SendAsync(FollowerEndpoints.UserGet, token, null, default, default);
        }

        await transport.SendAsync(FollowerEndpoints.UserGet, Token, "next_openid=o1", default, default);
        Assert.Equal(
            [$"?access_token={Token.Reveal()}", $"?access_token={Token.Reveal()}", "?access_token=token%2Bwith%2Fsigns%3D%26", $"?access_token={Token.Reveal()}",
                $"?access_token={Token.Reveal()}&next_openid=o1"],
            handler.Requests.Select(request => request.Address.Query));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_handler_of_the_host_keeps_back_was_not_sent_and_what_it_breaks_off_behind_the_network_may_have_been(bool keepsBack)
    {
        using var network = new ScriptedHandler("""{"openid":"m1","session_key":"k"}""");
        using var wire = new WireHandler(network, makeFresh: null, 1, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        using var breaker = new Breaker(wire, keepsBack);
        var call = Transport(breaker, _watch).SendAsync(SessionEndpoints.CodeToSession, null, "?js_code=c", default, default).AsTask();
        if (keepsBack)
        {
            // A code is asked for again only where it certainly did not arrive.
            Assert.Equal("m1", (await _watch.RunAsync(call)).OpenId);
        }
        else
        {
            Assert.True((await Assert.ThrowsAsync<WeChatApiException>(() => _watch.RunAsync(call))).OutcomeUnknown);
        }

        Assert.Equal(1, network.Count);
    }

    [Fact]
    public async Task A_call_whose_time_is_over_with_its_first_attempt_makes_no_other()
    {
        var time = new ManualTimeProvider();
        using var handler = new ScriptedHandler((_, _, stop) =>
        {
            time.Advance(TimeSpan.FromMinutes(10));
            return Never(stop);
        });
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => SendAsync(Transport(handler, time)));
        Assert.True(failure.OutcomeUnknown);
        Assert.Equal(1, handler.Count);
    }

    [Fact]
    public async Task An_answer_of_many_choices_is_nothing_of_the_platform_s()
    {
        using var handler = new ScriptedHandler((_, _, _) => Task.FromResult(Answer(HttpStatusCode.MultipleChoices, "choose")));
        var failure = await Assert.ThrowsAsync<WeChatApiException>(() => SendAsync(Transport(handler, _watch)));
        Assert.Contains("answered HTTP 300 and nothing of the platform's", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, handler.Count);
    }

    [Fact]
    public void An_attempt_counts_by_its_code_its_status_or_as_without_an_answer()
    {
        foreach (var (code, error) in new[] { (0, null), (45009, "45009") })
        {
            var answer = TemplateEndpoints.TemplateSend.Read(Encoding.UTF8.GetBytes($$"""{"errcode":{{code}}}"""))!;
            Assert.Equal(error, new ApiAttempt(answer, mayRepeat: false).Error);
        }

        var lost = new WeChatApiException("/x", errorCode: null, WeChatErrorClass.Transient, "lost");
        Assert.Equal("no_answer", new ApiAttempt(lost, mayRepeat: false).Error);
        var gateway = new WeChatApiException("/x", errorCode: null, WeChatErrorClass.Transient, "lost") { StatusCode = HttpStatusCode.BadGateway };
        Assert.Equal("502", new ApiAttempt(gateway, mayRepeat: false).Error);
    }

    [Fact]
    public void Answers_that_are_no_objects_are_none()
    {
        foreach (var body in new[] { "[]", "7", "\"ok\"", "true", "null" })
        {
            Assert.Null(TemplateEndpoints.TemplateSend.Read(Encoding.UTF8.GetBytes(body)));
            Assert.Null(AccessTokenEndpoints.StableToken.Read(Encoding.UTF8.GetBytes(body)));
        }
    }

    private static Task<MessageAnswer> SendAsync(ApiTransport transport, byte[]? body = null) =>
        transport.SendAsync(TemplateEndpoints.TemplateSend, Token, null, body ?? Body, default).AsTask();

    private Task<HttpResponseMessage> LoseAsync(string how, CancellationToken stop) => how switch
    {
        "reset" => Task.FromException<HttpResponseMessage>(new HttpRequestException(HttpRequestError.ResponseEnded)),
        "502" => Task.FromResult(Answer(HttpStatusCode.BadGateway, "<html>502</html>")),
        "html" => Task.FromResult(Ok("<html>welcome</html>")),
        "empty" => Task.FromResult(Ok("")),
        "truncated" => Task.FromResult(Ok("""{"errcode":0,"errm""")),
        "huge" => Task.FromResult(new HttpResponseMessage { Content = new StreamContent(new EndlessStream()) }),
        _ => BeSilentAsync(stop),
    };

    private Task<HttpResponseMessage> BeSilentAsync(CancellationToken stop)
    {
        Interlocked.Increment(ref _silences);
        return Never(stop);
    }

    /// <summary>Waits for a call; where the script is silent, the clock moves to the end of the attempt's time as soon as the attempt is on its way.</summary>
    private async Task<T> RunAsync<T>(Task<T> call, string how)
    {
        if (how != "silence")
        {
            return await _watch.RunAsync(call);
        }

        var run = _watch.RunAsync(call);
        while (!run.IsCompleted)
        {
            await Runs.UntilAsync(() => run.IsCompleted || Volatile.Read(ref _silences) > _ended, "the next attempt meets with silence");
            if (!run.IsCompleted)
            {
                _ended++;
                _time.AdvanceToNextTimer();
            }
        }

        return await run;
    }

    /// <summary>Begins an answer, and never goes on.</summary>
    private sealed class SilentStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }

    private sealed class EndlessStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            buffer.AsSpan(offset, count).Fill((byte)' ');
            Position += count;
            return count;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)' ');
            Position += buffer.Length;
            return new(buffer.Length);
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    /// <summary>A circuit breaker of the host's, which rejects the first call before the network or behind it.</summary>
    private sealed class Breaker(HttpMessageHandler inner, bool keepsBack) : DelegatingHandler(inner)
    {
        private int _count;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var isFirst = _count++ == 0;
            if (isFirst && keepsBack)
            {
                throw new Polly.CircuitBreaker.BrokenCircuitException("open");
            }

            var response = await base.SendAsync(request, cancellationToken);
            return isFirst ? throw new Polly.CircuitBreaker.BrokenCircuitException("open") : response;
        }
    }
}
