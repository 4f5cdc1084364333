using BroadcastSample;
using WeChat.UnionPush.Broadcasts;

// One terminal:   dotnet run --project samples/Broadcast -- platform
// Any number:     dotnet run --project samples/Broadcast
//
// The first worker plans the broadcast, the others join in. Stop one with Ctrl-C, kill another with kill -9, start it again: everybody gets the message
// once. The platform's terminal tells how many people have it, and whether anybody has it twice; its page shows each message.
if (args is ["platform", ..])
{
    await BookShop.RunPlatformAsync();
    return;
}

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services
    .AddWeChatUnionPush(BookShop.Configure)
    .UseSqlite($"Data Source={BookShop.DatabaseFile}")
    .AddBroadcasts(static options => options.LeaseDuration = TimeSpan.FromSeconds(10));
builder.Services.AddHostedService<Campaign>();
await builder.Build().RunAsync();
