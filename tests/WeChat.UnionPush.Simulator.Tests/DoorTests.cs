using System.Net;

namespace WeChat.UnionPush.Simulator.Tests;

/// <summary>Who is let in.</summary>
public sealed class DoorTests
{
    private static readonly string[] Doors =
    [
        "", "assets/app.js", "openapi.json", "api/state", "api/credentials", "api/events", "cgi-bin/user/get", "sns/jscode2session", "cgi-bin/showqrcode?ticket=x",
    ];

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Host", "localhost.evil.example")]
    [InlineData("Host", "127.0.0.1.evil.example")]
    [InlineData("Host", "192.0.2.1")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "http://localhost:1")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task A_page_elsewhere_gets_nothing_from_any_door(string header, string value)
    {
        await using var server = await SimulatorServer.StartAsync();
        foreach (var door in Doors)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, door);
            request.Headers.TryAddWithoutValidation(header, value);
            using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.True(response.StatusCode == HttpStatusCode.Forbidden, $"{door}: {response.StatusCode}");
        }
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Host", "evil.example")]
    public async Task A_page_elsewhere_can_drive_nothing(string header, string value)
    {
        await using var server = await SimulatorServer.StartAsync();
        foreach (var (method, route, _) in RestApi.Routes.Where(static route => route.Method != "GET"))
        {
            var path = route.TrimStart('/')
                .Replace("{person}", "0", StringComparison.Ordinal)
                .Replace("{action}", "follow", StringComparison.Ordinal)
                .Replace("{id}", "1", StringComparison.Ordinal)
                .Replace("{appId}", SimulatorServer.Account, StringComparison.Ordinal)
                .Replace("{templateId}", SimulatorServer.Template, StringComparison.Ordinal);
            using var request = new HttpRequestMessage(new HttpMethod(method), path);

            // What a form may send without being asked.
            request.Content = new StringContent("{}", System.Text.Encoding.UTF8, "text/plain");
            request.Headers.TryAddWithoutValidation(header, value);
            using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.True(response.StatusCode == HttpStatusCode.Forbidden, $"{method} {route}: {response.StatusCode}");
        }

        Assert.False((await server.GetAsync("api/people/0")).GetProperty("accounts").GetProperty(SimulatorServer.Account).GetProperty("following").GetBoolean());
    }

    [Fact]
    public async Task The_own_page_and_names_that_were_allowed_come_in_and_a_link_from_elsewhere_opens_the_page()
    {
        var options = new SimulatorOptions();
        options.AllowedHosts.Add("host.docker.internal");
        await using var server = await SimulatorServer.StartAsync(options);
        foreach (var (header, value) in new[]
        {
            ("Origin", server.Address), ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "none"),
            ("Host", "host.docker.internal:5290"), ("Host", "localhost:7"), ("Host", "[::1]"), ("Host", "127.0.0.2"),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "api/state");
            request.Headers.TryAddWithoutValidation(header, value);
            using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.True(response.StatusCode == HttpStatusCode.OK, $"{header}: {value}: {response.StatusCode}");
        }

        using var link = new HttpRequestMessage(HttpMethod.Get, "");
        link.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "cross-site");
        link.Headers.TryAddWithoutValidation("Sec-Fetch-Mode", "navigate");
        using var page = await server.Http.SendAsync(link, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("frame-ancestors 'self'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }
}
