using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using WeChat.UnionPush.Testing;
using static WeChat.UnionPush.Tests.PlatformFixture;

namespace WeChat.UnionPush.Tests.Testing;

public sealed class SimulatedFaultTests
{
    private const string Stable = "/cgi-bin/stable_token";
    private const string Classic = "/cgi-bin/token";
    private const string Send = "/cgi-bin/message/template/send";
    private const string Addresses = "/cgi-bin/get_api_domain_ip";

    [Fact]
    public async Task A_fault_strikes_the_calls_of_its_API_and_counts_them()
    {
        using var fixture = new PlatformFixture();
        var busy = fixture.Platform.Faults.Add(SimulatedFault.Busy().On(Stable));
        var answer = await fixture.StableTokenAsync();
        Assert.Equal(-1, ErrorCode(answer));
        Assert.Matches("^system error rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$", ErrorText(answer));
        Assert.Equal(0, ErrorCode(await fixture.ClassicTokenAsync()));
        Assert.Equal(1, busy.Strikes);
        Assert.Equal([busy], fixture.Platform.Faults.All);
        Assert.Equal(1, fixture.Platform.Calls.Count(Stable, -1));

        Assert.True(fixture.Platform.Faults.Remove(busy));
        Assert.False(fixture.Platform.Faults.Remove(busy));
        Assert.Equal(0, ErrorCode(await fixture.StableTokenAsync()));
        Assert.Equal(1, busy.Strikes);
    }

    [Fact]
    public async Task A_fault_without_more_strikes_every_call_of_every_API_until_all_are_cleared()
    {
        using var fixture = new PlatformFixture();
        fixture.Platform.Faults.Add(SimulatedFault.Error(45011));
        Assert.Equal(45011, ErrorCode(await fixture.StableTokenAsync()));
        Assert.Equal(45011, ErrorCode(await fixture.ClassicTokenAsync()));
        fixture.Platform.Faults.Clear();
        Assert.Empty(fixture.Platform.Faults.All);
        Assert.Equal(0, ErrorCode(await fixture.StableTokenAsync()));
    }

    [Fact]
    public async Task It_strikes_the_next_ones_the_nth_one_every_nth_one_or_those_that_fulfil_a_condition()
    {
        using var fixture = new PlatformFixture();
        await AssertCodes([-1, -1, 0, 0, 0, 0], SimulatedFault.Busy().Times(2));
        await AssertCodes([0, 0, 0, -1, 0, 0], SimulatedFault.Busy().After(3).Times(1));
        await AssertCodes([0, 0, -1, 0, 0, -1], SimulatedFault.Busy().Every(3));
        await AssertCodes([0, 0, -1, 0, -1, 0], SimulatedFault.Busy().After(1).Every(2));
        await AssertCodes([0, -1, 0, -1, 0, -1], SimulatedFault.Busy().When(call => call.Address.Query.EndsWith('1')));
        await AssertCodes([0, 0, 0, -1, 0, 0], SimulatedFault.Busy().When(call => call.Address.Query.EndsWith('1')).After(1).Times(1));

        async Task AssertCodes(int[] expected, SimulatedFault fault)
        {
            fixture.Platform.Faults.Add(fault);
            var codes = new int[6];
            for (var i = 0; i < codes.Length; i++)
            {
                codes[i] = ErrorCode(await fixture.GetAsync(
                    $"{Classic}?grant_type=client_credential&appid={fixture.Account.AppId}&secret={Secret}&number={i % 2}"));
            }

            fixture.Platform.Faults.Clear();
            Assert.Equal(expected, codes);
        }
    }

    [Fact]
    public async Task Chance_depends_on_the_seed_and_keeps_to_its_probability()
    {
        var first = await Pattern(seed: 1);
        Assert.Equal(first, await Pattern(seed: 1));
        Assert.NotEqual(first, await Pattern(seed: 2));

        // 1,000 casts at 0.1: fewer than 60 or more than 140 is more than four standard deviations away.
        Assert.InRange(first.Count(code => code == -1), 60, 140);
        Assert.InRange(first.Count(code => code == 45009), 60, 140);

        static async Task<List<int>> Pattern(int seed)
        {
            using var fixture = new PlatformFixture(seed);
            fixture.Platform.Faults.Add(SimulatedFault.Busy().WithProbability(0.1));
            fixture.Platform.Faults.Add(SimulatedFault.Error(45009).WithProbability(0.1));
            var codes = new List<int>();
            for (var i = 0; i < 1_000; i++)
            {
                codes.Add(ErrorCode(await fixture.ClassicTokenAsync()));
            }

            return codes;
        }
    }

    [Fact]
    public async Task A_probability_of_one_always_strikes_and_one_of_zero_never()
    {
        using var fixture = new PlatformFixture();
        var never = fixture.Platform.Faults.Add(SimulatedFault.Error(45009).WithProbability(0));
        var always = fixture.Platform.Faults.Add(SimulatedFault.Busy().WithProbability(1));
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(-1, ErrorCode(await fixture.StableTokenAsync()));
        }

        Assert.Equal((0, 100), (never.Strikes, always.Strikes));
    }

    [Fact]
    public async Task The_first_fault_that_strikes_decides_and_later_ones_do_not_count_the_call()
    {
        using var fixture = new PlatformFixture();
        var first = fixture.Platform.Faults.Add(SimulatedFault.Busy().Times(1));
        var second = fixture.Platform.Faults.Add(SimulatedFault.Error(45009).Times(1));
        Assert.Equal(-1, ErrorCode(await fixture.StableTokenAsync()));
        Assert.Equal(45009, ErrorCode(await fixture.StableTokenAsync()));
        Assert.Equal(0, ErrorCode(await fixture.StableTokenAsync()));
        Assert.Equal((1, 1), (first.Strikes, second.Strikes));
    }

    [Fact]
    public async Task Many_callers_at_once_are_struck_exactly_as_often_as_declared()
    {
        using var fixture = new PlatformFixture();
        var busy = fixture.Platform.Faults.Add(SimulatedFault.Busy().Times(25));
        var codes = await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ => ErrorCode(await fixture.StableTokenAsync())));
        Assert.Equal(25, codes.Count(code => code == -1));
        Assert.Equal(25, busy.Strikes);
    }

    [Fact]
    public async Task A_burst_is_struck_above_what_is_borne_at_once()
    {
        using var fixture = new PlatformFixture();
        var busy = fixture.Platform.Faults.Add(SimulatedFault.Busy().On(Stable).Above(3));
        using var gate = fixture.Platform.Hold(Stable);
        var calls = Enumerable.Range(0, 10).Select(_ => fixture.StableTokenAsync()).ToArray();
        await gate.WaitForCallsAsync(10);
        gate.Open();
        var codes = (await Task.WhenAll(calls)).Select(ErrorCode).ToArray();
        Assert.Equal(3, codes.Count(code => code == 0));
        Assert.Equal(7, busy.Strikes);
        Assert.Equal(0, ErrorCode(await fixture.StableTokenAsync()));
    }

    [Fact]
    public async Task An_error_carries_its_real_text_or_the_one_given_and_its_rid_can_be_looked_up()
    {
        using var fixture = new PlatformFixture();
        var token = await fixture.TokenAsync();
        fixture.Platform.Faults.Add(SimulatedFault.Error(43117).On(Addresses).Times(1));
        var known = await fixture.GetAsync($"{Addresses}?access_token={token}");
        Assert.StartsWith("Sending messages to this openid too frequently, please try later rid: ", ErrorText(known), StringComparison.Ordinal);
        var looked = await fixture.PostAsync($"/cgi-bin/openapi/rid/get?access_token={token}", $$"""{"rid":"{{ErrorText(known)[^26..]}}"}""");
        Assert.Equal(0, ErrorCode(looked));

        fixture.Platform.Faults.Add(SimulatedFault.Error(47003, "argument invalid! data.thing1.value i").Times(1));
        var given = await fixture.GetAsync($"{Addresses}?access_token={token}");
        Assert.StartsWith("argument invalid! data.thing1.value i rid: ", ErrorText(given), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_code_of_the_return_code_table_has_a_text()
    {
        using var fixture = new PlatformFixture();
        int[] codes =
        [
            -1, 40001, 40002, 40003, 40007, 40008, 40013, 40014, 40029, 40030, 40031, 40032, 40033, 40034, 40035, 40036, 40037, 40038, 40039, 40048,
            40062, 40066, 40090, 40097, 40125, 40132, 40163, 40164, 40165, 40166, 40200, 40201, 40202, 40203, 40221, 40222, 40226, 40230, 40231, 40232, 40233, 40234,
                40235, 40236, 40237, 40238, 40239, 40240, 40241, 40243, 40246, 40247,
            40249, 40252, 41001, 41002, 41004, 41008, 41009, 41010, 41011, 41028, 41029, 41030, 42001, 42002, 42003, 42005, 42007, 43001, 43002, 43003,
            43004, 43005, 43019, 43100, 43101, 43102, 43103, 43104, 43105, 43106, 43107, 43108, 43116, 43117, 44002, 44007, 44990, 45009, 45011, 45012, 45013, 45014,
            45015, 45026, 45027, 45035, 45040, 45047, 45051, 45065, 45066, 45067, 45082, 45102, 45103, 45104, 45109, 45168, 45169, 45171, 45501, 46004,
            46101, 47001, 47002, 47003, 48001, 48002, 48003, 48004, 48006, 48008, 48009, 48011, 48012, 49001, 49003, 50001, 50002, 50003, 50004, 50005,
            50007, 61003, 61004, 61005, 61006, 61007, 61016, 61017, 61023, 61450, 61451, 62751, 76001, 76002, 76003, 76004, 76021, 76022, 85431, 85433, 85434, 85437,
                85470, 87007, 87008,
            87009, 87014, 89000, 89001, 89002, 89501, 89502, 89503, 89504, 89505, 89506, 89507, 200011, 10700, 10703, 10706, 9001001, 9001002,
            268487001, 268487002,
        ];
        foreach (var code in codes)
        {
            fixture.Platform.Faults.Add(SimulatedFault.Error(code).Times(1));
            var answer = await fixture.StableTokenAsync();
            Assert.Equal(code, ErrorCode(answer));
            Assert.False(ErrorText(answer).StartsWith("unknown error", StringComparison.Ordinal), $"{code} has no text.");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whether_a_call_is_carried_out_is_for_the_fault_to_say(bool processed)
    {
        using var fixture = new PlatformFixture();
        var template = fixture.Account.AddTemplate("t", "{{thing1.DATA}}");
        var person = fixture.Platform.AddPerson();
        person.Follow(fixture.Account);
        SimulatedFault[] faults =
        [
            SimulatedFault.Busy(), SimulatedFault.Error(45009), SimulatedFault.ConnectionClosed(), SimulatedFault.ConnectionReset(), SimulatedFault.Gateway(),
            SimulatedFault.EmptyBody(), SimulatedFault.TruncatedBody(), SimulatedFault.ConnectionReset(inBody: true), SimulatedFault.ArrayForObject(),
        ];
        var token = await fixture.TokenAsync();
        foreach (var fault in faults)
        {
            fixture.Platform.Faults.Add((processed ? fault.AfterProcessing() : fault.BeforeProcessing()).On(Send).Times(1));
            try
            {
                using var response = await fixture.Client.PostAsync(
                    $"{Send}?access_token={token}",
                    new StringContent($$"""{"touser":"{{person.OpenIdIn(fixture.Account)}}","template_id":"{{template.Id}}","data":{"thing1":{"value":"a"} } }"""));
                Assert.DoesNotContain("msgid", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
            catch (HttpRequestException)
            {
                // Some of them break the connection; what counts here is what the platform did.
            }
        }

        Assert.All(fixture.Platform.Faults.All, fault => Assert.Equal(1, fault.Strikes));
        Assert.Equal(faults.Length, fixture.Platform.Calls.Count(Send));
        Assert.Equal(processed ? faults.Length : 0, fixture.Account.AcceptedCount);
        Assert.Equal(processed ? faults.Length : 0, fixture.Account.Quotas.GetUsedToday(Send));
    }

    [Fact]
    public async Task A_gateway_answers_with_its_status_and_a_page()
    {
        using var fixture = new PlatformFixture();
        fixture.Platform.Faults.Add(SimulatedFault.Gateway().Times(1));
        fixture.Platform.Faults.Add(SimulatedFault.Gateway(HttpStatusCode.GatewayTimeout).Times(1));
        foreach (var (status, title) in new[] { (502, "502 Bad Gateway"), (504, "504 Gateway Timeout") })
        {
            using var response = await fixture.Client.PostAsync(Stable, new StringContent("{}"));
            Assert.Equal(status, (int)response.StatusCode);
            Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
            Assert.Contains($"<h1>{title}</h1>", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(2, fixture.Platform.Calls.Count(Stable));
        Assert.Equal(0, fixture.Platform.Calls.Count(Stable, 0) + fixture.Platform.Calls.Count(Stable, -1));
    }

    [Fact]
    public async Task A_connection_that_never_was_reaches_nobody_and_looks_as_it_does_on_the_network()
    {
        using var fixture = new PlatformFixture();
        using var network = new HttpClient(new SocketsHttpHandler());
        using var taken = new Socket(SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        fixture.Platform.Faults.Add(SimulatedFault.ConnectionRefused().Times(1));
        var simulated = await Assert.ThrowsAsync<HttpRequestException>(() => fixture.Client.GetAsync($"http://127.0.0.1:{port}{Classic}"));
        var real = await Assert.ThrowsAsync<HttpRequestException>(() => network.GetAsync($"http://127.0.0.1:{port}{Classic}"));
        AssertAlike(real, simulated);
        Assert.Equal(HttpRequestError.ConnectionError, simulated.HttpRequestError);

        fixture.Platform.Faults.Add(SimulatedFault.NameNotResolved().Times(1));
        var unresolved = await Assert.ThrowsAsync<HttpRequestException>(() => fixture.ClassicTokenAsync());
        Assert.Equal(HttpRequestError.NameResolutionError, unresolved.HttpRequestError);
        Assert.Equal(SocketError.HostNotFound, Assert.IsType<SocketException>(unresolved.InnerException).SocketErrorCode);
        Assert.DoesNotContain(Secret, unresolved.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, fixture.Platform.Calls.Total);
        Assert.Throws<InvalidOperationException>(() => SimulatedFault.ConnectionRefused().AfterProcessing());
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_broken_connection_looks_as_it_does_on_the_network(bool reset, bool inBody)
    {
        using var fixture = new PlatformFixture();
        fixture.Platform.Faults.Add(reset ? SimulatedFault.ConnectionReset(inBody) : SimulatedFault.ConnectionClosed(inBody));

        // A request without any content would be sent again by the network handler itself.
        using var network = new HttpClient(new SocketsHttpHandler());
        foreach (var option in new[] { HttpCompletionOption.ResponseContentRead, HttpCompletionOption.ResponseHeadersRead })
        {
            var simulated = await Failure(fixture.Client, $"{Classic}?grant_type=client_credential", option, hasHead: null);
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();

            // A reset may overtake what was sent before it, so the head must have been read where that makes a difference.
            var hasHead = new TaskCompletionSource();
            var server = BreakAsync(listener, reset, inBody, inBody && option == HttpCompletionOption.ResponseHeadersRead ? hasHead.Task : Task.CompletedTask);
            var real = await Failure(network, $"http://{listener.LocalEndpoint}/", option, hasHead);
            await server;
            AssertAlike(real, simulated);
        }

        static async Task<Exception> Failure(HttpClient client, string address, HttpCompletionOption option, TaskCompletionSource? hasHead) =>
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent([]) };
                using var response = await client.SendAsync(request, option);
                hasHead?.SetResult();
                await using var stream = await response.Content.ReadAsStreamAsync();
                await stream.CopyToAsync(Stream.Null);
            });
    }

    [Fact]
    public async Task An_answer_that_never_comes_is_waited_for_until_the_caller_gives_up()
    {
        using var fixture = new PlatformFixture();
        fixture.Platform.Faults.Add(SimulatedFault.NoAnswer().AfterProcessing().Times(1));
        using var gate = fixture.Platform.Hold(Classic, afterwards: true);
        using var source = new CancellationTokenSource();
        var call = fixture.Client.GetAsync($"{Classic}?grant_type=client_credential&appid={fixture.Account.AppId}&secret={Secret}", source.Token);
        await gate.WaitForCallsAsync(1);
        Assert.Equal(1, fixture.Account.Quotas.GetUsedToday(Classic));
        gate.Open();
        fixture.Time.Advance(TimeSpan.FromDays(1));
        Assert.False(call.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(0, fixture.Platform.Calls.Count(Classic, 0));
    }

    [Fact]
    public async Task Latencies_add_up_and_pass_on_the_platforms_clock_after_the_call_was_carried_out()
    {
        using var fixture = new PlatformFixture();
        fixture.Platform.Latency = TimeSpan.FromSeconds(1);
        var spike = fixture.Platform.Faults.Add(SimulatedFault.Latency(TimeSpan.FromSeconds(2)).Times(1));
        fixture.Platform.Faults.Add(SimulatedFault.Busy().AfterProcessing().Times(1));
        var call = fixture.ClassicTokenAsync();
        await fixture.Time.WaitForTimersAsync(1);
        Assert.Equal(1, fixture.Account.Quotas.GetUsedToday(Classic));
        fixture.Time.Advance(TimeSpan.FromSeconds(2.999));
        Assert.False(call.IsCompleted);
        fixture.Time.Advance(TimeSpan.FromSeconds(0.001));
        Assert.Equal(-1, ErrorCode(await call));
        Assert.Equal(1, spike.Strikes);
    }

    [Fact]
    public async Task A_latency_may_be_another_one_every_time()
    {
        using var fixture = new PlatformFixture();
        fixture.Platform.Faults.Add(SimulatedFault.Latency(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)));
        var lengths = new List<TimeSpan>();
        for (var i = 0; i < 50; i++)
        {
            var call = fixture.ClassicTokenAsync();
            await fixture.Time.WaitForTimersAsync(1);
            lengths.Add(fixture.Time.NextTimerDue!.Value - fixture.Time.GetUtcNow());
            fixture.Time.AdvanceToNextTimer();
            await call;
        }

        Assert.All(lengths, length => Assert.InRange(length, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)));
        Assert.True(lengths.Distinct().Count() > 40);
    }

    [Fact]
    public async Task A_second_instance_takes_the_tokens_before_the_call_is_carried_out()
    {
        using var fixture = new PlatformFixture();
        var taken = fixture.Platform.Faults.Add(SimulatedFault.TokensTaken(fixture.Account.AccessTokens).On(Addresses).Every(3));
        var codes = new List<int>();
        var token = await fixture.TokenAsync();
        for (var i = 0; i < 3; i++)
        {
            codes.Add(await fixture.TryTokenAsync(token));
        }

        Assert.Equal([0, 0, 40001], codes);
        Assert.Equal(1, taken.Strikes);
        Assert.NotEqual(token, await fixture.TokenAsync());
        fixture.Platform.Faults.Clear();

        fixture.Platform.Faults.Add(SimulatedFault.TokensTaken(fixture.Account.AccessTokens, TimeSpan.FromMinutes(5)).Times(1));
        token = await fixture.TokenAsync();
        Assert.Equal(0, await fixture.TryTokenAsync(token));
        fixture.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(0, await fixture.TryTokenAsync(token));
    }

    [Fact]
    public async Task Bodies_are_spoilt_in_every_way_that_was_seen()
    {
        using var fixture = new PlatformFixture();
        var token = await fixture.TokenAsync();
        var good = await BytesAsync(fixture, Addresses, token);
        Assert.Equal("{\"ip_list\":[\"101.89.47.18\",\"101.91.34.103\",\"109.244.144.2\"]}", Encoding.UTF8.GetString(good));

        Assert.Empty(await SpoiltAsync(SimulatedFault.EmptyBody()));
        Assert.Equal(good[..(good.Length / 2)], await SpoiltAsync(SimulatedFault.TruncatedBody()));
        Assert.Equal([0xEF, 0xBB, 0xBF, .. good], await SpoiltAsync(SimulatedFault.ByteOrderMark()));
        Assert.Equal("[]"u8.ToArray(), await SpoiltAsync(SimulatedFault.ArrayForObject()));
        Assert.Equal("{\"ip_list\":[]}"u8.ToArray(), await SpoiltAsync(SimulatedFault.ArrayForObject("ip_list")));
        Assert.Equal("{}"u8.ToArray(), await SpoiltAsync(SimulatedFault.MissingFields()));
        Assert.Equal("{}"u8.ToArray(), await SpoiltAsync(SimulatedFault.MissingFields("ip_list")));
        Assert.Equal(good, await SpoiltAsync(SimulatedFault.MissingFields("other")));
        Assert.Equal([.. good, 1], await SpoiltAsync(SimulatedFault.Body(body => [.. body, 1])));

        var control = await SpoiltAsync(SimulatedFault.ControlCharacters());
        Assert.Contains((byte)0, control);
        Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse(control));
        var blank = JsonDocument.Parse(control.Select(value => value < 0x20 ? (byte)' ' : value).ToArray()).RootElement;
        Assert.Equal("101.89.47.18", blank.GetProperty("ip_list")[0].GetString());

        var invalid = await SpoiltAsync(SimulatedFault.InvalidUtf8());
        Assert.False(System.Text.Unicode.Utf8.IsValid(invalid));
        Assert.Equal("101.89.47.18", JsonDocument.Parse(Encoding.UTF8.GetString(invalid)).RootElement.GetProperty("ip_list")[0].GetString());

        async Task<byte[]> SpoiltAsync(SimulatedFault fault)
        {
            fixture.Platform.Faults.Add(fault.On(Addresses).Times(1));
            return await BytesAsync(fixture, Addresses, token);
        }
    }

    [Fact]
    public async Task Spoilt_texts_leave_ids_and_tokens_alone()
    {
        using var fixture = new PlatformFixture();
        var person = fixture.Platform.AddPerson();
        person.Follow(fixture.Account);
        var openId = person.OpenIdIn(fixture.Account);
        var address = $"/cgi-bin/user/info?openid={openId}";
        foreach (var fault in new[] { SimulatedFault.InvalidUtf8(), SimulatedFault.ControlCharacters() })
        {
            fixture.Platform.Faults.Add(fault.Times(2));
            using var tokenAnswer = await fixture.Client.GetAsync($"{Classic}?grant_type=client_credential&appid={fixture.Account.AppId}&secret={Secret}");
            var token = Repaired(await tokenAnswer.Content.ReadAsByteArrayAsync()).GetProperty("access_token").GetString()!;
            var details = Repaired(await BytesAsync(fixture, address, token));
            Assert.Equal(openId, details.GetProperty("openid").GetString());
            Assert.Equal(person.UnionIdUnder("brand"), details.GetProperty("unionid").GetString());
            Assert.NotEqual("", details.GetProperty("remark").GetString());
        }

        static JsonElement Repaired(byte[] body)
        {
            Assert.ThrowsAny<Exception>(() => JsonDocument.Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body)));
            return JsonDocument.Parse(Encoding.UTF8.GetString(body.Select(value => value < 0x20 ? (byte)' ' : value).ToArray())).RootElement;
        }
    }

    [Fact]
    public async Task Numbers_come_as_text_with_all_their_digits()
    {
        using var fixture = new PlatformFixture();
        var template = fixture.Account.AddTemplate("t", "{{thing1.DATA}}");
        var person = fixture.Platform.AddPerson();
        person.Follow(fixture.Account);
        fixture.Platform.Faults.Add(SimulatedFault.NumbersAsText().On(Send));
        var answer = await fixture.SendAsync(person.OpenIdIn(fixture.Account), template.Id, """{"thing1":{"value":"a"}}""");
        Assert.Equal("0", answer.GetProperty("errcode").GetString());
        Assert.Equal(
            fixture.Account.Messages[0].MessageId.ToString(System.Globalization.CultureInfo.InvariantCulture), answer.GetProperty("msgid").GetString());
    }

    [Fact]
    public async Task A_content_type_may_be_wrong_or_unreadable()
    {
        using var fixture = new PlatformFixture();
        fixture.Platform.Faults.Add(SimulatedFault.ContentType("application/json; charset=utf8").Times(1));
        using var response = await fixture.Client.GetAsync(Classic);
        Assert.Equal("utf8", response.Content.Headers.ContentType!.CharSet);
        await Assert.ThrowsAsync<InvalidOperationException>(() => response.Content.ReadAsStringAsync());
        Assert.Equal(41002, ErrorCode(JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync()).RootElement));

        fixture.Platform.Faults.Add(SimulatedFault.ContentType("no media type at all").Times(1));
        using var odd = await fixture.Client.GetAsync(Classic);
        Assert.Null(odd.Content.Headers.ContentType);
        Assert.Equal(["no media type at all"], odd.Content.Headers.NonValidated["Content-Type"]);
    }

    [Fact]
    public void A_fault_describes_itself_and_is_declared_once_and_within_reason()
    {
        using var fixture = new PlatformFixture();
        var fault = SimulatedFault.Error(45009).On(Stable);
        Assert.Equal("error 45009 on /cgi-bin/stable_token: 0 strikes", fault.ToString());
        fixture.Platform.Faults.Add(fault);
        Assert.Throws<InvalidOperationException>(() => fixture.Platform.Faults.Add(fault));
        fixture.Platform.Faults.Add(fault.Times(1));
        Assert.Equal(2, fixture.Platform.Faults.All.Count);
        Assert.Throws<ArgumentException>(() => fault.On("/cgi-bin/nothing"));
        Assert.Throws<ArgumentOutOfRangeException>(() => fault.WithProbability(1.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => fault.Every(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SimulatedFault.Error(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SimulatedFault.Latency(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)));
        Assert.Throws<InvalidOperationException>(() => SimulatedFault.Latency(TimeSpan.FromSeconds(2)).BeforeProcessing());
    }

    private static async Task<byte[]> BytesAsync(PlatformFixture fixture, string address, string token)
    {
        using var response = await fixture.Client.GetAsync($"{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}access_token={token}");
        return await response.Content.ReadAsByteArrayAsync();
    }

    /// <summary>The types and the machine-readable reasons of all layers; messages are for people, and name the port.</summary>
    private static void AssertAlike(Exception real, Exception simulated)
    {
        Assert.Equal(Layers(real), Layers(simulated));

        static IEnumerable<(Type, HttpRequestError?, SocketError?)> Layers(Exception? exception)
        {
            for (; exception is not null; exception = exception.InnerException)
            {
                yield return (
                    exception.GetType(),
                    (exception as HttpRequestException)?.HttpRequestError ?? (exception as HttpIOException)?.HttpRequestError,
                    (exception as SocketException)?.SocketErrorCode);
            }
        }
    }

    private static async Task BreakAsync(TcpListener listener, bool reset, bool inBody, Task before)
    {
        using var socket = await listener.AcceptSocketAsync();
        var buffer = new byte[65_536];
        var length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            length += await socket.ReceiveAsync(buffer.AsMemory(length));
        }

        if (inBody)
        {
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"u8.ToArray());
        }

        await before;
        if (reset)
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
    }
}
