using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Observability;

/// <summary>What operators build dashboards and alerts on. A change here is a change for all of them: it belongs into the README and the change log too.</summary>
public sealed class TelemetryTests
{
    private static readonly string[] Instruments =
    [
        "wechat.api.duration|Histogram<double>|s|error.type wechat.api",
        "wechat.api.retries|Counter<long>|{call}|wechat.api",
        "wechat.callbacks|Counter<long>|{request}|wechat.outcome",
        "wechat.events|Counter<long>|{event}|wechat.outcome",
        "wechat.pushes|Counter<long>|{message}|wechat.outcome",
        "wechat.receipts|Counter<long>|{message}|wechat.outcome",
        "wechat.sign_ins|Counter<long>|{user}|wechat.linked",
        "wechat.sync.detailed|Counter<long>|{follower}|",
        "wechat.sync.listed|Counter<long>|{follower}|",
        "wechat.token.refusals|Counter<long>|{call}|",
        "wechat.token.requests|Counter<long>|{call}|error.type wechat.token.channel wechat.token.forced",
        "wechat.token.store_failures|Counter<long>|{call}|",
    ];

    private static readonly string[] Events =
    [
        "1 Debug CallRepeated",
        "2 Information HandlersLeftOut",
        "3 Warning RepeatNotSent",
        "4 Warning ForeignPrimaryHandler",
        "5 Error OptionsNotReloaded",
        "6 Warning UnknownKey",
        "7 Warning HandlersWithoutCallback",
        "8 Warning ReceiptsWithoutCallback",
        "9 Warning StoppedWithWorkUnderWay",
        "10 Information TokenFetched",
        "11 Warning TokenRefused",
        "12 Warning EarlyRefreshFailed",
        "13 Warning TokenForced",
        "14 Warning StoreFailed",
        "15 Warning SecondTokenOwner",
        "16 Warning LinksWithoutCallback",
        "20 Information SyncBegan",
        "21 Information SyncEnded",
        "22 Warning WalkIncomplete",
        "23 Warning UnionIdsChanged",
        "24 Error ScheduledSyncFailed",
        "25 Warning NoUnionIds",
        "26 Warning CatalogUnavailable",
        "27 Warning SomeUnlinked",
        "28 Warning FollowerCheckFailed",
        "30 Warning EventsFailed",
        "31 Error EventBuried",
        "32 Warning InboxFailed",
        "33 Warning ReceiptNotSaved",
        "34 Warning ExpiryFailed",
        "35 Warning ConsentNotSaved",
        "36 Warning LinkRefused",
        "37 Warning HeldMessageGivenUp",
        "38 Warning HeldMessagesNotSent",
        "40 Warning CallbackRefused",
        "41 Warning CallbackInboxFull",
        "42 Warning CallbackTooSlow",
        "43 Error CallbackFailed",
        "44 Warning CallbackLinesLeftOut",
        "45 Warning CallbackClockOff",
        "50 Information BroadcastPlanned",
        "51 Information BroadcastFinished",
        "52 Error BroadcastStopped",
        "53 Warning BroadcastWaits",
        "54 Error BroadcastFailed",
        "55 Warning QuotaUnknown",
        "56 Error BroadcastTemplateStopped",
    ];

    private static readonly string[] Activities = ["wechat.event", "wechat.push", "wechat.sync"];

    [Theory]
    [InlineData("README.md")]
    [InlineData("README.zh-CN.md")]
    public void The_README_lists_them(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, name)))
        {
            folder = folder.Parent;
        }

        var text = File.ReadAllText(Path.Combine(folder!.FullName, name));
        Assert.All(Instruments.Select(line => line.Split('|')[0]).Concat(Activities), metric => Assert.Contains($"`{metric}`", text, StringComparison.Ordinal));
        Assert.All(
            Instruments.SelectMany(line => line.Split('|')[3].Split(' ', StringSplitOptions.RemoveEmptyEntries)).Distinct(StringComparer.Ordinal),
            tag => Assert.Contains($"`{tag}`", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Event_ids_and_levels_stay_what_they_are()
    {
        var found =
            from assembly in new[] { typeof(IUnionPush).Assembly, typeof(global::Microsoft.AspNetCore.Builder.WeChatCallbackEndpoints).Assembly }
            from type in assembly.GetTypes()
            from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            let message = method.GetCustomAttribute<LoggerMessageAttribute>()
            where message is not null
            orderby message.EventId
            select $"{message.EventId} {message.Level} {message.EventName ?? method.Name}";
        Assert.Equal(Events, found);
    }

    [Fact]
    public async Task Metrics_and_traces_stay_what_they_are()
    {
        var seen = new ConcurrentDictionary<string, ConcurrentDictionary<string, bool>>(StringComparer.Ordinal);
        var kinds = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        var activities = new ConcurrentBag<Activity>();
        using var meters = new MeterListener();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == WeChatUnionPushDiagnostics.Name)
            {
                kinds[instrument.Name] =
                    $"{instrument.GetType().Name.Split('`')[0]}<{(instrument.GetType().GetGenericArguments()[0] == typeof(long) ? "long" : "double")}>|{instrument.Unit}";
                seen.TryAdd(instrument.Name, new(StringComparer.Ordinal));
                Assert.False(string.IsNullOrWhiteSpace(instrument.Description));
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Note(seen[instrument.Name], tags));
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            Assert.InRange(value, 0, 3600);
            Note(seen[instrument.Name], tags);
        });
        meters.Start();
        using var traces = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == WeChatUnionPushDiagnostics.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activities.Add,
        };
        ActivitySource.AddActivityListener(traces);

        await LiveAsync();
        Telemetry.CallbackAnswered("kept");
        Telemetry.EventsHandled(1, 1, 1);
        Telemetry.ReceiptSaved(TemplateDeliveryStatus.Delivered.Name());
        Telemetry.StartEvent()!.Dispose();

        Assert.Equal(Instruments, seen.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{pair.Key}|{kinds[pair.Key]}|{string.Join(' ', pair.Value.Keys.Order(StringComparer.Ordinal))}"));

        // A trace for each push and sync, and one for each call, named by its path.
        var names = activities.Select(activity => $"{activity.Kind} {activity.OperationName}").ToHashSet(StringComparer.Ordinal);
        Assert.Contains("Internal wechat.push", names);
        Assert.Contains("Internal wechat.sync", names);
        Assert.Contains("Consumer wechat.event", names);
        Assert.Contains("Client /cgi-bin/message/template/send", names);
        Assert.Contains("Client /cgi-bin/stable_token", names);
        Assert.All(activities, activity => Assert.Matches("^(wechat\\.[a-z_]+|/[a-z0-9_/-]+)$", activity.OperationName));
        Assert.Subset(new HashSet<string> { "http.request.method", "error.type" }, activities.SelectMany(activity => activity.TagObjects).Select(tag => tag.Key)
            .ToHashSet(StringComparer.Ordinal));
        Assert.Contains(activities, activity => activity is { OperationName: "/cgi-bin/message/template/send", Status: ActivityStatusCode.Error }
            && Equals(activity.GetTagItem("error.type"), "43004"));
        Assert.Contains(activities, activity => activity is { OperationName: "/cgi-bin/message/template/send", ParentId: not null, Status: ActivityStatusCode.Unset });

        // The shared refresh belongs to no single push.
        Assert.All(activities.Where(activity => activity.OperationName == "/cgi-bin/stable_token"), activity => Assert.Null(activity.ParentId));
    }

    [Fact]
    public void Counters_count_what_they_are_told_and_nothing_of_none()
    {
        var counted = new List<string>();
        var thread = Environment.CurrentManagedThreadId;
        using var meters = new MeterListener();
        meters.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == WeChatUnionPushDiagnostics.Name)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            // Tests beside this one count too, on threads of their own.
            if (Environment.CurrentManagedThreadId == thread)
            {
                counted.Add($"{instrument.Name} {value} {string.Join(' ', tags.ToArray().Select(tag => tag.Value))}".TrimEnd());
            }
        });
        meters.Start();

        Telemetry.Synced(listed: 3, detailed: 2);
        Telemetry.EventsHandled(handled: 5, failed: 0, buried: 0);
        Telemetry.EventsHandled(handled: 0, failed: 4, buried: 1);
        Telemetry.TokenRequested("classic", forced: false, error: null);
        Telemetry.TokenRefused();
        Telemetry.StoreFailed();
        Telemetry.SignedIn(linked: true);
        Telemetry.Pushed("sent");
        Telemetry.CallRepeated("/a");
        Telemetry.CallbackAnswered("kept");
        Telemetry.ReceiptSaved("delivered");
        Assert.Equal(
            [
                "wechat.sync.listed 3",
                "wechat.sync.detailed 2",
                "wechat.events 5 handled",
                "wechat.events 4 failed",
                "wechat.events 1 buried",
                "wechat.token.requests 1 classic False",
                "wechat.token.refusals 1",
                "wechat.token.store_failures 1",
                "wechat.sign_ins 1 True",
                "wechat.pushes 1 sent",
                "wechat.api.retries 1 /a",
                "wechat.callbacks 1 kept",
                "wechat.receipts 1 delivered",
            ],
            counted);
    }

    [Fact]
    public void The_buckets_of_the_durations_end_at_half_a_minute_and_a_call_names_its_method()
    {
        Assert.Equal((0.005, 30), (Telemetry.CallDuration.Advice!.HistogramBucketBoundaries![0], Telemetry.CallDuration.Advice.HistogramBucketBoundaries[^1]));
        using var traces = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == WeChatUnionPushDiagnostics.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(traces);
        using var call = Telemetry.StartCall("/a", "POST");
        Assert.Equal("POST", call!.GetTagItem("http.request.method"));
    }

    private static void Note(ConcurrentDictionary<string, bool> keys, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            keys.TryAdd(tag.Key, true);
            Assert.True(tag.Value is string or bool, $"{tag.Key} is {tag.Value?.GetType()}");
        }
    }

    /// <summary>A little of everything that is counted.</summary>
    private static async Task LiveAsync()
    {
        var broken = false;
        DelayWatch? watch = null;
        await using var town = new Town(choose: builder =>
        {
            builder.UseAccessTokenStore(services => new AccessTokens.MoodyStore(new InMemoryAccessTokenStore(services.GetRequiredService<TimeProvider>()))
            {
                Before = (_, _) => broken ? throw new IOException("the store is down") : Task.CompletedTask,
            });
            builder.Services.AddSingleton<TimeProvider>(_ => watch!);
        });
        watch = new DelayWatch(town.Time);
        var person = await town.AddReachablePersonAsync();
        var openId = person.OpenIdIn(town.MiniProgram);
        Assert.True((await town.Push.PushAsync(openId, town.Message())).IsSent);
        town.Account.AccessTokens.Replace();
        broken = true;
        Assert.True((await town.Push.PushAsync(openId, town.Message("a"))).IsSent);
        town.Platform.Faults.Add(SimulatedFault.Busy().On("/cgi-bin/message/template/send").Times(1));
        Assert.True((await watch.RunAsync(town.Push.PushAsync(openId, town.Message("b")))).IsSent);
        person.Unfollow(town.Account);
        Assert.Equal(PushStatus.NotFollowing, (await town.Push.PushAsync(openId, town.Message("c"))).Status);
        town.Account.AccessTokens.AppSecretFrozen = true;
        town.Time.Advance(TimeSpan.FromHours(2));
        await Assert.ThrowsAsync<WeChatApiException>(() => town.Services.GetRequiredService<ITemplateMessageSender>().SendAsync("o1", town.Message()));
    }
}
