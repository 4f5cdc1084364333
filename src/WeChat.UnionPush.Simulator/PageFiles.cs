using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace WeChat.UnionPush.Simulator;

/// <summary>The page: files that this assembly carries.</summary>
internal static class PageFiles
{
    private static readonly FrozenDictionary<string, (byte[] Bytes, string Type, string Tag)> All = Load();

    public static int TotalLength => All.Values.Sum(static file => file.Bytes.Length);

    public static Task SendIndexAsync(HttpContext context, string prefix)
    {
        // The page's addresses are relative to its own, so it must end with a slash.
        if (prefix.Length > 0 && !context.Request.Path.Value!.EndsWith('/'))
        {
            context.Response.Redirect($"{context.Request.PathBase}{prefix}/");
            return Task.CompletedTask;
        }

        return SendAsync(context, "index.html");
    }

    /// <summary>The description of the REST API, with the address at which it is.</summary>
    public static async Task SendDocumentAsync(HttpContext context, string prefix)
    {
        var text = System.Text.Encoding.UTF8.GetString(All["openapi.json"].Bytes)
            .Replace("\"url\": \"/\"", $"\"url\": \"{context.Request.PathBase}{prefix}/\"", StringComparison.Ordinal);
        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.WriteAsync(text, context.RequestAborted).ConfigureAwait(false);
    }

    public static Task SendAsync(HttpContext context) => SendAsync(context, (string?)context.Request.RouteValues["file"] ?? "");

    private static async Task SendAsync(HttpContext context, string name)
    {
        if (!All.TryGetValue(name, out var file))
        {
            throw new SimulatorException(404, $"The page has no {name}.");
        }

        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'";
        headers.ETag = file.Tag;
        headers.CacheControl = "no-cache";
        if (context.Request.Headers.IfNoneMatch.Contains(file.Tag, StringComparer.Ordinal))
        {
            context.Response.StatusCode = 304;
            return;
        }

        context.Response.ContentType = file.Type;
        context.Response.ContentLength = file.Bytes.Length;
        await context.Response.Body.WriteAsync(file.Bytes, context.RequestAborted).ConfigureAwait(false);
    }

    private static FrozenDictionary<string, (byte[] Bytes, string Type, string Tag)> Load()
    {
        const string Folder = "web/";
        var assembly = typeof(PageFiles).Assembly;
        return assembly.GetManifestResourceNames().Where(static name => name.StartsWith(Folder, StringComparison.Ordinal)).ToFrozenDictionary(
            static name => name[Folder.Length..],
            name =>
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                var bytes = new byte[stream.Length];
                stream.ReadExactly(bytes);
                return (bytes, TypeOf(name), $"\"{Convert.ToHexString(SHA256.HashData(bytes)[..8])}\"");
            },
            StringComparer.Ordinal);
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".json" => "application/json; charset=utf-8",
        _ => "application/octet-stream",
    };
}
