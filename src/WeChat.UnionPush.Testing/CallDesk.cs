using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;

namespace WeChat.UnionPush.Testing;

/// <summary>Takes the calls: checks what the platform checks of every call, lets faults, gates and latencies act, and hands the rest to the API.</summary>
internal sealed class CallDesk(SimulatedPlatform platform)
{
    private static readonly string[] HostNames =
        ["api.weixin.qq.com", "api2.weixin.qq.com", "sh.api.weixin.qq.com", "sz.api.weixin.qq.com", "hk.api.weixin.qq.com"];

    private readonly ConcurrentDictionary<string, IssuedToken> _tokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Path, bool Afterwards), SimulatedGate> _gates = new();
    private readonly ConcurrentDictionary<string, TimeSpan> _latencies = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, StrongBox<int>> _underWay = new(StringComparer.Ordinal);

    public void Register(IssuedToken token) => _tokens[token.Text] = token;

    public void SetLatency(string path, TimeSpan latency) => _latencies[path] = latency;

    public SimulatedGate Hold(string path, bool afterwards)
    {
        var gate = new SimulatedGate(path, afterwards, gate => _gates.TryRemove(new((gate.Path, gate.Afterwards), gate)));
        return _gates.TryAdd((path, afterwards), gate) ? gate : throw new InvalidOperationException($"Calls of {path} are held already.");
    }

    public async Task<Answer> AnswerAsync(WireRequest request, CancellationToken cancellationToken)
    {
        var path = request.Address.AbsolutePath;
        var isLoopback = request.Address.IsLoopback;
        var route = Route.Find(path);
        if (route is null || !(isLoopback || HostNames.Contains(request.Address.Host, StringComparer.OrdinalIgnoreCase)))
        {
            throw new InvalidOperationException($"The simulated platform has no {request.Method} https://{request.Address.Host}{path}.");
        }

        var underWay = _underWay.GetOrAdd(path, static _ => new StrongBox<int>());
        var others = Interlocked.Increment(ref underWay.Value) - 1;
        var exchange = platform.Observer is null ? null : new Exchange(request, platform.Now, platform.TimeProvider.GetTimestamp());
        try
        {
            platform.Faults.Connect(request, platform.Now, others);
            platform.Calls.Arrived(request, platform.Now);
            return await AnswerAsync(request, route, isLoopback, others, exchange, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exchange?.Note(exception) == true)
        {
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref underWay.Value);
            if (exchange is not null)
            {
                platform.Observer?.Answered(exchange, platform.TimeProvider.GetElapsedTime(exchange.StartedAt));
            }
        }
    }

    private async Task<Answer> AnswerAsync(
        WireRequest request, Route route, bool isLoopback, int others, Exchange? exchange, CancellationToken cancellationToken)
    {
        if (_gates.TryGetValue((route.Path, false), out var before))
        {
            await before.PassAsync(cancellationToken).ConfigureAwait(false);
        }

        var strike = platform.Faults.Answer(request, platform.Now, others);
        var call = new Call(platform, route, request, platform.Now);
        var answer = strike.Fault is { } fault
            ? fault.Spoil!(call, fault.IsProcessed ? Carry(call, isLoopback) : TurnAway(call))
            : Carry(call, isLoopback);
        exchange?.Note(call, answer, strike.Fault);
        if (answer.HasErrorCode)
        {
            platform.Calls.Answered(route.Path, answer.ErrorCode);
        }

        if (_gates.TryGetValue((route.Path, true), out var after))
        {
            await after.PassAsync(cancellationToken).ConfigureAwait(false);
        }

        var latency = answer.NeverComes ? Timeout.InfiniteTimeSpan : _latencies.GetValueOrDefault(route.Path, platform.Latency) + strike.Latency;
        if (latency != TimeSpan.Zero)
        {
            await Task.Delay(latency, platform.TimeProvider, cancellationToken).ConfigureAwait(false);
        }

        return answer.Failure is { } failure ? throw NetworkErrors.BeforeHead(failure()) : answer;
    }

    private Answer Carry(Call call, bool isLoopback)
    {
        var request = call.Request;
        if (request.IsChunked)
        {
            return new Answer([]) { Status = HttpStatusCode.PreconditionFailed, ContentType = "text/html" };
        }

        if (!isLoopback && !string.Equals(request.Address.Scheme, Uri.UriSchemeHttps, StringComparison.Ordinal))
        {
            return call.Refuse(43003);
        }

        if (request.IsEncoded)
        {
            return call.Refuse(40221);
        }

        if (request.Method != call.Route.Method)
        {
            return call.Refuse(call.Route.Method == HttpMethod.Get ? 43001 : 43002);
        }

        return (call.Route.Token == TokenKind.None ? null : Authorize(call)) ?? call.Route.Handle(call);
    }

    // Whoever is turned away may still ask for the rid of it.
    private Answer TurnAway(Call call)
    {
        call.App = call.Query("access_token") is { } text && _tokens.TryGetValue(text, out var token) ? token.App : null;
        return call.Refuse(-1);
    }

    private Answer? Authorize(Call call)
    {
        if (call.Query("access_token") is not { } text)
        {
            return call.Refuse(41001);
        }

        if (!_tokens.TryGetValue(text, out var token))
        {
            return call.Refuse(text.Length < 64 ? 40014 : 40001);
        }

        if (token.App.AccessTokens.Check(token, call.Now) is not 0 and var refusal)
        {
            return call.Refuse(refusal);
        }

        call.App = token.App;
        var isAllowed = call.Route.Token switch
        {
            TokenKind.VerifiedOfficialAccount => token.App.OfficialAccount is { IsVerified: true },
            TokenKind.MiniProgram => token.App.MiniProgram is not null,
            _ => true,
        };

        // The list of an Official Account stands before every call; that of a Mini Program only before calls with the AppSecret.
        return (token.App.IsOfficialAccount ? token.App.CheckAddress(call) : null)
            ?? (!isAllowed ? call.Refuse(48001)
            : token.App.Quotas.TryUse(call.Route.Path, call.Now) is not 0 and var exhausted ? call.Refuse(exhausted)
            : null);
    }
}
