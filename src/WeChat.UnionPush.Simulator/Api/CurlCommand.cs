namespace WeChat.UnionPush.Simulator;

/// <summary>Writes the command that repeats a call. Secrets and tokens stand in it as variables of the shell.</summary>
internal static class CurlCommand
{
    public static string For(CallEntry entry, string baseAddress)
    {
        var command = $"curl -sS{(entry.Method == "GET" ? "" : $" -X {entry.Method}")} {Quote(baseAddress + entry.Path + (entry.Query.Length == 0 ? "" : "?" + entry.Query))}";
        return entry.Request is { } body
            ? $"{command} -H {Quote("Content-Type: " + (entry.ContentType ?? "application/json"))} --data-raw {Quote(body)}"
            : command;
    }

    // Single quotes keep everything as it is; only the placeholders are put outside of them, for the shell to fill.
    private static string Quote(string text)
    {
        var quoted = "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
        foreach (var name in (string[])["ACCESS_TOKEN", "APP_SECRET", "JS_CODE", "SESSION_KEY", "SIGNATURE", "AES_KEY"])
        {
            quoted = quoted.Replace("$" + name, "'\"$" + name + "\"'", StringComparison.Ordinal);
        }

        return quoted;
    }
}
