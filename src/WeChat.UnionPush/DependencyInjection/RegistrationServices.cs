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

    /// <summary>Reads options when they are wanted, also while the container is disposed and waits for the calls that want them.</summary>
    public static Func<T> OptionsNow<T>(this IServiceProvider provider, string name, Func<WeChatUnionPushOptions, T> read)
    {
        var options = provider.GetRequiredService<IOptionsMonitor<WeChatUnionPushOptions>>();
        return () => read(options.Get(name));
    }

    /// <summary>The repository of the registration, which the host may have registered as scoped.</summary>
    public static IUnionIdRepository RepositoryOf(this IServiceProvider provider, object? key) =>
        provider.GetRequiredService<Registrations>().IsSingleton(typeof(IUnionIdRepository), key)
            ? provider.Get<IUnionIdRepository>(key)
            : new ScopedUnionIdRepository(provider.GetRequiredService<IServiceScopeFactory>(), key);

    /// <summary>The token source of the registration, which the host may have registered as scoped.</summary>
    public static IAccessTokenProvider TokensOf(this IServiceProvider provider, object? key) =>
        provider.GetRequiredService<Registrations>().IsSingleton(typeof(IAccessTokenProvider), key)
            ? provider.Get<IAccessTokenProvider>(key)
            : new ScopedAccessTokenProvider(provider.GetRequiredService<IServiceScopeFactory>(), scope => scope.Get<IAccessTokenProvider>(key));

    /// <summary>The shared tokens of the registration, unreadable at rest where the host has a protector.</summary>
    public static IAccessTokenStore TokenStoreOf(this IServiceProvider provider, object? key)
    {
        var store = provider.Get<IAccessTokenStore>(key);
        return (provider.Find<ISecretProtector>(key) ?? provider.GetService<ISecretProtector>()) is { } protector ? new ProtectedAccessTokenStore(store, protector) : store;
    }
}
