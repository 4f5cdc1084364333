using System.Diagnostics.Metrics;

namespace WeChat.UnionPush.Bare;

/// <summary>Listens to the library's metrics the way an exporter does, and forgets them.</summary>
internal static class Metrics
{
    public static MeterListener Listen()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (string.Equals(instrument.Meter.Name, WeChatUnionPushDiagnostics.Name, StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        listener.Start();
        return listener;
    }
}
