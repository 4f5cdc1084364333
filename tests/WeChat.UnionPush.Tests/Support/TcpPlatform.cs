using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Tests;

/// <summary>A server on loopback in the platform's place, for what the library promises of real connections with the handler it brings.</summary>
internal sealed class TcpPlatform : IAsyncDisposable
{
    public const string Token = """{"access_token":"token-over-tcp","expires_in":7200}""";
    public const string Sent = """{"errcode":0,"errmsg":"ok","msgid":7}""";

    private readonly WebApplication _app;

    private TcpPlatform(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = null!;

    /// <param name="answer">Answers a request; tokens and sends succeed where it gives <see langword="null"/>.</param>
    public static async Task<TcpPlatform> StartAsync(Func<HttpContext, Task<string?>> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var text = await answer(context) ?? (context.Request.Path.Value!.EndsWith("token", StringComparison.Ordinal) ? Token : Sent);
            if (text.Length > 0)
            {
                context.Response.ContentType = "application/json; encoding=utf-8";
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text));
            }
        });
        await app.StartAsync();
        return new TcpPlatform(app) { Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()) };
    }

    /// <summary>Registers the library with its own handler on a host.</summary>
    public WeChatUnionPushBuilder Register(IServiceCollection services, Action<WeChatUnionPushOptions>? configure = null) => services.AddWeChatUnionPush(options =>
    {
        Town.SetCredentials(options);
        options.ApiBaseAddress = Address;
        configure?.Invoke(options);
    });

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
