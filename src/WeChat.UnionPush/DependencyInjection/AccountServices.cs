using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>The road to the platform, and the tokens and calls of a registration's two accounts.</summary>
internal static class AccountServices
{
    public static void Add(Registrations services, Registration registration)
    {
        var (name, key) = (registration.Name, registration.Key);
        services.Add(key, provider => Transport(provider, registration));
        services.Add(key, static _ => new BuiltInTokens());
        services.TryAdd<IAccessTokenProvider>(key, provider => provider.Get<BuiltInTokens>(key).InUse = Tokens(provider, name, key));
        services.Add(key, provider => Apis(provider, name, key));
    }

    private static ApiTransport Transport(IServiceProvider provider, Registration registration)
    {
        var options = provider.OptionsOf(registration.Name);
        return new(
            new HttpMessageInvoker(provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(registration.ClientName), disposeHandler: false),
            [options.ApiBaseAddress, .. options.FallbackAddresses],
            options.Http,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ApiTransport>>());
    }

    private static CachingAccessTokenProvider Tokens(IServiceProvider provider, string name, object? key)
    {
        var options = provider.OptionsOf(name);
        var transport = provider.Get<ApiTransport>(key);
        var store = provider.TokenStoreOf(key);
        var accounts = provider.GetRequiredService<Accounts>();
        var time = provider.GetRequiredService<TimeProvider>();
        var logger = provider.GetRequiredService<ILogger<AccessTokenCache>>();
        return new CachingAccessTokenProvider(CacheOf(static options => options.OfficialAccount), CacheOf(static options => options.MiniProgram));

        // The options are read at each fetch, so that a secret replaced while the host runs is used.
        AccessTokenCache CacheOf(Func<WeChatUnionPushOptions, WeChatAppOptions> app)
        {
            var now = provider.OptionsNow(name, app);
            return accounts.Get(options.ApiBaseAddress, app(options).AppId).TokensOf(
                name,
                options.AccessToken,
                () => now().AppSecret,
                (forced, cancellationToken) => AccessTokenRequest.SendAsync(transport, now(), options.AccessToken.Channel, forced, time, cancellationToken),
                store,
                logger);
        }
    }

    private static AccountApis Apis(IServiceProvider provider, string name, object? key)
    {
        var options = provider.OptionsOf(name);
        var transport = provider.Get<ApiTransport>(key);
        var tokens = provider.TokensOf(key);
        var officialAccount = AccountOf(options.OfficialAccount);
        officialAccount.LimitMessages(options.TemplateMessages.MaxPerSecond, options.TemplateMessages.MaxConcurrent, SharedPace());
        return new AccountApis(new AccountApi(transport, tokens, officialAccount), new AccountApi(transport, tokens, AccountOf(options.MiniProgram)));

        // A registration without a choice of its own uses the default one's.
        ISharedPace? SharedPace()
        {
            var registrations = provider.GetRequiredService<Registrations>();
            return registrations.Of(name) is { SharesPace: true } ? provider.Get<ISharedPace>(key)
                : registrations.Of("") is { SharesPace: true } ? provider.GetRequiredService<ISharedPace>()
                : null;
        }

        Account AccountOf(WeChatAppOptions app) => provider.GetRequiredService<Accounts>().Get(options.ApiBaseAddress, app.AppId);
    }
}
