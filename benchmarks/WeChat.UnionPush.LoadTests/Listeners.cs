using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using WeChat.UnionPush.Bare;

namespace WeChat.UnionPush.LoadTests;

/// <summary>Listens to the library as a host's telemetry does.</summary>
internal sealed class Listeners(params IDisposable[] parts) : IDisposable
{
    private const string HttpClientSource = "System.Net.Http";

    public static Listeners Start(Telemetry telemetry) => telemetry switch
    {
        Telemetry.Trace => new(Metrics.Listen(), Activities()),
        Telemetry.OpenTelemetry => new(
            Sdk.CreateTracerProviderBuilder().AddSource(WeChatUnionPushDiagnostics.Name, HttpClientSource).SetSampler(new AlwaysOnSampler()).Build(),
            Sdk.CreateMeterProviderBuilder().AddMeter(WeChatUnionPushDiagnostics.Name, HttpClientSource).Build()),
        _ => new(Metrics.Listen()),
    };

    public void Dispose()
    {
        foreach (var part in parts)
        {
            part.Dispose();
        }
    }

    private static ActivityListener Activities()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is WeChatUnionPushDiagnostics.Name or HttpClientSource,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
