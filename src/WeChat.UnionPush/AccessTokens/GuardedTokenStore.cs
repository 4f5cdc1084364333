using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>
/// One account's record in the shared store. A store that is down, slow or returns nonsense costs a warning and a token call, but never a send. Whatever it
/// does, these calls end within the store's time limit, and only the caller's own cancellation cancels them.
/// </summary>
internal sealed class GuardedTokenStore(IAccessTokenStore store, string appId, string key, TimeSpan timeLimit, TimeProvider time, ILogger logger)
{
    /// <summary>The record, and whether the store gave a usable answer.</summary>
    public Task<(bool Answered, StoredAccessToken? Record)> ReadAsync(CancellationToken cancellationToken) => GuardAsync(
        async stop =>
        {
            var record = await store.GetAsync(key, stop).ConfigureAwait(false);
            var latest = time.GetUtcNow() + AccessTokenRequest.LongestLife;
            return record is null || (!(record.Token?.ExpiresAt > latest) && !(record.FetchedAt > latest) && !(record.ForcedAt > latest))
                ? record
                : throw new InvalidDataException($"The record of {appId}'s access token has a time in it that lies more than a day ahead.");
        },
        cancellationToken);

    /// <summary>The lease. It is <see langword="null"/> without an answer when the store failed, and <see langword="null"/> with an answer when another process has it.</summary>
    public Task<(bool Answered, ILease? Lease)> TryLeaseAsync(TimeSpan duration, CancellationToken cancellationToken) =>
        GuardAsync(stop => store.TryLeaseAsync(key, duration, stop), cancellationToken);

    public Task SaveAsync(StoredAccessToken record, CancellationToken cancellationToken) => GuardAsync(
        async stop =>
        {
            await store.SetAsync(key, record, stop).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    public Task ReleaseAsync(ILease lease) => GuardAsync(
        async _ =>
        {
            await lease.DisposeAsync().ConfigureAwait(false);
            return true;
        },
        CancellationToken.None);

    /// <summary>Reads the record for a health check; throws what the store throws.</summary>
    public Task CheckAsync(CancellationToken cancellationToken) => AskAsync(stop => store.GetAsync(key, stop), cancellationToken);

    private async Task<(bool Answered, T? Value)> GuardAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return (true, await AskAsync(call, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Telemetry.StoreFailed();
            Log.StoreFailed(logger, appId, exception);
            return (false, default);
        }
    }

    private async Task<T> AskAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        Task<T>? answer = null;
        try
        {
            // On a pool thread, because a store may block instead of waiting asynchronously.
            return await TimeLimit.RunAsync(
                stop => answer = Task.Run(() => call(stop).AsTask(), CancellationToken.None),
                timeLimit, "The store of access tokens", time, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            TimeLimit.Observe(GiveBackAsync(answer!));
            throw;
        }
    }

    /// <summary>Ends a lease that came too late, so that others need not wait for it.</summary>
    private async Task GiveBackAsync<T>(Task<T> late)
    {
        if (await late.ConfigureAwait(false) is ILease lease)
        {
            await ReleaseAsync(lease).ConfigureAwait(false);
        }
    }
}
