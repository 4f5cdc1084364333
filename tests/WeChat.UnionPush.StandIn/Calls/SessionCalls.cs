using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using WeChat.UnionPush.StandIn.Wire;

namespace WeChat.UnionPush.StandIn.Calls;

/// <summary>Signing in at the Mini Program.</summary>
internal sealed class SessionCalls(Ledger ledger, Action<string> complain)
{
    public IEnumerable<Call> Calls =>
    [
        new Call("GET", "/sns/jscode2session", SignIn) { Required = ["appid", "secret", "js_code", "grant_type"] },
        new Call("GET", "/wxa/checksession", Check) { TokenOf = [Ledger.MiniProgramAppId], Required = ["openid", "signature", "sig_method"] },
        new Call("GET", "/wxa/resetusersessionkey", Reset) { TokenOf = [Ledger.MiniProgramAppId], Required = ["openid", "signature", "sig_method"] },
    ];

    private Answer SignIn(Incoming incoming)
    {
        if (incoming["appid"] != Ledger.MiniProgramAppId)
        {
            complain("jscode2session came with another appid than the Mini Program's.");
            return Answer.Error(40013, "invalid appid");
        }

        if (incoming["secret"] != ledger.MiniProgramSecret)
        {
            complain("jscode2session came with a wrong secret.");
            return Answer.Error(40125, "invalid appsecret");
        }

        if (incoming["grant_type"] != "authorization_code")
        {
            complain($"jscode2session came with the grant_type \"{incoming["grant_type"]}\".");
        }

        if (!ledger.Codes.TryGetValue(incoming["js_code"], out var code) || code.Until <= ledger.Now)
        {
            return Text(Answer.Error(40029, "invalid code"));
        }

        if (++code.Uses > 1)
        {
            complain($"A login code came {code.Uses} times.");
            return Text(Answer.Error(40163, "code been used"));
        }

        code.Person.SessionKey = code.SessionKey;
        var body = new JsonObject { ["session_key"] = code.SessionKey, ["openid"] = code.Person.MiniProgramOpenId };
        if (ledger.IsBound && !incoming.Has(Mischief.SignInWithoutUnionId))
        {
            body["unionid"] = incoming.Has(Mischief.BlanksAroundUnionIds) ? $" {code.Person.UnionId}" : code.Person.UnionId;
        }
        else if (incoming.Has(Mischief.NullMembers))
        {
            body["unionid"] = null;
        }

        return Text(new Answer(body));
    }

    private Answer Check(Incoming incoming) => Verify(incoming, out _) ?? Answer.Ok;

    private Answer Reset(Incoming incoming)
    {
        if (Verify(incoming, out var person) is { } refusal)
        {
            return refusal;
        }

        person!.SessionKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        ledger.AddSecret(person.SessionKey);
        var answer = Answer.Ok;
        (answer.Body["openid"], answer.Body["session_key"]) = (person.MiniProgramOpenId, person.SessionKey);
        return answer;
    }

    private Answer? Verify(Incoming incoming, out Person? person)
    {
        person = ledger.FindByMiniProgramOpenId(incoming["openid"]);
        if (incoming["sig_method"] != "hmac_sha256")
        {
            complain($"{incoming.Request.Path} signs with \"{incoming["sig_method"]}\".");
            return Answer.Error(87008, "invalid sig_method");
        }

        if (person is null or { SessionKey: "" })
        {
            return Answer.Error(87007, "session_key not existed or expired");
        }

        // The key is the text of session_key, and the message is empty.
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(person.SessionKey), Array.Empty<byte>()));
        return incoming["signature"] == expected ? null : Answer.Error(87009, "invalid signature");
    }

    private static Answer Text(Answer answer) => answer with { ContentType = "text/plain" };
}
