using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace WeChat.UnionPush;

/// <summary>
/// Tells how the registration's access tokens are, from what is known already. Makes no token call; where the quota is asked for too, that is one
/// call with the token at hand.
/// </summary>
internal sealed class WeChatHealthCheck(IAccessTokenProvider tokens, IWeChatDiagnostics diagnostics, bool includeQuota, TimeProvider time) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var data = new Dictionary<string, object>(StringComparer.Ordinal);
        var problems = new List<string>();
        var refused = false;
        if (tokens is CachingAccessTokenProvider cached)
        {
            refused = CheckTokens(cached, data, problems);
            await CheckStoreAsync(cached, data, problems, cancellationToken).ConfigureAwait(false);
        }

        // Tokens of the host's own are the host's business: they cost this library no token call.
        if (includeQuota && tokens is not CachingAccessTokenProvider { HasOfficialAccountToken: false })
        {
            await CheckQuotaAsync(data, problems, cancellationToken).ConfigureAwait(false);
        }

        return problems.Count == 0
            ? HealthCheckResult.Healthy(data: data)
            : new HealthCheckResult(refused ? context.Registration.FailureStatus : HealthStatus.Degraded, string.Join(' ', problems), data: data);
    }

    private bool CheckTokens(CachingAccessTokenProvider cached, Dictionary<string, object> data, List<string> problems)
    {
        var now = time.GetUtcNow();
        var refused = false;
        foreach (var (app, status) in cached.Status)
        {
            if (status is { FetchedAt: { } fetchedAt, ExpiresAt: { } expiresAt })
            {
                data[$"{app}.token_age_seconds"] = Math.Max(0, (long)(now - fetchedAt).TotalSeconds);
                data[$"{app}.token_seconds_left"] = Math.Max(0, (long)(expiresAt - now).TotalSeconds);
            }

            if (status is { LastFailure: { } failure, FailedAt: { } failedAt })
            {
                data[$"{app}.last_refusal"] = failure.Message;
                data[$"{app}.last_refusal_at"] = failedAt;
                problems.Add(failure.Message);
                refused |= status.IsRefused;
            }
        }

        return refused;
    }

    private static async Task CheckStoreAsync(CachingAccessTokenProvider cached, Dictionary<string, object> data, List<string> problems, CancellationToken cancellationToken)
    {
        try
        {
            await cached.CheckStoreAsync(cancellationToken).ConfigureAwait(false);
            data["token_store"] = "ok";
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            data["token_store"] = "failed";
            problems.Add("The shared store of access tokens does not answer; each process fetches its own.");
        }
    }

    private async Task CheckQuotaAsync(Dictionary<string, object> data, List<string> problems, CancellationToken cancellationToken)
    {
        try
        {
            var quota = await diagnostics.GetQuotaAsync(Endpoints.TemplateSend.Path, cancellationToken).ConfigureAwait(false);
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
