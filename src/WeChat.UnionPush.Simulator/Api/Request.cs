using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>A request of the REST API: what it asks, and the means to answer it.</summary>
internal sealed class Request(HttpContext context, PlatformSimulator simulator, string prefix)
{
    public HttpContext Context { get; } = context;

    public PlatformSimulator Simulator { get; } = simulator;

    /// <summary>The path at which the page is mapped, without a slash at its end.</summary>
    public string Prefix { get; } = prefix;

    public CancellationToken Aborted => Context.RequestAborted;

    public string? Query(string name) => Context.Request.Query[name].ToString() is { Length: > 0 } value ? value : null;

    public long? Number(string name) => Query(name) is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
        : throw new SimulatorException(400, $"{name} must be a whole number, and \"{text}\" is none.");

    public int Limit(int standard, int most) => (int)Math.Clamp(Number("limit") ?? standard, 1, most);

    public long Id() => long.TryParse((string?)Context.Request.RouteValues["id"], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : -1;

    public SimulatedPerson Person()
    {
        var id = (string)Context.Request.RouteValues["person"]!;
        return Simulator.People.Find(Uri.UnescapeDataString(id)) ?? throw new SimulatorException(404, $"Nobody on the platform has the number, openid, UnionID or name \"{id}\".");
    }

    public SimulatedApp App()
    {
        var appId = (string)Context.Request.RouteValues["appId"]!;
        return Simulator.Platform.FindApp(appId) ?? throw new SimulatorException(404, $"There is no app {appId}.");
    }

    /// <summary>The body; with none where one may be left out, an empty one.</summary>
    public async Task<T> ReadAsync<T>(JsonTypeInfo<T> type, bool mayBeMissing = false)
        where T : class
    {
        using var body = new MemoryStream();
        await Context.Request.Body.CopyToAsync(body, Aborted).ConfigureAwait(false);
        try
        {
            var bytes = body.GetBuffer().AsSpan(0, (int)body.Length);
            return JsonSerializer.Deserialize(bytes.IsEmpty && mayBeMissing ? "{}"u8 : bytes, type) ?? throw new SimulatorException(400, "The body is null instead of an object.");
        }
        catch (JsonException invalid)
        {
            throw new SimulatorException(400, $"The body is not valid: {invalid.Message}", invalid);
        }
    }

    public async Task WriteAsync<T>(T value, JsonTypeInfo<T> type, int status = 200)
    {
        Context.Response.StatusCode = status;
        Context.Response.ContentType = "application/json; charset=utf-8";
        Context.Response.Headers.CacheControl = "no-store";
        await JsonSerializer.SerializeAsync(Context.Response.Body, value, (JsonTypeInfo<T>)SimulatorJson.Readable.GetTypeInfo(type.Type)!, Aborted).ConfigureAwait(false);
    }

    public void NoContent() => Context.Response.StatusCode = 204;
}
