using System.Net.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using WeChat.UnionPush;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers WeChat.UnionPush.</summary>
public static class WeChatUnionPushServiceCollectionExtensions
{
    /// <summary>Adds the default registration, with options from a configuration section such as <c>WeChat</c>.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The section that holds <c>OfficialAccount:AppId</c> and the rest of <see cref="WeChatUnionPushOptions"/>.</param>
    /// <returns>The choices of the registration. <see cref="IUnionPush"/> and its parts are singletons without a key.</returns>
    /// <exception cref="InvalidOperationException">There is a default registration already.</exception>
    public static WeChatUnionPushBuilder AddWeChatUnionPush(this IServiceCollection services, IConfiguration configuration) =>
        services.AddWeChatUnionPush(Options.Options.DefaultName, configuration);

    /// <summary>Adds the default registration.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets the options; what they lack is reported when the host starts.</param>
    /// <returns>The choices of the registration. <see cref="IUnionPush"/> and its parts are singletons without a key.</returns>
    /// <exception cref="InvalidOperationException">There is a default registration already.</exception>
    public static WeChatUnionPushBuilder AddWeChatUnionPush(this IServiceCollection services, Action<WeChatUnionPushOptions> configure) =>
        services.AddWeChatUnionPush(Options.Options.DefaultName, configure);

    /// <summary>Adds a named registration: another brand, or another Mini Program of the same Official Account.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">The name, which is also the key of its services: <c>[FromKeyedServices("brand-b")] IUnionPush push</c>.</param>
    /// <param name="configuration">The section that holds its options.</param>
    /// <exception cref="InvalidOperationException">There is a registration of that name already.</exception>
    public static WeChatUnionPushBuilder AddWeChatUnionPush(this IServiceCollection services, string name, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var builder = Add(services, name);
        services.AddOptions<WeChatUnionPushOptions>(name).Bind(configuration);
        return builder;
    }

    /// <summary>Adds a named registration: another brand, or another Mini Program of the same Official Account.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">The name, which is also the key of its services: <c>[FromKeyedServices("brand-b")] IUnionPush push</c>.</param>
    /// <param name="configure">Sets the options; what they lack is reported when the host starts.</param>
    /// <exception cref="InvalidOperationException">There is a registration of that name already.</exception>
    public static WeChatUnionPushBuilder AddWeChatUnionPush(this IServiceCollection services, string name, Action<WeChatUnionPushOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var builder = Add(services, name);
        services.Configure(name, configure);
        return builder;
    }

    private static WeChatUnionPushBuilder Add(IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        var builder = new WeChatUnionPushBuilder(services, name);
        var key = builder.ServiceKey;
        if (services.Any(service => service.ServiceType == typeof(ApiTransport) && Equals(service.ServiceKey, key)))
        {
            throw new InvalidOperationException(name.Length == 0
                ? "AddWeChatUnionPush was called twice. Give the second registration a name, or change options with Configure on the first one's builder."
                : $"AddWeChatUnionPush was called twice for '{name}'. Give the second registration another name, or change options with Configure on the first one's builder.");
        }

        services.AddOptions<WeChatUnionPushOptions>(name).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WeChatUnionPushOptions>, WeChatUnionPushOptionsValidator>());
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<AccessTokenCaches>();
        AddHttpClient(builder);

        AddStore<IUnionIdRepository, InMemoryUnionIdRepository>(services, key);
        AddStore<IAccessTokenStore, InMemoryAccessTokenStore>(services, key);
        AddStore<IFollowerSyncStore, InMemoryFollowerSyncStore>(services, key);
        AddStore<IMessageReceipts, InMemoryMessageReceipts>(services, key);
        AddStore<IWeChatEventInbox, InMemoryWeChatEventInbox>(services, key);

        AddSingleton(services, key, provider => new ApiTransport(
            new HttpMessageInvoker(provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(builder.HttpClientName), disposeHandler: false),
            provider.OptionsOf(name),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ApiTransport>>()));
        TryAddSingleton<IAccessTokenProvider>(services, key, provider => Tokens(provider, name, key));
        AddSingleton(services, key, provider => new FollowerSource(
            OfficialAccount(provider),
            provider.OptionsOf(name).FollowerSync));
        TryAddSingleton<IFollowerSource>(services, key, provider => provider.Get<FollowerSource>(key));
        TryAddSingleton<IMiniProgramSession>(services, key, provider => new MiniProgramSession(
            provider.Get<ApiTransport>(key),
            new AccountApi(provider.Get<ApiTransport>(key), provider.Get<IAccessTokenProvider>(key), provider.OptionsOf(name).MiniProgram.AppId),
            () => provider.OptionsOf(name).MiniProgram));
        AddSingleton(services, key, provider => new TemplateCatalog(
            OfficialAccount(provider),
            provider.OptionsOf(name).TemplateMessages,
            provider.GetRequiredService<TimeProvider>()));
        TryAddSingleton<ITemplateCatalog>(services, key, provider => provider.Get<TemplateCatalog>(key));
        TryAddSingleton<ITemplateMessageSender>(services, key, provider => new TemplateMessageSender(
            OfficialAccount(provider),
            provider.Get<TemplateCatalog>(key),
            provider.OptionsOf(name).TemplateMessages,
            provider.Find<MessageReceiptLog>(key),
            provider.GetRequiredService<ILogger<TemplateMessageSender>>()));
        TryAddSingleton<IWeChatDiagnostics>(services, key, provider => new WeChatDiagnostics(
            OfficialAccount(provider)));
        TryAddSingleton<IUnionPush>(services, key, provider =>
        {
            var options = provider.OptionsOf(name);
            var time = provider.GetRequiredService<TimeProvider>();
            var repository = provider.Get<IUnionIdRepository>(key);
            var sync = new FollowerSync(
                options.OfficialAccount.AppId,
                provider.Get<FollowerSource>(key),
                repository,
                provider.Get<IFollowerSyncStore>(key),
                options.FollowerSync,
                time,
                provider.GetRequiredService<ILogger<FollowerSync>>());
            return new UnionPushRoute(
                options.OfficialAccount.AppId,
                options.MiniProgram.AppId,
                provider.Get<IMiniProgramSession>(key),
                repository,
                provider.Get<ITemplateMessageSender>(key),
                sync,
                time);
        });
        return builder;

        AccountApi OfficialAccount(IServiceProvider provider) =>
            new(provider.Get<ApiTransport>(key), provider.Get<IAccessTokenProvider>(key), provider.OptionsOf(name).OfficialAccount.AppId);
    }

    private static void AddHttpClient(WeChatUnionPushBuilder builder) =>
        builder.Services.AddHttpClient(builder.HttpClientName)
            .UseSocketsHttpHandler((handler, provider) =>
            {
                // The entry's addresses change, and one host serves everything. No propagator: trace headers are nothing to the platform, and the
                // handler's own activities would carry the URL with its token.
                handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
                handler.MaxConnectionsPerServer = provider.OptionsOf(builder.Name).Http.MaxConnections;

                // Shorter than an attempt, so that a connection that never came about is told apart from an answer that never came.
                handler.ConnectTimeout = provider.OptionsOf(builder.Name).Http.AttemptTimeout / 2;
                handler.AllowAutoRedirect = false;
                handler.UseCookies = false;
                handler.ActivityHeadersPropagator = null;
            })

            // Connections renew themselves, so the handler need not be.
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)

            // The factory's loggers write URLs, and these carry secrets.
            .RemoveAllLoggers();

    /// <summary>A named registration without a store of its own uses the default one's, which is in memory unless the host chose another.</summary>
    private static void AddStore<TStore, [System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembers(System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.PublicConstructors)] TInMemory>(IServiceCollection services, object? key)
        where TStore : class
        where TInMemory : class, TStore
    {
        services.TryAddSingleton<TStore, TInMemory>();
        if (key is not null)
        {
            services.TryAddKeyedSingleton(key, static (provider, _) => provider.GetRequiredService<TStore>());
        }
    }

    private static CachingAccessTokenProvider Tokens(IServiceProvider provider, string name, object? key)
    {
        var options = provider.OptionsOf(name);
        var transport = provider.Get<ApiTransport>(key);
        var store = provider.Get<IAccessTokenStore>(key);
        var caches = provider.GetRequiredService<AccessTokenCaches>();
        var time = provider.GetRequiredService<TimeProvider>();
        return new CachingAccessTokenProvider(options, CacheOf(static options => options.OfficialAccount), CacheOf(static options => options.MiniProgram));

        // The options are read at each fetch, so that a secret replaced while the host runs is used.
        AccessTokenCache CacheOf(Func<WeChatUnionPushOptions, WeChatAppOptions> app) => caches.Get(
            name,
            options,
            app(options),
            (forced, cancellationToken) => AccessTokenRequest.SendAsync(transport, app(provider.OptionsOf(name)), options.AccessToken.Channel, forced, time, cancellationToken),
            store);
    }

    private static void AddSingleton<T>(IServiceCollection services, object? key, Func<IServiceProvider, T> factory)
        where T : class => services.Add(new ServiceDescriptor(typeof(T), key, (provider, _) => factory(provider), ServiceLifetime.Singleton));

    private static void TryAddSingleton<T>(IServiceCollection services, object? key, Func<IServiceProvider, T> factory)
        where T : class => services.TryAdd(new ServiceDescriptor(typeof(T), key, (provider, _) => factory(provider), ServiceLifetime.Singleton));
}
