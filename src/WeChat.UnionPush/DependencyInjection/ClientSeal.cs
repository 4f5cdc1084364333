using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>
/// Puts the library's own handlers below everything that a host adds to a registration's client, or tells in the log what it cannot see to. The first of
/// all filters, so that it sees what the others made.
/// </summary>
internal sealed class ClientSeal(Registrations registrations, IServiceProvider services) : IHttpMessageHandlerBuilderFilter
{
    public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) => builder =>
    {
        next(builder);
        if (builder.Name is { } clientName && registrations.OfClient(clientName) is { } registration)
        {
            Seal(builder, registration);
        }
    };

    /// <summary>What the handlers of every client would do to the platform's calls is not wanted: repeat them, break their circuit, log their addresses.</summary>
    public static void LeaveOutHandlersOfEveryClient(IList<DelegatingHandler> handlers, IServiceProvider services, string clientName)
    {
        if (handlers.Count > 0)
        {
            var names = string.Join(", ", handlers.Select(static handler => handler.GetType().Name));
            Log.HandlersLeftOut(services.GetRequiredService<ILogger<ApiTransport>>(), clientName, names);
            handlers.Clear();
        }
    }

    private void Seal(HttpMessageHandlerBuilder builder, Registration registration)
    {
        var logger = services.GetRequiredService<ILogger<ApiTransport>>();
        var http = services.OptionsOf(registration.Name).Http;
        var last = builder.PrimaryHandler;
        DelegatingHandler? above = null;
        while (last is DelegatingHandler { InnerHandler: { } inner } outer)
        {
            (above, last) = (outer, inner);
        }

        var shared = PlatformConnections.Make(last, http, registration.Proxy, only: null);
        if (shared is null && !registration.HasStandIn)
        {
            Log.ForeignPrimaryHandler(logger, registration.ClientName, last.GetType().Name);
        }

        var wire = new WireHandler(
            shared ?? last,
            shared is null ? null : only => PlatformConnections.Make(last, http, registration.Proxy, only)!,
            http.MaxConnections,
            logger);
        if (above is null)
        {
            builder.PrimaryHandler = wire;
        }
        else
        {
            above.InnerHandler = wire;
        }
    }
}
