using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>Hosts set up as in a program, with a different primary handler.</summary>
internal static class Hosts
{
    public static ServiceProvider Create(HttpMessageHandler platform, Action<WeChatUnionPushBuilder>? choose = null)
    {
        var services = new ServiceCollection();
        var builder = services.AddWeChatUnionPush(Samples.Configure).ConfigureHttpClient(client => client.ConfigurePrimaryHttpMessageHandler(() => platform));
        choose?.Invoke(builder);
        return services.BuildServiceProvider();
    }
}
