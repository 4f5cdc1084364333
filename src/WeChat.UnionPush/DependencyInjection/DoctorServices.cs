using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Diagnostics;
using WeChat.UnionPush.Templates;

namespace WeChat.UnionPush;

/// <summary>The doctor of a registration. It is made without its options, for it is there to say what is wrong with them.</summary>
internal static class DoctorServices
{
    public static void Add(Registrations services, Registration registration) =>
        services.TryAdd<IUnionPushDoctor>(registration.Key, provider => new UnionPushDoctor(() => Find(provider, registration)));

    private static DoctorSubject Find(IServiceProvider provider, Registration registration)
    {
        var key = registration.Key;
        var options = provider.OptionsOf(registration.Name);
        var tokens = provider.TokensOf(key);
        return new DoctorSubject
        {
            OfficialAccount = options.OfficialAccount,
            MiniProgram = options.MiniProgram,
            Addresses = [options.ApiBaseAddress, .. options.FallbackAddresses],
            HasStandIn = registration.HasStandIn,
            Channel = options.AccessToken.Channel,
            HasBuiltInTokens = provider.Get<BuiltInTokens>(key).InUse is not null,
            AttemptTimeout = options.Http.AttemptTimeout,
            DailyPageCalls = options.FollowerSync.DailyPageCalls,
            Callback = registration.HasCallback ? options.Callback : null,
            UnknownKeys = registration.Configuration is { } configuration
                ? [.. ConfigurationKeys.FindUnknown(configuration).Select(static unknown => (unknown.Path, unknown.Nearest))]
                : [],
            ReloadProblem = provider.GetRequiredService<LastGoodOptions>().ProblemOf(registration.Name),
            Transport = provider.Get<ApiTransport>(key),
            Invoker = new HttpMessageInvoker(
                provider.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(registration.ClientName), disposeHandler: false),
            Tokens = tokens,
            Diagnostics = provider.Get<IWeChatDiagnostics>(key),
            Followers = provider.Get<IFollowerSource>(key),
            Catalog = provider.Get<ITemplateCatalog>(key),
            Repository = provider.RepositoryOf(key),
            TokenStore = provider.TokenStoreOf(key),
            Syncs = provider.Get<IFollowerSyncStore>(key),
            Inbox = provider.Get<IWeChatEventInbox>(key),
            Time = provider.GetRequiredService<TimeProvider>(),
        };
    }
}
