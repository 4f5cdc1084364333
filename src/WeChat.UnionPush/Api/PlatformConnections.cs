using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace WeChat.UnionPush;

/// <summary>
/// Makes the handlers that reach the network. A handler of the host's gives its settings (proxy, certificates, sockets) and is not used itself: it may
/// serve other clients, which must not lose what the platform's calls may not have.
/// </summary>
internal static class PlatformConnections
{
    // The platform's addresses change, and a connection that never ends never notices.
    private static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(5);

    /// <summary>Makes a handler with the settings of another one and what the library guarantees.</summary>
    /// <param name="given">The handler of the host or of its client factory.</param>
    /// <param name="http">The registration's options.</param>
    /// <param name="proxy">The proxy of the registration, which counts before that of the handler.</param>
    /// <param name="only">The connection for the only request that the handler is made for; <see langword="null"/> where connections serve one request after
    /// another.</param>
    /// <returns><see langword="null"/> for a handler whose settings cannot be read.</returns>
    public static SocketsHttpHandler? Make(HttpMessageHandler given, WeChatHttpOptions http, IWebProxy? proxy, OneConnection? only)
    {
        var handler = given switch
        {
            SocketsHttpHandler sockets => Copy(sockets),
            HttpClientHandler { ClientCertificateOptions: ClientCertificateOption.Manual } classic when classic.GetType() == typeof(HttpClientHandler) => Copy(classic),
            _ => null,
        };
        if (handler is null)
        {
            return null;
        }

        if (proxy is not null)
        {
            (handler.UseProxy, handler.Proxy) = (true, proxy);
        }

        if (handler.MaxConnectionsPerServer == int.MaxValue)
        {
            handler.MaxConnectionsPerServer = http.MaxConnections;
        }

        if (handler.ConnectTimeout == Timeout.InfiniteTimeSpan)
        {
            // Shorter than an attempt, so that a connection that never came about is told apart from an answer that never came.
            handler.ConnectTimeout = http.AttemptTimeout / 2;
        }

        if (only is not null)
        {
            var filter = handler.PlaintextStreamFilter;
            handler.PlaintextStreamFilter = (context, cancellationToken) => only.TakeAsync(context, filter, cancellationToken);
            handler.PooledConnectionLifetime = TimeSpan.Zero;
        }
        else if (handler.PooledConnectionLifetime == Timeout.InfiniteTimeSpan || handler.PooledConnectionLifetime > LongestLife)
        {
            handler.PooledConnectionLifetime = LongestLife;
        }

        // A redirect or a challenge would send the request, and the secret in its address, a second time.
        handler.AllowAutoRedirect = false;
        handler.Credentials = null;
        handler.PreAuthenticate = false;
        handler.UseCookies = false;

        // No propagator: trace headers are nothing to the platform, and the handler's own activities and diagnostic records carry the address with its secret.
        handler.ActivityHeadersPropagator = null;
        return handler;
    }

    private static SocketsHttpHandler Copy(SocketsHttpHandler given) => new()
    {
        AutomaticDecompression = given.AutomaticDecompression,
        ConnectCallback = given.ConnectCallback,
        ConnectTimeout = given.ConnectTimeout,
        DefaultProxyCredentials = given.DefaultProxyCredentials,
        EnableMultipleHttp2Connections = given.EnableMultipleHttp2Connections,
        Expect100ContinueTimeout = given.Expect100ContinueTimeout,
        InitialHttp2StreamWindowSize = given.InitialHttp2StreamWindowSize,
        KeepAlivePingDelay = given.KeepAlivePingDelay,
        KeepAlivePingPolicy = given.KeepAlivePingPolicy,
        KeepAlivePingTimeout = given.KeepAlivePingTimeout,
        MaxConnectionsPerServer = given.MaxConnectionsPerServer,
        MaxResponseDrainSize = given.MaxResponseDrainSize,
        MaxResponseHeadersLength = given.MaxResponseHeadersLength,
        MeterFactory = given.MeterFactory,
        PlaintextStreamFilter = given.PlaintextStreamFilter,
        PooledConnectionIdleTimeout = given.PooledConnectionIdleTimeout,
        PooledConnectionLifetime = given.PooledConnectionLifetime,
        Proxy = given.Proxy,
        RequestHeaderEncodingSelector = given.RequestHeaderEncodingSelector,
        ResponseDrainTimeout = given.ResponseDrainTimeout,
        ResponseHeaderEncodingSelector = given.ResponseHeaderEncodingSelector,
        SslOptions = given.SslOptions,
        UseProxy = given.UseProxy,
    };

    private static SocketsHttpHandler Copy(HttpClientHandler given)
    {
        var handler = new SocketsHttpHandler
        {
            AutomaticDecompression = given.AutomaticDecompression,
            DefaultProxyCredentials = given.DefaultProxyCredentials,
            MaxConnectionsPerServer = given.MaxConnectionsPerServer,
            MaxResponseHeadersLength = given.MaxResponseHeadersLength,
            Proxy = given.Proxy,
            UseProxy = given.UseProxy,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateRevocationCheckMode = given.CheckCertificateRevocationList ? X509RevocationMode.Online : X509RevocationMode.NoCheck,
                ClientCertificates = given.ClientCertificates.Count > 0 ? given.ClientCertificates : null,
                EnabledSslProtocols = given.SslProtocols,
            },
        };
#pragma warning disable MA0039 // the host's own validation is passed on
        if (given.ServerCertificateCustomValidationCallback is { } validate)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
            {
                // The callback of HttpClientHandler is asked for a request. This one says which server is meant, and carries no secret.
                var server = (sender as SslStream)?.TargetHostName;
                using var request = new HttpRequestMessage(HttpMethod.Get, string.IsNullOrEmpty(server) ? null : new UriBuilder(Uri.UriSchemeHttps, server).Uri);
                return validate(request, certificate as X509Certificate2, chain, errors);
            };
        }
#pragma warning restore MA0039

        return handler;
    }
}
