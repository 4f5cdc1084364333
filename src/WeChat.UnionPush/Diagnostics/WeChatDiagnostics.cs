namespace WeChat.UnionPush.Diagnostics;

/// <summary>The operator's questions over the platform's own APIs.</summary>
internal sealed class WeChatDiagnostics(AccountApi api) : IWeChatDiagnostics
{
    // Bodies of a few kilobytes are what an operator wants to read whole.
    private const int TextLimit = 64 * 1024;

    public async Task<ApiQuota> GetQuotaAsync(string apiPath, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(apiPath);
        var answer = await CallAsync(DiagnosticsEndpoints.QuotaGet, "cgi_path", apiPath, cancellationToken).ConfigureAwait(false);
        var quota = answer.Quota ?? throw WeChatApiErrors.Incomplete(DiagnosticsEndpoints.QuotaGet.Path, "quota");
        return new ApiQuota(quota.DailyLimit, quota.Used, quota.Remain)
        {
            CallsPerWindow = answer.RateLimit?.CallCount,
            Window = answer.RateLimit is { RefreshSecond: > 0 and < int.MaxValue } rate ? TimeSpan.FromSeconds(rate.RefreshSecond) : null,
        };
    }

    public async Task ClearQuotaAsync(CancellationToken cancellationToken = default)
    {
        await CallAsync(DiagnosticsEndpoints.ClearQuota, "appid", api.AppId, cancellationToken).ConfigureAwait(false);
        api.ForgetQuota();
    }

    public async Task<ApiRequestRecord> FindRequestAsync(string requestId, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(requestId);
        var answer = await CallAsync(DiagnosticsEndpoints.RequestGet, "rid", requestId, cancellationToken).ConfigureAwait(false);
        var request = answer.Request ?? throw WeChatApiErrors.Incomplete(DiagnosticsEndpoints.RequestGet.Path, "request");
        return new ApiRequestRecord(
            DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(request.InvokeTime, 0, 253402300799)),
            TimeSpan.FromMilliseconds(Math.Clamp(request.CostInMs, 0, int.MaxValue)),
            Redaction.Quote(request.RequestUrl ?? "", TextLimit),
            Redaction.Quote(request.RequestBody ?? "", TextLimit),
            Redaction.Quote(request.ResponseBody ?? "", TextLimit),
            request.ClientIp ?? "");
    }

    public async Task<CallbackReachability> CheckCallbackAsync(
        CallbackCheck check = CallbackCheck.All, string checkOperator = "DEFAULT", CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(checkOperator);
        var action = check switch
        {
            CallbackCheck.All => "all",
            CallbackCheck.Dns => "dns",
            CallbackCheck.Ping => "ping",
            _ => throw new ArgumentOutOfRangeException(nameof(check), check, "Is All, Dns or Ping."),
        };
        var answer = await CallAsync(DiagnosticsEndpoints.CallbackCheck, "action", action, cancellationToken, "check_operator", checkOperator).ConfigureAwait(false);
        return new CallbackReachability(
            [.. (answer.Dns ?? []).OfType<CallbackDnsWire>().Select(static row => new CallbackResolution(row.Ip ?? "", row.RealOperator ?? ""))],
            [.. (answer.Ping ?? []).OfType<CallbackPingWire>()
                .Select(static row => new CallbackPing(row.Ip ?? "", row.FromOperator ?? "", row.PackageLoss ?? "", row.Time ?? ""))]);
    }

    public async Task<IReadOnlyList<string>> GetApiAddressesAsync(CancellationToken cancellationToken = default)
    {
        var answer = await api.CallOrThrowAsync(DiagnosticsEndpoints.ApiAddresses, query: null, cancellationToken).ConfigureAwait(false);
        return answer.Addresses is { } addresses
            ? [.. addresses.OfType<string>()]
            : throw WeChatApiErrors.Incomplete(DiagnosticsEndpoints.ApiAddresses.Path, "ip_list");
    }

    private async Task<TAnswer> CallAsync<TAnswer>(
        ApiEndpoint<TAnswer> endpoint, string name, string value, CancellationToken cancellationToken, string? secondName = null, string? secondValue = null)
        where TAnswer : ApiAnswer =>
        await api.PostOrThrowAsync(
            endpoint,
            writer =>
            {
                writer.WriteString(name, value);
                if (secondName is not null)
                {
                    writer.WriteString(secondName, secondValue);
                }
            },
            cancellationToken).ConfigureAwait(false);
}
