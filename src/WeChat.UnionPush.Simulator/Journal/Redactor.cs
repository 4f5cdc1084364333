using System.Text.RegularExpressions;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Simulator;

/// <summary>Takes secrets, tokens, session keys and login codes out of what is shown and kept.</summary>
internal static partial class Redactor
{
    /// <summary>A query without its question mark, with placeholders in the place of what is secret.</summary>
    public static string Query(string query, SimulatedPlatform platform)
    {
        var parts = query.TrimStart('?').Split('&');
        for (var i = 0; i < parts.Length; i++)
        {
            var end = parts[i].IndexOf('=', StringComparison.Ordinal);
            if (end > 0 && Placeholder(Uri.UnescapeDataString(parts[i][..end])) is { } placeholder)
            {
                parts[i] = $"{parts[i][..end]}={placeholder}";
            }
        }

        return Known(string.Join('&', parts), platform);
    }

    /// <summary>A body, with placeholders in the place of what is secret, whether it is valid JSON or not.</summary>
    public static string Body(string body, SimulatedPlatform platform) =>
        Known(SecretMember().Replace(body, static match => match.Groups["head"].Value + Placeholder(match.Groups["name"].Value)), platform);

    // A secret can also stand where nobody expects it: in a path, or in the text of another call that rid/get gives back.
    private static string Known(string text, SimulatedPlatform platform)
    {
        foreach (var app in platform.Apps)
        {
            text = text.Replace(app.AppSecret, "$APP_SECRET", StringComparison.Ordinal);
            if (app.Callback?.EncodingAesKey is { } key)
            {
                text = text.Replace(key, "$AES_KEY", StringComparison.Ordinal);
            }
        }

        return Token().Replace(text, "$$ACCESS_TOKEN");
    }

    private static string? Placeholder(string name) => name.ToUpperInvariant() switch
    {
        "ACCESS_TOKEN" => "$ACCESS_TOKEN",
        "SECRET" or "APPSECRET" => "$APP_SECRET",
        "JS_CODE" => "$JS_CODE",
        "SESSION_KEY" => "$SESSION_KEY",
        "SIGNATURE" => "$SIGNATURE",
        _ => null,
    };

    // Up to three backslashes: the text of one body may stand inside another.
    [GeneratedRegex(
        """(?<head>\\{0,3}"(?<name>access_token|secret|appsecret|js_code|session_key)\\{0,3}"\s*:\s*\\{0,3}")([^"\\]|\\[^"])*""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretMember();

    [GeneratedRegex(@"\b[0-9]{2}_[A-Za-z0-9_\-]{60,}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token();
}
