using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using WeChat.UnionPush.StandIn.Wire;

namespace WeChat.UnionPush.StandIn.Calls;

/// <summary>Checks what all calls share, and hands each to its place.</summary>
internal sealed class Router
{
    private readonly Ledger _ledger;
    private readonly Action<string> _complain;
    private readonly int _seed;
    private readonly TokenCalls _tokens;
    private readonly Dictionary<string, Call> _calls;
    private int _errors;

    public Router(Ledger ledger, Action<string> complain, int seed)
    {
        _ledger = ledger;
        _complain = complain;
        _seed = seed;
        _tokens = new TokenCalls(ledger, complain);
        _calls = new[]
            {
                _tokens.Calls,
                new PeopleCalls(ledger, complain).Calls,
                new SessionCalls(ledger, complain).Calls,
                new MessageCalls(ledger, complain).Calls,
                new TemplateCalls(ledger, complain).Calls,
                new OperationCalls(ledger, complain, path => _calls!.ContainsKey(path)).Calls,
            }
            .SelectMany(calls => calls).ToDictionary(call => call.Path);
    }

    public Answer Answer(WireRequest request, Mischief mischief, Random random)
    {
        lock (_ledger.Gate)
        {
            _ledger.CallsByPath[request.Path] = _ledger.CallsByPath.GetValueOrDefault(request.Path) + 1;
            var answer = Handle(request, mischief, random);
            return answer.Body["errcode"] is JsonValue code && (int)code != 0 ? WithRequestId(request, answer) : answer;
        }
    }

    private Answer Handle(WireRequest request, Mischief mischief, Random random)
    {
        if (!_calls.TryGetValue(request.Path, out var call))
        {
            _complain($"{request.Method} {request.Path} is not an address of the platform.");
            return new Answer([]) { Status = 404, ContentType = "text/html" };
        }

        if (request.Method != call.Method)
        {
            _complain($"{request.Path} wants {call.Method}, not {request.Method}.");
            return call.Method == "GET" ? Wire.Answer.Error(43001, "require GET method") : Wire.Answer.Error(43002, "require POST method");
        }

        QueryReader.Read(request, call.TokenOf.Length > 0 ? [.. call.Required, "access_token"] : call.Required, call.Optional, _complain);
        if (call.TokenOf.Length > 0 && _tokens.Refuse(request.Query.GetValueOrDefault("access_token"), call, mischief) is { } refusal)
        {
            return refusal;
        }

        JsonElement body = default;
        if (call.Method == "POST")
        {
            if (request.Body.Length == 0)
            {
                _complain($"{request.Path} came with an empty body.");
                return Wire.Answer.Error(44002, "empty post data");
            }

            if (BodyReader.Read(request, _complain) is not { } read)
            {
                return Wire.Answer.Error(47001, "data format error");
            }

            body = read;
        }

        return call.Handle(new Incoming(request, body, mischief, random));
    }

    private Answer WithRequestId(WireRequest request, Answer answer)
    {
        var bytes = _ledger.Bytes("rid", ++_errors + (_seed << 16));
        var hex = Convert.ToHexStringLower(bytes);
        var rid = $"{hex[..8]}-{hex[8..16]}-{hex[16..24]}";
        var before = (_errors % 3) switch { 0 => ", rid: ", 1 => " rid: ", _ => " rid:" };
        answer.Body["errmsg"] = (string)answer.Body["errmsg"]! + before + rid;
        if (!request.Path.StartsWith("/sns/", StringComparison.Ordinal))
        {
            _ledger.Records[rid] = new RequestRecord(_ledger.Now.ToUnixTimeSeconds(), request.Target, request.BodyText, answer.Body.ToJsonString());
        }

        return answer;
    }

    internal static JsonArray ArrayOf(IEnumerable<JsonNode?> items) => new([.. items]);

    internal static string Invariant(long number) => number.ToString(CultureInfo.InvariantCulture);
}
