using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace WeChat.UnionPush.Simulator;

/// <summary>Puts a simulated platform on a server.</summary>
public static class SimulatorEndpointRouteBuilderExtensions
{
    private static readonly string[] PlatformRoots = ["cgi-bin", "sns", "wxa", "wxaapi"];

    /// <summary>
    /// Maps the simulator's page, its REST API (<c>api/…</c>, described by <c>openapi.json</c>) and WeChat's own APIs (<c>cgi-bin/…</c>, <c>sns/…</c>,
    /// <c>wxa/…</c>) under a path. Only this machine is answered, and no page of another origin, unless <see cref="SimulatorOptions"/> say otherwise.
    /// </summary>
    /// <param name="endpoints">The host's routes.</param>
    /// <param name="simulator">The simulator.</param>
    /// <param name="pattern">The path, such as <c>/simulator</c>; the root when left out. Without parameters.</param>
    /// <returns>Everything that was mapped, for conventions such as a rate limit or authorization.</returns>
    public static IEndpointConventionBuilder MapPlatformSimulator(this IEndpointRouteBuilder endpoints, PlatformSimulator simulator, string pattern = "")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(simulator);
        ArgumentNullException.ThrowIfNull(pattern);
        var prefix = pattern.Trim('/') is { Length: > 0 } path ? "/" + path : "";
        if (prefix.Contains('{', StringComparison.Ordinal))
        {
            throw new ArgumentException("The path must have no parameters.", nameof(pattern));
        }

        var group = endpoints.MapGroup(prefix);
        foreach (var (method, route, handle) in RestApi.Routes)
        {
            group.MapMethods(route, [method], Guard(simulator, context => handle(new Request(context, simulator, prefix))));
        }

        group.MapMethods("/", ["GET"], Guard(simulator, context => PageFiles.SendIndexAsync(context, prefix)));
        group.MapMethods("/assets/{**file}", ["GET"], Guard(simulator, PageFiles.SendAsync));
        group.MapMethods("/cgi-bin/showqrcode", ["GET"], Guard(simulator, context => QrCodePicture.SendAsync(context, simulator)));
        foreach (var root in PlatformRoots)
        {
            group.Map($"/{root}/{{**rest}}", Guard(simulator, context => PlatformDoor.AnswerAsync(context, simulator, context.Request.Path.Value![prefix.Length..])));
        }

        return group;
    }

    private static RequestDelegate Guard(PlatformSimulator simulator, Func<HttpContext, Task> handle) => async context =>
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        try
        {
            if (Doorkeeper.Refusal(context, simulator.Options) is { } refusal)
            {
                throw new SimulatorException(403, refusal);
            }

            await handle(context).ConfigureAwait(false);
        }
        catch (SimulatorException refused)
        {
            await new Request(context, simulator, "")
                .WriteAsync(
                    new ProblemView(Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(refused.Status), refused.Status, refused.Message),
                    SimulatorJson.Default.ProblemView, refused.Status)
                .ConfigureAwait(false);
        }
    };
}
