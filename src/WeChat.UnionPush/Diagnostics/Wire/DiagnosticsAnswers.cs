using System.Text.Json.Serialization;

namespace WeChat.UnionPush.Diagnostics;

internal sealed class QuotaAnswer : ApiAnswer
{
    [JsonPropertyName("quota")]
    public QuotaWire? Quota { get; set; }

    [JsonPropertyName("rate_limit")]
    public RateLimitWire? RateLimit { get; set; }
}

internal sealed class QuotaWire
{
    [JsonPropertyName("daily_limit")]
    public long DailyLimit { get; set; }

    [JsonPropertyName("used")]
    public long Used { get; set; }

    [JsonPropertyName("remain")]
    public long Remain { get; set; }
}

internal sealed class RateLimitWire
{
    [JsonPropertyName("call_count")]
    public long CallCount { get; set; }

    [JsonPropertyName("refresh_second")]
    public long RefreshSecond { get; set; }
}

internal sealed class RequestAnswer : ApiAnswer
{
    [JsonPropertyName("request")]
    public RequestWire? Request { get; set; }
}

internal sealed class RequestWire
{
    [JsonPropertyName("invoke_time")]
    public long InvokeTime { get; set; }

    [JsonPropertyName("cost_in_ms")]
    public long CostInMs { get; set; }

    [JsonPropertyName("request_url")]
    public string? RequestUrl { get; set; }

    [JsonPropertyName("request_body")]
    public string? RequestBody { get; set; }

    [JsonPropertyName("response_body")]
    public string? ResponseBody { get; set; }

    [JsonPropertyName("client_ip")]
    public string? ClientIp { get; set; }
}

internal sealed class CallbackCheckAnswer : ApiAnswer
{
    [JsonPropertyName("dns")]
    public List<CallbackDnsWire?>? Dns { get; set; }

    [JsonPropertyName("ping")]
    public List<CallbackPingWire?>? Ping { get; set; }
}

internal sealed class CallbackDnsWire
{
    [JsonPropertyName("ip")]
    public string? Ip { get; set; }

    [JsonPropertyName("real_operator")]
    public string? RealOperator { get; set; }
}

internal sealed class CallbackPingWire
{
    [JsonPropertyName("ip")]
    public string? Ip { get; set; }

    [JsonPropertyName("from_operator")]
    public string? FromOperator { get; set; }

    [JsonPropertyName("package_loss")]
    public string? PackageLoss { get; set; }

    [JsonPropertyName("time")]
    public string? Time { get; set; }
}

internal sealed class AddressesAnswer : ApiAnswer
{
    [JsonPropertyName("ip_list")]
    public List<string?>? Addresses { get; set; }
}
