using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using WeChat.UnionPush.StandIn.Wire;

namespace WeChat.UnionPush.StandIn.Calls;

/// <summary>Quotas, request ids, addresses.</summary>
internal sealed partial class OperationCalls(Ledger ledger, Action<string> complain, Func<string, bool> isKnown)
{
    private static readonly string[] Either = [Ledger.OfficialAccountAppId, Ledger.MiniProgramAppId];

    public IEnumerable<Call> Calls =>
    [
        new Call("POST", "/cgi-bin/openapi/quota/get", GetQuota) { TokenOf = Either },
        new Call("POST", "/cgi-bin/clear_quota", ClearQuota) { TokenOf = Either },
        new Call("POST", "/cgi-bin/clear_quota/v2", ClearQuotaWithSecret),
        new Call("POST", "/cgi-bin/openapi/quota/clear", ClearOne) { TokenOf = Either },
        new Call("POST", "/cgi-bin/openapi/rid/get", FindRequest) { TokenOf = Either },
        new Call("GET", "/cgi-bin/get_api_domain_ip", _ => Addresses("101.89.47.18", "101.91.34.103")) { TokenOf = Either },
        new Call("GET", "/cgi-bin/getcallbackip", _ => Addresses("106.55.206.146", "101.226.103.0/25")) { TokenOf = Either },
        new Call("POST", "/cgi-bin/callback/check", CheckCallback) { TokenOf = Either },
    ];

    private static Answer Addresses(params string[] addresses) => new(new JsonObject { ["ip_list"] = Router.ArrayOf(addresses.Select(address => (JsonNode?)address)) });

    private Answer GetQuota(Incoming incoming)
    {
        BodyReader.Check(incoming.Request, incoming.Body, "the body", complain, ("cgi_path", JsonValueKind.String));
        var path = incoming.Text("cgi_path");
        if (path.StartsWith("/sns/", StringComparison.Ordinal))
        {
            return Answer.Error(76022, "could not use this cgi_path, no permission");
        }

        if (!isKnown(path))
        {
            return Answer.Error(76021, "cgi_path not found, please check");
        }

        var (limit, used) = (path == "/cgi-bin/user/get" ? 500 : 100_000, ledger.CallsByPath.GetValueOrDefault(path));
        var answer = Answer.Ok;
        answer.Body["quota"] = new JsonObject { ["daily_limit"] = limit, ["used"] = used, ["remain"] = limit - used };
        if (incoming.Has(Mischief.NullMembers))
        {
            (answer.Body["rate_limit"], answer.Body["component_rate_limit"]) = (null, null);
        }
        else if (path == "/cgi-bin/message/template/send")
        {
            answer.Body["rate_limit"] = new JsonObject { ["call_count"] = 600, ["refresh_second"] = 60 };
        }

        return answer;
    }

    private Answer ClearQuota(Incoming incoming)
    {
        BodyReader.Check(incoming.Request, incoming.Body, "the body", complain, ("appid", JsonValueKind.String));
        return incoming.Text("appid") is Ledger.OfficialAccountAppId or Ledger.MiniProgramAppId ? Clear() : Answer.Error(40013, "invalid appid");
    }

    private Answer ClearQuotaWithSecret(Incoming incoming)
    {
        BodyReader.Check(incoming.Request, incoming.Body, "the body", complain, ("appid", JsonValueKind.String), ("appsecret", JsonValueKind.String));
        return (incoming.Text("appid"), incoming.Text("appsecret")) is (Ledger.OfficialAccountAppId, var secret) && secret == ledger.OfficialAccountSecret
            ? Clear()
            : Answer.Error(40013, "invalid appid");
    }

    private Answer Clear() => ++ledger.QuotaClears > 10 ? Answer.Error(48006, "forbid to clear quota because of reaching the limit") : Answer.Ok;

    private Answer ClearOne(Incoming incoming)
    {
        BodyReader.Check(incoming.Request, incoming.Body, "the body", complain, ("cgi_path", JsonValueKind.String));
        return isKnown(incoming.Text("cgi_path")) ? Answer.Ok : Answer.Error(76021, "cgi_path not found, please check");
    }

    private Answer FindRequest(Incoming incoming)
    {
        BodyReader.Check(incoming.Request, incoming.Body, "the body", complain, ("rid", JsonValueKind.String));
        var rid = incoming.Text("rid");
        if (!RequestId().IsMatch(rid))
        {
            return Answer.Error(76002, "rid is invalid");
        }

        if (!ledger.Records.TryGetValue(rid, out var record))
        {
            return Answer.Error(76001, "rid not found");
        }

        var answer = Answer.Ok;
        answer.Body["request"] = new JsonObject
        {
            ["invoke_time"] = record.At,
            ["cost_in_ms"] = 30,
            ["request_url"] = record.Url,
            ["request_body"] = record.Body,
            ["response_body"] = record.Answer,
            ["client_ip"] = "127.0.0.1",
        };
        return answer;
    }

    private Answer CheckCallback(Incoming incoming)
    {
        BodyReader.Check(incoming.Request, incoming.Body, "the body", complain, ("action", JsonValueKind.String), ("check_operator", JsonValueKind.String));
        var action = incoming.Text("action");
        if (action is not ("all" or "dns" or "ping"))
        {
            complain($"callback/check came with the action \"{action}\".");
            return Answer.Error(40202, "invalid action");
        }

        if (incoming.Text("check_operator") is not ("DEFAULT" or "CHINANET" or "UNICOM" or "CAP"))
        {
            complain($"callback/check came with the operator \"{incoming.Text("check_operator")}\".");
            return Answer.Error(40203, "invalid operator");
        }

        var body = new JsonObject();
        if (action != "ping")
        {
            body["dns"] = Router.ArrayOf([new JsonObject { ["ip"] = "203.0.113.7", ["real_operator"] = "UNICOM" }]);
        }

        if (action != "dns")
        {
            body["ping"] = Router.ArrayOf([new JsonObject { ["ip"] = "203.0.113.7", ["from_operator"] = "UNICOM", ["package_loss"] = "0%", ["time"] = "23.079ms" }]);
        }

        return new Answer(body);
    }

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$")]
    private static partial Regex RequestId();
}
