using System.Globalization;
using System.Text;
using Microsoft.Playwright;

namespace WeChat.UnionPush.Simulator.Tests;

/// <summary>The page and the tool with ten thousand messages.</summary>
public sealed class ManyMessagesTests(Browser browser) : IClassFixture<Browser>
{
    private const int Many = 10_000;

    [Fact]
    public async Task Ten_thousand_messages_are_painted_from_the_newest_two_hundred_scrolled_and_searched()
    {
        await using var server = await SimulatorServer.StartAsync();
        await SendAsync(server.Http, await server.TokenAsync(), await server.OpenIdAsync(3), Many);
        var errors = new List<string>();
        var page = await browser.OpenAsync(server.Address + "/#/phone/3", 1600, 1000, "zh-CN", errors);
        await Assertions.Expect(page.Locator(".card").First).ToBeVisibleAsync();

        // What the first picture waits for does not grow with the messages. How long that takes is for the machine to say.
        var (milliseconds, bytes) = await FirstPictureAsync(page);
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{milliseconds:N0} ms, {bytes:N0} bytes"));
        Assert.InRange(bytes, 10_000, 600_000);

        // All of them are there, and only those in sight are drawn.
        var feed = page.Locator(".chat");
        await Assertions.Expect(feed.Locator("article").Last).ToHaveAttributeAsync("aria-setsize", Many.ToString(CultureInfo.InvariantCulture));
        Assert.InRange(await feed.Locator("article").CountAsync(), 2, 40);
        await Assertions.Expect(feed).ToContainTextAsync("Nr 9999");

        // From the end to the beginning and back, with the keyboard and in a hundred jumps, each of them drawn.
        await feed.FocusAsync();
        await page.Keyboard.PressAsync("Home");
        await Assertions.Expect(feed).ToContainTextAsync("Nr 0000");
        await page.EvaluateAsync("""
            async () => {
              const feed = document.querySelector('.chat');
              for (let i = 0; i < 100; i++) {
                feed.scrollTop = feed.scrollHeight * i / 100;
                feed.dispatchEvent(new Event('scroll'));
                const box = feed.getBoundingClientRect();
                const inSight = ({ top, bottom }) => top < box.bottom && bottom > box.top;
                const articles = [...feed.querySelectorAll('article')];
                if (articles.length > 40) throw new Error(`${articles.length} are drawn at ${i} %`);
                if (!articles.some((article) => inSight(article.getBoundingClientRect()))) throw new Error(`nothing is drawn at ${i} %`);
                await new Promise((resolve) => setTimeout(resolve));
              }
            }
            """);
        await page.Keyboard.PressAsync("End");
        await Assertions.Expect(feed).ToContainTextAsync("Nr 9999");

        await page.GetByLabel("搜索消息").FillAsync("Nr 4321");
        await Assertions.Expect(feed.Locator("article")).ToHaveCountAsync(1);
        await Assertions.Expect(feed).ToContainTextAsync("Nr 4321");
        Assert.Empty(errors);
        await page.Context.CloseAsync();
    }

    [Fact]
    public async Task The_tool_with_ten_thousand_messages_takes_less_than_300_MB()
    {
        var folder = Directory.CreateTempSubdirectory("unionpush-memory-").FullName;
        var (tool, address) = await Programs.StartAsync("dotnet", folder, new Dictionary<string, string>(StringComparer.Ordinal), Programs.Tool, "simulate", "--port", "0");
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri(address + "/") };
            var page = await browser.OpenAsync(address + "/#/phone/3", 1600, 1000, "zh-CN", []);
            var state = await http.GetStringAsync(new Uri("api/people/3", UriKind.Relative));
            var openId = System.Text.Json.JsonDocument.Parse(state).RootElement.GetProperty("openIds").GetProperty(SimulatorServer.Account).GetString()!;
            using var body = new StringContent(
                $$"""{"grant_type":"client_credential","appid":"{{SimulatorServer.Account}}","secret":"{{SimulatorServer.Secret}}"}""", Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(new Uri("cgi-bin/stable_token", UriKind.Relative), body);
            var token = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("access_token").GetString()!;
            await SendAsync(http, token, openId, Many);
            await Assertions.Expect(page.Locator(".chat")).ToContainTextAsync("Nr 9999");
            tool.Refresh();
            Assert.True(tool.WorkingSet64 < 300_000_000, string.Create(CultureInfo.InvariantCulture, $"{tool.WorkingSet64:N0} bytes"));
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{tool.WorkingSet64:N0} bytes with {Many:N0} messages"));
            await page.Context.CloseAsync();
        }
        finally
        {
            tool.Kill();
            await tool.WaitForExitAsync();
            tool.Dispose();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>When the page was ready, and what it had loaded until then.</summary>
    private static async Task<(double Milliseconds, double Bytes)> FirstPictureAsync(IPage page)
    {
        var measured = await page.EvaluateAsync<double[]>("""
            async () => {
              // The browser tells of a paint some time after it, so it is waited for.
              const painted = await new Promise((resolve, reject) => {
                setTimeout(() => reject(new Error('nothing was painted for a minute')), 60_000);
                new PerformanceObserver((list) => list.getEntriesByName('first-contentful-paint').forEach((entry) => resolve(entry.startTime)))
                  .observe({ type: 'paint', buffered: true });
              });
              const ready = performance.getEntriesByName('ready')[0].startTime;
              const loaded = performance.getEntriesByType('resource').filter((entry) => entry.responseEnd > 0 && entry.responseEnd <= ready);
              return [Math.max(ready, painted), loaded.reduce((sum, entry) => sum + entry.decodedBodySize, 0)];
            }
            """);
        return (measured[0], measured[1]);
    }

    private static async Task SendAsync(HttpClient http, string token, string openId, int count)
    {
        for (var number = 0; number < count; number++)
        {
            var text = SimulatorServer.Message(openId, string.Create(CultureInfo.InvariantCulture, $"书 Nr {number:0000}"));
            using var body = new StringContent(text, Encoding.UTF8, "application/json");
            using var response = await http.PostAsync(new Uri($"cgi-bin/message/template/send?access_token={token}", UriKind.Relative), body);
            Assert.Contains("\"errcode\":0", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }
}
