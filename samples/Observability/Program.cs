using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using ObservabilitySample;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using WeChat.UnionPush;
using WeChat.UnionPush.Diagnostics;

// To the console:     dotnet run --project samples/Observability
// To a collector:     OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317 dotnet run --project samples/Observability
//
// dashboard.json shows the metrics in Grafana, from a Prometheus that gets them from the collector or by its own OTLP endpoint.
var builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);

var town = new SmallTown();
town.Register(builder.Services);

// What a host needs to see the library: one meter and one source, both with the library's name.
var telemetry = builder.Services.AddOpenTelemetry()
    .ConfigureResource(static resource => resource.AddService("observability-sample"))
    .WithMetrics(static metrics => metrics.AddMeter(WeChatUnionPushDiagnostics.Name))
    .WithTracing(static tracing => tracing.AddSource(WeChatUnionPushDiagnostics.Name));
if (string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
{
    telemetry.WithMetrics(static metrics => metrics.AddConsoleExporter()).WithTracing(static tracing => tracing.AddConsoleExporter());
}
else
{
    telemetry.UseOtlpExporter();
}

int sent;
using (var host = builder.Build())
{
    await host.StartAsync();
    sent = await town.LiveAsync(host.Services.GetRequiredService<IUnionPush>());
    await host.StopAsync();

    // The end of the host is the end of the exporters, which hand over what they have not exported yet.
}

Console.WriteLine($"observability: {sent} of {SmallTown.Users} messages were sent, and the traces and metrics of all of them were exported.");
