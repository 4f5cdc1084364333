using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace WeChat.UnionPush;

/// <summary>The metrics and traces of the library. Tags name APIs, outcomes and error codes, never a person, a token or a text of the host.</summary>
internal static class Telemetry
{
    private const string PathTag = "wechat.api";
    private const string ErrorTag = "error.type";
    private const string OutcomeTag = "wechat.outcome";

    private static readonly Meter Meter = new(WeChatUnionPushDiagnostics.Name);
    private static readonly ActivitySource Source = new(WeChatUnionPushDiagnostics.Name);

    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("wechat.api.retries", "{call}", "Calls to the platform that were made again.");
    private static readonly Counter<long> TokenRequests = Meter.CreateCounter<long>("wechat.token.requests", "{call}", "Access tokens asked of the platform.");
    private static readonly Counter<long> TokenRefusals = Meter.CreateCounter<long>("wechat.token.refusals", "{call}", "Access tokens that the platform refused before their end.");
    private static readonly Counter<long> StoreFailures =
        Meter.CreateCounter<long>("wechat.token.store_failures", "{call}", "Calls of the shared token store that failed or took too long.");
    private static readonly Counter<long> Pushes = Meter.CreateCounter<long>("wechat.pushes", "{message}", "Pushes by their outcome.");
    private static readonly Counter<long> SignIns = Meter.CreateCounter<long>("wechat.sign_ins", "{user}", "Mini Program sign-ins, by whether a UnionID came with them.");
    private static readonly Counter<long> Listed = Meter.CreateCounter<long>("wechat.sync.listed", "{follower}", "Followers that a sync listed.");
    private static readonly Counter<long> Detailed = Meter.CreateCounter<long>("wechat.sync.detailed", "{follower}", "Followers whose details a sync fetched.");

    private static readonly Counter<long> Callbacks = Meter.CreateCounter<long>("wechat.callbacks", "{request}", "Requests at the callback URL by their outcome.");
    private static readonly Counter<long> Events = Meter.CreateCounter<long>("wechat.events", "{event}", "Attempts to handle pushed events, by their outcome.");
    private static readonly Counter<long> Receipts = Meter.CreateCounter<long>("wechat.receipts", "{message}", "Messages whose outcome the platform told.");

    public static readonly Histogram<double> CallDuration = Meter.CreateHistogram(
        "wechat.api.duration",
        "s",
        "How long calls to the platform took, with their retries.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });

    public static Activity? StartCall(string path, string method) =>
        Source.HasListeners() ? Start(path, method) : null;

    public static Activity? StartPush() => Source.StartActivity("wechat.push");

    public static Activity? StartSync() => Source.StartActivity("wechat.sync");

    /// <summary>A call is over, with its retries.</summary>
    /// <param name="path">The API's path.</param>
    /// <param name="activity">What <see cref="StartCall"/> gave.</param>
    /// <param name="duration">How long it took.</param>
    /// <param name="error">The platform's code, the HTTP status or <c>no_answer</c>; <see langword="null"/> after a success.</param>
    public static void CallEnded(string path, Activity? activity, TimeSpan duration, string? error)
    {
        if (error is null)
        {
            CallDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>(PathTag, path));
            return;
        }

        CallDuration.Record(duration.TotalSeconds, new(PathTag, path), new(ErrorTag, error));
        activity?.SetTag(ErrorTag, error);
        activity?.SetStatus(ActivityStatusCode.Error);
    }

    public static void CallRepeated(string path) => Retries.Add(1, new KeyValuePair<string, object?>(PathTag, path));

    public static void TokenRequested(string channel, bool forced, string? error)
    {
        var tags = new TagList { { "wechat.token.channel", channel }, { "wechat.token.forced", forced } };
        if (error is not null)
        {
            tags.Add(ErrorTag, error);
        }

        TokenRequests.Add(1, tags);
    }

    public static void TokenRefused() => TokenRefusals.Add(1);

    public static void StoreFailed() => StoreFailures.Add(1);

    public static void SignedIn(bool linked) => SignIns.Add(1, new KeyValuePair<string, object?>("wechat.linked", linked));

    public static void Pushed(string outcome) => Pushes.Add(1, new KeyValuePair<string, object?>(OutcomeTag, outcome));

    public static void Synced(long listed, long detailed)
    {
        Listed.Add(listed);
        Detailed.Add(detailed);
    }

    public static Activity? StartEvent() => Source.StartActivity("wechat.event", ActivityKind.Consumer);

    public static void CallbackAnswered(string outcome) => Callbacks.Add(1, new KeyValuePair<string, object?>(OutcomeTag, outcome));

    public static void EventsHandled(int handled, int failed, int buried)
    {
        Add("handled", handled);
        Add("failed", failed);
        Add("buried", buried);

        static void Add(string outcome, int count)
        {
            if (count > 0)
            {
                Events.Add(count, new KeyValuePair<string, object?>(OutcomeTag, outcome));
            }
        }
    }

    public static void ReceiptSaved(string outcome) => Receipts.Add(1, new KeyValuePair<string, object?>(OutcomeTag, outcome));

    private static Activity? Start(string path, string method)
    {
        var activity = Source.StartActivity(path, ActivityKind.Client);
        activity?.SetTag("http.request.method", method);
        return activity;
    }
}
