using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>How a registration ends: what is under way ends first, and new work is turned away.</summary>
internal static class EndServices
{
    public static void Add(Registrations services, Registration registration)
    {
        var (name, key) = (registration.Name, registration.Key);
        services.Add(key, static provider => new WorkUnderWay(provider.GetRequiredService<TimeProvider>()));
        services.Add(key, provider => End(provider, name, key));
        services.Add(key, provider => Disposal(provider, key));
        services.Services.AddSingleton<IHostedService>(provider => provider.Get<OrderlyEnd>(key));
    }

    /// <summary>The work of a registration, with what makes the container wait for it.</summary>
    public static WorkUnderWay WorkOf(this IServiceProvider provider, object? key)
    {
        provider.Get<OrderlyDisposal>(key);
        return provider.Get<WorkUnderWay>(key);
    }

    private static OrderlyEnd End(IServiceProvider provider, string name, object? key) => new(
        name,
        provider.Get<WorkUnderWay>(key),
        provider.GetRequiredService<Accounts>(),
        provider.GetRequiredService<StopDeadline>(),
        provider.OptionsNow(name, static options => options.StopTimeout),
        provider.GetRequiredService<ILogger<OrderlyEnd>>());

    /// <summary>Asks for all that a send or a sign-in uses before it is made itself, for a container disposes what it made last first.</summary>
    private static OrderlyDisposal Disposal(IServiceProvider provider, object? key)
    {
        provider.Get<AccountApis>(key);
        provider.RepositoryOf(key);
        provider.Get<TemplateCatalog>(key);
        provider.Find<MessageReceiptLog>(key);
        return new OrderlyDisposal(provider.Get<OrderlyEnd>(key));
    }
}
