using System.Net;
using System.Text;
using System.Text.Json;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator.Tests;

public sealed class RestApiTests
{
    [Fact]
    public void The_page_with_everything_is_smaller_than_150_KB() => Assert.InRange(PageFiles.TotalLength, 10_000, 150_000);

    [Fact]
    public async Task OpenApi_describes_every_route_and_no_other()
    {
        await using var server = await SimulatorServer.StartAsync();
        var paths = (await server.GetAsync("openapi.json")).GetProperty("paths");
        var described = paths.EnumerateObject().SelectMany(static path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));
        Assert.Equal(RestApi.Routes.Select(static route => $"{route.Method} {route.Route}").Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Under_a_path_the_page_the_api_and_the_platform_are_all_there()
    {
        await using var server = await SimulatorServer.StartAsync(pattern: "/simulator");
        Assert.Equal("/simulator/", (await server.GetAsync("openapi.json")).GetProperty("servers")[0].GetProperty("url").GetString());
        using var bare = await server.Http.GetAsync(new Uri(server.Address));
        Assert.EndsWith("/simulator/", bare.RequestMessage!.RequestUri!.AbsoluteUri, StringComparison.Ordinal);
        Assert.True(bare.IsSuccessStatusCode);
        await server.PostAsync("api/people/0/follow");
        Assert.Equal(0, (await server.PushAsync(await server.OpenIdAsync(0))).GetProperty("errcode").GetInt32());
    }

    [Fact]
    public async Task People_are_found_by_name_number_openid_and_unionid_whole_or_in_part()
    {
        await using var server = await SimulatorServer.StartAsync();
        var person = await server.GetAsync("api/people/韩梅梅");
        Assert.Equal(1, person.GetProperty("id").GetInt64());
        var openId = person.GetProperty("openIds").GetProperty(SimulatorServer.MiniProgram).GetString()!;
        var unionId = person.GetProperty("unionIds").GetProperty("shancha").GetString()!;
        foreach (var search in new[] { "韩梅", "1", openId, unionId, openId[6..14], unionId[^8..] })
        {
            var found = (await server.GetAsync($"api/people?q={Uri.EscapeDataString(search)}"))
                .GetProperty("people").EnumerateArray().Select(static each => each.GetProperty("id").GetInt64());
            Assert.Contains(1, found);
        }

        // Pages over named ones and the crowd, each person once.
        var all = new List<long>();
        for (var offset = 0; offset < 24; offset += 5)
        {
            all.AddRange((await server.GetAsync($"api/people?offset={offset}&limit=5"))
                .GetProperty("people").EnumerateArray().Select(static each => each.GetProperty("id").GetInt64()));
        }

        Assert.Equal(Enumerable.Range(0, 24).Select(static id => (long)id), all.Order());
        await server.SendAsync(HttpMethod.Get, "api/people/nobody", expected: HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("notFollowing", 43004)]
    [InlineData("left", 43004)]
    [InlineData("refused", 43101)]
    [InlineData("blacklisted", 43019)]
    [InlineData("miniProgramOpenId", 40003)]
    [InlineData("unionIdAsOpenId", 40003)]
    [InlineData("unknownOpenId", 40003)]
    [InlineData("unknownTemplate", 40037)]
    [InlineData("subscriptionTemplate", 40037)]
    [InlineData("value", 47003)]
    [InlineData("quota", 45009)]
    [InlineData("content", 43116)]
    [InlineData("unauthorized", 48001)]
    [InlineData("token", 40001)]
    [InlineData("arrived", 0)]
    public async Task Each_push_says_why_it_did_not_arrive(string verdict, int code)
    {
        await using var server = await SimulatorServer.StartAsync();
        var token = await server.TokenAsync();
        var openId = await server.OpenIdAsync(3);
        var (template, thing) = (SimulatorServer.Template, "巧克力");
        switch (verdict)
        {
            case "notFollowing":
                openId = await server.OpenIdAsync(0);
                break;
            case "left":
                await server.PostAsync("api/people/3/leave");
                break;
            case "refused":
                await server.PostAsync("api/people/3/refuse");
                break;
            case "blacklisted":
                await server.PostAsync("api/people/3/blacklist");
                break;
            case "miniProgramOpenId":
                openId = await server.OpenIdAsync(3, SimulatorServer.MiniProgram);
                break;
            case "unionIdAsOpenId":
                openId = (await server.GetAsync("api/people/3")).GetProperty("unionIds").GetProperty("shancha").GetString()!;
                break;
            case "unknownOpenId":
                openId = "oNobody";
                break;
            case "unknownTemplate":
                template = "none";
                break;
            case "subscriptionTemplate":
                template = SimulatorServer.Subscription;
                break;
            case "value":
                thing = new string('长', 21);
                break;
            case "quota":
                await server.SendAsync(
                    HttpMethod.Put, $"api/apps/{SimulatorServer.Account}/quotas", new Dictionary<string, object> { ["/cgi-bin/message/template/send"] = new { daily = 0 } });
                break;
            case "content":
                await server.SendAsync(HttpMethod.Patch, $"api/templates/{template}", new { state = "Banned" });
                break;
            case "unauthorized":
                await server.SendAsync(HttpMethod.Patch, $"api/apps/{SimulatorServer.Account}", new { verified = false });
                break;
            case "token":
                await server.PostAsync($"api/apps/{SimulatorServer.Account}/tokens", new { action = "refuse" }, HttpStatusCode.NoContent);
                break;
        }

        var body = SimulatorServer.Relaxed(new
        {
            touser = openId,
            template_id = template,
            data = new { thing1 = new { value = thing }, amount2 = new { value = "9元" }, time3 = new { value = "15:01" } },
        });
        Assert.Equal(code, (await server.PostAsync($"cgi-bin/message/template/send?access_token={token}", body)).GetProperty("errcode").GetInt32());
        var call = await server.LastCallAsync();
        Assert.Equal(verdict, call.GetProperty("verdict").GetProperty("code").GetString());
        Assert.Equal(verdict == "arrived", call.GetProperty("verdict").GetProperty("arrived").GetBoolean());
        Assert.NotEmpty(call.GetProperty("verdict").GetProperty("zh").GetString()!);
        Assert.Equal(code != 0, call.TryGetProperty("rid", out _));
    }

    [Fact]
    public async Task A_refusal_that_only_the_event_tells_is_told_too()
    {
        await using var server = await SimulatorServer.StartAsync();
        await server.SendAsync(HttpMethod.Patch, $"api/apps/{SimulatorServer.Account}", new { refusedMessages = "ByEvent" });
        await server.PostAsync("api/people/3/refuse");
        Assert.Equal(0, (await server.PushAsync(await server.OpenIdAsync(3))).GetProperty("errcode").GetInt32());
        Assert.Equal("refused", (await server.LastCallAsync()).GetProperty("verdict").GetProperty("code").GetString());
        Assert.Equal("failed:user block", (await server.GetAsync("api/messages?person=3&kind=template")).GetProperty("messages")[0].GetProperty("status").GetString());
    }

    [Fact]
    public async Task Faults_come_over_the_wire_as_they_are_and_are_lifted()
    {
        await using var server = await SimulatorServer.StartAsync();
        var openId = await server.OpenIdAsync(3);
        async Task<long> DeclareAsync(object fault) => (await server.PostAsync("api/faults", fault, HttpStatusCode.Created)).GetProperty("id").GetInt64();
        const string Path = "/cgi-bin/message/template/send";

        var busy = await DeclareAsync(new { kind = "error", code = -1, path = Path, times = 1 });
        Assert.Equal(-1, (await server.PushAsync(openId)).GetProperty("errcode").GetInt32());
        Assert.Equal(0, (await server.PushAsync(openId)).GetProperty("errcode").GetInt32());
        Assert.Equal(1, (await server.GetAsync("api/faults"))[0].GetProperty("strikes").GetInt32());
        await server.SendAsync(HttpMethod.Delete, $"api/faults/{busy}", expected: HttpStatusCode.NoContent);
        await server.SendAsync(HttpMethod.Delete, $"api/faults/{busy}", expected: HttpStatusCode.NotFound);

        await DeclareAsync(new { kind = "gateway", status = 502, path = Path, times = 1 });
        using (var response = await server.Http.GetAsync(new Uri("cgi-bin/message/template/send", UriKind.Relative)))
        {
            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
            Assert.Contains("nginx", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        // Carried out, and the answer lost: the message is on the phone, and the line says so.
        await DeclareAsync(new { kind = "lostAnswer", path = Path, times = 1 });
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => server.PushAsync(openId, "丢了的应答"));
        Assert.Equal("answerLost", (await server.LastCallAsync()).GetProperty("verdict").GetProperty("code").GetString());
        Assert.Equal(1, (await server.GetAsync("api/messages?q=丢了的应答")).GetProperty("total").GetInt32());

        await DeclareAsync(new { kind = "brokenBody", path = Path, times = 1 });
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => server.PushAsync(openId));

        await DeclareAsync(new { kind = "error", code = 43101, path = Path, person = 2 });
        Assert.Equal(0, (await server.PushAsync(openId)).GetProperty("errcode").GetInt32());
        await server.PostAsync("api/people/2/follow");
        Assert.Equal(43101, (await server.PushAsync(await server.OpenIdAsync(2))).GetProperty("errcode").GetInt32());

        foreach (var wrong in new object[]
        {
            new { kind = "nonsense" }, new { kind = "error" }, new { kind = "error", code = 1, path = "/nowhere" },
            new { kind = "error", code = 1, probability = 2 }, "[]", "not json", new { kind = "error", code = 0 },
        })
        {
            await server.PostAsync("api/faults", wrong, HttpStatusCode.BadRequest);
        }

        await server.SendAsync(HttpMethod.Delete, "api/faults", expected: HttpStatusCode.NoContent);
        Assert.Equal(0, (await server.GetAsync("api/faults")).GetArrayLength());
    }

    [Fact]
    public async Task The_clock_moves_tokens_and_quotas_with_it_and_the_Date_of_answers()
    {
        await using var server = await SimulatorServer.StartAsync();
        var token = await server.TokenAsync();
        await server.SendAsync(HttpMethod.Put, $"api/apps/{SimulatorServer.Account}/quotas", new Dictionary<string, object> { ["/cgi-bin/user/get"] = new { daily = 1 } });
        async Task<int> ListAsync(string with) => (await server.GetAsync($"cgi-bin/user/get?access_token={with}")).TryGetProperty("errcode", out var code) ? code.GetInt32() : 0;
        Assert.Equal(0, await ListAsync(token));
        Assert.Equal(45009, await ListAsync(token));

        var clock = await server.PostAsync("api/clock", new { advanceSeconds = 86_400 });
        Assert.InRange(clock.GetProperty("clockShift").GetDouble(), 86_399, 86_401);
        Assert.Equal(42001, await ListAsync(token));
        Assert.Equal(0, await ListAsync(await server.TokenAsync()));
        using (var response = await server.Http.GetAsync(new Uri($"cgi-bin/user/get?access_token={token}", UriKind.Relative)))
        {
            Assert.InRange((response.Headers.Date!.Value - TimeProvider.System.GetUtcNow()).TotalHours, 23.9, 24.1);
        }

        await server.PostAsync("api/clock", new { reset = true });
        await server.PostAsync("api/clock", new { }, HttpStatusCode.BadRequest);
        await server.PostAsync("api/clock", new { advanceSeconds = 1e18 }, HttpStatusCode.BadRequest);

        await using var still = await SimulatorServer.StartAsync(simulator: PlatformSimulator.CreateDemo(timeProvider: TimeProvider.System));
        await still.PostAsync("api/clock", new { advanceSeconds = 1 }, HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task What_is_exported_is_the_same_after_an_import_and_holds_no_secret()
    {
        await using var server = await SimulatorServer.StartAsync();
        await server.SendAsync(
            HttpMethod.Put, $"api/apps/{SimulatorServer.Account}/callback", new { url = "http://127.0.0.1:9/callback", token = "the-secret-token", mode = "Safe" });
        await server.PostAsync("api/people", new { name = "小明" }, HttpStatusCode.Created);
        await server.PostAsync("api/people/小明/follow");
        await server.PostAsync("api/people/小明/subscribe", new { templateId = SimulatorServer.Subscription });
        await server.PostAsync("api/people/1/blacklist");
        await server.PostAsync("api/people/10/leave");
        await server.PostAsync("api/faults", new { kind = "latency", milliseconds = 5, path = "/cgi-bin/user/info" }, HttpStatusCode.Created);
        var code = (await server.PostAsync("api/people/3/enter")).GetProperty("code").GetString()!;
        var session = await server.GetAsync($"sns/jscode2session?appid={SimulatorServer.MiniProgram}&secret={SimulatorServer.Secret}&js_code={code}&grant_type=authorization_code");
        await server.GetAsync($"cgi-bin/token?grant_type=client_credential&appid={SimulatorServer.Account}&secret=wrong-secret-of-somebody");
        await server.PushAsync(await server.OpenIdAsync(3));
        var token = await server.TokenAsync();
        var before = await server.Http.GetStringAsync(new Uri("api/export", UriKind.Relative));
        var key = session.GetProperty("session_key").GetString()!;
        foreach (var secret in new[] { SimulatorServer.Secret, "wrong-secret-of-somebody", code, key, token, "the-secret-token", SeedApp.DefaultAesKey })
        {
            Assert.DoesNotContain(secret, before, StringComparison.Ordinal);
        }

        var people = await server.GetAsync("api/people?limit=100");
        await server.PostAsync("api/import", before, HttpStatusCode.NoContent);
        Assert.Equal(before, await server.Http.GetStringAsync(new Uri("api/export", UriKind.Relative)));
        Assert.Equal(people.GetRawText(), (await server.GetAsync("api/people?limit=100")).GetRawText());

        // The same app keeps its secrets, and on another simulator it gets the documented ones.
        Assert.Contains("the-secret-token", await server.Http.GetStringAsync(new Uri("api/credentials", UriKind.Relative)), StringComparison.Ordinal);
        await using var other = await SimulatorServer.StartAsync(seed: before);
        Assert.Equal(people.GetRawText(), (await other.GetAsync("api/people?limit=100")).GetRawText());
        Assert.Equal(0, (await other.PushAsync(await other.OpenIdAsync(3))).GetProperty("errcode").GetInt32());

        // A reset is the state after the import, not before it.
        await other.PostAsync("api/reset", expected: HttpStatusCode.NoContent);
        Assert.Equal(0, (await other.GetAsync("api/calls")).GetProperty("total").GetInt32());
        Assert.Equal("小明", (await other.GetAsync("api/people/24")).GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("", "seed file")]
    [InlineData("null", "null")]
    [InlineData("{\"officialAccounts\":[{\"appId\":", "$.officialAccounts")]
    [InlineData("{\"officialAccounts\":\"x\"}", "$.officialAccounts")]
    [InlineData("{}", "neither officialAccounts nor miniPrograms")]
    [InlineData("{\"miniPrograms\":[{\"appId\":\"\"}]}", "appId")]
    [InlineData("{\"miniPrograms\":[{\"appId\":\"a\"},{\"appId\":\"a\"}]}", "a is on the platform already")]
    [InlineData("{\"officialAccounts\":[{\"appId\":\"a\",\"templates\":[{\"title\":\"t\",\"content\":\"no key\"}]}]}", "{{thing1.DATA}}")]
    [InlineData("{\"officialAccounts\":[{\"appId\":\"a\"}],\"people\":[{\"name\":\"Li\",\"follows\":[\"b\"]}]}", "Li follows b")]
    [InlineData("{\"officialAccounts\":[{\"appId\":\"a\"}],\"people\":[{\"index\":1},{\"index\":1}]}", "same index")]
    [InlineData("{\"officialAccounts\":[{\"appId\":\"a\",\"callback\":{\"url\":\"ftp://x\"}}]}", "ftp://x")]
    [InlineData("{\"officialAccounts\":[{\"appId\":\"a\"}],\"faults\":[{\"kind\":\"flood\"}]}", "flood")]
    public async Task A_seed_that_does_not_fit_says_where_and_leaves_everything_as_it_is(string seed, string hint)
    {
        await using var server = await SimulatorServer.StartAsync();
        await server.PostAsync("api/people", new { name = "still here" }, HttpStatusCode.Created);
        Assert.Contains(hint, (await server.PostAsync("api/import", seed, HttpStatusCode.BadRequest)).GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("still here", (await server.GetAsync("api/people/24")).GetProperty("name").GetString());
        using var file = new MemoryStream(Encoding.UTF8.GetBytes(seed));
        await Assert.ThrowsAsync<InvalidDataException>(() => PlatformSimulator.LoadAsync(file, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task No_more_is_kept_than_the_caps_say_and_the_newest_stay()
    {
        await using var server = await SimulatorServer.StartAsync(new SimulatorOptions { MaxMessages = 5, MaxCalls = 4, MaxCallbacks = 3, MaxBodyLength = 100 });
        var openId = await server.OpenIdAsync(3);
        for (var i = 0; i < 8; i++)
        {
            await server.PushAsync(openId, $"Nr {i}");
        }

        var messages = (await server.GetAsync("api/messages?limit=100")).GetProperty("messages");
        Assert.Equal(
            ["Nr 3", "Nr 4", "Nr 5", "Nr 6", "Nr 7"], messages.EnumerateArray().Select(static message => message.GetProperty("fields")[0].GetProperty("value").GetString()));
        Assert.Equal(4, (await server.GetAsync("api/calls?limit=100")).GetProperty("total").GetInt32());

        // A body of which only a part is kept cannot be sent again.
        var call = await server.LastCallAsync();
        Assert.False(call.GetProperty("isWhole").GetBoolean());
        await server.PostAsync($"api/calls/{call.GetProperty("id")}/replay", expected: HttpStatusCode.Conflict);
        await server.SendAsync(HttpMethod.Delete, "api/history", expected: HttpStatusCode.NoContent);
        Assert.Equal(0, (await server.GetAsync("api/messages")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task A_call_is_replayed_with_a_valid_token_and_its_curl_works_with_the_placeholders_filled()
    {
        await using var server = await SimulatorServer.StartAsync();
        await server.PushAsync(await server.OpenIdAsync(3), "重放'引号'");
        var id = (await server.LastCallAsync()).GetProperty("id").GetInt64();
        await server.PostAsync("api/clock", new { advanceSeconds = 10_000 });
        var replayed = (await server.PostAsync($"api/calls/{id}/replay")).GetProperty("calls")[0];
        Assert.Equal(id, replayed.GetProperty("replayOf").GetInt64());
        Assert.Equal(0, replayed.GetProperty("errorCode").GetInt32());
        Assert.Equal(2, (await server.GetAsync("api/messages?q=重放")).GetProperty("total").GetInt32());

        var code = (await server.PostAsync("api/people/3/enter")).GetProperty("code").GetString();
        await server.GetAsync($"sns/jscode2session?appid={SimulatorServer.MiniProgram}&secret={SimulatorServer.Secret}&js_code={code}&grant_type=authorization_code");
        var login = await server.LastCallAsync("/sns/jscode2session");
        var again = (await server.PostAsync($"api/calls/{login.GetProperty("id")}/replay")).GetProperty("calls")[0];
        Assert.DoesNotContain("errcode", again.GetProperty("response").GetString(), StringComparison.Ordinal);

        var curl = (await server.GetAsync($"api/calls/{id}")).GetProperty("calls")[0].GetProperty("curl").GetString()!;
        var shell = Programs.Find("curl", "curl") is var program && program.Length > 0 ? "/bin/sh" : "";
        var (exitCode, output) = await Programs.RunAsync(shell, null, "-c", $"ACCESS_TOKEN={await server.TokenAsync()}; {curl}");
        Assert.True(exitCode == 0 && output.Contains("\"errcode\":0", StringComparison.Ordinal), output);
    }

    [Fact]
    public async Task What_is_not_simulated_is_404_and_stands_in_the_log()
    {
        await using var server = await SimulatorServer.StartAsync();
        using var response = await server.Http.GetAsync(new Uri("cgi-bin/menu/get?access_token=abc", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        var call = await server.LastCallAsync("/cgi-bin/menu/get");
        Assert.Equal("notSimulated", call.GetProperty("error").GetString());
        Assert.Equal("access_token=$ACCESS_TOKEN", call.GetProperty("query").GetString());
    }

    [Fact]
    public async Task A_request_in_chunks_gets_412_and_the_line_says_why()
    {
        await using var server = await SimulatorServer.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"cgi-bin/message/template/send?access_token={await server.TokenAsync()}")
        {
            Content = new StringContent("{}"),
        };
        request.Headers.TransferEncodingChunked = true;
        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.PreconditionFailed, response.StatusCode);
        Assert.Equal("chunked", (await server.LastCallAsync()).GetProperty("verdict").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Subscribe_messages_need_a_tap_each_and_scans_follow()
    {
        await using var server = await SimulatorServer.StartAsync();
        var token = await server.TokenAsync(SimulatorServer.MiniProgram);
        var openId = await server.OpenIdAsync(0, SimulatorServer.MiniProgram);
        async Task<int> SendAsync() => (await server.PostAsync($"cgi-bin/message/subscribe/send?access_token={token}", SimulatorServer.Relaxed(new
        {
            touser = openId,
            template_id = SimulatorServer.Subscription,
            data = new { thing1 = new { value = "中山路店" }, time2 = new { value = "10:00" } },
        }))).GetProperty("errcode").GetInt32();
        Assert.Equal(43101, await SendAsync());
        Assert.Equal("noConsent", (await server.LastCallAsync("/cgi-bin/message/subscribe/send")).GetProperty("verdict").GetProperty("code").GetString());
        await server.PostAsync("api/people/0/subscribe", new { templateId = SimulatorServer.Subscription });
        Assert.Equal(0, await SendAsync());
        Assert.Equal(43101, await SendAsync());
        await server.PostAsync("api/people/0/subscribe", new { templateId = SimulatorServer.Subscription });
        await server.PostAsync("api/people/0/subscribe", new { templateId = SimulatorServer.Subscription, answer = "off" });
        Assert.Equal(43101, await SendAsync());

        var made = await server.PostAsync(
            $"cgi-bin/qrcode/create?access_token={await server.TokenAsync()}",
            SimulatorServer.Relaxed(new { expire_seconds = 60, action_name = "QR_STR_SCENE", action_info = new { scene = new { scene_str = "poster" } } }));
        var ticket = made.GetProperty("ticket").GetString()!;
        using (var picture = await server.Http.GetAsync(new Uri($"cgi-bin/showqrcode?ticket={Uri.EscapeDataString(ticket)}", UriKind.Relative)))
        {
            Assert.Equal("image/png", picture.Content.Headers.ContentType?.MediaType);
        }

        var scanned = await server.PostAsync("api/people/0/scan", new { ticket });
        Assert.True(scanned.GetProperty("person").GetProperty("accounts").GetProperty(SimulatorServer.Account).GetProperty("following").GetBoolean());
        Assert.Equal("poster", scanned.GetProperty("person").GetProperty("accounts").GetProperty(SimulatorServer.Account).GetProperty("qrScene").GetString());
        await server.PostAsync("api/clock", new { advanceSeconds = 61 });
        await server.PostAsync("api/people/1/scan", new { ticket }, HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Customer_messages_go_as_far_as_the_person_has_written()
    {
        await using var server = await SimulatorServer.StartAsync();
        var openId = await server.OpenIdAsync(3);
        async Task<int> SendAsync() => (await server.PostAsync(
            $"cgi-bin/message/custom/send?access_token={await server.TokenAsync()}",
            SimulatorServer.Relaxed(new { touser = openId, msgtype = "text", text = new { content = "您好" } }))).GetProperty("errcode").GetInt32();
        await server.PostAsync("api/people/0/write", new { text = "在吗" }, HttpStatusCode.Conflict);
        Assert.Equal(45015, await SendAsync());
        await server.PostAsync("api/people/3/write", new { text = "在吗" });
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(0, await SendAsync());
        }

        Assert.Equal(45047, await SendAsync());
        await server.PostAsync("api/people/3/write", new { text = "还在吗" });
        await server.PostAsync("api/clock", new { advanceSeconds = 48 * 3600 + 1 });
        Assert.Equal(45015, await SendAsync());
    }

    [Fact]
    public async Task A_preview_says_which_value_does_not_fit()
    {
        await using var server = await SimulatorServer.StartAsync();
        var preview = await server.PostAsync(
            $"api/templates/{SimulatorServer.Template}/preview", new { values = new { thing1 = new string('长', 21), amount2 = "39.80元", time3 = "" } });
        Assert.False(preview.GetProperty("ok").GetBoolean());
        Assert.Equal(["thing1", "time3"], preview.GetProperty("findings").EnumerateArray()
            .Where(static finding => !finding.GetProperty("ok").GetBoolean()).Select(static finding => finding.GetProperty("key").GetString()));
        Assert.Equal("商品名称", preview.GetProperty("fields")[0].GetProperty("label").GetString());
    }

    [Fact]
    public async Task A_platform_of_the_host_s_own_is_shown_but_not_replaced()
    {
        var platform = new SimulatedPlatform();
        var account = platform.AddOfficialAccount("wx1", "s3cret-of-wx1");
        var template = account.AddTemplate("通知", "内容：{{thing1.DATA}}");
        var person = platform.AddPerson();
        person.Follow(account);
        var simulator = new PlatformSimulator(platform);
        simulator.Name(person, "Li Lei");
        await using var server = await SimulatorServer.StartAsync(simulator: simulator);

        // The host calls in the process, and the page sees it.
        using var http = new HttpClient(platform.CreateHandler()) { BaseAddress = new Uri("https://api.weixin.qq.com") };
        var token = JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync(
            new Uri("/cgi-bin/token?grant_type=client_credential&appid=wx1&secret=s3cret-of-wx1", UriKind.Relative))).GetProperty("access_token").GetString();
        using var content = new StringContent(SimulatorServer.Relaxed(new
        {
            touser = person.OpenIdIn(account),
            template_id = template.Id,
            data = new { thing1 = new { value = "茶" } },
        }));
        using var sent = await http.PostAsync(new Uri($"/cgi-bin/message/template/send?access_token={token}", UriKind.Relative), content);
        Assert.Equal(1, (await server.GetAsync("api/messages?person=Li%20Lei&kind=template")).GetProperty("total").GetInt32());
        Assert.Equal(2, (await server.GetAsync("api/calls")).GetProperty("total").GetInt32());
        await server.PostAsync("api/reset", expected: HttpStatusCode.Conflict);
        await server.PostAsync("api/import", "{}", HttpStatusCode.Conflict);
    }
}
