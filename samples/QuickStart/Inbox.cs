using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.Simulator;

namespace QuickStart;

/// <summary>The simulator's page over the town, on this machine only.</summary>
internal sealed class Inbox : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Inbox(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    public static async Task<Inbox> OpenAsync(SimulatedTown town, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.MapPlatformSimulator(new PlatformSimulator(town.Platform));
        await app.StartAsync(cancellationToken);
        return new Inbox(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
