using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>
/// Looks at the registrations when the host starts, before anything else of it does: what can never work stops the start, and what may be meant is told in
/// the log. Each message names the service and the line that mends it. A storage that cannot be opened stops the start too; one that goes away later makes
/// the health check unhealthy.
/// </summary>
internal sealed class StartUpCheck(Registrations registrations, IServiceProvider provider, ILogger<StartUpCheck> logger) : IHostedLifecycleService
{
    // The library keeps these for the life of the process.
    private static readonly Type[] KeptServices =
    [
        typeof(IAccessTokenStore), typeof(IFollowerSyncStore), typeof(IWeChatEventInbox), typeof(IMessageReceipts),
        typeof(IFollowerSource), typeof(IMiniProgramSession), typeof(ITemplateCatalog), typeof(ITemplateMessageSender),
    ];

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (var registration in registrations.All)
        {
            CheckServices(registration);
            TellWhatIsMissing(registration);

            // Makes the handlers of its client, which tell what they cannot guarantee.
            provider.Get<ApiTransport>(registration.Key);
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Asks the storages now, for the host may make their tables while it starts.</summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (var registration in registrations.All)
        {
            try
            {
                await StorageServices.AskAsync(provider, registration, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                throw new InvalidOperationException(
                    $"{registration.Title}: the storage cannot be opened, and the host does not start without it: "
                        + $"{Redaction.Quote(exception.Message, Redaction.ErrorMessageLimit)} "
                    + "Check the connection string, that the database is there and lets this user in, and its tables.",
                    Redaction.Masked(exception));
            }
        }
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void CheckServices(Registration registration)
    {
        foreach (var service in KeptServices)
        {
            if (registrations.Find(service, registration.Key) is { Lifetime: not ServiceLifetime.Singleton } descriptor)
            {
                throw new InvalidOperationException($"{registration.Title}: {service.Name} is registered as {descriptor.Lifetime}, but is kept for the life of the process. "
                    + "Register it as a singleton; where it needs scoped services, let it make a scope for each call with IServiceScopeFactory. "
                    + "Only IUnionIdRepository and IAccessTokenProvider may be scoped.");
            }
        }

        if (registration.NeedsDistributedCache && provider.GetService<IServiceProviderIsService>()?.IsService(typeof(IDistributedCache)) == false)
        {
            throw MissingCache(registration);
        }
    }

    private void TellWhatIsMissing(Registration registration)
    {
        if (registration.Configuration is { } configuration)
        {
            foreach (var unknown in ConfigurationKeys.FindUnknown(configuration).Where(static unknown => !unknown.IsCertain))
            {
                Log.UnknownKey(logger, registration.Title, unknown.Path, unknown.Nearest);
            }
        }

        if (registration.HasCallback)
        {
            return;
        }

        if (registration.HasEventHandlers)
        {
            Log.HandlersWithoutCallback(logger, registration.Title);
        }

        if (registration.HasReceipts)
        {
            Log.ReceiptsWithoutCallback(logger, registration.Title);
        }

        if (registration.HasFollowLinks)
        {
            Log.LinksWithoutCallback(logger, registration.Title);
        }
    }

    public static InvalidOperationException MissingCache(Registration registration) => new(
        $"{registration.Title}: UseDistributedTokenCache needs an IDistributedCache, and none is registered. Register one, such as services.AddStackExchangeRedisCache(…), "
            + "or leave UseDistributedTokenCache out.");
}
