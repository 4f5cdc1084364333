using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using WeChat.UnionPush.AspNetCore;

namespace WeChat.UnionPush.TestHost;

/// <summary>A host that takes pushes and prints the key of each event that it has handled, or never finishes handling any.</summary>
internal static class CallbackServer
{
    public const string Token = "Zx81Token";
    public const string EncodingAesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    public static async Task RunAsync(string storage, bool hangs, CancellationToken stop)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var registration = builder.Services
            .AddWeChatUnionPush(static options =>
            {
                options.OfficialAccount.AppId = PlatformServer.OfficialAccountAppId;
                options.OfficialAccount.AppSecret = PlatformServer.Secret;
                options.MiniProgram.AppId = PlatformServer.MiniProgramAppId;
                options.MiniProgram.AppSecret = PlatformServer.Secret;
            })
            .AddCallback(static options =>
            {
                options.OfficialAccount.Token = Token;
                options.OfficialAccount.EncodingAesKey = EncodingAesKey;
                options.HandlerTimeout = TimeSpan.FromSeconds(1);
            })
            .AddWeChatEventHandler<Handler>();
        Worker.Use(registration, storage);
        builder.Services.AddSingleton(new Mood(hangs));
        await using var app = builder.Build();
        app.MapWeChatCallback("/wechat/callback");
        await app.StartAsync(stop);
        Console.WriteLine(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        await app.WaitForShutdownAsync(stop);
    }

    private sealed record Mood(bool Hangs);

    private sealed class Handler(Mood mood) : IWeChatEventHandler
    {
        public async ValueTask HandleAsync(IWeChatEvent received, CancellationToken cancellationToken = default)
        {
            if (mood.Hangs)
            {
                await Task.Delay(Timeout.Infinite, CancellationToken.None);
            }

            Console.WriteLine(received.Callback.OpenId);
        }
    }
}
