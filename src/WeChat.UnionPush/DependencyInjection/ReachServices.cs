using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>The services of a registration whose pushes try further channels, or whose users are linked by QR codes.</summary>
internal static class ReachServices
{
    private static readonly TimeSpan KeepExpiredFor = TimeSpan.FromMinutes(10);

    public static void Add(Registrations registrations, Registration registration, ReachBuilder reach)
    {
        if (registration.HasReach)
        {
            throw new InvalidOperationException($"{registration.Title}: AddReach was called twice. Choose all channels in one call.");
        }

        registration.HasReach = true;
        var (name, key) = (registration.Name, registration.Key);
        registrations.Add(key, provider => new ReachLadder(
            provider.OptionsOf(name).OfficialAccount.AppId,
            provider.OptionsOf(name).MiniProgram.AppId,
            reach.Make(provider),
            JournalOf(provider, registration),
            provider.RepositoryOf(key),
            reach.KeepKeysFor,
            reach.GoesOnLate ? new LateReach(provider.OptionsOf(name).Apps, JournalOf(provider, registration), provider.GetRequiredService<TimeProvider>()) : null,
            provider.Find<FollowLinkBook>(key),
            provider.GetRequiredService<TimeProvider>()));
        if (reach.HasCustomerService)
        {
            registrations.Add(key, provider => new ServiceWindows(
                provider.OptionsOf(name).OfficialAccount.AppId, JournalOf(provider, registration), provider.GetRequiredService<TimeProvider>()));
        }

        AddExpiry(registrations, registration);
    }

    public static void AddFollowLinks(Registrations registrations, Registration registration)
    {
        if (registration.HasFollowLinks)
        {
            return;
        }

        registration.HasFollowLinks = true;
        var (name, key) = (registration.Name, registration.Key);
        registrations.Add(key, provider => new FollowLinkBook(provider.OptionsOf(name).Apps, JournalOf(provider, registration), provider.RepositoryOf(key)));
        registrations.TryAdd<IFollowLinks>(key, provider => new FollowLinks(
            provider.Get<AccountApis>(key).OfficialAccount,
            provider.Get<FollowLinkBook>(key),
            provider.OptionsOf(name).FollowLinks,
            provider.OptionsOf(name).Apps,
            provider.GetRequiredService<TimeProvider>()));
        registrations.Add(key, provider => new HeldPushes(
            provider.OptionsOf(name).MiniProgram.AppId,
            JournalOf(provider, registration),
            () => provider.Get<IUnionPush>(key),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<HeldPushes>>()));
        AddExpiry(registrations, registration);
    }

    private static void AddExpiry(Registrations registrations, Registration registration)
    {
        if (registration.ExpiresNotes)
        {
            return;
        }

        registration.ExpiresNotes = true;
        registrations.Services.AddSingleton<IHostedService>(provider => new ExpiryService(
            "notes of reach",
            JournalOf(provider, registration).ExpireAsync,
            KeepExpiredFor,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ExpiryService>>()));
    }

    private static IReachJournal JournalOf(IServiceProvider provider, Registration registration) =>
        provider.Get<IUnionPushStorage>(registration.Key).Reach ?? throw new InvalidOperationException(
            $"{registration.Title}: AddReach and AddFollowLinks need a storage that keeps notes of reach (IUnionPushStorage.Reach). "
                + "Use a storage of the library's, or implement it.");
}
