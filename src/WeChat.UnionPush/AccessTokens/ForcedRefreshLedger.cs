using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush;

/// <summary>Counts the forced refreshes of one account's token against the platform's limits: 20 in a China-time day, at least 30 seconds apart.</summary>
internal sealed class ForcedRefreshLedger(string appId, AccessTokenOptions options, TimeProvider time, ILogger logger)
{
    private const int PerDay = 20;
    private static readonly TimeSpan Apart = TimeSpan.FromSeconds(30);

    // One immutable object, because a refresh that was abandoned may still count at the same time as the next one.
    private volatile Forced _last = new(DateTimeOffset.MinValue, 0);

    /// <summary>What is saved in the shared store: when the last forced refresh was, and how many there were on that day.</summary>
    public (DateTimeOffset? At, int Count) Last => _last is { Count: > 0 } last ? (last.At, last.Count) : (null, 0);

    /// <summary>Takes over the count of other processes. If the store lost it, the count of this process is used.</summary>
    public void Learn(StoredAccessToken? shared)
    {
        if (shared?.ForcedAt is not { } at)
        {
            return;
        }

        var last = _last;
        if (ChinaTime.DayOf(at) == ChinaTime.DayOf(last.At))
        {
            _last = new Forced(at > last.At ? at : last.At, Math.Max(shared.ForcedCount, last.Count));
        }
        else if (at > last.At)
        {
            _last = new Forced(at, shared.ForcedCount);
        }
    }

    /// <summary>Counts one more.</summary>
    /// <exception cref="WeChatApiException">The platform does not allow another one now.</exception>
    public void Add()
    {
        if (options.Channel == AccessTokenChannel.Classic)
        {
            throw KeepsReturning(" on the classic channel, where every call should bring a new one", options.RefusalPause);
        }

        var (last, now) = (_last, time.GetUtcNow());
        var wait = Apart - (now - last.At).Duration();
        if (wait > TimeSpan.Zero)
        {
            throw KeepsReturning(", and another one was forced less than 30 s ago", wait);
        }

        var count = ChinaTime.DayOf(last.At) == ChinaTime.DayOf(now) ? Math.Max(0, last.Count) : 0;
        if (count >= PerDay)
        {
            throw KeepsReturning(", and the day's 20 forced refreshes are used up; the counter is reset at midnight, China time", options.RefusalPause);
        }

        _last = new Forced(now, count + 1);
        Log.TokenForced(logger, appId, count + 1, PerDay);
    }

    /// <summary>The failure when a forced refresh returned the refused token again.</summary>
    public WeChatApiException CameBack() => KeepsReturning(" even after a forced refresh", Apart);

    private WeChatApiException KeepsReturning(string circumstance, TimeSpan retryAfter) => new(
        AccessTokenRequest.EndpointOf(options.Channel).Path,
        null,
        WeChatErrorClass.TokenInvalid,
        $"The platform refuses the access token of {appId} in calls and keeps returning it{circumstance}. Check that app id and secret belong to the account whose " +
            "API is called, and that no other system resets its token.")
    {
        RetryAfter = retryAfter,
    };

    private sealed record Forced(DateTimeOffset At, int Count);
}
