using System.Globalization;
using System.Text;
using System.Text.Json;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>The REST API of the page, for tests of any language too. <c>openapi.json</c> describes it.</summary>
internal static class RestApi
{
    public static readonly IReadOnlyList<(string Method, string Route, Func<Request, Task> Handle)> Routes =
    [
        ("GET", "/openapi.json", static request => PageFiles.SendDocumentAsync(request.Context, request.Prefix)),
        ("GET", "/api/state", GetStateAsync),
        ("GET", "/api/credentials", GetCredentialsAsync),
        ("GET", "/api/events", EventStream.SendAsync),
        ("GET", "/api/clock", GetClockAsync),
        ("POST", "/api/clock", MoveClockAsync),
        ("GET", "/api/people", PeopleApi.ListAsync),
        ("POST", "/api/people", PeopleApi.AddAsync),
        ("GET", "/api/people/{person}", PeopleApi.GetAsync),
        ("PATCH", "/api/people/{person}", PeopleApi.RenameAsync),
        ("POST", "/api/people/{person}/{action}", PeopleApi.ActAsync),
        ("GET", "/api/messages", ListMessagesAsync),
        ("GET", "/api/calls", ListCallsAsync),
        ("GET", "/api/calls/{id}", GetCallAsync),
        ("POST", "/api/calls/{id}/replay", ReplayCallAsync),
        ("GET", "/api/callbacks", ListCallbacksAsync),
        ("GET", "/api/callbacks/{id}", GetCallbackAsync),
        ("POST", "/api/callbacks/{id}/replay", ReplayCallbackAsync),
        ("DELETE", "/api/history", ClearHistoryAsync),
        ("PATCH", "/api/apps/{appId}", AppsApi.SwitchAsync),
        ("PUT", "/api/apps/{appId}/secret", AppsApi.SetSecretAsync),
        ("PUT", "/api/apps/{appId}/callback", AppsApi.SetCallbackAsync),
        ("DELETE", "/api/apps/{appId}/callback", AppsApi.RemoveCallbackAsync),
        ("POST", "/api/apps/{appId}/tokens", AppsApi.SpoilTokensAsync),
        ("GET", "/api/apps/{appId}/quotas", AppsApi.GetQuotasAsync),
        ("PUT", "/api/apps/{appId}/quotas", AppsApi.SetQuotasAsync),
        ("DELETE", "/api/apps/{appId}/quotas", AppsApi.ResetQuotasAsync),
        ("POST", "/api/apps/{appId}/templates", AppsApi.AddTemplateAsync),
        ("POST", "/api/apps/{appId}/subscription-templates", AppsApi.AddSubscriptionTemplateAsync),
        ("POST", "/api/apps/{appId}/qr-codes", AppsApi.AddQrCodeAsync),
        ("GET", "/api/qr-codes", AppsApi.ListQrCodesAsync),
        ("PATCH", "/api/templates/{templateId}", TemplatesApi.ChangeAsync),
        ("DELETE", "/api/templates/{templateId}", TemplatesApi.RemoveAsync),
        ("POST", "/api/templates/{templateId}/preview", TemplatesApi.PreviewAsync),
        ("POST", "/api/test-message", TemplatesApi.SendAsync),
        ("GET", "/api/faults", ListFaultsAsync),
        ("POST", "/api/faults", AddFaultAsync),
        ("DELETE", "/api/faults", ClearFaultsAsync),
        ("DELETE", "/api/faults/{id}", RemoveFaultAsync),
        ("GET", "/api/export", ExportAsync),
        ("POST", "/api/import", ImportAsync),
        ("POST", "/api/reset", ResetAsync),
    ];

    private const int MostAtOnce = 5_000;

    public static ClockView Clock(PlatformSimulator simulator)
    {
        var clock = simulator.Platform.TimeProvider;
        return new(clock.GetUtcNow(), (clock as MovableTimeProvider)?.Shift.TotalSeconds ?? 0, clock is MovableTimeProvider or ManualTimeProvider);
    }

    private static Task GetStateAsync(Request request)
    {
        var simulator = request.Simulator;
        var clock = Clock(simulator);
        var state = new StateView(
            clock.Now, clock.ClockShift, clock.ClockMoves, simulator.OwnsPlatform, simulator.Options.MaxMessages, simulator.Options.MaxCalls, simulator.Options.MaxCallbacks,
            simulator.Platform.PersonCount,
            [.. simulator.Platform.Apps
                .OrderByDescending(static app => app.IsOfficialAccount)
                .ThenBy(static app => app.AppId, StringComparer.Ordinal)
                .Select(app => AppView.Of(simulator, app))],
            simulator.Faults.All(),
            [.. Route.Paths.Order(StringComparer.Ordinal)]);
        return request.WriteAsync(state, SimulatorJson.Default.StateView);
    }

    private static Task GetCredentialsAsync(Request request) => request.WriteAsync<IReadOnlyList<CredentialsView>>(
        [.. request.Simulator.Platform.Apps.Select(static app => new CredentialsView(app.AppId, app.AppSecret, app.Callback?.Token, app.Callback?.EncodingAesKey))],
        SimulatorJson.Default.IReadOnlyListCredentialsView);

    private static Task GetClockAsync(Request request) => request.WriteAsync(Clock(request.Simulator), SimulatorJson.Default.ClockView);

    private static async Task MoveClockAsync(Request request)
    {
        var asked = await request.ReadAsync(SimulatorJson.Default.ClockRequest).ConfigureAwait(false);
        var clock = request.Simulator.Platform.TimeProvider;
        TimeSpan by;
        try
        {
            by = asked.Reset == true ? -((clock as MovableTimeProvider)?.Shift ?? TimeSpan.Zero)
                : asked.SetTo is { } moment ? moment - clock.GetUtcNow()
                : TimeSpan.FromSeconds(asked.AdvanceSeconds ?? throw new SimulatorException(400, "Say how: advanceSeconds, setTo or reset."));
        }
        catch (OverflowException tooFar)
        {
            throw new SimulatorException(400, "The clock cannot be moved that far.", tooFar);
        }

        if (Math.Abs(by.TotalDays) > 3650)
        {
            throw new SimulatorException(400, "The clock can be moved by ten years at most.");
        }

        switch (clock)
        {
            case MovableTimeProvider movable:
                movable.Move(by);
                break;
            case ManualTimeProvider manual when by >= TimeSpan.Zero:
                manual.Advance(by);
                break;
            case ManualTimeProvider:
                throw new SimulatorException(409, "This clock can only be moved forward.");
            default:
                throw new SimulatorException(409, "This clock cannot be moved: the platform runs on the system's. Give it a MovableTimeProvider.");
        }

        request.Simulator.Journal.Changed("clock");
        await request.WriteAsync(Clock(request.Simulator), SimulatorJson.Default.ClockView).ConfigureAwait(false);
    }

    private static Task ListMessagesAsync(Request request)
    {
        var person = request.Query("person") is { } id
            ? request.Simulator.People.Find(id) ?? throw new SimulatorException(404, $"Nobody has the number, openid, UnionID or name \"{id}\".")
            : null;
        var (app, kind, text) = (request.Query("app"), request.Query("kind"), request.Query("q"));
        var found = Array.FindAll(request.Simulator.Journal.Messages(), entry =>
            (person is null || entry.Person == person.Index)
            && (app is null || string.Equals(entry.AppId, app, StringComparison.Ordinal))
            && (kind is null || string.Equals(entry.Kind, kind, StringComparison.Ordinal))
            && (text is null || Fits(entry, text)));
        return request.WriteAsync(new MessagesView(found.Length, Page(request, found)), SimulatorJson.Default.MessagesView);
    }

    private static Task ListCallsAsync(Request request)
    {
        var (path, text, errors) = (request.Query("path"), request.Query("q"), request.Query("errors") is "true" or "1");
        var (code, person) = (request.Number("errorCode"), request.Number("person"));
        var found = Array.FindAll(request.Simulator.Journal.Calls(), entry =>
            (path is null || string.Equals(entry.Path, path, StringComparison.Ordinal))
            && (!errors || entry.ErrorCode is not (null or 0) || entry.Status is not 200)
            && (code is null || entry.ErrorCode == code)
            && (person is null || entry.Person == person)
            && (text is null || Contains(entry.Path, text) || Contains(entry.Query, text) || Contains(entry.Request, text) || Contains(entry.Response, text)
                || Contains(entry.Verdict?.En, text) || Contains(entry.Verdict?.Zh, text)));
        return request.WriteAsync(new CallsView(found.Length, Page(request, found)), SimulatorJson.Default.CallsView);
    }

    private static Task GetCallAsync(Request request)
    {
        var entry = FindCall(request);
        var http = request.Context.Request;
        var address = $"{http.Scheme}://{http.Host}{http.PathBase}{request.Prefix}";
        return request.WriteAsync(new CallsView(1, [entry with { Curl = CurlCommand.For(entry, address) }]), SimulatorJson.Default.CallsView);
    }

    private static CallEntry FindCall(Request request) => request.Simulator.Journal.FindCall(request.Id())
        ?? throw new SimulatorException(404, "There is no such call, or it is too long ago.");

    private static async Task ReplayCallAsync(Request request)
    {
        var entry = FindCall(request);
        var replayed = await request.Simulator.Journal.ReplayAsync(entry.Id, () => Replay.SendAsync(request.Simulator, entry, request.Aborted)).ConfigureAwait(false)
            ?? throw new SimulatorException(409, "The call was sent again, but it left no entry: the log keeps none.");
        await request.WriteAsync(new CallsView(1, [replayed]), SimulatorJson.Default.CallsView).ConfigureAwait(false);
    }

    private static Task ListCallbacksAsync(Request request)
    {
        var (text, person, name, failed) = (request.Query("q"), request.Number("person"), request.Query("event"), request.Query("failed") is "true" or "1");
        var found = Array.FindAll(request.Simulator.Journal.Callbacks(), entry =>
            (person is null || entry.Person == person)
            && (name is null || string.Equals(entry.Event, name, StringComparison.Ordinal))
            && (!failed || entry.State is "retrying" or "givenUp")
            && (text is null || Contains(entry.Event, text) || Contains(entry.Message, text) || Contains(entry.Answer, text) || Contains(entry.Failure, text)));
        return request.WriteAsync(new CallbacksView(found.Length, Page(request, found)), SimulatorJson.Default.CallbacksView);
    }

    private static Task GetCallbackAsync(Request request) => request.WriteAsync(new CallbacksView(1, [FindCallback(request)]), SimulatorJson.Default.CallbacksView);

    private static CallbackEntry FindCallback(Request request) => request.Simulator.Journal.FindCallback(request.Id())
        ?? throw new SimulatorException(404, "There is no such callback, or it is too long ago.");

    private static Task ReplayCallbackAsync(Request request)
    {
        var push = FindCallback(request).Push ?? throw new SimulatorException(409, "This callback was imported, and cannot be sent again.");
        request.Simulator.Platform.Callbacks.RaiseAgain(push);
        request.NoContent();
        return Task.CompletedTask;
    }

    private static Task ClearHistoryAsync(Request request)
    {
        request.Simulator.Journal.Clear();
        request.NoContent();
        return Task.CompletedTask;
    }

    private static Task ListFaultsAsync(Request request) => request.WriteAsync(request.Simulator.Faults.All(), SimulatorJson.Default.IReadOnlyListFaultView);

    private static async Task AddFaultAsync(Request request)
    {
        var fault = request.Simulator.Faults.Add(await request.ReadAsync(SimulatorJson.Default.FaultRequest).ConfigureAwait(false));
        request.Simulator.Journal.Changed("faults");
        await request.WriteAsync(fault, SimulatorJson.Default.FaultView, 201).ConfigureAwait(false);
    }

    private static Task ClearFaultsAsync(Request request)
    {
        request.Simulator.Faults.Clear();
        request.Simulator.Journal.Changed("faults");
        request.NoContent();
        return Task.CompletedTask;
    }

    private static Task RemoveFaultAsync(Request request)
    {
        if (!request.Simulator.Faults.Remove(request.Id()))
        {
            throw new SimulatorException(404, "There is no such fault (any more).");
        }

        request.Simulator.Journal.Changed("faults");
        request.NoContent();
        return Task.CompletedTask;
    }

    private static Task ExportAsync(Request request)
    {
        request.Context.Response.Headers.ContentDisposition = "attachment; filename=\"unionpush-simulator.json\"";
        return request.WriteAsync(Export.Make(request.Simulator), SimulatorJson.Default.Seed);
    }

    private static async Task ImportAsync(Request request)
    {
        ThrowIfNotOwner(request);
        try
        {
            request.Simulator.Replace(await Seed.ReadAsync(request.Context.Request.Body, request.Aborted).ConfigureAwait(false));
        }
        catch (InvalidDataException invalid)
        {
            throw new SimulatorException(400, invalid.Message, invalid);
        }

        request.NoContent();
    }

    private static Task ResetAsync(Request request)
    {
        ThrowIfNotOwner(request);
        request.Simulator.Replace(request.Simulator.Seed);
        request.NoContent();
        return Task.CompletedTask;
    }

    private static void ThrowIfNotOwner(Request request)
    {
        if (!request.Simulator.OwnsPlatform)
        {
            throw new SimulatorException(409, "This platform belongs to the app that shows it, so it cannot be replaced from here. Start the app again instead.");
        }
    }

    private static bool Contains(string? text, string part) => text?.Contains(part, StringComparison.OrdinalIgnoreCase) == true;

    private static bool Fits(MessageEntry entry, string text) =>
        Contains(entry.Title, text) || Contains(entry.Text, text) || Contains(entry.MessageId, text)
        || entry.Fields?.Any(field => Contains(field.Value, text) || Contains(field.Label, text)) == true;

    /// <summary>The newest that fit between <c>after</c> and <c>before</c>, oldest first.</summary>
    private static T[] Page<T>(Request request, T[] oldestFirst)
        where T : IEntry
    {
        var (before, after) = (request.Number("before") ?? long.MaxValue, request.Number("after") ?? 0);
        return [.. oldestFirst.Where(entry => entry.Id < before && entry.Id > after).TakeLast(request.Limit(200, MostAtOnce))];
    }
}
