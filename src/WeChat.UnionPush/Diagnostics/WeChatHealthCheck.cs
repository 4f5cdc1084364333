using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace WeChat.UnionPush.Diagnostics;

/// <summary>
/// Tells whether the registration's storage answers, and how its access tokens are, from what is known already. Makes no token call; where the quota is
/// asked for too, that is one call with the token at hand.
/// </summary>
/// <param name="builtIn">The library's own tokens, also where the host put a provider of its own around them.</param>
/// <param name="diagnostics">Asks for the quota.</param>
/// <param name="includeQuota">Whether the quota is asked for.</param>
/// <param name="askStorage">Throws when the storage does not answer.</param>
/// <param name="reloadProblem">Why the last reload of the options was refused, if it was.</param>
/// <param name="time">The clock.</param>
internal sealed class WeChatHealthCheck(
    BuiltInTokens builtIn, IWeChatDiagnostics diagnostics, bool includeQuota, Func<CancellationToken, Task> askStorage, Func<string?> reloadProblem,
    TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan StorageLimit = TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var data = new Dictionary<string, object>(StringComparer.Ordinal);
        var problems = new List<string>();
        var failed = !await AnswersAsync(data, problems, cancellationToken).ConfigureAwait(false);
        var tokens = builtIn.InUse;
        if (tokens is not null)
        {
            failed |= CheckTokens(tokens, data, problems);
            await CheckStoreAsync(tokens, data, problems, cancellationToken).ConfigureAwait(false);
        }

        if (reloadProblem() is { } problem)
        {
            problems.Add($"The last reload of the options was refused, and those before it serve on: {problem}");
        }

        // Tokens of the host's own are the host's business: they cost this library no token call.
        if (includeQuota && tokens is not { HasOfficialAccountToken: false })
        {
            await CheckQuotaAsync(data, problems, cancellationToken).ConfigureAwait(false);
        }

        return problems.Count == 0
            ? HealthCheckResult.Healthy(data: data)
            : new HealthCheckResult(failed ? context.Registration.FailureStatus : HealthStatus.Degraded, string.Join(' ', problems), data: data);
    }

    private async Task<bool> AnswersAsync(Dictionary<string, object> data, List<string> problems, CancellationToken cancellationToken)
    {
        try
        {
            await TimeLimit.RunAsync(askStorage, StorageLimit, "The storage", time, cancellationToken).ConfigureAwait(false);
            data["storage"] = "ok";
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            data["storage"] = "failed";
            problems.Add($"The storage does not answer, so nobody can be pushed to: {Redaction.Quote(exception.Message)}");
            return false;
        }
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
            var quota = await diagnostics.GetQuotaAsync(TemplateEndpoints.TemplateSend.Path, cancellationToken).ConfigureAwait(false);
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
