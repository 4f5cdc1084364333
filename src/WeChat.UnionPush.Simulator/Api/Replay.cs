using System.Text;
using System.Text.Json;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>Sends a call again. The log has no secrets and tokens, so those of the app take their places.</summary>
internal static class Replay
{
    public static Task SendAsync(PlatformSimulator simulator, CallEntry entry, CancellationToken cancellationToken)
    {
        if (!entry.IsWhole)
        {
            throw new SimulatorException(409, "The log has only a part of this call's body, so it cannot be sent again.");
        }

        var app = AppOf(simulator, entry);
        var query = entry.Query.Contains("$JS_CODE", StringComparison.Ordinal)
            ? entry.Query.Replace("$JS_CODE", NewCode(simulator, entry, app), StringComparison.Ordinal)
            : entry.Query;
        var bytes = entry.Request is { } body ? Encoding.UTF8.GetBytes(body) : null;
        return SendAsync(simulator, app, new HttpMethod(entry.Method), entry.Path, query, bytes, cancellationToken, entry.ContentType);
    }

    public static async Task SendAsync(
        PlatformSimulator simulator, SimulatedApp? app, HttpMethod method, string path, string query, byte[]? body, CancellationToken cancellationToken, string? contentType = null)
    {
        // Normal mode hands out the token that is current, so that nobody else's stops working.
        var token = app?.AccessTokens.TakeStable(simulator.Platform.Now).Text ?? "";
        using var request = new HttpRequestMessage(method, new Uri($"http://127.0.0.1{path}{(query.Length == 0 ? "" : "?")}{Fill(query, app, token)}"));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Fill(Encoding.UTF8.GetString(body), app, token)));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType ?? "application/json");
        }

        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), TimeProvider.System);
            using var stop = limit.Token.Register(patience.Cancel);
            using var response = await simulator.Door.SendAsync(request, patience.Token).ConfigureAwait(false);
            await response.Content.ReadAsByteArrayAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // A fault struck it. The log says which.
        }
        catch (InvalidOperationException missing)
        {
            simulator.Journal.NotSimulated(method.Method, path, query);
            throw new SimulatorException(404, missing.Message, missing);
        }
    }

    private static string Fill(string text, SimulatedApp? app, string token) =>
        text.Replace("$ACCESS_TOKEN", token, StringComparison.Ordinal).Replace("$APP_SECRET", app?.AppSecret ?? "", StringComparison.Ordinal);

    private static SimulatedApp? AppOf(PlatformSimulator simulator, CallEntry entry)
    {
        var platform = simulator.Platform;
        if (entry.AppId is { } appId)
        {
            return platform.FindApp(appId);
        }

        // Calls with a secret name the app in the query or in the body.
        return platform.Apps.FirstOrDefault(app =>
            entry.Query.Contains(app.AppId, StringComparison.Ordinal) || entry.Request?.Contains(app.AppId, StringComparison.Ordinal) == true);
    }

    /// <summary>A login code can be used once; the same person opens the Mini Program once more.</summary>
    private static string NewCode(PlatformSimulator simulator, CallEntry entry, SimulatedApp? app)
    {
        if (app?.MiniProgram is not { } miniProgram || entry.Response is null)
        {
            return "used";
        }

        try
        {
            var openId = JsonSerializer.Deserialize(entry.Response, SimulatorJson.Default.JsonElement) is { ValueKind: JsonValueKind.Object } answer
                && answer.TryGetProperty("openid", out var member) ? member.GetString() : null;
            return openId is not null && simulator.Platform.FindPerson(app.AppId, openId) is { } person ? person.CreateLoginCode(miniProgram) : "used";
        }
        catch (JsonException)
        {
            return "used";
        }
    }
}
