using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>What the front door stands on: who signs in, who follows, who is erased.</summary>
internal static class PeopleServices
{
    public static void Add(Registrations services, Registration registration)
    {
        var (name, key) = (registration.Name, registration.Key);
        services.Add(key, provider => new SignIn(
            provider.OptionsOf(name).MiniProgram.AppId,
            provider.Get<IMiniProgramSession>(key),
            provider.RepositoryOf(key),
            provider.GetRequiredService<TimeProvider>()));
        services.Add(key, provider => new FollowerSync(
            provider.OptionsOf(name).OfficialAccount.AppId,
            WalkSource(provider, key),
            provider.RepositoryOf(key),
            provider.Get<IFollowerSyncStore>(key),
            provider.OptionsOf(name).FollowerSync,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<FollowerSync>>()));
        services.Add(key, provider => new FollowerCheck(
            provider.OptionsOf(name).OfficialAccount.AppId,
            provider.Get<IFollowerSource>(key),
            provider.RepositoryOf(key),
            provider.WorkOf(key),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<FollowerCheck>>()));
        services.Add(key, provider => new PersonEraser(
            provider.RepositoryOf(key),
            provider.Get<IMessageReceipts>(key),
            provider.Get<IUnionPushStorage>(key).Broadcasts,
            provider.Get<IUnionPushStorage>(key).Consents,
            provider.Get<IUnionPushStorage>(key).Reach,
            provider.Get<IUnionPushStorage>(key).Reach is { } notes ? new FollowLinkBook(provider.OptionsOf(name).Apps, notes, provider.RepositoryOf(key)) : null,
            provider.OptionsOf(name).Apps,
            provider.OptionsOf(name).FollowerSync.KeepErasuresFor,
            provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>The library's own source gives batches as they come; a host's own is asked through its contract.</summary>
    private static IFollowerWalkSource WalkSource(IServiceProvider provider, object? key)
    {
        var source = provider.Get<IFollowerSource>(key);
        return source as IFollowerWalkSource ?? new HostFollowerSource(source, provider.GetRequiredService<TimeProvider>());
    }
}
