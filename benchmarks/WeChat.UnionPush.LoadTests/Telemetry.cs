namespace WeChat.UnionPush.LoadTests;

/// <summary>Who listens to the library.</summary>
internal enum Telemetry
{
    /// <summary>An exporter of metrics, as most hosts have.</summary>
    Metrics,

    /// <summary>Metrics, and a listener that records every activity, so that each request carries a <c>traceparent</c>.</summary>
    Trace,

    /// <summary>OpenTelemetry's SDK with traces and metrics of the library and of <c>HttpClient</c>; every activity is recorded and then dropped.</summary>
    OpenTelemetry,
}
