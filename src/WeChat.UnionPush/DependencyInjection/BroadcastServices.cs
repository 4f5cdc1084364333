using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>The broadcasts of a registration.</summary>
internal static class BroadcastServices
{
    private const string SendPath = "/cgi-bin/message/template/send";

    /// <summary>What starts, steers and reports broadcasts.</summary>
    public static void Add(Registrations services, Registration registration)
    {
        var (name, key) = (registration.Name, registration.Key);
        services.TryAdd<ISharedPace>(key, provider => provider.Get<IUnionPushStorage>(key).Pace ?? new InMemorySharedPace(provider.GetRequiredService<TimeProvider>()));
        services.Add(key, provider => new AccountSlots(
            provider.Get<AccountApis>(key).OfficialAccount,
            provider.Get<ISharedPace>(key),
            provider.OptionsOf(name).TemplateMessages.MaxPerSecond,
            async cancellationToken =>
            {
                var quota = await provider.Get<IWeChatDiagnostics>(key).GetQuotaAsync(SendPath, cancellationToken).ConfigureAwait(false);
                return new DailyQuota(quota.DailyLimit, quota.Used);
            },
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<AccountSlots>>()));
        services.Add(key, provider => Tools(provider, name, key));
        services.Add(key, provider => new BroadcastWorker(provider.Get<BroadcastTools>(key), provider.GetRequiredService<ILogger<BroadcastWorker>>()));
        services.TryAdd<IBroadcasts>(key, provider => new BroadcastDesk(
            provider.Get<BroadcastTools>(key),
            provider.Get<BroadcastWorker>(key),
            new BroadcastPlanner(
                provider.OptionsOf(name).MiniProgram.AppId, provider.RepositoryOf(key), provider.Get<BroadcastTools>(key).Finder, provider.Find<ReachLadder>(key),
                provider.GetRequiredService<TimeProvider>()),
            new BroadcastRecords(provider.Get<BroadcastTools>(key), provider.Get<IMessageReceipts>(key)),
            provider.OptionsOf(name).TemplateMessages.WhenValuesDoNotFit,
            provider.GetRequiredService<ILogger<BroadcastDesk>>()));
    }

    /// <summary>What sends while the host runs.</summary>
    public static void TakePart(Registrations services, Registration registration)
    {
        if (registration.HasBroadcasts)
        {
            return;
        }

        var key = registration.Key;
        registration.HasBroadcasts = true;
        services.Services.AddSingleton<IHostedService>(provider => new BroadcastService(
            provider.Get<BroadcastTools>(key), provider.Get<BroadcastWorker>(key), provider.GetRequiredService<ILogger<BroadcastService>>()));
    }

    private static BroadcastTools Tools(IServiceProvider provider, string name, object? key)
    {
        var options = provider.OptionsOf(name);
        provider.WorkOf(key);
        return new BroadcastTools
        {
            AppId = options.OfficialAccount.AppId,
            Journal = provider.Get<IUnionPushStorage>(key).Broadcasts
                ?? throw new InvalidOperationException($"{Registration.TitleOf(name)}: its storage keeps no broadcasts (IUnionPushStorage.Broadcasts). Choose one that does, "
                    + "such as UseSqlite, UsePostgreSql or UseMySql."),
            Repository = provider.RepositoryOf(key),
            Sender = provider.Get<ITemplateMessageSender>(key),
            Finder = new RecipientFinder(options.Apps, provider.RepositoryOf(key), provider.Find<FollowLinkBook>(key)),
            Reach = provider.Find<ReachLadder>(key),
            Check = provider.Get<FollowerCheck>(key),
            Slots = provider.Get<AccountSlots>(key),
            Options = options.Broadcasts,
            Time = provider.GetRequiredService<TimeProvider>(),
            MaxConcurrent = options.TemplateMessages.MaxConcurrent,
            SendTimeout = options.Http.TotalTimeout,
        };
    }
}
