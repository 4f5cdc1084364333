using System.Text.Json;
using System.Text.Json.Nodes;
using WeChat.UnionPush.StandIn.Wire;

namespace WeChat.UnionPush.StandIn.Calls;

/// <summary>The two token channels, and the check of tokens that other calls carry.</summary>
internal sealed class TokenCalls(Ledger ledger, Action<string> complain)
{
    private static readonly TimeSpan RotatesBefore = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, Token> _issued = [];
    private readonly Dictionary<(string AppId, bool Stable), Token> _current = [];
    private readonly Dictionary<string, List<DateTimeOffset>> _forced = [];
    private int _minted;
    private int _calls;
    private bool _stuck;

    public IEnumerable<Call> Calls =>
    [
        new Call("GET", "/cgi-bin/token", Classic) { Required = ["grant_type", "appid", "secret"] },
        new Call("POST", "/cgi-bin/stable_token", Stable),
    ];

    /// <summary>The platform's refusal of a token, or null when it is good.</summary>
    public Answer? Refuse(string? value, Call call, Mischief mischief)
    {
        if (string.IsNullOrEmpty(value))
        {
            return Answer.Error(41001, "access_token missing");
        }

        if (!_issued.TryGetValue(value, out var token))
        {
            complain($"{call.Path} came with a token that was never handed out.");
            return Answer.Error(40014, "invalid access_token");
        }

        if (!call.TokenOf.Contains(token.AppId))
        {
            complain($"{call.Path} came with the token of the other account.");
            return Answer.Error(48001, "api unauthorized");
        }

        _calls++;
        if (token.RefusedWith == 0 && mischief.HasFlag(Mischief.TokenTaken) && _calls % 40 == 0)
        {
            token.RefusedWith = (_calls / 40 % 3) switch { 0 => 40001, 1 => 42001, _ => 40014 };
        }
        else if (token.RefusedWith == 0 && mischief.HasFlag(Mischief.TokenStuck) && !_stuck && _calls >= 4)
        {
            (_stuck, token.RefusedWith, token.IsStuck) = (true, 40001, true);
        }

        if (token.Until <= ledger.Now)
        {
            token.RefusedWith = 42001;
        }

        if (token.RefusedWith == 0)
        {
            return null;
        }

        if (++token.Refusals > 100)
        {
            complain($"{call.Path}: a token that was refused a hundred times is still used.");
        }

        return token.RefusedWith switch
        {
            42001 => Answer.Error(42001, "access_token expired"),
            40014 => Answer.Error(40014, "invalid access_token"),
            _ => Answer.Error(40001,
                "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r"),
        };
    }

    private Answer Classic(Incoming incoming)
    {
        if (RefuseCredentials(incoming["grant_type"], incoming["appid"], incoming["secret"]) is { } refusal)
        {
            return refusal;
        }

        var app = incoming["appid"];
        if (_current.TryGetValue((app, false), out var former))
        {
            // The old one lives for a few minutes, so that callers can change over.
            former.Until = Min(former.Until, ledger.Now + RotatesBefore);
        }

        return Hand(_current[(app, false)] = Mint(app, incoming.Mischief));
    }

    private Answer Stable(Incoming incoming)
    {
        BodyReader.Check(incoming.Request, incoming.Body, "the body", complain, ("grant_type", JsonValueKind.String), ("appid", JsonValueKind.String),
            ("secret", JsonValueKind.String), ("force_refresh?", JsonValueKind.True));
        if (RefuseCredentials(incoming.Text("grant_type"), incoming.Text("appid"), incoming.Text("secret")) is { } refusal)
        {
            return refusal;
        }

        var app = incoming.Text("appid");
        var current = _current.GetValueOrDefault((app, true));
        if (incoming.Body.TryGetProperty("force_refresh", out var force) && force.ValueKind == JsonValueKind.True)
        {
            var forced = _forced.TryGetValue(app, out var times) ? times : _forced[app] = [];
            if (forced.Count > 0 && ledger.Now - forced[^1] < TimeSpan.FromSeconds(30))
            {
                complain("stable_token was forced twice within 30 seconds.");
                return Hand(current!);
            }

            forced.Add(ledger.Now);
            if (forced.Count(time => time > ledger.Now - TimeSpan.FromDays(1)) > 20)
            {
                complain("stable_token was forced more than 20 times in a day.");
                return Answer.Error(45009, "reach max api daily quota limit");
            }

            if (current is not null)
            {
                current.RefusedWith = 40001;
            }

            return Hand(_current[(app, true)] = Mint(app, incoming.Mischief));
        }

        return current is not null && (current.IsStuck || (current.RefusedWith == 0 && current.Until - ledger.Now > (current.IsShort ? TimeSpan.Zero : RotatesBefore)))
            ? Hand(current)
            : Hand(_current[(app, true)] = Mint(app, incoming.Mischief));
    }

    private Answer? RefuseCredentials(string grantType, string appId, string secret)
    {
        if (grantType != "client_credential")
        {
            complain($"A token was asked for with the grant_type \"{grantType}\".");
            return Answer.Error(40002, "invalid grant_type");
        }

        if (appId is not (Ledger.OfficialAccountAppId or Ledger.MiniProgramAppId))
        {
            complain($"A token was asked for with the unknown appid \"{appId}\".");
            return appId.Length == 0 ? Answer.Error(41002, "appid missing") : Answer.Error(40013, "invalid appid");
        }

        if (secret != (appId == Ledger.OfficialAccountAppId ? ledger.OfficialAccountSecret : ledger.MiniProgramSecret))
        {
            complain("A token was asked for with a wrong secret.");
            return secret.Length == 0 ? Answer.Error(41004, "appsecret missing") : Answer.Error(40125, "invalid appsecret");
        }

        return null;
    }

    private Token Mint(string appId, Mischief mischief)
    {
        var number = ++_minted;
        var isOdd = mischief.HasFlag(Mischief.OddTokens);
        var value = isOdd
            ? ledger.Text("token", number, 500, "ABCDEFabcdef0123456789+/=-_") + "+/=&%?# ü扑"
            : $"{number}_{ledger.Text("token", number, 134)}";
        ledger.AddSecret(value);
        return _issued[value] = new Token(value, appId, ledger.Now + TimeSpan.FromSeconds(isOdd ? 345 : 7200)) { IsShort = isOdd };
    }

    private Answer Hand(Token token) => new(new JsonObject
    {
        ["access_token"] = token.Value,
        ["expires_in"] = Math.Max(1, (int)(token.Until - ledger.Now).TotalSeconds),
    });

    private static DateTimeOffset Min(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private sealed class Token(string value, string appId, DateTimeOffset until)
    {
        public string Value { get; } = value;

        public string AppId { get; } = appId;

        public DateTimeOffset Until { get; set; } = until;

        public bool IsShort { get; init; }

        public int RefusedWith { get; set; }

        public bool IsStuck { get; set; }

        public int Refusals { get; set; }
    }
}
