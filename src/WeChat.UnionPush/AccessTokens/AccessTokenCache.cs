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
    private readonly Queue<DateTimeOffset> _takeovers = new();
    private readonly Queue<string> _rejected = new();
    private volatile Entry? _entry;
    private Task<AccessToken>? _refresh;
    private Refusal? _refusal;
    private (WeChatApiException Failure, DateTimeOffset At)? _lastFailure;
    private Forced _forced = new(DateTimeOffset.MinValue, 0);

    /// <summary>Whether a call needs no token call first.</summary>
    public bool HasToken => _entry is { } entry && time.GetUtcNow() < entry.RefreshAt;

    /// <summary>What the health check shows, without a call.</summary>
    public AccessTokenStatus Status
    {
        get
        {
            lock (_gate)
            {
                return new(
                    _entry?.FetchedAt,
                    _entry?.Token.ExpiresAt,
                    _lastFailure?.Failure,
                    _lastFailure?.At,
                    IsRefused: _refusal is { } refusal && time.GetUtcNow() < refusal.Until);
            }
        }
    }

    private string Key { get; } = options.Channel == AccessTokenChannel.Stable ? appId : $"{appId}:classic";

    private string Path => options.Channel == AccessTokenChannel.Stable ? Endpoints.StableToken.Path : Endpoints.ClassicToken.Path;

    public ValueTask<AccessToken> GetAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return _entry is { } fresh && now < fresh.RefreshAt ? new(fresh.Token) : GetSlowly(now, cancellationToken);
    }

    public ValueTask<AccessToken> RenewAsync(AccessToken refused, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(refused);
        var now = time.GetUtcNow();
        var takeovers = 0;
        lock (_gate)
        {
            if (_entry is { } entry)
            {
                if (!IsSame(entry.Token, refused))
                {
                    return now < entry.Token.ExpiresAt ? new(entry.Token) : GetSlowly(now, cancellationToken);
                }

                _entry = null;
                takeovers = CountTakeover(entry, now);
            }

            if (_rejected.Contains(refused.Value))
            {
                return GetSlowly(now, cancellationToken);
            }

            // A few are kept: refusals of an older token may arrive after those of its successor.
            _rejected.Enqueue(refused.Value);
            if (_rejected.Count > 4)
            {
                _rejected.Dequeue();
            }
        }

        Telemetry.TokenRefused();
        Log.TokenRefused(logger, appId);
        if (takeovers > 1)
        {
            Log.SecondTokenOwner(logger, appId, takeovers);
        }

        return GetSlowly(now, cancellationToken);
    }

    /// <summary>Asks the shared store for the record, within the time a store has. For the health check; throws what the store throws.</summary>
    public async Task CheckStoreAsync(CancellationToken cancellationToken) =>
        await AskStoreAsync(stop => store.GetAsync(Key, stop), cancellationToken).ConfigureAwait(false);

    private ValueTask<AccessToken> GetSlowly(DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<AccessToken>(cancellationToken);
        }

        lock (_gate)
        {
            var entry = _entry;
            if (entry is not null && now < entry.RefreshAt)
            {
                return new(entry.Token);
            }

            var alive = entry is not null && now < entry.Token.ExpiresAt;
            if (_refresh is null)
            {
                if (!alive && _refusal is { } refusal && now < refusal.Until)
                {
                    return ValueTask.FromException<AccessToken>(refusal.Again());
                }

                // Started apart from the caller: neither its cancellation nor its trace may reach it, and one that ends at once must find the field set.
                using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
                {
                    _refresh = Task.Run(RefreshAsync, CancellationToken.None);
                }

                Abandon(_refresh);
            }

            // The old token works while its successor is on the way; only a caller that has nothing to send waits.
            return alive ? new(entry!.Token) : new(_refresh.WaitAsync(cancellationToken));
        }
    }

    private async Task<AccessToken> RefreshAsync()
    {
        try
        {
            using var timeout = new CancellationTokenSource(options.RefreshTimeout, time);
            while (true)
            {
                var fetch = FetchAsync(timeout.Token);
                Abandon(fetch);

                // WaitAsync as well: a handler of the host's that ignores its token must not hold up everybody for ever.
                var record = await fetch.WaitAsync(timeout.Token).ConfigureAwait(false);
                if (TrySettle(record))
                {
                    return record.Token!;
                }

                // Refused while it was on its way: the next round knows.
            }
        }
        catch (Exception exception)
        {
            var failure = exception as WeChatApiException ?? Unreachable(exception);
            if (KeepOld(failure) is not { } old)
            {
                throw failure;
            }

            Log.EarlyRefreshFailed(logger, appId, failure.Message);
            return old;
        }
    }

    /// <summary>Shared store, lease, shared store again, platform: whoever waited for the lease finds what its holder fetched.</summary>
    private async Task<StoredAccessToken> FetchAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var (readable, shared) = await FromStoreAsync(ReadAsync, cancellationToken).ConfigureAwait(false);
            if (IsUsable(shared))
            {
                return shared!;
            }

            var (leasable, lease) = readable
                ? await FromStoreAsync(stop => store.TryLeaseAsync(Key, options.RefreshTimeout, stop), cancellationToken).ConfigureAwait(false)
                : default;

            // The holder may have died; then half the time is left to do without the lease.
            if (leasable && lease is null && time.GetElapsedTime(started) < options.RefreshTimeout / 2)
            {
                await Task.Delay(LeasePoll, time, cancellationToken).ConfigureAwait(false);
                continue;
            }

            try
            {
                if (lease is not null)
                {
                    (_, shared) = await FromStoreAsync(ReadAsync, cancellationToken).ConfigureAwait(false);
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
                    await ReleaseAsync(lease).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task<StoredAccessToken> RequestAsync(StoredAccessToken? shared, CancellationToken cancellationToken)
    {
        LearnForced(shared);
        var token = await RequestAsync(forced: false, cancellationToken).ConfigureAwait(false);
        if (IsRejected(token))
        {
            CountForced();

            // Saved before the call: a process that dies in between has used up one of the day's twenty.
            await SaveAsync(token: null, cancellationToken).ConfigureAwait(false);
            token = await RequestAsync(forced: true, cancellationToken).ConfigureAwait(false);
            if (IsRejected(token))
            {
                throw KeepsReturning(" even after a forced refresh", ForcedApart);
            }
        }

        return await SaveAsync(token, cancellationToken).ConfigureAwait(false);
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
        catch (Exception exception)
        {
            Telemetry.TokenRequested(options.Channel, forced, (exception as WeChatApiException)?.ErrorCode?.ToString() ?? "no_answer");
            throw;
        }
    }

    /// <summary>Takes over what others counted. What this process counted stands in where the store lost it.</summary>
    private void LearnForced(StoredAccessToken? shared)
    {
        if (shared?.ForcedAt is not { } at)
        {
            return;
        }

        if (ChinaTime.DayOf(at) == ChinaTime.DayOf(_forced.At))
        {
            _forced = new Forced(at > _forced.At ? at : _forced.At, Math.Max(shared.ForcedCount, _forced.Count));
        }
        else if (at > _forced.At)
        {
            _forced = new Forced(at, shared.ForcedCount);
        }
    }

    private void CountForced()
    {
        if (options.Channel == AccessTokenChannel.Classic)
        {
            throw KeepsReturning(" on the classic channel, where every call should bring a new one", options.RefusalPause);
        }

        var now = time.GetUtcNow();
        var wait = ForcedApart - (now - _forced.At).Duration();
        if (wait > TimeSpan.Zero)
        {
            throw KeepsReturning(", and another one was forced less than 30 s ago", wait);
        }

        var count = ChinaTime.DayOf(_forced.At) == ChinaTime.DayOf(now) ? Math.Max(0, _forced.Count) : 0;
        if (count >= ForcedPerDay)
        {
            throw KeepsReturning(", and the day's 20 forced refreshes are used up; the counter is reset at midnight, China time", options.RefusalPause);
        }

        _forced = new Forced(now, count + 1);
        Log.TokenForced(logger, appId, count + 1, ForcedPerDay);
    }

    private WeChatApiException KeepsReturning(string circumstance, TimeSpan retryAfter) => new(
        Path,
        null,
        WeChatErrorClass.TokenInvalid,
        $"The platform refuses the access token of {appId} in calls and keeps returning it{circumstance}. Check that app id and secret belong to the account whose API is called, and that no other system resets its token.")
    {
        RetryAfter = retryAfter,
    };

    // Without the exception itself: it is a stranger's, a handler's of the host for one, and the address it may show carries the secret.
    private WeChatApiException Unreachable(Exception exception) => new(
        Path,
        null,
        WeChatErrorClass.Transient,
        exception is OperationCanceledException
            ? $"No access token of {appId} could be had within {options.RefreshTimeout.TotalSeconds:0.###} s."
            : $"No access token of {appId} could be had: {exception.GetType().Name}: {Redaction.Quote(exception.Message)}");

    private bool IsRejected(AccessToken token)
    {
        lock (_gate)
        {
            return _rejected.Contains(token.Value);
        }
    }

    private bool IsUsable(StoredAccessToken? shared) =>
        shared?.Token is { } token && time.GetUtcNow() < token.ExpiresAt - Margin(shared) && !IsRejected(token);

    /// <summary>How long before its end a token is replaced: at most half its life, or a short one would be stale from the start.</summary>
    private TimeSpan Margin(StoredAccessToken record)
    {
        var half = (record.Token!.ExpiresAt - record.FetchedAt) / 2;
        return half < TimeSpan.Zero ? TimeSpan.Zero : half < options.RefreshBefore ? half : options.RefreshBefore;
    }

    private bool TrySettle(StoredAccessToken record)
    {
        var token = record.Token!;
        lock (_gate)
        {
            if (_rejected.Contains(token.Value))
            {
                return false;
            }

            var margin = Margin(record);
            var spread = (margin < Spread ? margin : Spread) * Random.Shared.NextDouble();
            var refreshAt = token.ExpiresAt - margin + spread;
            var soonest = time.GetUtcNow() + options.RetryDelay;
            _entry = new Entry(token, record.FetchedAt, Earliest(refreshAt > soonest ? refreshAt : soonest, token.ExpiresAt));

            // In one step with the entry: a caller whose new token is refused at once must not find the refresh that brought it.
            _refresh = null;
            _refusal = null;
            _lastFailure = null;
            return true;
        }
    }

    /// <summary>Ends a refresh that failed: the old token serves on while it lives, and a refusal is remembered when there is none.</summary>
    private AccessToken? KeepOld(WeChatApiException failure)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            _refresh = null;
            _lastFailure = (failure, now);
            if (_entry is { } current && now < current.Token.ExpiresAt)
            {
                _entry = current with { RefreshAt = Earliest(now + options.RetryDelay, current.Token.ExpiresAt) };
                return current.Token;
            }

            if (failure.ErrorClass != WeChatErrorClass.Transient)
            {
                var pause = failure.RetryAfter is { } wait && wait < options.RefusalPause ? wait : options.RefusalPause;
                _refusal = new Refusal(failure, now + pause);
            }

            return null;
        }
    }

    /// <summary>A classic token that dies long before its end was replaced by somebody else; once can be chance.</summary>
    private int CountTakeover(Entry entry, DateTimeOffset now)
    {
        if (options.Channel != AccessTokenChannel.Classic || now >= entry.Token.ExpiresAt - options.RefreshBefore)
        {
            return 0;
        }

        _takeovers.Enqueue(now);
        while (now - _takeovers.Peek() > TimeSpan.FromHours(1))
        {
            _takeovers.Dequeue();
        }

        return _takeovers.Count;
    }

    private async ValueTask<StoredAccessToken?> ReadAsync(CancellationToken cancellationToken)
    {
        var record = await store.GetAsync(Key, cancellationToken).ConfigureAwait(false);
        var latest = time.GetUtcNow() + AccessTokenRequest.LongestLife;
        return record is null || (!(record.Token?.ExpiresAt > latest) && !(record.FetchedAt > latest) && !(record.ForcedAt > latest))
            ? record
            : throw new InvalidDataException($"The record of {appId}'s access token has a time in it that lies more than a day ahead.");
    }

    private async Task<StoredAccessToken> SaveAsync(AccessToken? token, CancellationToken cancellationToken)
    {
        var forced = _forced;
        var record = new StoredAccessToken
        {
            Token = token,
            FetchedAt = time.GetUtcNow(),
            ForcedAt = forced.Count > 0 ? forced.At : null,
            ForcedCount = forced.Count,
        };
        await FromStoreAsync(
            async stop =>
            {
                await store.SetAsync(Key, record, stop).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        return record;
    }

    private async Task ReleaseAsync(ILease lease) =>
        await FromStoreAsync(
            async _ =>
            {
                await lease.DisposeAsync().ConfigureAwait(false);
                return true;
            },
            CancellationToken.None).ConfigureAwait(false);

    /// <summary>A store that is down, slow or answers nonsense costs a warning and a token call, never a send.</summary>
    private async Task<(bool Answered, T? Value)> FromStoreAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return (true, await AskStoreAsync(call, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Telemetry.StoreFailed();
            Log.StoreFailed(logger, appId, exception);
            return (false, default);
        }
    }

    private async Task<T> AskStoreAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.StoreTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);

        // On a thread of its own, and not waited for beyond its time: a store may block, or not heed its token.
        var stop = either.Token;
        var answer = Task.Run(() => call(stop).AsTask(), CancellationToken.None);
        try
        {
            return await answer.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Abandon(GiveBackAsync(answer));
            if (exception is OperationCanceledException && timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"The store gave no answer within {options.StoreTimeout.TotalSeconds:0.###} s.", exception);
            }

            throw;
        }
    }

    /// <summary>A lease that came after its time must not keep others waiting.</summary>
    private async Task GiveBackAsync<T>(Task<T> late)
    {
        if (await late.ConfigureAwait(false) is ILease lease)
        {
            await ReleaseAsync(lease).ConfigureAwait(false);
        }
    }

    /// <summary>Nobody may be waiting when the task fails, and then its failure is nobody's surprise.</summary>
    private static void Abandon(Task task) =>
        _ = task.ContinueWith(static failed => failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private static bool IsSame(AccessToken one, AccessToken other) => string.Equals(one.Value, other.Value, StringComparison.Ordinal);

    private static DateTimeOffset Earliest(DateTimeOffset first, DateTimeOffset second) => first < second ? first : second;

    private sealed record Forced(DateTimeOffset At, int Count);

    private sealed record Entry(AccessToken Token, DateTimeOffset FetchedAt, DateTimeOffset RefreshAt);

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
