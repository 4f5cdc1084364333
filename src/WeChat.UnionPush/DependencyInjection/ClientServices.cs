using Microsoft.Extensions.DependencyInjection;

namespace WeChat.UnionPush;

/// <summary>The <c>HttpClient</c> of a registration. <see cref="ClientSeal"/> makes the handlers that reach the network.</summary>
internal static class ClientServices
{
    public static void Add(Registrations services, Registration registration)
    {
        var clientName = registration.ClientName;
        new Client(services.Services, clientName)
            .ConfigureAdditionalHttpMessageHandlers((handlers, provider) => ClientSeal.LeaveOutHandlersOfEveryClient(handlers, provider, clientName))

            // Connections renew themselves, so the handlers need not be.
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)

            // The factory's loggers write addresses, and these carry secrets.
            .RemoveAllLoggers();
    }

    /// <summary>What <c>AddHttpClient</c> returns. That one looks through all services of the host at each call.</summary>
    private sealed class Client(IServiceCollection services, string name) : IHttpClientBuilder
    {
        public string Name => name;

        public IServiceCollection Services => services;
    }
}
