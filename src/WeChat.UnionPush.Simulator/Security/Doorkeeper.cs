using System.Net;
using Microsoft.AspNetCore.Http;

namespace WeChat.UnionPush.Simulator;

/// <summary>
/// Keeps others out: machines elsewhere, and pages elsewhere in a browser on this machine. Such a page can send requests here, or point a name of
/// its own here; so where a browser says a request comes from, and the name it was sent to, must be ours.
/// </summary>
internal static class Doorkeeper
{
    /// <summary>Why a request is turned away; null when it may pass.</summary>
    public static string? Refusal(HttpContext context, SimulatorOptions options)
    {
        var request = context.Request;
        if (!options.AllowRemoteClients && context.Connection.RemoteIpAddress is { } remote && !IsLoopback(remote))
        {
            return "The simulator answers only this machine. There is no sign-in, so "
                + "other machines must be let in on purpose: SimulatorOptions.AllowRemoteClients, or --allow-remote.";
        }

        if (!IsOwnName(request.Host.Host, options))
        {
            return $"The simulator is not known under the name \"{request.Host.Host}\". If it should be, name it: SimulatorOptions.AllowedHosts, or --allow-host.";
        }

        if (request.Headers.Origin is { Count: > 0 } origin
            && !(origin.Count == 1 && string.Equals(origin[0], $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase)))
        {
            return "A page of another origin may not use the simulator.";
        }

        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var isVisit = HttpMethods.IsGet(request.Method) && string.Equals(request.Headers["Sec-Fetch-Mode"], "navigate", StringComparison.Ordinal);
        return site is "cross-site" or "same-site" && !isVisit ? "A page of another origin may not use the simulator." : null;
    }

    private static bool IsOwnName(string host, SimulatorOptions options)
    {
        var name = host.Trim('[', ']');
        return string.Equals(name, "localhost", StringComparison.OrdinalIgnoreCase)
            || options.AllowedHosts.Contains(name)
            // Nobody can point somebody else's number here, only names.
            || (IPAddress.TryParse(name, out var address) && (options.AllowRemoteClients || IsLoopback(address)));
    }

    private static bool IsLoopback(IPAddress address) => IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
