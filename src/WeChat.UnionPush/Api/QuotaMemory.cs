using System.Collections.Concurrent;

namespace WeChat.UnionPush;

/// <summary>
/// Remembers that an account's calls of an API are used up for the day (45009), until they are counted anew at 00:00 China time. Nothing is called
/// meanwhile but once a minute, for the console and <c>clear_quota</c> can reset the counter before.
/// </summary>
internal sealed class QuotaMemory(string appId, TimeProvider time)
{
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<ApiEndpoint, UsedUp> _usedUp = new();
    private volatile bool _isEmpty = true;

    /// <summary>Throws where the platform would only refuse again.</summary>
    /// <exception cref="WeChatApiException">The day's calls are used up (<see cref="WeChatErrorClass.Quota"/>). No call was made.</exception>
    public void ThrowIfUsedUp(ApiEndpoint endpoint)
    {
        if (_isEmpty || !_usedUp.TryGetValue(endpoint, out var usedUp))
        {
            return;
        }

        var now = time.GetUtcNow();
        if (ChinaTime.DayOf(now) != ChinaTime.DayOf(usedUp.Since))
        {
            Forget(endpoint);
        }
        else if (now - usedUp.AskedAt < AskAgainAfter || !_usedUp.TryUpdate(endpoint, usedUp with { AskedAt = now }, usedUp))
        {
            throw WeChatApiErrors.StillUsedUp(usedUp.Refusal, appId, ChinaTime.NextDay(now) - now);
        }
    }

    /// <summary>Learns from an answer of the platform.</summary>
    public void Learn(ApiEndpoint endpoint, ApiAnswer answer)
    {
        if (answer.ErrorCode is WeChatErrorCodes.ApiQuotaReached or WeChatErrorCodes.ApiMinuteQuotaReached
            && WeChatApiErrors.Classify(endpoint.Path, answer.ErrorCode, answer.ErrorMessage) == WeChatErrorClass.Quota)
        {
            var now = time.GetUtcNow();
            _usedUp[endpoint] = new UsedUp(WeChatApiErrors.Create(endpoint.Path, answer.ErrorCode, answer.ErrorMessage), now, now);
            _isEmpty = false;
        }
        else if (!_isEmpty && answer.ErrorCode == 0)
        {
            Forget(endpoint);
        }
    }

    /// <summary>Forgets everything: the counters were reset.</summary>
    public void Forget()
    {
        _usedUp.Clear();
        _isEmpty = true;
    }

    private void Forget(ApiEndpoint endpoint)
    {
        _usedUp.TryRemove(endpoint, out _);

        // Looked at again after it was said, for another API may have been learned in between.
        _isEmpty = true;
        _isEmpty = _usedUp.IsEmpty;
    }

    private sealed record UsedUp(WeChatApiException Refusal, DateTimeOffset Since, DateTimeOffset AskedAt);
}
