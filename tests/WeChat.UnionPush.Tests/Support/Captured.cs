using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace WeChat.UnionPush.Tests;

/// <summary>
/// Everything that the library logs, traces and counts during the whole test run, and every exception that it throws, as text. At the end of the run the lines are searched for
/// secrets, which must not be in them.
/// </summary>
internal static class Captured
{
    private const int Kept = 200_000;

    private static readonly ConcurrentQueue<string> Texts = new();
    private static readonly MeterListener Meters = new();
    private static int Seen;

    public static ILoggerProvider Provider { get; } = new CapturingProvider();

    public static IReadOnlyCollection<string> Lines => Texts;

    public static int Count => Volatile.Read(ref Seen);

#pragma warning disable CA2255 // a test assembly is an application: the capture begins before the first test
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Begin()
    {
        AppDomain.CurrentDomain.FirstChanceException += static (_, arguments) =>
        {
            if (arguments.Exception is WeChatApiException or OpenDataException or TemplateMessageException
                || arguments.Exception.GetType().Namespace?.StartsWith("Microsoft.Extensions.Options", StringComparison.Ordinal) == true)
            {
                Add(arguments.Exception.ToString());
            }
        };
        ActivitySource.AddActivityListener(new ActivityListener
        {
            ShouldListenTo = static _ => true,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = static activity =>
                Add($"{activity.OperationName} {activity.DisplayName} {activity.StatusDescription} {string.Join(' ', activity.TagObjects)} {string.Join(' ', activity.Baggage)}"),
        });
        Meters.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith("WeChat", StringComparison.Ordinal) || instrument.Meter.Name.StartsWith("System.Net", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        Meters.SetMeasurementEventCallback<long>(static (instrument, _, tags, _) => Add(instrument.Name, tags));
        Meters.SetMeasurementEventCallback<double>(static (instrument, _, tags, _) => Add(instrument.Name, tags));
        Meters.Start();
    }

    private static void Add(string instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.Value is string text)
            {
                Add($"{instrument} {tag.Key}={text}");
            }
        }
    }

    private static void Add(string text)
    {
        if (Interlocked.Increment(ref Seen) <= Kept || text.Contains(Secrets.Marker, StringComparison.Ordinal))
        {
            Texts.Enqueue(text);
        }
    }

    private sealed class CapturingProvider : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            Add(state.ToString() ?? "");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
