using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>What <c>AddWeChatUnionPush</c> returns: the choices of one registration.</summary>
public sealed class WeChatUnionPushBuilder
{
    internal WeChatUnionPushBuilder(IServiceCollection services, string name)
    {
        Services = services;
        Name = name;
    }

    /// <summary>The host's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Name of the registration, by which its services are keyed; empty for the default one, whose services have no key.</summary>
    public string Name { get; }

    /// <summary>The service key of the registration: its name, or <see langword="null"/> for the default one.</summary>
    public object? ServiceKey => KeyOf(Name);

    /// <summary>Name of the registration's <c>HttpClient</c>, for hosts that configure it themselves.</summary>
    public string HttpClientName => Name.Length == 0 ? WeChatUnionPushDiagnostics.Name : $"{WeChatUnionPushDiagnostics.Name}:{Name}";

    /// <summary>Changes options after the delegate or configuration section that the registration was made with.</summary>
    /// <param name="configure">Changes the options.</param>
    public WeChatUnionPushBuilder Configure(Action<WeChatUnionPushOptions> configure)
    {
        Services.Configure(Name, configure);
        return this;
    }

    /// <summary>Configures the client that reaches the platform: proxies, handlers, another primary handler.</summary>
    /// <param name="configure">Configures it. Handlers see URLs that carry secrets, so they must not log them.</param>
    public WeChatUnionPushBuilder ConfigureHttpClient(Action<IHttpClientBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        configure(Services.AddHttpClient(HttpClientName));
        return this;
    }

    /// <summary>Keeps identities in a store of the host's instead of in memory. Registrations without one of their own use the default registration's.</summary>
    /// <param name="factory">Makes the store, once.</param>
    public WeChatUnionPushBuilder UseRepository(Func<IServiceProvider, IUnionIdRepository> factory) => Use(factory);

    /// <summary>Shares access tokens over a store of the host's. Registrations without one of their own use the default registration's.</summary>
    /// <param name="factory">Makes the store, once.</param>
    public WeChatUnionPushBuilder UseAccessTokenStore(Func<IServiceProvider, IAccessTokenStore> factory) => Use(factory);

    /// <summary>Keeps access tokens in this process only, where the store chosen before would keep them on disk. The stable channel allows that to any number of processes.</summary>
    public WeChatUnionPushBuilder UseInMemoryAccessTokens() =>
        Use<IAccessTokenStore>(static services => new InMemoryAccessTokenStore(services.GetRequiredService<TimeProvider>()));

    /// <summary>
    /// Shares access tokens over the host's <see cref="IDistributedCache"/> (Redis, SQL Server, …), which the host registers itself. A cache that is down
    /// costs a token call and a warning, never a send.
    /// </summary>
    public WeChatUnionPushBuilder UseDistributedTokenCache() =>
        Use<IAccessTokenStore>(static services => new DistributedAccessTokenStore(services.GetRequiredService<IDistributedCache>(), services.GetRequiredService<TimeProvider>()));

    /// <summary>Keeps the cursors of follower syncs in a store of the host's. Registrations without one of their own use the default registration's.</summary>
    /// <param name="factory">Makes the store, once.</param>
    public WeChatUnionPushBuilder UseFollowerSyncStore(Func<IServiceProvider, IFollowerSyncStore> factory) => Use(factory);

    /// <summary>Keeps pushed events in an inbox of the host's instead of in memory. Registrations without one of their own use the default registration's.</summary>
    /// <param name="factory">Makes the inbox, once.</param>
    public WeChatUnionPushBuilder UseEventInbox(Func<IServiceProvider, IWeChatEventInbox> factory) => Use(factory);

    /// <summary>Keeps receipts in a store of the host's instead of in memory. Registrations without one of their own use the default registration's.</summary>
    /// <param name="factory">Makes the store, once.</param>
    public WeChatUnionPushBuilder UseMessageReceipts(Func<IServiceProvider, IMessageReceipts> factory) => Use(factory);

    /// <summary>Takes access tokens from a class of the host's, such as the client of a central token service, instead of fetching them.</summary>
    /// <typeparam name="TProvider">The class; its constructor takes services of the host.</typeparam>
    public WeChatUnionPushBuilder UseAccessTokenProvider<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TProvider>()
        where TProvider : class, IAccessTokenProvider =>
        Use<IAccessTokenProvider>(static services => ActivatorUtilities.CreateInstance<TProvider>(services));

    /// <summary>Takes access tokens from a delegate of the host's, such as another SDK's token in the same process, instead of fetching them.</summary>
    /// <param name="getToken">
    /// Gives the token of an account: the host's services, the app id, the token the platform just refused (<see langword="null"/> on an ordinary call:
    /// then the cached token is wanted), and a cancellation token. Called before every call to the platform.
    /// </param>
    public WeChatUnionPushBuilder UseAccessTokenProvider(Func<IServiceProvider, string, AccessToken?, CancellationToken, ValueTask<AccessToken>> getToken)
    {
        ArgumentNullException.ThrowIfNull(getToken);
        return Use<IAccessTokenProvider>(services => new DelegateAccessTokenProvider(services, getToken));
    }

    /// <summary>
    /// Syncs followers in the background, with jitter, first soon after the start. Of many instances that share a store, one walks at a time, and none
    /// while the last walk is younger than the span.
    /// </summary>
    /// <param name="every">How often; a day suits most, since the callback brings what happens in between. At least a minute.</param>
    public WeChatUnionPushBuilder AddFollowerSync(TimeSpan every)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(every, TimeSpan.FromMinutes(1));
        var (name, key) = (Name, ServiceKey);
        Services.AddSingleton<IHostedService>(services => new FollowerSyncService(
            services.Get<IUnionPush>(key),
            services.Get<IFollowerSyncStore>(key),
            services.OptionsOf(name).OfficialAccount.AppId,
            every,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<FollowerSyncService>>()));
        return this;
    }

    /// <summary>
    /// Receives what the platform pushes: follows and unfollows keep the repository true, and <see cref="IWeChatCallbackReceiver"/> takes the requests,
    /// for which <c>MapWeChatCallback</c> of WeChat.UnionPush.AspNetCore gives them a URL. Events are handled in the background while the host runs.
    /// The console's values come from <see cref="WeChatUnionPushOptions.Callback"/>, such as <c>Callback:OfficialAccount:Token</c>.
    /// </summary>
    /// <param name="configure">Sets them in code, after the registration's own delegate or section.</param>
    public WeChatUnionPushBuilder AddCallback(Action<WeChatEventOptions>? configure = null)
    {
        if (configure is not null)
        {
            Configure(options => configure(options.Callback));
        }

        CallbackServices.Add(this);
        return this;
    }

    /// <summary>
    /// Adds a handler of the host's own for what the platform pushes, besides the library's and any others. Needs <see cref="AddCallback"/>.
    /// </summary>
    /// <typeparam name="THandler">The handler. Made anew for each event, in a scope of its own.</typeparam>
    public WeChatUnionPushBuilder AddWeChatEventHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
        where THandler : class, IWeChatEventHandler
    {
        Services.Add(new ServiceDescriptor(typeof(IWeChatEventHandler), ServiceKey, typeof(THandler), ServiceLifetime.Scoped));
        return this;
    }

    /// <summary>
    /// Keeps a receipt of each accepted message in <see cref="IMessageReceipts"/>: the send writes down what the host knows, the callback what became
    /// of it. Wanted on the machines that send and on those that have <see cref="AddCallback"/>. A store that fails costs a warning, never a send.
    /// </summary>
    public WeChatUnionPushBuilder AddReceipts()
    {
        var (name, key) = (Name, ServiceKey);
        Services.TryAdd(new ServiceDescriptor(
            typeof(MessageReceiptLog),
            key,
            (services, _) => new MessageReceiptLog(
                services.OptionsOf(name).OfficialAccount.AppId,
                services.Get<IMessageReceipts>(key),
                services.GetRequiredService<TimeProvider>(),
                services.GetRequiredService<ILogger<MessageReceiptLog>>()),
            ServiceLifetime.Singleton));
        return this;
    }

    /// <summary>
    /// Adds a health check: how old the access tokens are, the last refusal, whether the shared store answers. Makes no token call; unhealthy while the
    /// platform's refusal of the credentials stands, degraded when something else is wrong. A refusal stands for <see cref="AccessTokenOptions.RefusalPause"/>;
    /// then the check lets calls back in, and the next one asks the platform again.
    /// </summary>
    /// <param name="includeQuota">Asks the platform how many template messages are left today too, when a token is at hand. Off by default.</param>
    /// <param name="healthCheckName">Name of the check; that of the registration's client by default.</param>
    public WeChatUnionPushBuilder AddHealthCheck(bool includeQuota = false, string? healthCheckName = null)
    {
        var key = ServiceKey;
        Services.AddHealthChecks().Add(new HealthCheckRegistration(
            healthCheckName ?? HttpClientName,
            services => new WeChatHealthCheck(
                services.Get<IAccessTokenProvider>(key),
                services.Get<IWeChatDiagnostics>(key),
                includeQuota,
                services.GetRequiredService<TimeProvider>()),
            HealthStatus.Unhealthy,
            ["wechat"]));
        return this;
    }

    internal static object? KeyOf(string name) => name.Length == 0 ? null : name;

    /// <summary>Replaces a service of this registration.</summary>
    private WeChatUnionPushBuilder Use<TService>(Func<IServiceProvider, TService> factory)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(factory);
        Services.Replace(new ServiceDescriptor(typeof(TService), ServiceKey, (services, _) => factory(services), ServiceLifetime.Singleton));
        return this;
    }
}
