using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>
/// One account's record in the shared store. A store that is down, slow or returns nonsense costs a warning and a token call, but never a send. Whatever it
/// does, these calls end within the store's time limit, and only the caller's own cancellation cancels them.
/// </summary>
internal sealed class GuardedTokenStore(IAccessTokenStore store, string appId, string key, TimeSpan timeLimit, TimeProvider time, ILogger logger)
{
    /// <summary>What the store says the record is; <see langword="null"/> when it gave no usable answer.</summary>
    public Task<StoreAnswer<StoredAccessToken>?> ReadAsync(CancellationToken cancellationToken) => GuardAsync(
        async stop =>
        {
            var record = await store.GetAsync(key, stop).ConfigureAwait(false);
            var latest = time.GetUtcNow() + AccessTokenRequest.LongestLife;
            return record is null || (!(record.Token?.ExpiresAt > latest) && !(record.FetchedAt > latest) && !(record.ForcedAt > latest))
                ? record
                : throw new InvalidDataException($"The record of {appId}'s access token has a time in it that lies more than a day ahead.");
        },
        cancellationToken);

    /// <summary>The lease: no answer when the store failed, and an answer without one when another process has it.</summary>
    public Task<StoreAnswer<ILease>?> TryLeaseAsync(TimeSpan duration, CancellationToken cancellationToken) =>
        GuardAsync(stop => store.TryLeaseAsync(key, duration, stop), cancellationToken);

    public Task SaveAsync(StoredAccessToken record, CancellationToken cancellationToken) => GuardAsync<object>(
        async stop =>
        {
            await store.SetAsync(key, record, stop).ConfigureAwait(false);
            return null;
        },
        cancellationToken);

    public Task ReleaseAsync(ILease lease) => GuardAsync<object>(
        async _ =>
        {
            await lease.DisposeAsync().ConfigureAwait(false);
            return null;
        },
        CancellationToken.None);

    /// <summary>Reads the record for a health check; throws what the store throws.</summary>
    public Task CheckAsync(CancellationToken cancellationToken) =>
        AskAsync(stop => Start(later => store.GetAsync(key, later), stop), cancellationToken);

    // Only for classes, of which all share one compiled copy: a process asks the store before it has sent anything.
    private async Task<StoreAnswer<T>?> GuardAsync<T>(Func<CancellationToken, ValueTask<T?>> call, CancellationToken cancellationToken)
        where T : class
    {
        Task<T?>? answer = null;
        try
        {
            return new(await AskAsync(stop => answer = Start(call, stop), cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            TimeLimit.Observe(GiveBackAsync(answer!));
            if (cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            Telemetry.StoreFailed();
            Log.StoreFailed(logger, appId, exception);
            return null;
        }
    }

    private Task<T?> AskAsync<T>(Func<CancellationToken, Task<T?>> call, CancellationToken cancellationToken)
        where T : class => TimeLimit.RunAsync(call, timeLimit, "The store of access tokens", time, cancellationToken);

    // On a pool thread, because a store may block instead of waiting asynchronously.
    private static Task<T?> Start<T>(Func<CancellationToken, ValueTask<T?>> call, CancellationToken stop)
        where T : class => Task.Run(() => call(stop).AsTask(), CancellationToken.None);

    /// <summary>Ends a lease that came too late, so that others need not wait for it.</summary>
    private async Task GiveBackAsync<T>(Task<T> late)
    {
        if (await late.ConfigureAwait(false) is ILease lease)
        {
            await ReleaseAsync(lease).ConfigureAwait(false);
        }
    }
}

/// <summary>What a store of tokens answered.</summary>
/// <param name="Value">What it has, if anything.</param>
internal sealed record StoreAnswer<T>(T? Value)
    where T : class;
