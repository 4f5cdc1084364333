using System.Text.Json;
using System.Text.RegularExpressions;

namespace WeChat.UnionPush.Testing;

/// <summary>Quotas, request ids, addresses and the callback check.</summary>
internal static partial class OperationsApi
{
    private static readonly string[] Actions = ["all", "dns", "ping"];
    private static readonly string[] Operators = ["DEFAULT", "CHINANET", "UNICOM", "CAP"];

    public static Answer GetQuota(Call call)
    {
        if (ReadPath(call, out var path) is { } refusal)
        {
            return refusal;
        }

        return call.WriteOk((call.App!.Quotas, path), static (json, state) =>
        {
            var (quotas, path) = state;
            var (limit, used) = (quotas.GetDailyLimit(path), quotas.GetUsedToday(path));
            json.WriteStartObject("quota");
            json.WriteNumber("daily_limit", limit);
            json.WriteNumber("used", used);
            json.WriteNumber("remain", Math.Max(0, limit - used));
            json.WriteEndObject();
            if (quotas.GetMinuteLimit(path) is { } minuteLimit)
            {
                json.WriteStartObject("rate_limit");
                json.WriteNumber("call_count", minuteLimit);
                json.WriteNumber("refresh_second", 60);
                json.WriteEndObject();
            }
        });
    }

    public static Answer ClearOneQuota(Call call)
    {
        if (ReadPath(call, out var path) is { } refusal)
        {
            return refusal;
        }

        return call.App!.Quotas.TryClear(path, call.Now) ? Answer.Ok : call.Refuse(45009);
    }

    public static Answer ClearQuota(Call call)
    {
        if (call.ReadJson(out var body) is { } refusal)
        {
            return refusal;
        }

        return !string.Equals(Call.Text(body, "appid"), call.App!.AppId, StringComparison.Ordinal) ? call.Refuse(40013)
            : call.App.Quotas.TryClear(path: null, call.Now) ? Answer.Ok
            : call.Refuse(48006);
    }

    public static Answer ClearQuotaWithSecret(Call call)
    {
        // The table on the platform's page puts the two values into the body; its sample puts them into the query.
        JsonElement body = default;
        if (call.Query("appid") is null && call.ReadJson(out body) is { } refusal)
        {
            return refusal;
        }

        var (appId, secret) = body.ValueKind == JsonValueKind.Object
            ? (Call.Text(body, "appid"), Call.Text(body, "appsecret"))
            : (call.Query("appid"), call.Query("appsecret"));
        return TokenApi.CheckSecret(call, appId, secret, out var app)
            ?? app.CheckAddress(call)
            ?? (app.Quotas.TryClear(path: null, call.Now) ? Answer.Ok : call.Refuse(48006));
    }

    public static Answer GetRequest(Call call)
    {
        if (call.ReadJson(out var body) is { } refusal)
        {
            return refusal;
        }

        if (Call.Text(body, "rid") is not { } rid || !RequestId().IsMatch(rid))
        {
            return call.Refuse(76002);
        }

        if (call.Platform.RequestIds.Find(rid) is not { } entry)
        {
            return call.Refuse(76001);
        }

        if (entry.App != call.App)
        {
            return call.Refuse(76003);
        }

        return call.Now - entry.At > RequestIdBook.KeptFor ? call.Refuse(76004) : call.WriteOk(entry, static (json, entry) =>
        {
            json.WriteStartObject("request");
            json.WriteNumber("invoke_time", entry.At.ToUnixTimeSeconds());
            json.WriteNumber("cost_in_ms", 30);
            json.WriteString("request_url", "access_token=ACCESS_TOKEN");
            json.WriteString("request_body", entry.RequestText);
            json.WriteString("response_body", entry.ResponseText);
            json.WriteString("client_ip", entry.Caller);
            json.WriteEndObject();
        });
    }

    public static Answer CheckCallback(Call call)
    {
        if (call.ReadJson(out var body) is { } refusal)
        {
            return refusal;
        }

        if (Call.Text(body, "action") is not { } action || !Actions.Contains(action))
        {
            return call.Refuse(40202);
        }

        if (Call.Text(body, "check_operator") is not { } checkOperator || !Operators.Contains(checkOperator))
        {
            return call.Refuse(40203);
        }

        return call.Write(action, static (json, action) =>
        {
            json.WriteStartArray("dns");
            if (action is not "ping")
            {
                json.WriteStartObject();
                json.WriteString("ip", "203.0.113.7");
                json.WriteString("real_operator", "UNICOM");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("ping");
            if (action is not "dns")
            {
                json.WriteStartObject();
                json.WriteString("ip", "203.0.113.7");
                json.WriteString("from_operator", "UNICOM");
                json.WriteString("package_loss", "0%");
                json.WriteString("time", "23.079ms");
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    public static Answer GetApiAddresses(Call call) => WriteAddresses(call, ["101.89.47.18", "101.91.34.103", "109.244.144.2"]);

    public static Answer GetCallbackAddresses(Call call) => WriteAddresses(call, ["106.55.206.146", "106.55.206.211", "101.226.103.0/25"]);

    private static Answer WriteAddresses(Call call, string[] addresses) => call.Write(addresses, static (json, addresses) =>
    {
        json.WriteStartArray("ip_list");
        foreach (var address in addresses)
        {
            json.WriteStringValue(address);
        }

        json.WriteEndArray();
    });

    private static Answer? ReadPath(Call call, out string path)
    {
        path = "";
        if (call.ReadJson(out var body) is { } refusal)
        {
            return refusal;
        }

        path = Call.Text(body, "cgi_path") ?? "";
        if (path.StartsWith("/sns/", StringComparison.Ordinal))
        {
            return call.Refuse(76022);
        }

        if (Route.Find(path) is not { } route)
        {
            return call.Refuse(76021);
        }

        var isOwner = route.Token switch
        {
            TokenKind.VerifiedOfficialAccount => call.App!.IsOfficialAccount,
            TokenKind.MiniProgram => !call.App!.IsOfficialAccount,
            _ => true,
        };
        return isOwner ? null : call.Refuse(76022);
    }

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RequestId();
}
