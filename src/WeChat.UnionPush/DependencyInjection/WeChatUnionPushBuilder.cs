using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>What <c>AddWeChatUnionPush</c> returns: the choices of one registration.</summary>
public sealed class WeChatUnionPushBuilder
{
    private readonly Registrations _registrations;

    internal WeChatUnionPushBuilder(Registrations registrations, Registration registration)
    {
        _registrations = registrations;
        Registration = registration;
    }

    /// <summary>The host's services.</summary>
    public IServiceCollection Services => _registrations.Services;

    /// <summary>Name of the registration, by which its services are keyed; empty for the default one, whose services have no key.</summary>
    public string Name => Registration.Name;

    /// <summary>The service key of the registration: its name, or <see langword="null"/> for the default one.</summary>
    public object? ServiceKey => Registration.Key;

    /// <summary>Name of the registration's <c>HttpClient</c>, for hosts that configure it themselves.</summary>
    public string HttpClientName => Registration.ClientName;

    internal Registration Registration { get; }

    /// <summary>Changes options after the delegate or configuration section that the registration was made with.</summary>
    /// <param name="configure">Changes the options.</param>
    public WeChatUnionPushBuilder Configure(Action<WeChatUnionPushOptions> configure)
    {
        Services.Configure(Name, configure);
        return this;
    }

    /// <summary>
    /// Configures the client that reaches the platform: handlers, and another primary handler whose settings are taken over. Each attempt of a call is sent
    /// once, whatever the handlers do: the library repeats what may be repeated itself. Handlers that the host puts on every client
    /// (<c>ConfigureHttpClientDefaults</c>) are left out; one that is wanted here is added here.
    /// </summary>
    /// <param name="configure">Configures it. Handlers see addresses that carry secrets, so they must not log them.</param>
    public WeChatUnionPushBuilder ConfigureHttpClient(Action<IHttpClientBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        configure(Services.AddHttpClient(HttpClientName));
        return this;
    }

    /// <summary>Reaches the platform over a proxy. Its password appears in no message, log or trace.</summary>
    /// <param name="proxy">Address of the proxy, such as <c>http://proxy:3128</c>; with user and password where it asks for them, <c>http://user:password@proxy:3128</c>.</param>
    /// <exception cref="ArgumentException">The address is not absolute.</exception>
    public WeChatUnionPushBuilder UseProxy(Uri proxy)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        return UseProxy(ProxyAddress.Read(proxy));
    }

    /// <summary>Reaches the platform over a proxy of the host's own making, with its credentials and exceptions.</summary>
    /// <param name="proxy">The proxy.</param>
    public WeChatUnionPushBuilder UseProxy(IWebProxy proxy)
    {
        ArgumentNullException.ThrowIfNull(proxy);
        Registration.Proxy = proxy;
        return this;
    }

    /// <summary>
    /// Answers the registration's calls with a handler of a test's in the platform's place. Nothing reaches the network unless the handler does so.
    /// </summary>
    /// <param name="handler">Makes the handler, once.</param>
    public WeChatUnionPushBuilder UseStandIn(Func<HttpMessageHandler> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        Registration.HasStandIn = true;
        return ConfigureHttpClient(client => client.ConfigurePrimaryHttpMessageHandler(handler));
    }

    /// <summary>
    /// Takes all stores from one storage, in place of those chosen before; single stores can be replaced afterwards. Registrations without stores of their
    /// own use the default registration's. The storage is a service, as <typeparamref name="TStorage"/> and as <see cref="IUnionPushStorage"/>.
    /// </summary>
    /// <param name="factory">Makes the storage, once.</param>
    /// <typeparam name="TStorage">The storage's type.</typeparam>
    public WeChatUnionPushBuilder UseStorage<TStorage>(Func<IServiceProvider, TStorage> factory)
        where TStorage : class, IUnionPushStorage
    {
        ArgumentNullException.ThrowIfNull(factory);
        StorageServices.Use(_registrations, ServiceKey, factory);
        return this;
    }

    /// <summary>Keeps identities in a store of the host's instead of in memory. Registrations without one of their own use the default registration's.</summary>
    /// <param name="factory">Makes the store, once.</param>
    public WeChatUnionPushBuilder UseRepository(Func<IServiceProvider, IUnionIdRepository> factory) => Use(factory);

    /// <summary>Shares access tokens over a store of the host's. Registrations without one of their own use the default registration's.</summary>
    /// <param name="factory">Makes the store, once.</param>
    public WeChatUnionPushBuilder UseAccessTokenStore(Func<IServiceProvider, IAccessTokenStore> factory) => Use(factory);

    /// <summary>Keeps access tokens in this process only, where the store chosen before would keep them on disk. The stable channel allows that to any number of
    /// processes.</summary>
    public WeChatUnionPushBuilder UseInMemoryAccessTokens() =>
        Use<IAccessTokenStore>(static services => new InMemoryAccessTokenStore(services.GetRequiredService<TimeProvider>()));

    /// <summary>
    /// Shares access tokens over the host's <see cref="IDistributedCache"/> (Redis, SQL Server, …), which the host registers itself. A cache that is down
    /// costs a token call and a warning, never a send.
    /// </summary>
    public WeChatUnionPushBuilder UseDistributedTokenCache()
    {
        Registration.NeedsDistributedCache = true;
        return Use<IAccessTokenStore>(services => new DistributedAccessTokenStore(
            services.GetService<IDistributedCache>() ?? throw StartUpCheck.MissingCache(Registration),
            services.GetRequiredService<TimeProvider>()));
    }

    /// <summary>
    /// Keeps access tokens unreadable in whatever store they are shared over. A token that cannot be read, because it was stored before or the keys are
    /// gone, costs a token call. WeChat.UnionPush.AspNetCore brings <c>UseDataProtection()</c> for ASP.NET Core's data protection.
    /// </summary>
    /// <param name="factory">Makes the protector, once. All processes that share the store need the same keys.</param>
    public WeChatUnionPushBuilder UseTokenProtection(Func<IServiceProvider, ISecretProtector> factory) => Use(factory);

    /// <summary>
    /// Keeps one pace for each account over all processes: every message takes its slot from this store, a batch ahead, where otherwise each process keeps
    /// <see cref="TemplateMessageOptions.MaxPerSecond"/> by itself. The store must be fast, such as Redis: WeChat.UnionPush.Redis brings <c>UseRedis</c>.
    /// Where it fails, each process keeps the pace by itself. Registrations without one of their own use the default registration's.
    /// </summary>
    /// <param name="factory">Makes the store, once.</param>
    public WeChatUnionPushBuilder UseSharedPace(Func<IServiceProvider, ISharedPace> factory)
    {
        Registration.SharesPace = true;
        return Use(factory);
    }

    /// <summary>Keeps the cursors of follower syncs in a store of the host's. Registrations without one of their own use the default registration's.</summary>
    /// <param name="factory">Makes the store, once.</param>
    public WeChatUnionPushBuilder UseFollowerSyncStore(Func<IServiceProvider, IFollowerSyncStore> factory) => Use(factory);

    /// <summary>Keeps pushed events in an inbox of the host's instead of in memory. Registrations without one of their own use the default registration's.</summary>
    /// <param name="factory">Makes the inbox, once.</param>
    public WeChatUnionPushBuilder UseEventInbox(Func<IServiceProvider, IWeChatEventInbox> factory) => Use(factory);

    /// <summary>Keeps receipts in a store of the host's instead of in memory. Registrations without one of their own use the default registration's.</summary>
    /// <param name="factory">Makes the store, once.</param>
    public WeChatUnionPushBuilder UseMessageReceipts(Func<IServiceProvider, IMessageReceipts> factory) => Use(factory);

    /// <summary>
    /// Takes access tokens from a class of the host's, such as the client of a central token service, instead of fetching them. Where the host has
    /// registered the class, that service is used: a singleton as it is, a scoped one or a typed client (<c>AddHttpClient&lt;T&gt;</c>) anew for each call, in
    /// a scope of its own. Otherwise it is made once.
    /// </summary>
    /// <typeparam name="TProvider">The class; its constructor takes services of the host.</typeparam>
    public WeChatUnionPushBuilder UseAccessTokenProvider<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TProvider>()
        where TProvider : class, IAccessTokenProvider =>
        Use<IAccessTokenProvider>(services => _registrations.Find(typeof(TProvider), key: null) switch
        {
            null => ActivatorUtilities.CreateInstance<TProvider>(services),
            { Lifetime: ServiceLifetime.Singleton } => services.GetRequiredService<TProvider>(),
            _ => new ScopedAccessTokenProvider(services.GetRequiredService<IServiceScopeFactory>(), static scope => scope.GetRequiredService<TProvider>()),
        });

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
    /// Syncs followers in the background: at once where they were never listed to the end, then each time the span is over, with jitter. After a failure
    /// it comes again within minutes. Of many instances that share a store, one walks at a time, and none while the last walk is younger than the span.
    /// </summary>
    /// <param name="every">How often; a day suits most, since the callback brings what happens in between. At least a minute.</param>
    public WeChatUnionPushBuilder AddFollowerSync(TimeSpan every)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(every, TimeSpan.FromMinutes(1));
        var (name, key) = (Name, ServiceKey);
        Services.AddSingleton<IHostedService>(services => new FollowerSyncService(
            services.Get<FollowerSync>(key),
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
    public WeChatUnionPushBuilder AddCallback(Action<WeChatCallbackOptions>? configure = null)
    {
        if (configure is not null)
        {
            Configure(options => configure(options.Callback));
        }

        CallbackServices.Add(_registrations, Registration);
        return this;
    }

    /// <summary>
    /// Adds a handler of the host's own for what the platform pushes, besides the library's and any others. Needs <see cref="AddCallback"/>.
    /// </summary>
    /// <typeparam name="THandler">The handler. Made anew for each event, in a scope of its own, unless the host registered the class otherwise.</typeparam>
    public WeChatUnionPushBuilder AddWeChatEventHandler<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>()
        where THandler : class, IWeChatEventHandler
    {
        Registration.HasEventHandlers = true;
        CallbackServices.AddHandler<THandler>(_registrations, Registration);
        return this;
    }

    /// <summary>
    /// Keeps a receipt of each accepted message in <see cref="IMessageReceipts"/>: the send writes down what the host knows, the callback what became
    /// of it. Wanted on the machines that send and on those that have <see cref="AddCallback"/>. A store that fails costs a warning, never a send. What is
    /// older than <see cref="MessageReceiptOptions.KeepFor"/> is deleted while the host runs, with or without a callback.
    /// </summary>
    public WeChatUnionPushBuilder AddReceipts()
    {
        ReceiptServices.Add(_registrations, Registration);
        return this;
    }

    /// <summary>
    /// Takes part in the broadcasts of the Official Account while the host runs: those that this process starts, and those that any other process on the same
    /// storage does. Any number of processes may; they share the account's pace, its concurrency and the day's calls. Start them with <see cref="IBroadcasts"/>.
    /// </summary>
    /// <param name="configure">Sets how.</param>
    public WeChatUnionPushBuilder AddBroadcasts(Action<BroadcastOptions>? configure = null)
    {
        if (configure is not null)
        {
            Configure(options => configure(options.Broadcasts));
        }

        BroadcastServices.TakePart(_registrations, Registration);
        return this;
    }

    /// <summary>
    /// Lets a push try further channels, in the order of the calls, where the template message cannot arrive for a reason of the recipient's: they do not follow,
    /// are not known, or refuse. A channel that is known not to serve is not tried. An unknown outcome ends the push, and so do a used up quota and a wrong
    /// configuration. What each channel sends is set at the message, such as with <see cref="TemplateMessageBuilder.ForSubscribe"/>.
    /// <see cref="PushResult.Channel"/> says which one served, and <see cref="PushResult.Attempts"/> why those before it did not.
    /// </summary>
    /// <remarks>
    /// Give messages an idempotency key (<see cref="TemplateMessageBuilder.IdempotencyKey"/>): the same push, made again by any machine that shares the
    /// storage, then reaches nobody a second time on another channel. It costs a write before the send.
    /// </remarks>
    /// <param name="configure">Chooses the channels, such as <c>reach => reach.SubscribeMessage().CustomerService()</c>.</param>
    /// <exception cref="ArgumentException">No channel was chosen.</exception>
    /// <exception cref="InvalidOperationException">It was called before for this registration, or a channel was chosen twice.</exception>
    public WeChatUnionPushBuilder AddReach(Action<ReachBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var reach = new ReachBuilder(Services, Name, ServiceKey);
        configure(reach);
        reach.RefuseEmpty(nameof(configure));
        ReachServices.Add(_registrations, Registration, reach);
        return this;
    }

    /// <summary>
    /// Links Mini Program users with followers by QR codes (<see cref="IFollowLinks"/>), also where one side has no UnionID. Pushes then look for a link where no
    /// follower carries the user's UnionID. Wanted on the machines that make codes, on those that push, and on those that have <see cref="AddCallback"/>.
    /// </summary>
    /// <param name="configure">Sets how.</param>
    public WeChatUnionPushBuilder AddFollowLinks(Action<FollowLinkOptions>? configure = null)
    {
        if (configure is not null)
        {
            Configure(options => configure(options.FollowLinks));
        }

        ReachServices.AddFollowLinks(_registrations, Registration);
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
        var (name, key) = (Name, ServiceKey);
        Services.AddHealthChecks().Add(new HealthCheckRegistration(
            healthCheckName ?? HttpClientName,
            services => new WeChatHealthCheck(
                services.Get<BuiltInTokens>(key),
                services.Get<IWeChatDiagnostics>(key),
                includeQuota,
                cancellationToken => StorageServices.AskAsync(services, Registration, cancellationToken),
                () => services.GetRequiredService<LastGoodOptions>().ProblemOf(name),
                services.GetRequiredService<TimeProvider>()),
            HealthStatus.Unhealthy,
            ["wechat"]));
        return this;
    }

    /// <summary>Puts a service in the place of the one this registration has.</summary>
    private WeChatUnionPushBuilder Use<TService>(Func<IServiceProvider, TService> factory)
        where TService : class
    {
        ArgumentNullException.ThrowIfNull(factory);
        _registrations.Add(ServiceKey, factory);
        return this;
    }
}
