using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>
/// The access token of one account on one channel. A hit reads one field; everything else is one shared task at a time, which no caller's
/// cancellation ends.
/// </summary>
internal sealed class AccessTokenCache(
    string appId,
    AccessTokenOptions options,
    Func<bool, CancellationToken, Task<AccessToken>> request,
    IAccessTokenStore store,
    TimeProvider time,
    ILogger logger)
{
    // The platform's own limits on force_refresh.
    private const int ForcedPerDay = 20;
    private static readonly TimeSpan ForcedApart = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LeasePoll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Spread = TimeSpan.FromMinutes(1);

    private readonly object _gate = new();
    private readonly string _key = options.Channel == AccessTokenChannel.Stable ? appId : $"{appId}:classic";
    private readonly Queue<DateTimeOffset> _takeovers = new();
    private volatile Entry? _entry;
    private Task<AccessToken>? _refresh;
    private readonly Queue<string> _rejected = new();
    private Refusal? _refusal;
    private volatile WeChatApiException? _lastFailure;

    /// <summary>What the health check shows: the current token's end and the last refusal, without a call.</summary>
    public (DateTimeOffset? ExpiresAt, WeChatApiException? LastFailure) Status => (_entry?.Token.ExpiresAt, _lastFailure);

    public bool HasToken => _entry is { } entry && time.GetUtcNow() < entry.RefreshAt;

    public ValueTask<AccessToken> GetAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (_entry is { } fresh && now < fresh.RefreshAt)
        {
            return new(fresh.Token);
        }

        return GetSlowly(now, cancellationToken);
    }

    public ValueTask<AccessToken> RenewAsync(AccessToken refused, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(refused);
        var now = time.GetUtcNow();
        lock (_gate)
        {
            if (_entry is { } entry)
            {
                if (!string.Equals(entry.Token.Value, refused.Value, StringComparison.Ordinal))
                {
                    return now < entry.Token.ExpiresAt ? new(entry.Token) : GetSlowly(now, cancellationToken);
                }

                _entry = null;
                NoticeTakeover(entry, now);
                Telemetry.TokenRefused();
                Log.TokenRefused(logger, appId);
            }

            if (!_rejected.Contains(refused.Value))
            {
                // A few are kept: refusals of an older token may arrive after those of its successor.
                _rejected.Enqueue(refused.Value);
                if (_rejected.Count > 4)
                {
                    _rejected.Dequeue();
                }

                _refusal = null;
            }
        }

        return GetSlowly(now, cancellationToken);
    }

    private ValueTask<AccessToken> GetSlowly(DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<AccessToken>(cancellationToken);
        }

        Task<AccessToken> refresh;
        Entry? entry;
        lock (_gate)
        {
            entry = _entry;
            if (entry is not null && now < entry.RefreshAt)
            {
                return new(entry.Token);
            }

            if (_refresh is null)
            {
                if (entry is null && _refusal is { } refusal && now < refusal.Until)
                {
                    return ValueTask.FromException<AccessToken>(refusal.Again());
                }

                // Started apart from the caller: neither its cancellation, nor its trace, nor a refresh that ends at once may touch the field's order.
                using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
                {
                    _refresh = Task.Run(RefreshAsync, CancellationToken.None);
                }

                // Nobody may be waiting when it fails.
                _ = _refresh.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            }

            refresh = _refresh;
        }

        // The old token works while its successor is on the way; only a caller that has nothing to send waits.
        return entry is not null && now < entry.Token.ExpiresAt
            ? new(entry.Token)
            : new(refresh.WaitAsync(cancellationToken));
    }

    private async Task<AccessToken> RefreshAsync()
    {
        try
        {
            using var timeout = new CancellationTokenSource(options.RefreshTimeout, time);
            while (true)
            {
                // Refused while it was on its way: the next round knows.
                var token = await FetchAsync(timeout.Token).ConfigureAwait(false);
                if (TrySettle(token))
                {
                    return token;
                }
            }
        }
        catch (Exception exception)
        {
            var failure = exception as WeChatApiException ?? Unreachable(exception);
            _lastFailure = failure;
            if (_entry is { } current && time.GetUtcNow() < current.Token.ExpiresAt)
            {
                Log.EarlyRefreshFailed(logger, appId, failure.Message);
                lock (_gate)
                {
                    if (ReferenceEquals(_entry, current))
                    {
                        _entry = current with { RefreshAt = Earliest(time.GetUtcNow() + options.RetryDelay, current.Token.ExpiresAt) };
                    }
                }

                return current.Token;
            }

            if (failure.ErrorClass is not WeChatErrorClass.Transient)
            {
                lock (_gate)
                {
                    _refusal = new Refusal(failure, time.GetUtcNow() + (failure.RetryAfter is { } wait && wait < options.RefusalPause ? wait : options.RefusalPause));
                }
            }

            throw failure;
        }
        finally
        {
            lock (_gate)
            {
                _refresh = null;
            }
        }
    }

    /// <summary>Shared store, lease, shared store again, platform: whoever waited for the lease finds what its holder fetched.</summary>
    private async Task<AccessToken> FetchAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var (readable, shared) = await FromStoreAsync(token => store.GetAsync(_key, token), cancellationToken).ConfigureAwait(false);
            if (Usable(shared) is { } found)
            {
                return found;
            }

            var (leasable, lease) = readable
                ? await FromStoreAsync(token => store.TryLeaseAsync(_key, options.RefreshTimeout, token), cancellationToken).ConfigureAwait(false)
                : (false, null);
            if (lease is null && leasable)
            {
                await Task.Delay(LeasePoll, time, cancellationToken).ConfigureAwait(false);
                continue;
            }

            try
            {
                if (lease is not null)
                {
                    (_, shared) = await FromStoreAsync(token => store.GetAsync(_key, token), cancellationToken).ConfigureAwait(false);
                    if (Usable(shared) is { } meanwhile)
                    {
                        return meanwhile;
                    }
                }

                return await RequestAsync(shared, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                if (lease is not null)
                {
                    await ReleaseAsync(lease).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task<AccessToken> RequestAsync(StoredAccessToken? shared, CancellationToken cancellationToken)
    {
        var record = new StoredAccessToken { ForcedAt = shared?.ForcedAt, ForcedCount = shared?.ForcedCount ?? 0 };
        var token = await RequestAsync(forced: false, cancellationToken).ConfigureAwait(false);
        if (IsRejected(token))
        {
            record = Force(record);

            // Counted before the call: a process that dies in between has used up one of the day's twenty.
            await FromStoreAsync(stop => SaveAsync(record, stop), cancellationToken).ConfigureAwait(false);
            token = await RequestAsync(forced: true, cancellationToken).ConfigureAwait(false);
            if (IsRejected(token))
            {
                throw KeepsReturning("even after a forced refresh", ForcedApart);
            }
        }

        record = record with { Token = token, FetchedAt = time.GetUtcNow() };
        await FromStoreAsync(stop => SaveAsync(record, stop), cancellationToken).ConfigureAwait(false);
        return token;
    }

    private async Task<AccessToken> RequestAsync(bool forced, CancellationToken cancellationToken)
    {
        try
        {
            var token = await request(forced, cancellationToken).ConfigureAwait(false);
            Telemetry.TokenRequested(options.Channel, forced, error: null);
            Log.TokenFetched(logger, appId, options.Channel, token.ExpiresAt);
            return token;
        }
        catch (WeChatApiException exception)
        {
            Telemetry.TokenRequested(options.Channel, forced, exception.ErrorCode?.ToString() ?? "no_answer");
            throw;
        }
    }

    private bool IsRejected(AccessToken token)
    {
        lock (_gate)
        {
            return _rejected.Contains(token.Value);
        }
    }

    private StoredAccessToken Force(StoredAccessToken record)
    {
        if (options.Channel == AccessTokenChannel.Classic)
        {
            throw KeepsReturning("on the classic channel, where every call should bring a new one", options.RefusalPause);
        }

        var now = time.GetUtcNow();
        var sameDay = record.ForcedAt is { } last && ChinaTime.DayOf(last) == ChinaTime.DayOf(now);
        var count = sameDay ? record.ForcedCount : 0;
        if (record.ForcedAt is { } before && now - before < ForcedApart && now >= before)
        {
            throw KeepsReturning("and one was forced less than 30 s ago", ForcedApart - (now - before));
        }

        if (count >= ForcedPerDay)
        {
            throw KeepsReturning("and the day's 20 forced refreshes are used up; the counter is reset at midnight, China time", options.RefusalPause);
        }

        Log.TokenForced(logger, appId, count + 1, ForcedPerDay);
        return record with { ForcedAt = now, ForcedCount = count + 1 };
    }

    private WeChatApiException KeepsReturning(string circumstance, TimeSpan retryAfter)
    {
        return new(
            options.Channel == AccessTokenChannel.Stable ? Endpoints.StableToken.Path : Endpoints.ClassicToken.Path,
            null,
            WeChatErrorClass.TokenInvalid,
            $"The platform refuses the access token of {appId} in calls and keeps returning it {circumstance}. Check that app id and secret belong to the account whose API is called, and that no other system resets its token.")
        {
            RetryAfter = retryAfter,
        };
    }

    private AccessToken? Usable(StoredAccessToken? shared)
    {
        if (shared?.Token is not { } token || IsRejected(token))
        {
            return null;
        }

        return time.GetUtcNow() < token.ExpiresAt - Margin(token, shared.FetchedAt) ? token : null;
    }

    /// <summary>How long before its end a token is replaced: at most half its life, or a short one would be stale from the start.</summary>
    private TimeSpan Margin(AccessToken token, DateTimeOffset fetchedAt)
    {
        var half = (token.ExpiresAt - fetchedAt) / 2;
        return half < options.RefreshBefore ? half : options.RefreshBefore;
    }

    private bool TrySettle(AccessToken token)
    {
        lock (_gate)
        {
            if (_rejected.Contains(token.Value))
            {
                return false;
            }

            var now = time.GetUtcNow();
            var margin = Margin(token, now);
            var spread = (margin < Spread ? margin : Spread) * Random.Shared.NextDouble();
            var refreshAt = token.ExpiresAt - margin + spread;
            var soonest = now + options.RetryDelay;
            _entry = new Entry(token, Earliest(refreshAt > soonest ? refreshAt : soonest, token.ExpiresAt));
            _refusal = null;
            _lastFailure = null;
            return true;
        }
    }

    /// <summary>A classic token that dies long before its end was replaced by somebody else; once can be chance.</summary>
    private void NoticeTakeover(Entry entry, DateTimeOffset now)
    {
        if (options.Channel != AccessTokenChannel.Classic || now >= entry.Token.ExpiresAt - options.RefreshBefore)
        {
            return;
        }

        _takeovers.Enqueue(now);
        while (now - _takeovers.Peek() > TimeSpan.FromHours(1))
        {
            _takeovers.Dequeue();
        }

        if (_takeovers.Count > 1)
        {
            Log.SecondTokenOwner(logger, appId, _takeovers.Count);
        }
    }

    private async ValueTask<bool> SaveAsync(StoredAccessToken record, CancellationToken cancellationToken)
    {
        await store.SetAsync(_key, record, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>A store that is down, slow or answers nonsense costs a warning and a token call, never a send.</summary>
    private async Task<(bool Answered, T? Value)> FromStoreAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            using var timeout = new CancellationTokenSource(options.StoreTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);

            // WaitAsync as well: a store that ignores its token must not hold up everybody.
            return (true, await call(either.Token).AsTask().WaitAsync(either.Token).ConfigureAwait(false));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Telemetry.StoreFailed();
            Log.StoreFailed(logger, appId, exception);
            return (false, default);
        }
    }

    private async Task ReleaseAsync(ILease lease) =>
        await FromStoreAsync(
            async _ =>
            {
                await lease.DisposeAsync().ConfigureAwait(false);
                return true;
            },
            CancellationToken.None).ConfigureAwait(false);

    private WeChatApiException Unreachable(Exception exception) => new(
        options.Channel == AccessTokenChannel.Stable ? Endpoints.StableToken.Path : Endpoints.ClassicToken.Path,
        null,
        WeChatErrorClass.Transient,
        exception is OperationCanceledException
            ? $"No access token of {appId} could be had within {options.RefreshTimeout.TotalSeconds:0.###} s."
            : $"No access token of {appId} could be had: {exception.Message}",
        exception);

    private static DateTimeOffset Earliest(DateTimeOffset first, DateTimeOffset second) => first < second ? first : second;

    private sealed record Entry(AccessToken Token, DateTimeOffset RefreshAt);

    private sealed record Refusal(WeChatApiException Failure, DateTimeOffset Until)
    {
        // A new object each time: one exception thrown by many threads grows its stack trace without end.
        public WeChatApiException Again() => new(
            Failure.ApiPath,
            Failure.ErrorCode,
            Failure.ErrorClass,
            Failure.Message,
            Failure)
        {
            ErrorMessage = Failure.ErrorMessage,
            RequestId = Failure.RequestId,
            Field = Failure.Field,
            IpAddress = Failure.IpAddress,
            StatusCode = Failure.StatusCode,
            OutcomeUnknown = Failure.OutcomeUnknown,
            RetryAfter = Failure.RetryAfter,
        };
    }
}
