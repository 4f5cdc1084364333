using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace WeChat.UnionPush.Tests.Hosts;

/// <summary>A few lines of HTTP on loopback that count what arrives, and can end connections in every way. Knows nothing of the client.</summary>
internal sealed class TcpPlatform : IDisposable
{
    public const string Session = """{"openid":"o1","session_key":"tiihtNczf5v6AKRyjwEUhQ==","unionid":"u1"}""";
    public const string Token = """{"access_token":"T","expires_in":7200}""";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<TcpRequest> _requests = new();
    private readonly Func<TcpRequest, TcpAnswer> _answer;
    private readonly X509Certificate2? _certificate;
    private int _connections;

    /// <param name="answer">Says what becomes of a request.</param>
    /// <param name="isSecure">Whether it speaks TLS, with a certificate that nobody has signed.</param>
    public TcpPlatform(Func<TcpRequest, TcpAnswer> answer, bool isSecure = false)
    {
        _answer = answer;
        if (isSecure)
        {
            using var key = RSA.Create(2048);
            using var made = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
                .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
            _certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        }

        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Address => new($"{(_certificate is null ? "http" : "https")}://127.0.0.1:{Port}");

    public IReadOnlyList<TcpRequest> Requests => [.. _requests];

    public int Connections => Volatile.Read(ref _connections);

    public int Count(string inTarget) => _requests.Count(request => request.Target.Contains(inTarget, StringComparison.Ordinal));

    /// <summary>The answers of a platform that is well.</summary>
    public static TcpAnswer Well(TcpRequest request) => TcpAnswer.Ok(request.Target switch
    {
        var target when target.Contains("/sns/jscode2session", StringComparison.Ordinal) => Session,
        var target when target.Contains("token?", StringComparison.Ordinal) || target.EndsWith("token", StringComparison.Ordinal) => Token,
        _ => """{"errcode":0,"errmsg":"ok"}""",
    });

    public void SetCredentials(WeChatUnionPushOptions options)
    {
        Town.SetCredentials(options);
        options.ApiBaseAddress = Address;
        options.Http.RetryDelay = TimeSpan.FromMilliseconds(1);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _certificate?.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                _ = ServeAsync(client, Interlocked.Increment(ref _connections));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client, int connection)
    {
        using (client)
        {
            try
            {
                Stream stream = client.GetStream();
                if (_certificate is not null)
                {
                    var secured = new SslStream(stream);
                    await secured.AuthenticateAsServerAsync(_certificate);
                    stream = secured;
                }

                for (var number = 1; await ReadAsync(stream, connection, number) is { } request; number++)
                {
                    _requests.Enqueue(request);
                    var answer = _answer(request);
                    if (answer.Bytes is { } bytes)
                    {
                        await stream.WriteAsync(bytes);
                    }

                    if (answer.Ends)
                    {
                        client.LingerState = new LingerOption(answer.Resets, 0);
                        return;
                    }
                }
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
            {
                // The client ended the connection.
            }
        }
    }

    private static async Task<TcpRequest?> ReadAsync(Stream stream, int connection, int number)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n");
        var length = lines.FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) is { } header
            ? int.Parse(header.Split(':')[1], CultureInfo.InvariantCulture)
            : 0;
        var body = new byte[length];
        await stream.ReadExactlyAsync(body);
        return new TcpRequest(lines[0].Split(' ')[0], lines[0].Split(' ')[1], head.ToString(), Encoding.UTF8.GetString(body), connection, number);
    }
}

/// <summary>A request as it arrived.</summary>
/// <param name="Method">The method.</param>
/// <param name="Target">Path and query, or the whole address where the server is a proxy.</param>
/// <param name="Head">The request line and the headers.</param>
/// <param name="Body">The body.</param>
/// <param name="Connection">Which connection it came over, from 1.</param>
/// <param name="Number">Which request of that connection it is, from 1.</param>
internal sealed record TcpRequest(string Method, string Target, string Head, string Body, int Connection, int Number);

/// <summary>What becomes of a request.</summary>
internal sealed record TcpAnswer(byte[]? Bytes, bool Ends, bool Resets)
{
    /// <summary>The server has read the request and closes the connection without a word.</summary>
    public static TcpAnswer Close { get; } = new(null, Ends: true, Resets: false);

    /// <summary>The server has read the request and resets the connection.</summary>
    public static TcpAnswer Reset { get; } = new(null, Ends: true, Resets: true);

    public static TcpAnswer Ok(string body) => Status(200, body);

    /// <summary>An answer after which the server closes the connection, as it does with an idle one, without having said so.</summary>
    public static TcpAnswer OkAndClose(string body) => Ok(body) with { Ends = true };

    public static TcpAnswer Status(int status, string body, string headers = "") =>
        new(Encoding.UTF8.GetBytes($"HTTP/1.1 {status} x\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}\r\n{body}"), Ends: false, Resets: false);
}
