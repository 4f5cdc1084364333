using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Simulator.Tests;

/// <summary>A simulator on loopback, in this process, and a client for its REST API and WeChat's.</summary>
internal sealed class SimulatorServer : IAsyncDisposable
{
    public const string Account = "wx5a1c0de5f0a2b3c4";
    public const string MiniProgram = "wx9d8e7f6a5b4c3d2e";
    public const string Secret = "0123456789abcdef0123456789abcdef";
    public const string Template = "Tm1-order-paid-0123456789abcdefghijklmnopqr";
    public const string Subscription = "Sm1-pick-up-0123456789abcdefghijklmnopqrstu";

    private readonly WebApplication _app;

    private SimulatorServer(PlatformSimulator simulator, WebApplication app, string address)
    {
        Simulator = simulator;
        _app = app;
        Address = address;
        Http = new HttpClient { BaseAddress = new Uri(address + "/") };
    }

    public PlatformSimulator Simulator { get; }

    public string Address { get; }

    public HttpClient Http { get; }

    public static async Task<SimulatorServer> StartAsync(SimulatorOptions? options = null, string? seed = null, PlatformSimulator? simulator = null, string pattern = "")
    {
        if (seed is not null)
        {
            using var file = new MemoryStream(Encoding.UTF8.GetBytes(seed));
            simulator = await PlatformSimulator.LoadAsync(file, options);
        }

        simulator ??= PlatformSimulator.CreateDemo(options);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.MapPlatformSimulator(simulator, pattern);
        await app.StartAsync();
        return new SimulatorServer(simulator, app, app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + pattern);
    }

    public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body = null, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body, JsonSerializerOptions.Web), Encoding.UTF8, "application/json");
        }

        using var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{method} {path}: {(int)response.StatusCode} {text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }

    public Task<JsonElement> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<JsonElement> PostAsync(string path, object? body = null, HttpStatusCode expected = HttpStatusCode.OK) => SendAsync(HttpMethod.Post, path, body, expected);

    /// <summary>A token of an app, as a host takes it.</summary>
    public async Task<string> TokenAsync(string appId = Account) =>
        (await PostAsync("cgi-bin/stable_token", new { grant_type = "client_credential", appid = appId, secret = Secret })).GetProperty("access_token").GetString()!;

    /// <summary>A message as a host sends it; gives the answer.</summary>
    public async Task<JsonElement> PushAsync(string openId, string thing = "巧克力", string templateId = Template) => await PostAsync(
        $"cgi-bin/message/template/send?access_token={await TokenAsync()}",
        Message(openId, thing, templateId));

    /// <summary>The body of a template message.</summary>
    public static string Message(string openId, string thing, string templateId = Template) => Relaxed(new
    {
        touser = openId,
        template_id = templateId,
        data = new { thing1 = new { value = thing }, amount2 = new { value = "39.80元" }, time3 = new { value = "15:01" } },
    });

    /// <summary>The verdict on the last call of an API.</summary>
    public async Task<JsonElement> LastCallAsync(string path = "/cgi-bin/message/template/send") =>
        (await GetAsync($"api/calls?path={path}&limit=1")).GetProperty("calls")[0];

    public async Task<string> OpenIdAsync(long person, string appId = Account) =>
        (await GetAsync($"api/people/{person}")).GetProperty("openIds").GetProperty(appId).GetString()!;

    /// <summary>JSON as the platform wants it: without needless escapes.</summary>
    public static string Relaxed(object value) =>
        JsonSerializer.Serialize(value, new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
