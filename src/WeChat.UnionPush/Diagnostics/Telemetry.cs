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
    private static readonly Counter<long> StoreFailures = Meter.CreateCounter<long>("wechat.token.store_failures", "{call}", "Calls of the shared token store that failed or took too long.");
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

    public static Activity? StartCall(ApiEndpoint endpoint) =>
        Source.HasListeners() ? Start(endpoint) : null;

    public static Activity? StartPush() => Source.StartActivity("wechat.push");

    public static Activity? StartSync() => Source.StartActivity("wechat.sync");

    public static void CallEnded(ApiEndpoint endpoint, Activity? activity, TimeSpan duration, ApiAnswer? answer, WeChatApiException? failure)
    {
        string? error = null;
        if (failure is not null)
        {
            error = failure.StatusCode is { } status ? ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture) : "no_answer";
        }
        else if (answer!.ErrorCode != 0)
        {
            error = new WeChatErrorCode(answer.ErrorCode).ToString();
        }

        if (error is null)
        {
            CallDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>(PathTag, endpoint.Path));
            return;
        }

        CallDuration.Record(duration.TotalSeconds, new(PathTag, endpoint.Path), new(ErrorTag, error));
        activity?.SetTag(ErrorTag, error);
        activity?.SetStatus(ActivityStatusCode.Error);
    }

    public static void CallRepeated(ApiEndpoint endpoint) => Retries.Add(1, new KeyValuePair<string, object?>(PathTag, endpoint.Path));

    public static void TokenRequested(AccessTokenChannel channel, bool forced, string? error)
    {
        var tags = new TagList { { "wechat.token.channel", channel == AccessTokenChannel.Stable ? "stable" : "classic" }, { "wechat.token.forced", forced } };
        if (error is not null)
        {
            tags.Add(ErrorTag, error);
        }

        TokenRequests.Add(1, tags);
    }

    public static void TokenRefused() => TokenRefusals.Add(1);

    public static void StoreFailed() => StoreFailures.Add(1);

    public static void SignedIn(bool linked) => SignIns.Add(1, new KeyValuePair<string, object?>("wechat.linked", linked));

    public static void Pushed(PushStatus status) => Pushes.Add(1, new KeyValuePair<string, object?>(OutcomeTag, Name(status)));

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

    public static void ReceiptSaved(TemplateDeliveryStatus status) => Receipts.Add(1, new KeyValuePair<string, object?>(OutcomeTag, status switch
    {
        TemplateDeliveryStatus.Delivered => "delivered",
        TemplateDeliveryStatus.UserBlocked => "user_blocked",
        TemplateDeliveryStatus.SystemFailed => "system_failed",
        TemplateDeliveryStatus.FrequencyLimited => "frequency_limited",
        _ => "other",
    }));

    private static Activity? Start(ApiEndpoint endpoint)
    {
        var activity = Source.StartActivity(endpoint.Path, ActivityKind.Client);
        activity?.SetTag("http.request.method", endpoint.Method.Method);
        return activity;
    }

    private static string Name(PushStatus status) => status switch
    {
        PushStatus.Sent => "sent",
        PushStatus.NotSignedIn => "not_signed_in",
        PushStatus.NotLinked => "not_linked",
        PushStatus.NotFollowing => "not_following",
        PushStatus.Refused => "refused",
        PushStatus.TooFrequent => "too_frequent",
        PushStatus.Duplicate => "duplicate",
        _ => "unknown",
    };
}
