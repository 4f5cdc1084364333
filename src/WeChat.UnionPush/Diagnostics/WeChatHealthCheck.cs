using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace WeChat.UnionPush;

/// <summary>
/// Tells how the registration's access tokens are, from what is known already. Makes no token call; where the quota is asked for too, that is one
/// call with the token at hand.
/// </summary>
internal sealed class WeChatHealthCheck(
    WeChatUnionPushOptions options,
    IAccessTokenProvider tokens,
    IAccessTokenStore store,
    IWeChatDiagnostics diagnostics,
    bool includeQuota,
    TimeProvider time) : IHealthCheck
{
    private const string SendPath = "/cgi-bin/message/template/send";

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var data = new Dictionary<string, object>(StringComparer.Ordinal);
        var problems = new List<string>();
        var failed = false;
        if (tokens is CachingAccessTokenProvider cached)
        {
            foreach (var (app, status) in cached.Status)
            {
                if (status.ExpiresAt is { } expiresAt)
                {
                    data[$"{app}.token_seconds_left"] = Math.Max(0, (long)(expiresAt - time.GetUtcNow()).TotalSeconds);
                }

                if (status.LastFailure is { } failure)
                {
                    data[$"{app}.last_refusal"] = failure.Message;
                    problems.Add(failure.Message);
                    failed |= failure.ErrorClass == WeChatErrorClass.Config;
                }
            }

            try
            {
                await store.GetAsync(options.OfficialAccount.AppId, cancellationToken).ConfigureAwait(false);
                data["token_store"] = "ok";
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                data["token_store"] = "failed";
                problems.Add("The shared store of access tokens does not answer; each process fetches its own.");
            }

            if (includeQuota && cached.HasOfficialAccountToken)
            {
                try
                {
                    var quota = await diagnostics.GetQuotaAsync(SendPath, cancellationToken).ConfigureAwait(false);
                    data["template_sends_left_today"] = quota.Remaining;
                    if (quota.Remaining <= 0)
                    {
                        problems.Add("The day's template messages are used up.");
                    }
                }
                catch (WeChatApiException exception)
                {
                    problems.Add(exception.Message);
                }
            }
        }

        return problems.Count == 0
            ? HealthCheckResult.Healthy(data: data)
            : new HealthCheckResult(failed ? context.Registration.FailureStatus : HealthStatus.Degraded, string.Join(' ', problems), data: data);
    }
}
