using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Tests.Callbacks;

namespace WeChat.UnionPush.Tests.Links;

/// <summary>A host whose callback hears what happens on the town's Official Account.</summary>
internal static class LinkHost
{
    public static async Task<CallbackHost> StartAsync(
        Town town, IUnionPushStorage storage, Action<WeChatUnionPushBuilder> choose, bool connect = true, double chaos = 0)
    {
        var inbox = new WatchedInbox(new InMemoryWeChatEventInbox(town.Time));
        var host = await CallbackHost.StartAsync(town, choose: builder => choose(builder.UseStorage(_ => storage).UseEventInbox(_ => inbox)), inbox: inbox);
        if (connect)
        {
            town.Account.Callback = host.Connect(PlatformPush.Token, PlatformPush.Key, chaos);
        }

        return host;
    }

    public static async Task SettleAsync(Town town, CallbackHost host)
    {
        // What a sign-in began in the background is over too, and only then may the clock move.
        var work = host.Services.GetRequiredService<WorkUnderWay>();
        await Runs.UntilAsync(() => work.IsIdle, "what sign-ins began is over");
        await town.Platform.Callbacks.SettleAsync();
        await host.Inbox.WhenQuietAsync();
    }
}
