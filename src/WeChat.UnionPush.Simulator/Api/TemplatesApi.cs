using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>Templates: preview, state, and a message as a host would send it.</summary>
internal static class TemplatesApi
{
    public static async Task ChangeAsync(Request request)
    {
        var (app, template) = Find(request);
        var asked = await request.ReadAsync(SimulatorJson.Default.SeedTemplate).ConfigureAwait(false);
        try
        {
            asked.Finish(template);
        }
        catch (ArgumentException misfit)
        {
            throw new SimulatorException(400, misfit.Message, misfit);
        }

        request.Simulator.Journal.Changed("apps");
        await request.WriteAsync(AppView.Of(request.Simulator, app), SimulatorJson.Default.AppView).ConfigureAwait(false);
    }

    public static Task RemoveAsync(Request request)
    {
        var (app, template) = Find(request);
        _ = app.OfficialAccount?.TemplateBook.Remove(template.Id) == true || app.Subscriptions.Remove(template.Id);
        request.Simulator.Journal.Changed("apps");
        request.NoContent();
        return Task.CompletedTask;
    }

    public static async Task PreviewAsync(Request request)
    {
        var (app, template) = Find(request);
        var asked = await request.ReadAsync(SimulatorJson.Default.PreviewRequest).ConfigureAwait(false);
        var values = asked.Values ?? new Dictionary<string, string>(StringComparer.Ordinal);
        var findings = FieldRules.Check(template, values, app.OfficialAccount?.IsSandbox == true, app.OfficialAccount?.RefusesUnprovenValues == true);
        var shown = template.IsHistorical ? values.ToDictionary(static pair => pair.Key, static pair => ValueRules.Cut(pair.Value), StringComparer.Ordinal) : values;
        await request.WriteAsync(
            new PreviewView(template.Title, CardLayout.Lay(template, shown), findings, findings.All(static finding => finding.Ok)),
            SimulatorJson.Default.PreviewView).ConfigureAwait(false);
    }

    /// <summary>Sends a message by the same calls that a host makes, so that it shows in the log with all its consequences.</summary>
    public static async Task SendAsync(Request request)
    {
        var simulator = request.Simulator;
        var asked = await request.ReadAsync(SimulatorJson.Default.TestSendRequest).ConfigureAwait(false);
        var person = simulator.People.Find(asked.Person) ?? throw new SimulatorException(404, $"Nobody has the number, openid, UnionID or name \"{asked.Person}\".");
        var (app, template) = Find(simulator, asked.TemplateId);
        var isMessage = app.OfficialAccount?.TemplateBook.Find(template.Id) is not null;
        var path = isMessage ? "/cgi-bin/message/template/send" : app.IsOfficialAccount ? "/cgi-bin/message/subscribe/bizsend" : "/cgi-bin/message/subscribe/send";
        var body = Write(app, person, template, asked, isMessage);
        var entry = await simulator.Journal.ReplayAsync(
                0, () => Replay.SendAsync(simulator, app, HttpMethod.Post, path, "access_token=$ACCESS_TOKEN", body, request.Aborted)).ConfigureAwait(false)
            ?? throw new SimulatorException(409, "The message was sent, but the log keeps no calls.");
        await request.WriteAsync(new CallsView(1, [entry]), SimulatorJson.Default.CallsView).ConfigureAwait(false);
    }

    private static byte[] Write(SimulatedApp app, SimulatedPerson person, SimulatedTemplate template, TestSendRequest asked, bool isMessage)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("touser", app.Identifiers.Encode(person.Index));
            json.WriteString("template_id", template.Id);
            if (isMessage && asked.Url is { Length: > 0 } url)
            {
                json.WriteString("url", url);
            }

            if (isMessage && asked.MiniProgram is { Length: > 0 } miniProgram)
            {
                json.WriteStartObject("miniprogram");
                json.WriteString("appid", miniProgram);
                json.WriteString("pagepath", asked.Page ?? "");
                json.WriteEndObject();
            }
            else if (!isMessage && asked.Page is { Length: > 0 } page)
            {
                json.WriteString("page", page);
            }

            json.WriteStartObject("data");
            foreach (var (key, value) in asked.Values ?? new Dictionary<string, string>(StringComparer.Ordinal))
            {
                json.WriteStartObject(key);
                json.WriteString("value", value);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static (SimulatedApp App, SimulatedTemplate Template) Find(Request request) =>
        Find(request.Simulator, Uri.UnescapeDataString((string)request.Context.Request.RouteValues["templateId"]!));

    private static (SimulatedApp App, SimulatedTemplate Template) Find(PlatformSimulator simulator, string templateId)
    {
        foreach (var app in simulator.Platform.Apps)
        {
            if ((app.OfficialAccount?.TemplateBook.Find(templateId) ?? app.Subscriptions.Find(templateId)) is { } template)
            {
                return (app, template);
            }
        }

        throw new SimulatorException(404, $"There is no template {templateId}.");
    }
}
