using System.CommandLine;
using System.CommandLine.Parsing;

namespace WeChat.UnionPush.Tool.Hosts;

/// <summary>The options that say which host's configuration and store a command works with.</summary>
internal sealed class HostSelection
{
    private readonly Option<string> _folder = new("--folder", "-C")
    {
        Description = "The host's folder, with appsettings.json and the project file (for its user secrets).",
        DefaultValueFactory = static _ => ".",
    };

    private readonly Option<string?> _environment = new("--environment", "-e")
    {
        Description = "The host's environment, for appsettings.<environment>.json. DOTNET_ENVIRONMENT or ASPNETCORE_ENVIRONMENT when left out, then Development.",
    };

    private readonly Option<string> _section = new("--section")
    {
        Description = "The section of the configuration.",
        DefaultValueFactory = static _ => "WeChat",
    };

    private readonly Option<string[]> _settings = new("--set")
    {
        Description = "A setting in place of the configuration's, such as --set WeChat:ApiBaseAddress=http://localhost:5290. Give secrets over the environment instead.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<StoreKind?> _store = new("--store")
    {
        Description = "The kind of the host's database. Guessed from the connection string when left out.",
    };

    private readonly Option<string?> _connection = new("--connection")
    {
        Description = "The connection string of the host's database, or its name under ConnectionStrings. ConnectionStrings:UnionPush when left out.",
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _folder, _environment, _section, _settings, _store, _connection })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Opens the host's configuration and store as the command line says.</summary>
    /// <exception cref="ToolException">The folder or a setting is not what it should be.</exception>
    public HostAccess Open(ParseResult parsed) => HostAccess.Open(
        parsed.GetValue(_folder)!,
        parsed.GetValue(_environment),
        parsed.GetValue(_section)!,
        [.. (parsed.GetValue(_settings) ?? []).Select(Setting)],
        parsed.GetValue(_store),
        parsed.GetValue(_connection));

    // The text itself may be a secret that was meant for a setting.
    private static KeyValuePair<string, string?> Setting(string text) => text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
        ? new(text[..at], text[(at + 1)..])
        : throw new ToolException("--set is given as key=value, such as --set WeChat:OfficialAccount:AppId=wx0123456789abcdef.");
}
