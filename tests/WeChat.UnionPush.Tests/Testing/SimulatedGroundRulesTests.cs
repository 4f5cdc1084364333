using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using WeChat.UnionPush.Testing;
using static WeChat.UnionPush.Tests.PlatformFixture;

namespace WeChat.UnionPush.Tests.Testing;

public sealed class SimulatedGroundRulesTests
{
    private const string Stable = "/cgi-bin/stable_token";

    [Fact]
    public async Task A_chunked_body_gets_412_and_nothing_to_read()
    {
        using var fixture = new PlatformFixture();
        using var json = await fixture.Client.PostAsync(Stable, JsonContent.Create(new { appid = "wx" }));
        Assert.Equal(HttpStatusCode.PreconditionFailed, json.StatusCode);
        Assert.Empty(await json.Content.ReadAsByteArrayAsync());

        using var request = new HttpRequestMessage(HttpMethod.Post, Stable) { Content = new StringContent("{}") };
        request.Headers.TransferEncodingChunked = true;
        using var chunked = await fixture.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.PreconditionFailed, chunked.StatusCode);

        using var known = await fixture.Client.PostAsync(Stable, new StringContent("{}"));
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
    }

    [Fact]
    public async Task A_body_shorter_than_its_length_fails_as_it_does_on_the_network()
    {
        using var fixture = new PlatformFixture();
        var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.ContentLength = 3;
        await Assert.ThrowsAsync<HttpRequestException>(() => fixture.Client.PostAsync(Stable, content));
    }

    [Fact]
    public async Task A_compressed_body_gets_40221()
    {
        using var fixture = new PlatformFixture();
        var content = new ByteArrayContent([1, 2, 3]);
        content.Headers.ContentEncoding.Add("gzip");
        using var response = await fixture.Client.PostAsync(Stable, content);
        Assert.Contains("40221", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_wrong_method_and_plain_http_get_their_codes()
    {
        using var fixture = new PlatformFixture();
        Assert.Equal(43002, ErrorCode(await fixture.GetAsync(Stable)));
        Assert.Equal(43001, ErrorCode(await fixture.PostAsync("/cgi-bin/user/get", "{}")));
        Assert.Equal(43003, ErrorCode(await fixture.GetAsync("http://api.weixin.qq.com/cgi-bin/token")));
        Assert.Equal(41002, ErrorCode(await fixture.GetAsync("http://127.0.0.1:8080/cgi-bin/token")));
        Assert.Equal(41002, ErrorCode(await fixture.GetAsync("https://sh.api.weixin.qq.com/cgi-bin/token")));
    }

    [Fact]
    public async Task An_unknown_API_or_host_throws_and_names_what_was_called_without_its_query()
    {
        using var fixture = new PlatformFixture();
        var path = await Assert.ThrowsAsync<InvalidOperationException>(() => fixture.Client.GetAsync("/cgi-bin/nothing?access_token=tokenvalue"));
        Assert.Contains("GET https://api.weixin.qq.com/cgi-bin/nothing", path.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("tokenvalue", path.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => fixture.Client.GetAsync("https://example.com/cgi-bin/token"));
    }

    [Fact]
    public async Task Tokens_are_missing_malformed_unknown_or_of_the_wrong_kind_of_account()
    {
        using var fixture = new PlatformFixture();
        Assert.Equal(41001, ErrorCode(await fixture.GetAsync("/cgi-bin/user/get")));
        Assert.Equal(40014, await fixture.TryTokenAsync("abc"));
        Assert.Equal(40001, await fixture.TryTokenAsync(new string('x', 136)));
        var token = await fixture.TokenAsync(fixture.MiniProgram.AppId);
        Assert.Equal(48001, ErrorCode(await fixture.GetAsync($"/cgi-bin/user/get?access_token={token}")));
        fixture.Account.IsVerified = false;
        Assert.Equal(48001, ErrorCode(await fixture.GetAsync($"/cgi-bin/user/get?access_token={await fixture.TokenAsync()}")));
    }

    [Fact]
    public async Task Errors_come_as_HTTP_200_with_the_platforms_media_type_and_a_rid()
    {
        using var fixture = new PlatformFixture();
        using var response = await fixture.Client.GetAsync("/cgi-bin/user/get");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/json; encoding=utf-8", response.Content.Headers.ContentType!.ToString());
        var body = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(body.Length, response.Content.Headers.ContentLength);
        Assert.Matches("^access_token missing rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$", ErrorText(JsonDocument.Parse(body).RootElement));
    }

    [Fact]
    public async Task A_rid_can_be_looked_up_by_its_own_account_for_seven_days()
    {
        using var fixture = new PlatformFixture();
        var refused = await fixture.SendAsync("nobody", "ä", "{}");
        var rid = ErrorText(refused)[^26..];
        async Task<JsonElement> LookUp(string rid, string? appId = null) =>
            await fixture.PostAsync($"/cgi-bin/openapi/rid/get?access_token={await fixture.TokenAsync(appId)}", $$"""{"rid":"{{rid}}"}""");

        var request = (await LookUp(rid)).GetProperty("request");
        Assert.Contains("\"touser\":\"nobody\"", request.GetProperty("request_body").GetString(), StringComparison.Ordinal);
        Assert.Contains(rid, request.GetProperty("response_body").GetString(), StringComparison.Ordinal);
        Assert.Equal(76003, ErrorCode(await LookUp(rid, fixture.MiniProgram.AppId)));
        Assert.Equal(76001, ErrorCode(await LookUp("00000000-00000000-00000000")));
        Assert.Equal(76002, ErrorCode(await LookUp("")));
        fixture.Time.Advance(TimeSpan.FromDays(7.1));
        Assert.Equal(76004, ErrorCode(await LookUp(rid)));
    }

    [Fact]
    public async Task The_log_counts_calls_and_keeps_the_last_ones_byte_by_byte()
    {
        using var fixture = new PlatformFixture();
        fixture.Platform.Calls.Capacity = 2;
        foreach (var text in new[] { "一", "二", "三" })
        {
            await fixture.PostAsync(Stable, $$"""{"appid":"{{text}}"}""");
        }

        await fixture.TokenAsync();
        var calls = fixture.Platform.Calls;
        Assert.Equal(4, calls.Total);
        Assert.Equal(4, calls.Count(Stable));
        Assert.Equal(3, calls.Count(Stable, 41004));
        Assert.Equal(1, calls.Count(Stable, 0));
        Assert.Equal(2, calls.Recent(Stable).Count);
        Assert.Equal("{\"appid\":\"三\"}"u8.ToArray(), calls.Recent(Stable)[0].Body.ToArray());
        Assert.Equal("application/json", calls.Recent(Stable)[0].ContentType);
        calls.Clear();
        Assert.Equal(0, calls.Total);
    }

    [Fact]
    public async Task A_gate_holds_calls_until_it_is_opened()
    {
        using var fixture = new PlatformFixture();
        using var gate = fixture.Platform.Hold(Stable);
        Assert.Throws<InvalidOperationException>(() => fixture.Platform.Hold(Stable));
        var calls = Enumerable.Range(0, 3).Select(_ => fixture.StableTokenAsync()).ToArray();
        await gate.WaitForCallsAsync(3);
        Assert.All(calls, call => Assert.False(call.IsCompleted));
        Assert.Equal(3, fixture.Platform.Calls.Count(Stable));

        using var source = new CancellationTokenSource();
        var cancelled = fixture.Client.PostAsync(Stable, new StringContent("{}"), source.Token);
        await gate.WaitForCallsAsync(4);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(3, gate.Waiting);

        gate.Open();
        await Task.WhenAll(calls);
        await fixture.StableTokenAsync();
    }

    [Fact]
    public async Task A_gate_may_hold_the_answer_of_a_call_that_was_carried_out()
    {
        using var fixture = new PlatformFixture();
        using var gate = fixture.Platform.Hold("/cgi-bin/token", afterwards: true);
        var first = fixture.ClassicTokenAsync();
        await gate.WaitForCallsAsync(1);
        Assert.Equal(1, fixture.Account.Quotas.GetUsedToday("/cgi-bin/token"));
        Assert.False(first.IsCompleted);
        gate.Open();
        await first;
    }

    [Fact]
    public async Task Latency_passes_on_the_platforms_clock()
    {
        using var fixture = new PlatformFixture();
        fixture.Platform.SetLatency(Stable, TimeSpan.FromSeconds(1));
        var call = fixture.StableTokenAsync();
        await fixture.Time.WaitForTimersAsync(1);
        fixture.Time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(call.IsCompleted);
        fixture.Time.Advance(TimeSpan.FromMilliseconds(1));
        await call;
    }

    [Fact]
    public async Task A_call_that_was_cancelled_before_it_was_sent_reaches_nobody()
    {
        using var fixture = new PlatformFixture();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Client.GetAsync("/cgi-bin/token", new CancellationToken(canceled: true)));
        Assert.Equal(0, fixture.Platform.Calls.Total);
    }

    [Fact]
    public async Task A_call_goes_on_after_its_caller_has()
    {
        using var fixture = new PlatformFixture();
        using var content = new WaitingContent();
        var call = fixture.Client.PostAsync(Stable, content);
        content.CallerWentOn.Set();
        using var response = await call;
        Assert.True(content.SawCallerGoOn);
    }

    /// <summary>A body that is not written before the caller has its task back; the limit only ends a run in which that never happens.</summary>
    private sealed class WaitingContent : HttpContent
    {
        public ManualResetEventSlim CallerWentOn { get; } = new();

        public bool SawCallerGoOn { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            SawCallerGoOn = CallerWentOn.Wait(TimeSpan.FromSeconds(10));
            return Task.CompletedTask;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return true;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                CallerWentOn.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
