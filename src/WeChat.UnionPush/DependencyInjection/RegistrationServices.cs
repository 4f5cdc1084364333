using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace WeChat.UnionPush;

/// <summary>Finds what belongs to a registration.</summary>
internal static class RegistrationServices
{
    /// <summary>A service of the registration. Containers without keyed services still serve the default one.</summary>
    public static T Get<T>(this IServiceProvider provider, object? key)
        where T : notnull => key is null ? provider.GetRequiredService<T>() : provider.GetRequiredKeyedService<T>(key);

    /// <summary>A service that the registration may or may not have.</summary>
    public static T? Find<T>(this IServiceProvider provider, object? key)
        where T : class => key is null ? provider.GetService<T>() : provider.GetKeyedService<T>(key);

    public static WeChatUnionPushOptions OptionsOf(this IServiceProvider provider, string name) =>
        provider.GetRequiredService<IOptionsMonitor<WeChatUnionPushOptions>>().Get(name);
}
