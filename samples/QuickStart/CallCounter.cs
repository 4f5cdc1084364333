using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using WeChat.UnionPush;
using WeChat.UnionPush.Diagnostics;

namespace QuickStart;

/// <summary>Counts the calls to the platform, from the metric that the library publishes.</summary>
internal sealed class CallCounter : IDisposable
{
    private readonly ConcurrentDictionary<string, int> _calls = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    public CallCounter()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == WeChatUnionPushDiagnostics.Name && instrument.Name == "wechat.api.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "wechat.api", Value: string path })
                {
                    _calls.AddOrUpdate(path, 1, static (_, count) => count + 1);
                }
            }
        });
        _listener.Start();
    }

    /// <summary>The calls since this was last read, such as <c>4 user/get, 250 user/info/batchget</c>.</summary>
    public string Take()
    {
        var calls = _calls.OrderBy(call => call.Key, StringComparer.Ordinal)
            .Select(call => $"{call.Value:N0} {call.Key.Replace("/cgi-bin/", "", StringComparison.Ordinal)}").ToArray();
        _calls.Clear();
        return calls.Length == 0 ? "no calls" : string.Join(", ", calls);
    }

    public void Dispose() => _listener.Dispose();
}
