using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using WeChat.UnionPush.StandIn.Calls;
using WeChat.UnionPush.StandIn.Wire;

namespace WeChat.UnionPush.StandIn;

/// <summary>The platform on a loopback port, until it is disposed.</summary>
public sealed class StandInPlatform : IAsyncDisposable
{
    /// <summary>A second try of these could do harm, so faults of the connection leave them alone unless they are asked to hit everything.</summary>
    private static readonly HashSet<string> Unrepeatable =
    [
        "/sns/jscode2session", "/wxa/resetusersessionkey", "/cgi-bin/template/api_add_template", "/cgi-bin/template/del_private_template",
        "/cgi-bin/template/api_set_industry", "/cgi-bin/clear_quota", "/cgi-bin/clear_quota/v2", "/cgi-bin/openapi/quota/clear",
    ];

    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _listener;
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly Dictionary<string, int> _tries = [];
    private readonly Random _random;
    private readonly Router _router;
    private readonly string _host;
    private readonly Task _accepting;
    private ulong _mischief;
    private int _open;
    private int _mostOpen;
    private int _unreached;

    private StandInPlatform(Mischief mischief, int seed, TimeProvider time, int port)
    {
        _mischief = (ulong)mischief;
        _random = new Random(seed);
        Ledger = new Ledger(time, seed);
        _router = new Router(Ledger, Complain, seed);
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        Address = new Uri($"http://{_listener.LocalEndpoint}");
        _host = _listener.LocalEndpoint.ToString()!;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    public Ledger Ledger { get; }

    /// <summary>What is done to callers from now on.</summary>
    public Mischief Mischief
    {
        get => (Mischief)Volatile.Read(ref _mischief);
        set => Volatile.Write(ref _mischief, (ulong)value);
    }

    /// <summary>Every rule that a caller has broken, a sentence each.</summary>
    public IReadOnlyList<string> Violations => [.. _violations];

    /// <summary>The largest number of connections at one time.</summary>
    public int MostConnections => Volatile.Read(ref _mostOpen);

    /// <summary>Requests that a gateway kept from the platform.</summary>
    public int Unreached => Volatile.Read(ref _unreached);

    public static StandInPlatform Start(Mischief mischief = Mischief.None, int seed = 1, TimeProvider? time = null, int port = 0) =>
        new(mischief, seed, time ?? TimeProvider.System, port);

    /// <summary>Pushes events of the Official Account to a server's callback URL.</summary>
    public CallbackPusher CreateCallback(Uri url, string token, string encodingAesKey) => new(this, url, token, encodingAesKey);

    public async ValueTask DisposeAsync()
    {
        // Stopped only when nobody accepts any more: a listener that is stopped throws what looks like a mistake.
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        await Task.WhenAll(_connections.Keys);
        _listener.Dispose();
        _stop.Dispose();
    }

    internal void Complain(string sentence) => _violations.Enqueue(sentence);

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                client.NoDelay = true;
                var open = Interlocked.Increment(ref _open);
                for (int most; open > (most = _mostOpen) && Interlocked.CompareExchange(ref _mostOpen, open, most) != most;)
                {
                    // Another connection was counted meanwhile.
                }

                var serving = Task.Run(() => ServeAsync(client));
                _connections.TryAdd(serving, true);
                _ = serving.ContinueWith(done => _connections.TryRemove(done, out _), TaskScheduler.Default);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var reader = new RequestReader(stream, _host, Complain);
                for (var taken = 1; await reader.ReadAsync(_stop.Token) is { } request && await AnswerAsync(client, stream, request, taken); taken++)
                {
                    // One request after the other.
                }
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The caller went away, which it may.
            }
            catch (Exception exception)
            {
                Complain($"The stand-in itself failed: {exception}");
            }
            finally
            {
                Interlocked.Decrement(ref _open);
            }
        }
    }

    private async Task<bool> AnswerAsync(TcpClient client, Stream stream, WireRequest request, int taken)
    {
        var mischief = Mischief;
        Random random;
        Fault fault;
        lock (_random)
        {
            random = new Random(_random.Next());
            fault = ChooseFault(request, mischief, random);
        }

        if (request.RefusedWith != 0)
        {
            await AnswerSender.SendAsync(stream, request.RefusedWith, "text/html", [], Mischief.None, random, isLast: true, breakOff: false, _stop.Token);
            return false;
        }

        if (request.Path == "/elsewhere")
        {
            Complain("A redirect was followed, with everything that the URL carries.");
        }

        if (mischief.HasFlag(Mischief.Redirect))
        {
            return await AnswerSender.SendAsync(stream, 302, "text/html", "<html>Found</html>"u8.ToArray(), mischief, random, isLast: false, breakOff: false, _stop.Token);
        }

        // A gateway may fail before the platform heard of the call, or after.
        var reached = fault is Fault.None or Fault.Close or Fault.CloseInAnswer or Fault.Reset || (fault != Fault.Busy && random.Next(2) == 0);
        Interlocked.Add(ref _unreached, reached ? 0 : 1);
        var answer = reached ? _router.Answer(request, mischief, random) : Answer.Error(-1, "system error");
        switch (fault)
        {
            case Fault.Close:
                return false;
            case Fault.Reset:
                client.LingerState = new LingerOption(true, 0);
                return false;
            case Fault.BadGateway:
                return await AnswerSender.SendAsync(stream, 502, "text/html", Encoding.UTF8.GetBytes(
                    $"<html><head><title>502 Bad Gateway</title></head><body>{request.Target}</body></html>"), mischief, random, isLast: false, breakOff: false, _stop.Token);
            case Fault.GatewayTimeout:
                return await AnswerSender.SendAsync(stream, 504, "text/html", [], mischief, random, isLast: false, breakOff: false, _stop.Token);
        }

        var body = AnswerJson.Write(answer, mischief, random);
        var isLast = mischief.HasFlag(Mischief.ThreeRequestsPerConnection) && taken >= 3;
        return await AnswerSender.SendAsync(stream, answer.Status, answer.ContentType, body, mischief, random, isLast, fault == Fault.CloseInAnswer, _stop.Token)
            && !mischief.HasFlag(Mischief.CloseWhenIdle);
    }

    private Fault ChooseFault(WireRequest request, Mischief mischief, Random random)
    {
        Fault[] faults = [.. Faults(mischief)];
        if (faults.Length == 0 || (Unrepeatable.Contains(request.Path) && !mischief.HasFlag(Mischief.HitsEverything)))
        {
            return Fault.None;
        }

        // The same call again, be it with another token.
        var call = $"{request.Method} {request.Path} " +
            $"{string.Join('&', (request.RawQuery ?? "").Split('&').Where(part => !part.StartsWith("access_token=", StringComparison.Ordinal)))} " +
            $"{Convert.ToHexString(request.Body)}";
        var tries = _tries[call] = _tries.GetValueOrDefault(call) + 1;
        return tries % 2 == 1 ? faults[random.Next(faults.Length)] : Fault.None;

        static IEnumerable<Fault> Faults(Mischief mischief)
        {
            (Mischief, Fault)[] all =
            [
                (Mischief.CloseBeforeAnswer, Fault.Close), (Mischief.CloseInAnswer, Fault.CloseInAnswer), (Mischief.Reset, Fault.Reset),
                (Mischief.BadGateway, Fault.BadGateway), (Mischief.EmptyGatewayTimeout, Fault.GatewayTimeout), (Mischief.Busy, Fault.Busy),
            ];
            return all.Where(one => mischief.HasFlag(one.Item1)).Select(one => one.Item2);
        }
    }

    private enum Fault
    {
        None,
        Close,
        CloseInAnswer,
        Reset,
        BadGateway,
        GatewayTimeout,
        Busy,
    }
}
