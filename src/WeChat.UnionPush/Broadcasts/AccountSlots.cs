using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Broadcasts;

/// <summary>
/// The process's share of an account's pace and day's calls. Broadcasts take their slots from the store that all machines share; what else the process
/// sends is only reported to it.
/// </summary>
/// <param name="api">The account, which counts the process's calls.</param>
/// <param name="pace">What all machines share.</param>
/// <param name="perSecond">The account's pace.</param>
/// <param name="askQuota">Asks the platform for the day's calls.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class AccountSlots(
    AccountApi api, ISharedPace pace, int perSecond, Func<CancellationToken, Task<DailyQuota>> askQuota, TimeProvider time, ILogger<AccountSlots> logger) : IDisposable
{
    private static readonly TimeSpan QuotaLifetime = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _asking = new(1, 1);
    private DailyQuota? _quota;
    private DateOnly _quotaDay;
    private long? _askedAt;

    public int PerSecond => perSecond;

    public void Dispose() => _asking.Dispose();

    /// <summary>Takes slots, as many as the day's calls leave beside the reserve.</summary>
    public async Task<PaceGrant> TakeAsync(int count, long reserve, CancellationToken cancellationToken)
    {
        var (quota, isNew) = await QuotaAsync(cancellationToken).ConfigureAwait(false);
        return await TakeAsync(
            new PaceRequest(api.AppId)
            {
                PerSecond = perSecond,
                Count = count,
                DailyLimit = quota is { } known ? known.Limit - reserve : null,
                PlatformUsed = isNew ? quota?.Used : null,
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reports the calls that were made since the last report, if any.</summary>
    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        if (api.CallsMade(TemplateEndpoints.TemplateSend) > 0)
        {
            await TakeAsync(new PaceRequest(api.AppId) { PerSecond = perSecond }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks the platform whether the day's calls are there again before the day is over: the counter can be reset.</summary>
    public async Task<bool> WasResetAsync(long reserve, CancellationToken cancellationToken)
    {
        var (quota, isNew) = await QuotaAsync(cancellationToken).ConfigureAwait(false);
        if (!isNew || quota is not { } known || known.Limit - reserve <= known.Used)
        {
            return false;
        }

        await TakeAsync(new PaceRequest(api.AppId) { PerSecond = perSecond, PlatformUsed = known.Used, IsReset = true }, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>What the platform tells; <see langword="null"/> when it does not.</summary>
    public async Task<DailyQuota?> AskAsync(CancellationToken cancellationToken) => (await QuotaAsync(cancellationToken).ConfigureAwait(false)).Quota;

    private async Task<PaceGrant> TakeAsync(PaceRequest request, CancellationToken cancellationToken)
    {
        var made = api.TakeCallsMade(TemplateEndpoints.TemplateSend);
        try
        {
            return await pace.TakeAsync(request with { Made = made }, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // The next report tells them.
            api.ReturnCallsMade(TemplateEndpoints.TemplateSend, made);
            throw;
        }
    }

    private async Task<(DailyQuota? Quota, bool IsNew)> QuotaAsync(CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var today = ChinaTime.DayOf(time.GetUtcNow());
            if (_askedAt is { } asked && _quotaDay == today && time.GetElapsedTime(asked) < QuotaLifetime)
            {
                return (_quota, false);
            }

            try
            {
                _quota = await askQuota(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is WeChatApiException && !cancellationToken.IsCancellationRequested)
            {
                // The limit of before still holds; without one the platform's refusal tells.
                Log.QuotaUnknown(logger, api.AppId, exception.Message);
            }

            _askedAt = time.GetTimestamp();
            var isNew = _quota is not null;
            _quotaDay = today;
            return (_quota, isNew);
        }
        finally
        {
            _asking.Release();
        }
    }
}
