using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>
/// The access token of one account on one channel. A hit reads one field; everything else is one shared task at a time, which no caller's
/// cancellation ends.
/// </summary>
/// <param name="appId">The account.</param>
/// <param name="options">The channel and the time limits.</param>
/// <param name="request">Asks the platform for a token, forced or not, with the credentials of the moment.</param>
/// <param name="store">What the processes that use the account share.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
/// <param name="currentSecret">The secret of the moment: a refusal stands only for the secret that was refused.</param>
internal sealed class AccessTokenCache(
    string appId,
    AccessTokenOptions options,
    Func<bool, CancellationToken, Task<AccessToken>> request,
    IAccessTokenStore store,
    TimeProvider time,
    ILogger logger,
    Func<string>? currentSecret = null)
{
    private static readonly TimeSpan Spread = TimeSpan.FromMinutes(1);

    private readonly object _gate = new();
    private readonly TokenTakeovers _takeovers = new(options);
    private readonly AccessTokenFetch _fetch = new(appId, options, request, store, time, logger);
    private volatile Entry? _entry;
    private Task<AccessToken>? _refresh;
    private CredentialsRefusal? _refusal;
    private (WeChatApiException Failure, DateTimeOffset At)? _lastFailure;

    public string AppId => appId;

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
                    IsRefused: _refusal is { } refusal && refusal.Stands(currentSecret?.Invoke(), time.GetUtcNow()));
            }
        }
    }

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
                takeovers = _takeovers.Count(entry.Token, now);
            }

            if (!_fetch.Rejected.Add(refused))
            {
                return GetSlowly(now, cancellationToken);
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
    public Task CheckStoreAsync(CancellationToken cancellationToken) => _fetch.CheckStoreAsync(cancellationToken);

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
                if (!alive && _refusal is { } refusal && refusal.Stands(currentSecret?.Invoke(), now))
                {
                    return ValueTask.FromException<AccessToken>(WeChatApiErrors.Again(refusal.Failure));
                }

                // Started apart from the caller: neither its cancellation nor its trace may reach it, and one that ends at once must find the field set.
                using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
                {
                    _refresh = Task.Run(RefreshAsync, CancellationToken.None);
                }

                TimeLimit.Observe(_refresh);
            }

            // The old token works while its successor is on the way; only a caller that has nothing to send waits.
            return alive ? new(entry!.Token) : new(_refresh.WaitAsync(cancellationToken));
        }
    }

    private async Task<AccessToken> RefreshAsync()
    {
        string? secret = null;
        try
        {
            // Read before the request reads it: one that changes in between is asked with once more, never held back.
            secret = currentSecret?.Invoke();
            using var timeout = new CancellationTokenSource(options.RefreshTimeout, time);
            while (true)
            {
                // From outside: a handler of the host's that ignores its token must not hold up everybody for ever.
                var record = await TimeLimit.WaitAsync(_fetch.FetchAsync(timeout.Token), timeout.Token).ConfigureAwait(false);
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
            if (KeepOld(failure, secret) is not { } old)
            {
                throw failure;
            }

            Log.EarlyRefreshFailed(logger, appId, failure.Message);
            return old;
        }
    }

    // Without the exception itself: it is a stranger's, a handler's of the host for one, and the address it may show carries the secret.
    private WeChatApiException Unreachable(Exception exception) => new(
        AccessTokenRequest.EndpointOf(options.Channel).Path,
        null,
        WeChatErrorClass.Transient,
        exception is OperationCanceledException
            ? $"No access token of {appId} could be had within {options.RefreshTimeout.TotalSeconds:0.###} s."
            : $"No access token of {appId} could be had: {exception.GetType().Name}: {Redaction.Quote(exception.Message)}");

    private bool TrySettle(StoredAccessToken record)
    {
        var token = record.Token!;
        lock (_gate)
        {
            if (_fetch.Rejected.Contains(token))
            {
                return false;
            }

            var margin = _fetch.Margin(record);
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
    private AccessToken? KeepOld(WeChatApiException failure, string? secret)
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
                _refusal = new CredentialsRefusal(failure, secret, now + pause);
            }

            return null;
        }
    }

    private static bool IsSame(AccessToken one, AccessToken other) => string.Equals(one.Reveal(), other.Reveal(), StringComparison.Ordinal);

    private static DateTimeOffset Earliest(DateTimeOffset first, DateTimeOffset second) => first < second ? first : second;

    private sealed record Entry(AccessToken Token, DateTimeOffset FetchedAt, DateTimeOffset RefreshAt);
}
