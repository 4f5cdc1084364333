using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace WeChat.UnionPush.Simulator.Tests;

/// <summary>The whole way on the page, with the tool and the sample host as processes.</summary>
public sealed class PageTests(Browser browser, TwoHosts hosts) : IClassFixture<Browser>, IClassFixture<TwoHosts>
{
    private readonly HttpClient _http = new() { BaseAddress = new Uri(hosts.Host) };
    private readonly List<string> _errors = [];

    [Theory]
    [InlineData(1600, 1000, "zh-CN", ColorScheme.Light)]
    [InlineData(1600, 1000, "en-US", ColorScheme.Dark)]
    [InlineData(360, 800, "zh-CN", ColorScheme.Dark)]
    [InlineData(360, 800, "en-US", ColorScheme.Light)]
    public async Task A_person_enters_follows_gets_a_card_refuses_and_a_quota_comes_and_goes(int width, int height, string language, ColorScheme colors)
    {
        var isChinese = language == "zh-CN";
        string T(string chinese, string english) => isChinese ? chinese : english;
        var name = string.Create(CultureInfo.InvariantCulture, $"Visitor {width}{language}");
        var page = await browser.OpenAsync(hosts.Simulator + "/#/setup", width, height, language, _errors, colors);

        // The host's URL is set and checked on the page.
        var callback = page.Locator("form.panel").Filter(new() { HasText = SimulatorServer.Account });
        await callback.GetByLabel(T("回调地址（URL）", "Callback URL")).FillAsync(hosts.Host + "/wechat/callback");
        await callback.GetByRole(AriaRole.Button, new() { Name = T("保存并验证", "Save and verify") }).ClickAsync();
        await Assertions.Expect(callback.GetByRole(AriaRole.Status)).ToContainTextAsync("✓");

        // A person is added, and shown with a phone.
        await page.GotoAsync(hosts.Simulator + "/#/phone");
        if (width < 760)
        {
            await page.GetByRole(AriaRole.Button, new() { Name = T("人物 ▾", "People ▾") }).ClickAsync();
        }

        await page.GetByLabel(T("新人物姓名", "Name of a new person")).FillAsync(name);
        await page.GetByRole(AriaRole.Button, new() { Name = T("添加人物", "Add a person") }).ClickAsync();
        var phone = page.Locator(".person").Filter(new() { HasText = name });
        await Assertions.Expect(phone).ToBeVisibleAsync();
        var id = await phone.GetAttributeAsync("data-person");
        await page.GotoAsync($"{hosts.Simulator}/#/phone/{id}");

        // Enters the Mini Program; the host signs in, and cannot reach the person yet.
        await phone.GetByRole(AriaRole.Button, new() { Name = T("进小程序", "Enter Mini Program") }).ClickAsync();
        var session = await SignInAsync(await phone.Locator("[data-code]").InnerTextAsync());
        Assert.Equal("NotFollowing", await BuyAsync(session));

        // Follows; the host takes the event.
        await phone.GetByRole(AriaRole.Button, new() { Name = T("关注", "Follow"), Exact = true }).ClickAsync();
        await Assertions.Expect(phone.Locator(".result")).ToContainTextAsync("HTTP 200");
        await Assertions.Expect(phone.GetByText(T("已关注", "follows"), new() { Exact = true })).ToBeVisibleAsync();
        await EventuallyAsync("Sent", session);
        await phone.GetByRole(AriaRole.Tab).First.ClickAsync();
        var card = phone.Locator(".card").Last;
        await Assertions.Expect(card).ToContainTextAsync("订单支付成功通知");
        await Assertions.Expect(card).ToContainTextAsync("¥39.80");
        await page.ScreenshotAsync(new() { Path = Path.Combine(Programs.Artifacts, $"phone-{width}-{language}.png") });

        // Refuses.
        await phone.GetByRole(AriaRole.Button, new() { Name = T("拒收消息", "Refuse messages") }).ClickAsync();
        await Assertions.Expect(phone.GetByText(T("拒收消息", "messages off"), new() { Exact = true }).First).ToBeVisibleAsync();
        Assert.Equal("Refused", await BuyAsync(session));
        await phone.GetByRole(AriaRole.Button, new() { Name = T("恢复接收", "Turn messages on") }).ClickAsync();

        // The log says why it did not arrive, to the keyboard too.
        await page.GotoAsync($"{hosts.Simulator}/#/calls?errors=1");
        var refused = page.Locator("#main .entry").First;
        await Assertions.Expect(refused).ToContainTextAsync("43101");
        await refused.FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".why-box")).ToContainTextAsync(T("该用户已拒收此账号的消息", "The person has turned the account's messages off"));
        var curl = await page.Locator(".detail pre").Last.InnerTextAsync();
        Assert.StartsWith("curl ", curl, StringComparison.Ordinal);
        Assert.Contains("$ACCESS_TOKEN", curl, StringComparison.Ordinal);

        // A day passes: the host's token is too old, and it takes another by itself.
        var other = await FollowAndEnterAsync();
        await EventuallyAsync("Sent", other);
        await page.GotoAsync(hosts.Simulator + "/#/faults");
        var before = await ClockAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = T("+1 天", "+1 day") }).ClickAsync();
        await Assertions.Expect(page.Locator("#main .badge.warn").First).ToContainTextAsync(T("比真实时间快", "ahead"));
        Assert.True(await ClockAsync() - before >= TimeSpan.FromDays(1));
        await EventuallyAsync("Sent", other);

        // The day's quota is gone, and is there again.
        await page.GetByRole(AriaRole.Button, new() { Name = T("当日额度 45009", "Quota 45009") }).ClickAsync();
        var lift = page.GetByRole(AriaRole.Button, new() { Name = T("解除", "Lift"), Exact = true });
        await Assertions.Expect(lift).ToBeVisibleAsync();
        Assert.Equal("503", await BuyAsync(other));
        await page.ScreenshotAsync(new() { Path = Path.Combine(Programs.Artifacts, $"faults-{width}-{language}.png") });
        await lift.ClickAsync();
        await Assertions.Expect(lift).ToHaveCountAsync(0);

        // The host remembers the refusal for a minute, unless it is told that the quota is there again.
        using (var cleared = await _http.PostAsync(new Uri("/operations/clear-quota", UriKind.Relative), null))
        {
            Assert.Equal(HttpStatusCode.NoContent, cleared.StatusCode);
        }

        Assert.Equal("Sent", await BuyAsync(other));

        // Back to real time: a host does not take a push that is a day ahead of its own clock.
        await page.GetByRole(AriaRole.Button, new() { Name = T("回到真实时间", "Real time") }).ClickAsync();
        await Assertions.Expect(page.Locator("#main .badge.warn")).ToHaveCountAsync(0);
        Assert.InRange((await ClockAsync()).TotalSeconds, -1, 1);

        // No view is wider than the window, and no script has failed.
        foreach (var view in new[] { "phone", "calls", "callbacks", "templates", "faults", "codes", "setup" })
        {
            await page.GotoAsync($"{hosts.Simulator}/#/{view}");
            await Assertions.Expect(page.Locator($"#nav a[href='#/{view}']")).ToHaveAttributeAsync("aria-current", "page");
            var fits = await page.EvaluateAsync<bool>("""
                () => {
                  const main = document.getElementById('main');
                  return document.documentElement.scrollWidth <= innerWidth && main.scrollWidth <= main.clientWidth + 1;
                }
                """);
            Assert.True(fits, $"{view} is wider than {width}.");
        }

        Assert.Empty(_errors);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task Everything_that_can_be_used_has_a_name_and_a_message_is_said_aloud()
    {
        var page = await browser.OpenAsync(hosts.Simulator + "/#/phone/0,1", 1600, 1000, "zh-CN", _errors);
        await Assertions.Expect(page.Locator(".person")).ToHaveCountAsync(2);
        foreach (var view in new[] { "phone/0,1", "calls", "callbacks", "templates", "faults", "codes", "setup" })
        {
            await page.GotoAsync($"{hosts.Simulator}/#/{view}");
            await page.WaitForTimeoutAsync(300);
            var nameless = await page.EvaluateAsync<string[]>("""
                [...document.querySelectorAll('button, a[href], input, select, textarea, [role=tab], [role=feed], [role=tabpanel]')]
                  .filter((e) => !e.closest('[hidden]') && !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby')
                    || e.textContent.trim() || e.labels?.length || (e.id && document.querySelector(`label[for=${e.id}]`))))
                  .map((e) => e.outerHTML.slice(0, 120))
                """);
            Assert.Empty(nameless);
        }

        // Tab comes first to the way past the head, and the chats are changed with the arrows.
        await page.GotoAsync(hosts.Simulator + "/#/phone/3");
        await page.ReloadAsync();
        await Assertions.Expect(page.Locator(".person")).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("Tab");
        Assert.Equal("skip", await page.EvaluateAsync<string>("document.activeElement.id"));
        await page.GetByRole(AriaRole.Tab).First.FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await Assertions.Expect(page.GetByRole(AriaRole.Tab).Nth(1)).ToHaveAttributeAsync("aria-selected", "true");

        using var direct = new HttpClient { BaseAddress = new Uri(hosts.Simulator) };
        using var body = new StringContent(
            $$$"""{"person":"3","templateId":"{{{SimulatorServer.Template}}}","values":{"thing1":"茶","amount2":"9元","time3":"10:00"}}""", Encoding.UTF8, "application/json");
        using var answer = await direct.PostAsync(new Uri("/api/test-message", UriKind.Relative), body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await Assertions.Expect(page.Locator("#announcer")).ToContainTextAsync("王芳");
        Assert.Empty(_errors);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_sample_s_own_page_leads_through_the_flow_and_shows_the_phone()
    {
        var folder = Directory.CreateTempSubdirectory("unionpush-webhost-").FullName;
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["Urls"] = "http://127.0.0.1:0" };
        var (host, address) = await Programs.StartAsync("dotnet", folder, environment, Programs.WebHost);
        try
        {
            var page = await browser.OpenAsync(address + "/", 1600, 1000, "en-US", _errors);
            var buttons = page.Locator("ol button");
            string[] outcomes = ["Signed in", "NotFollowing", "HTTP 200", "Sent", "Refused"];
            for (var i = 0; i < outcomes.Length; i++)
            {
                await buttons.Nth(i).ClickAsync();
                var output = page.Locator("ol output").Nth(i);
                await Assertions.Expect(output).Not.ToBeEmptyAsync();

                // The event of the follow is handled a moment after it was answered.
                for (var patience = 0; i == 3 && patience < 50 && !(await output.InnerTextAsync()).Contains("Sent", StringComparison.Ordinal); patience++)
                {
                    await page.WaitForTimeoutAsync(200);
                    await buttons.Nth(i).ClickAsync();
                    await Assertions.Expect(buttons.Nth(i)).ToBeEnabledAsync();
                }

                await Assertions.Expect(output).ToContainTextAsync(outcomes[i]);
            }

            await Assertions.Expect(page.FrameLocator("#phone").Locator(".card").First).ToContainTextAsync("订单支付成功通知");
            await page.ScreenshotAsync(new() { Path = Path.Combine(Programs.Artifacts, "webhost.png") });

            // OpenAPI, and problem details for whatever is wrong with a request.
            using var http = new HttpClient { BaseAddress = new Uri(address) };
            Assert.Contains("official_account.credentials", await http.GetStringAsync(new Uri("/operations/doctor", UriKind.Relative)), StringComparison.Ordinal);
            Assert.Contains("\"/sign-in\"", await http.GetStringAsync(new Uri("/openapi", UriKind.Relative)), StringComparison.Ordinal);
            foreach (var (path, body, status) in new[]
            {
                ("/sign-in", "{\"code\":\"\"}", 400), ("/sign-in", "{\"code\":\"0nonsense\"}", 400), ("/sign-in", "{}", 400), ("/sign-in", "not json", 400), ("/sign-in", "", 400),
                ("/orders", "{\"id\":\"1\",\"title\":\"\",\"total\":1}", 400),
                ("/orders", "{\"id\":\"1\",\"title\":\"茶\",\"total\":-1}", 400), ("/orders", "{\"id\":\"1\",\"title\":\"茶\",\"total\":1}", 401),
                ("/nowhere", "{}", 404),
            })
            {
                using var content = new StringContent(body, Encoding.UTF8, "application/json");
                using var response = await http.PostAsync(new Uri(path, UriKind.Relative), content);
                Assert.True((int)response.StatusCode == status, $"{path} {body}: {(int)response.StatusCode}");
                Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            }

            Assert.Empty(_errors);
            Assert.Empty(Directory.GetFileSystemEntries(folder));
            await page.Context.CloseAsync();
        }
        finally
        {
            host.Kill();
            await host.WaitForExitAsync();
            host.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<TimeSpan> ClockAsync()
    {
        using var direct = new HttpClient { BaseAddress = new Uri(hosts.Simulator) };
        var clock = JsonSerializer.Deserialize<JsonElement>(await direct.GetStringAsync(new Uri("/api/clock", UriKind.Relative)));
        return TimeSpan.FromSeconds(clock.GetProperty("clockShift").GetDouble());
    }

    private async Task<string> FollowAndEnterAsync()
    {
        using var direct = new HttpClient { BaseAddress = new Uri(hosts.Simulator) };
        async Task<JsonElement> PostAsync(string path)
        {
            using var answer = await direct.PostAsync(new Uri(path, UriKind.Relative), null);
            return JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync());
        }

        var id = (await PostAsync("/api/people")).GetProperty("id").GetInt64();
        await PostAsync($"/api/people/{id}/follow");
        return await SignInAsync((await PostAsync($"/api/people/{id}/enter")).GetProperty("code").GetString()!);
    }

    private async Task<string> SignInAsync(string code)
    {
        using var body = new StringContent($$"""{"code":"{{code}}"}""", Encoding.UTF8, "application/json");
        using var response = await _http.PostAsync(new Uri("/sign-in", UriKind.Relative), body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonSerializer.Deserialize<JsonElement>(text).GetProperty("session").GetString()!;
    }

    private async Task<string> BuyAsync(string session)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/orders");
        request.Headers.Authorization = new("Bearer", session);
        request.Content = new StringContent($$"""{"id":"{{Guid.NewGuid():N}}","title":"《呼啸山庄》","total":39.8}""", Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<JsonElement>(text).GetProperty("status").GetString()!
            : ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Buys until it ends so: what a callback or a sync brings, the host knows a moment later.</summary>
    private async Task EventuallyAsync(string status, string session)
    {
        var last = "";
        for (var i = 0; i < 150 && last != status; i++)
        {
            last = await BuyAsync(session);
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }

        Assert.Equal(status, last);
    }
}
