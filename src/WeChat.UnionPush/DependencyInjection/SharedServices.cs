using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace WeChat.UnionPush;

/// <summary>What all registrations of a host share.</summary>
internal static class SharedServices
{
    public static void Add(IServiceCollection services)
    {
        services.AddLogging();
        services.AddHttpClient();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Accounts>();
        services.TryAddSingleton<StopDeadline>();

        // The first filter is the outermost, so it sees what all others made of a client.
        services.Insert(0, ServiceDescriptor.Singleton<IHttpMessageHandlerBuilderFilter, ClientSeal>());

        // A factory of this closed type counts before the framework's open one, for IOptions, IOptionsSnapshot and IOptionsMonitor alike.
        services.AddOptions();
        services.TryAddSingleton<LastGoodOptions>();
        services.TryAddSingleton<IOptionsFactory<WeChatUnionPushOptions>>(static provider => provider.GetRequiredService<LastGoodOptions>());
        services.AddSingleton<IPostConfigureOptions<WeChatUnionPushOptions>, TrimPastedValues>();
        services.AddSingleton<IValidateOptions<WeChatUnionPushOptions>, WeChatUnionPushOptionsValidator>();
        services.AddSingleton<IValidateOptions<WeChatUnionPushOptions>, ConfigurationKeysValidator>();
        services.AddSingleton<IHostedService, StartUpCheck>();
    }
}
