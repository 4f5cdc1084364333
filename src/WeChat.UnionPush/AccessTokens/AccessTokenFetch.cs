using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>Finds a token of one account that works: in the store that its processes share, or with the platform.</summary>
/// <param name="appId">The account.</param>
/// <param name="options">The channel and the time limits.</param>
/// <param name="request">Asks the platform for a token, forced or not, with the credentials of the moment.</param>
/// <param name="store">What the processes that use the account share.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class AccessTokenFetch(
    string appId,
    AccessTokenOptions options,
    Func<bool, CancellationToken, Task<AccessToken>> request,
    IAccessTokenStore store,
    TimeProvider time,
    ILogger logger)
{
    private static readonly TimeSpan LeasePoll = TimeSpan.FromMilliseconds(100);

    private readonly GuardedTokenStore _store = new(store, appId, KeyOf(appId, options.Channel), options.StoreTimeout, time, logger);
    private readonly ForcedRefreshLedger _forced = new(appId, options, time, logger);

    /// <summary>Tokens that the platform refused, which are not taken again.</summary>
    public RejectedTokens Rejected { get; } = new();

    private string ChannelName => options.Channel == AccessTokenChannel.Stable ? "stable" : "classic";

    /// <summary>Shared store, lease, shared store again, platform: whoever waited for the lease finds what its holder fetched.</summary>
    public async Task<StoredAccessToken> FetchAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var read = await _store.ReadAsync(cancellationToken).ConfigureAwait(false);
            var shared = read?.Value;
            if (IsUsable(shared))
            {
                return shared!;
            }

            var leased = read is null ? null : await _store.TryLeaseAsync(options.RefreshTimeout, cancellationToken).ConfigureAwait(false);
            var lease = leased?.Value;

            // The holder may have died; then half the time is left to do without the lease.
            if (leased is not null && lease is null && time.GetElapsedTime(started) < options.RefreshTimeout / 2)
            {
                await Task.Delay(LeasePoll, time, cancellationToken).ConfigureAwait(false);
                continue;
            }

            try
            {
                if (lease is not null)
                {
                    shared = (await _store.ReadAsync(cancellationToken).ConfigureAwait(false))?.Value;
                    if (IsUsable(shared))
                    {
                        return shared!;
                    }
                }

                return await RequestAsync(shared, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                if (lease is not null)
                {
                    await _store.ReleaseAsync(lease).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>How long before its end a token is replaced: at most half its life, or a short one would be stale from the start.</summary>
    public TimeSpan Margin(StoredAccessToken record)
    {
        var half = (record.Token!.ExpiresAt - record.FetchedAt) / 2;
        return half < TimeSpan.Zero ? TimeSpan.Zero : half < options.RefreshBefore ? half : options.RefreshBefore;
    }

    /// <summary>Asks the shared store for the record, within the time a store has; throws what the store throws.</summary>
    public Task CheckStoreAsync(CancellationToken cancellationToken) => _store.CheckAsync(cancellationToken);

    private static string KeyOf(string appId, AccessTokenChannel channel) => channel == AccessTokenChannel.Stable ? appId : $"{appId}:classic";

    private async Task<StoredAccessToken> RequestAsync(StoredAccessToken? shared, CancellationToken cancellationToken)
    {
        _forced.Learn(shared);
        var token = await RequestAsync(forced: false, cancellationToken).ConfigureAwait(false);
        if (Rejected.Contains(token))
        {
            _forced.Add();

            // Saved before the call: a process that dies in between has used up one of the day's twenty.
            await _store.SaveAsync(RecordOf(token: null), cancellationToken).ConfigureAwait(false);
            token = await RequestAsync(forced: true, cancellationToken).ConfigureAwait(false);
            if (Rejected.Contains(token))
            {
                throw _forced.CameBack();
            }
        }

        var record = RecordOf(token);
        await _store.SaveAsync(record, cancellationToken).ConfigureAwait(false);
        return record;
    }

    private async Task<AccessToken> RequestAsync(bool forced, CancellationToken cancellationToken)
    {
        try
        {
            var token = await request(forced, cancellationToken).ConfigureAwait(false);
            Telemetry.TokenRequested(ChannelName, forced, error: null);
            Log.TokenFetched(logger, appId, options.Channel.ToString(), token.ExpiresAt);
            return token;
        }
        catch (Exception exception)
        {
            Telemetry.TokenRequested(ChannelName, forced, (exception as WeChatApiException)?.ErrorCode?.ToString() ?? "no_answer");
            throw;
        }
    }

    private bool IsUsable(StoredAccessToken? shared) =>
        shared?.Token is { } token && time.GetUtcNow() < token.ExpiresAt - Margin(shared) && !Rejected.Contains(token);

    private StoredAccessToken RecordOf(AccessToken? token)
    {
        var (forcedAt, forcedCount) = _forced.Last;
        return new StoredAccessToken { Token = token, FetchedAt = time.GetUtcNow(), ForcedAt = forcedAt, ForcedCount = forcedCount };
    }
}
