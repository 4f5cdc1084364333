using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.Benchmarks;

/// <summary>Hosts as a program makes them, with another primary handler.</summary>
internal static class Hosts
{
    public static ServiceProvider Create(HttpMessageHandler platform)
    {
        var services = new ServiceCollection();
        services.AddWeChatUnionPush(Samples.Configure).ConfigureHttpClient(client => client.ConfigurePrimaryHttpMessageHandler(() => platform));
        return services.BuildServiceProvider();
    }
}
