using System.Collections.Concurrent;

namespace WeChat.UnionPush;

/// <summary>The addresses of calls. Those that only the token changes are kept, for making one costs more than the rest of a request.</summary>
internal sealed class ApiAddresses(ApiHosts hosts)
{
    private readonly ConcurrentDictionary<ApiEndpoint, Kept> _kept = new();

    public Uri Of(ApiEndpoint endpoint, int host, AccessToken? token, string? query)
    {
        if (query is not null || token is null)
        {
            return Make(endpoint.Path, host, token, query);
        }

        if (_kept.TryGetValue(endpoint, out var kept) && ReferenceEquals(kept.Token, token) && kept.Host == host)
        {
            return kept.Address;
        }

        var address = Make(endpoint.Path, host, token, query: null);
        _kept[endpoint] = new Kept(token, host, address);
        return address;
    }

    private Uri Make(string path, int host, AccessToken? token, string? query)
    {
        var address = hosts[host].AbsoluteUri.TrimEnd('/');
        return new Uri((token, query) switch
        {
            (null, null) => $"{address}{path}",
            (null, _) => $"{address}{path}?{query}",
            (_, null) => $"{address}{path}?access_token={Uri.EscapeDataString(token.Reveal())}",
            _ => $"{address}{path}?access_token={Uri.EscapeDataString(token.Reveal())}&{query}",
        });
    }

    // A class, not a record: a record prints its members, and the address carries the token.
    private sealed class Kept(AccessToken token, int host, Uri address)
    {
        public AccessToken Token => token;

        public int Host => host;

        public Uri Address => address;
    }
}
