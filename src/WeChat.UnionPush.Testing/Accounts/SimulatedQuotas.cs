namespace WeChat.UnionPush.Testing;

/// <summary>
/// How many calls of each API one account may make: by day, reset at 00:00 in China (UTC+8), and by minute.
/// See <see href="https://developers.weixin.qq.com/doc/service/en/guide/dev/api/limit.html"/>.
/// </summary>
/// <remarks>
/// Documented limits hold by default: <c>/cgi-bin/token</c> 2,000 a day, <c>stable_token</c> 500,000 a day and 10,000 a minute, <c>user/get</c> 500,
/// <c>message/template/send</c> 100,000, everything else 5,000,000; on a sandbox account 200, <c>user/get</c> 100 and <c>user/info</c> 500,000.
/// </remarks>
public sealed class SimulatedQuotas
{
    private static readonly long Otherwise = PlatformRules.Number("user/info calls");
    private readonly Gate _gate = new();
    private readonly Dictionary<string, long> _dailyLimits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _minuteLimits = new(StringComparer.Ordinal) { ["/cgi-bin/stable_token"] = PlatformRules.Number("stable_token calls in a minute") };
    private readonly Dictionary<string, Usage> _usages = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Month, int Count)> _clearings = new(StringComparer.Ordinal);
    private readonly SimulatedApp _app;

    internal SimulatedQuotas(SimulatedApp app) => _app = app;

    /// <summary>Sets how many calls a day an API takes before it answers 45009.</summary>
    /// <param name="path">The API, such as <c>/cgi-bin/message/template/send</c>.</param>
    /// <param name="limit">Calls a day.</param>
    public void SetDailyLimit(string path, long limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        lock (_gate)
        {
            _dailyLimits[path] = limit;
        }
    }

    /// <summary>Sets how many calls a minute an API takes before it answers 45011.</summary>
    /// <param name="path">The API.</param>
    /// <param name="limit">Calls a minute.</param>
    public void SetMinuteLimit(string path, long limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        lock (_gate)
        {
            _minuteLimits[path] = limit;
        }
    }

    /// <summary>How many calls the platform has counted for an API today (in China).</summary>
    /// <param name="path">The API.</param>
    public long GetUsedToday(string path)
    {
        lock (_gate)
        {
            return Today(path, _app.Platform.Now).Calls;
        }
    }

    internal long GetDailyLimit(string path)
    {
        lock (_gate)
        {
            return _dailyLimits.TryGetValue(path, out var limit) ? limit : Default(path);
        }
    }

    internal long? GetMinuteLimit(string path)
    {
        lock (_gate)
        {
            return _minuteLimits.TryGetValue(path, out var limit) ? limit : null;
        }
    }

    /// <summary>The limits that differ from the documented ones.</summary>
    internal IReadOnlyList<(string Path, long? Daily, long? Minute)> ExportLimits()
    {
        lock (_gate)
        {
            return
            [
                .. _dailyLimits.Keys.Union(_minuteLimits.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(path => (
                    path,
                    _dailyLimits.TryGetValue(path, out var daily) ? daily : (long?)null,
                    _minuteLimits.TryGetValue(path, out var minute) ? minute : (long?)null)),
            ];
        }
    }

    /// <summary>The APIs that were called today (in China).</summary>
    internal IReadOnlyList<string> UsedPaths()
    {
        lock (_gate)
        {
            return [.. _usages.Where(usage => usage.Value.Day == ChinaTime.Day(_app.Platform.Now)).Select(static usage => usage.Key)];
        }
    }

    /// <summary>Counts from zero again, without the month's budget of resets.</summary>
    internal void Reset()
    {
        lock (_gate)
        {
            _usages.Clear();
        }
    }

    /// <summary>Counts a call; answers 0, 45009 or 45011.</summary>
    internal int TryUse(string path, DateTimeOffset now)
    {
        lock (_gate)
        {
            var usage = Today(path, now);
            if (usage.Calls >= (_dailyLimits.TryGetValue(path, out var limit) ? limit : Default(path)))
            {
                return 45009;
            }

            if (_minuteLimits.TryGetValue(path, out var minuteLimit))
            {
                var minute = ChinaTime.Minute(now);
                if (usage.Minute != minute)
                {
                    usage.Minute = minute;
                    usage.CallsInMinute = 0;
                }

                if (usage.CallsInMinute >= minuteLimit)
                {
                    return 45011;
                }

                usage.CallsInMinute++;
            }

            usage.Calls++;
            return 0;
        }
    }

    /// <summary>Resets one counter, or all of them for a null path; <see langword="false"/> when the month's resets are used up.</summary>
    internal bool TryClear(string? path, DateTimeOffset now)
    {
        lock (_gate)
        {
            var budget = path is null ? "all" : "one";
            var month = ChinaTime.Month(now);
            var (clearedIn, count) = _clearings.GetValueOrDefault(budget);
            count = clearedIn == month ? count : 0;
            if (count >= PlatformRules.Number(path is null ? "resets of all counters" : "resets of one counter"))
            {
                return false;
            }

            _clearings[budget] = (month, count + 1);
            if (path is null)
            {
                _usages.Clear();
            }
            else
            {
                _usages.Remove(path);
            }

            return true;
        }
    }

    private Usage Today(string path, DateTimeOffset now)
    {
        if (!_usages.TryGetValue(path, out var usage))
        {
            _usages.Add(path, usage = new Usage());
        }

        var today = ChinaTime.Day(now);
        if (usage.Day != today)
        {
            usage.Day = today;
            usage.Calls = 0;
        }

        return usage;
    }

    private long Default(string path)
    {
        var sandbox = _app.OfficialAccount is { IsSandbox: true } ? ", sandbox" : "";
        return path switch
        {
            "/cgi-bin/token" => PlatformRules.Number($"token calls{sandbox}"),
            "/cgi-bin/stable_token" => PlatformRules.Number("stable_token calls"),
            "/cgi-bin/user/get" => PlatformRules.Number($"user/get calls{sandbox}"),
            "/cgi-bin/user/info" => PlatformRules.Number($"user/info calls{sandbox}"),
            "/cgi-bin/message/template/send" => PlatformRules.Number("template sends"),
            _ => Otherwise,
        };
    }

    private sealed class Usage
    {
        public long Day { get; set; }

        public long Calls { get; set; }

        public long Minute { get; set; }

        public long CallsInMinute { get; set; }
    }
}
