using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>The front door of a registration, and the rooms behind it. What the host has registered itself is used by all of them.</summary>
internal static class RouteServices
{
    public static void Add(Registrations services, Registration registration)
    {
        var (name, key) = (registration.Name, registration.Key);
        services.Add(key, provider => new FollowerSource(
            OfficialAccount(provider),
            provider.OptionsOf(name).FollowerSync,
            provider.GetRequiredService<TimeProvider>()));
        services.TryAdd<IFollowerSource>(key, provider => provider.Get<FollowerSource>(key));
        services.TryAdd<IMiniProgramSession>(key, provider => new MiniProgramSession(
            provider.Get<ApiTransport>(key),
            provider.Get<AccountApis>(key).MiniProgram,
            provider.WorkOf(key),
            provider.OptionsNow(name, static options => options.MiniProgram)));
        services.Add(key, provider => new TemplateCatalog(
            OfficialAccount(provider),
            provider.OptionsOf(name).TemplateMessages,
            provider.GetRequiredService<TimeProvider>()));
        services.TryAdd<ITemplateCatalog>(key, provider => provider.Get<TemplateCatalog>(key));
        services.TryAdd<ITemplateMessageSender>(key, provider => new TemplateMessageSender(
            OfficialAccount(provider),
            provider.Get<ITemplateCatalog>(key),
            provider.Get<TemplateCatalog>(key).Forget,
            provider.OptionsOf(name).TemplateMessages,
            new RecipientTurns(provider.OptionsOf(name).Http, provider.GetRequiredService<TimeProvider>()),
            provider.WorkOf(key),
            provider.Find<MessageReceiptLog>(key),
            provider.GetRequiredService<ILogger<TemplateMessageSender>>()));
        services.TryAdd<ISubscribeTemplateCatalog>(key, provider => new SubscribeTemplateCatalog(provider.Get<AccountApis>(key).MiniProgram));
        services.Add(key, provider => new SubscribeConsents(
            provider.OptionsOf(name).MiniProgram.AppId,
            provider.Get<IUnionPushStorage>(key).Consents,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<SubscribeConsents>>()));
        services.TryAdd<ISubscribeConsents>(key, provider => provider.Get<SubscribeConsents>(key));
        services.Add(key, provider => new SubscribeMessageSender(
            provider.Get<AccountApis>(key).MiniProgram,
            OfficialAccount(provider),
            provider.OptionsOf(name).TemplateMessages.WhenValuesDoNotFit,
            new RecipientTurns(provider.OptionsOf(name).Http, provider.GetRequiredService<TimeProvider>()),
            provider.Get<SubscribeConsents>(key),
            provider.WorkOf(key),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAdd<ISubscribeMessageSender>(key, provider => provider.Get<SubscribeMessageSender>(key));
        services.TryAdd<IWeChatDiagnostics>(key, provider => new WeChatDiagnostics(OfficialAccount(provider)));
        services.Add(key, provider => new ReachCensus(
            provider.OptionsOf(name).Apps,
            provider.RepositoryOf(key),
            provider.Find<ReachLadder>(key)?.Channels ?? [],
            provider.Get<IUnionPushStorage>(key).Consents,
            provider.Get<IUnionPushStorage>(key).Reach,
            provider.Find<FollowLinkBook>(key),
            provider.GetRequiredService<TimeProvider>()));
        services.Add(key, provider => new RememberedPushes(
            provider.OptionsOf(name).OfficialAccount.AppId,
            provider.OptionsOf(name).MiniProgram.AppId,
            () => provider.Get<IUnionPushStorage>(key).Reach ?? throw new InvalidOperationException(
                $"{Registration.TitleOf(name)}: PushOnceAsync needs a storage that keeps notes (IUnionPushStorage.Reach). Use a storage of the library's, or implement it."),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAdd<IUnionPush>(key, provider => Route(provider, name, key));

        AccountApi OfficialAccount(IServiceProvider provider) => provider.Get<AccountApis>(key).OfficialAccount;
    }

    private static UnionPushRoute Route(IServiceProvider provider, string name, object? key)
    {
        var options = provider.OptionsOf(name);
        var time = provider.GetRequiredService<TimeProvider>();
        return new UnionPushRoute(
            options.Apps,
            () => provider.Get<SignIn>(key),
            provider.RepositoryOf(key),
            provider.Get<ITemplateMessageSender>(key),
            () => provider.Get<FollowerSync>(key),
            provider.Get<FollowerCheck>(key),
            () => provider.Get<PersonEraser>(key),
            new UnreachableReasons(options.OfficialAccount.AppId, provider.Get<IFollowerSyncStore>(key), time),
            provider.Find<ReachLadder>(key),
            provider.Find<FollowLinkBook>(key),
            provider.Find<HeldPushes>(key),
            () => provider.Get<ReachCensus>(key),
            () => provider.Get<RememberedPushes>(key),
            provider.WorkOf(key),
            time);
    }
}
