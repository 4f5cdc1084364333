using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace WeChat.UnionPush.Tests.Api;

/// <summary>What is taken over from a handler of the host's, and what the library guarantees whatever it says.</summary>
public sealed class PlatformConnectionsTests
{
    private static readonly WeChatHttpOptions Http = new() { MaxConnections = 7, AttemptTimeout = TimeSpan.FromSeconds(8) };

    [Fact]
    public void No_handler_follows_redirects_keeps_cookies_answers_challenges_or_tells_traces()
    {
        using var sockets = new SocketsHttpHandler
        {
            AllowAutoRedirect = true,
            UseCookies = true,
            PreAuthenticate = true,
            Credentials = new NetworkCredential("user", "password"),
        };
        using var classic = new HttpClientHandler { AllowAutoRedirect = true, UseCookies = true, PreAuthenticate = true, Credentials = CredentialCache.DefaultCredentials };
        foreach (var given in (HttpMessageHandler[])[sockets, classic])
        {
            using var made = PlatformConnections.Make(given, Http, proxy: null, only: null)!;
            Assert.Equal(
                (false, false, false, null, null),
                (made.AllowAutoRedirect, made.UseCookies, made.PreAuthenticate, made.Credentials, made.ActivityHeadersPropagator));
        }
    }

    [Theory]
    [InlineData(-1, 300_000)]
    [InlineData(299_999, 299_999)]
    [InlineData(300_000, 300_000)]
    [InlineData(300_001, 300_000)]
    public void A_connection_lives_for_five_minutes_at_most(int given, int milliseconds)
    {
        using var sockets = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMilliseconds(given) };
        using var made = PlatformConnections.Make(sockets, Http, proxy: null, only: null)!;
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), made.PooledConnectionLifetime);
    }

    [Fact]
    public void What_the_handler_leaves_open_comes_from_the_options_and_what_it_says_counts()
    {
        using var open = new SocketsHttpHandler();
        using var chosen = new SocketsHttpHandler { MaxConnectionsPerServer = 3, ConnectTimeout = TimeSpan.FromSeconds(1) };
        using var first = PlatformConnections.Make(open, Http, proxy: null, only: null)!;
        using var second = PlatformConnections.Make(chosen, Http, proxy: null, only: null)!;
        Assert.Equal((7, TimeSpan.FromSeconds(4)), (first.MaxConnectionsPerServer, first.ConnectTimeout));
        Assert.Equal((3, TimeSpan.FromSeconds(1)), (second.MaxConnectionsPerServer, second.ConnectTimeout));
    }

    [Fact]
    public void The_proxy_of_the_registration_counts_before_the_handler_s()
    {
        var (own, registered) = (new WebProxy("http://own:1"), new WebProxy("http://registered:2"));
        using var given = new SocketsHttpHandler { UseProxy = false, Proxy = own };
        using var kept = PlatformConnections.Make(given, Http, proxy: null, only: null)!;
        using var replaced = PlatformConnections.Make(given, Http, registered, only: null)!;
        Assert.Equal((false, own), (kept.UseProxy, kept.Proxy));
        Assert.Equal((true, registered), (replaced.UseProxy, replaced.Proxy));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_certificates_of_an_HttpClientHandler_are_taken_over(bool strict)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=client", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        using var given = new HttpClientHandler { CheckCertificateRevocationList = strict, SslProtocols = SslProtocols.Tls13 };
        if (strict)
        {
            given.ClientCertificates.Add(certificate);
        }

        using var made = PlatformConnections.Make(given, Http, proxy: null, only: null)!;
        Assert.Equal(
            (strict ? X509RevocationMode.Online : X509RevocationMode.NoCheck, SslProtocols.Tls13, strict ? 1 : null),
            (made.SslOptions.CertificateRevocationCheckMode, made.SslOptions.EnabledSslProtocols, made.SslOptions.ClientCertificates?.Count));
        Assert.Null(made.SslOptions.RemoteCertificateValidationCallback);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_host_s_own_validation_of_certificates_decides(bool trusts)
    {
        (Uri? Server, SslPolicyErrors Errors)? told = null;
#pragma warning disable MA0039 // it is what is tested
        using var given = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (request, _, _, errors) =>
            {
                told = (request.RequestUri, errors);
                return trusts;
            },
        };
#pragma warning restore MA0039
        using var made = PlatformConnections.Make(given, Http, proxy: null, only: null)!;
        Assert.Equal(trusts, made.SslOptions.RemoteCertificateValidationCallback!(this, null, null, SslPolicyErrors.RemoteCertificateNameMismatch));

        // Whose name is not known has none.
        Assert.Equal((null, SslPolicyErrors.RemoteCertificateNameMismatch), told);
    }

    // By the name that the client asks for, wherever it connects to.
    [Theory]
    [InlineData("api.weixin.qq.com", "https://api.weixin.qq.com/")]
    [InlineData("127.0.0.1", "https://127.0.0.1/")]
    [InlineData("::1", "https://[::1]/")]
    public async Task The_host_s_own_validation_is_told_which_server_is_meant(string name, string address)
    {
        Uri? told = null;
#pragma warning disable MA0039 // it is what is tested
        using var given = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (request, _, _, _) =>
            {
                told = request.RequestUri;
                return true;
            },
        };
#pragma warning restore MA0039
        using var made = PlatformConnections.Make(given, Http, proxy: null, only: null)!;
        using var key = RSA.Create(2048);
        using var selfSigned = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        var accepted = listener.AcceptTcpClientAsync();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var server = await accepted;
        await using var serving = new SslStream(server.GetStream());
        await using var asking = new SslStream(client.GetStream());
        var served = serving.AuthenticateAsServerAsync(selfSigned);
        await asking.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = name,
            RemoteCertificateValidationCallback = made.SslOptions.RemoteCertificateValidationCallback,
        });
        await served;
        Assert.Equal(address, told?.ToString());
    }

    [Fact]
    public void A_handler_whose_settings_cannot_be_read_is_told()
    {
        using var automatic = new HttpClientHandler { ClientCertificateOptions = ClientCertificateOption.Automatic };
        using var derived = new Derived();
        using var other = new ScriptedHandler("{}");
        Assert.All((HttpMessageHandler[])[automatic, derived, other], static given => Assert.Null(PlatformConnections.Make(given, Http, proxy: null, only: null)));
    }

    private sealed class Derived : HttpClientHandler;
}
