using System.Data.Common;
using System.Xml;
using System.Xml.Linq;
using Microsoft.Extensions.Options;

namespace WeChat.UnionPush.Tool.Hosts;

/// <summary>A host's registration, made from its own configuration, without starting the host.</summary>
internal sealed class HostAccess : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private HostAccess(ServiceProvider services, bool hasStore, bool isClassic, string folder)
    {
        _services = services;
        HasStore = hasStore;
        IsClassic = isClassic;
        Folder = folder;
    }

    /// <summary>Whether the host's database is open; otherwise everything is in memory and empty.</summary>
    public bool HasStore { get; }

    /// <summary>Whether the host itself takes its tokens on the classic channel.</summary>
    public bool IsClassic { get; }

    public string Folder { get; }

    /// <summary>The options, once they are known to be right.</summary>
    public WeChatUnionPushOptions Options => Get<IOptionsMonitor<WeChatUnionPushOptions>>().Get(Microsoft.Extensions.Options.Options.DefaultName);

    public static HostAccess Open(
        string folder, string? environment, string section, IReadOnlyCollection<KeyValuePair<string, string?>> settings, StoreKind? kind, string? connection)
    {
        if (!Directory.Exists(folder))
        {
            throw new ToolException($"There is no folder {folder}.");
        }

        folder = Path.GetFullPath(folder);
        var configuration = Configure(folder, environment, settings);
        var chosen = configuration.GetSection(section);
        if (!chosen.Exists())
        {
            throw new ToolException(
                $"The configuration of {folder} has no section {section}: no appsettings.json, user secrets or environment variables name it. Give the host's folder with "
                    + $"--folder, or the section with --section.");
        }

        var services = new ServiceCollection();
        services.AddLogging();

        // Tokens of the stable channel are the same for every caller. So the tool ends no token of the host's, and writes none into its database, where they may
        // have to be unreadable.
        var registration = services.AddWeChatUnionPush(chosen).Configure(static options => options.AccessToken.Channel = AccessTokenChannel.Stable);
        if (chosen.GetSection("Callback").Exists())
        {
            registration.AddCallback();
        }

        var hasStore = AddStore(registration, kind, ConnectionString(configuration, connection));
        registration.UseInMemoryAccessTokens();
        var isClassic = string.Equals(chosen["AccessToken:Channel"], nameof(AccessTokenChannel.Classic), StringComparison.OrdinalIgnoreCase);
        return new HostAccess(services.BuildServiceProvider(), hasStore, isClassic, folder);
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>For commands that make no sense without what the host has stored.</summary>
    public HostAccess WithStore() => HasStore
        ? this
        : throw new ToolException("The host's database is wanted: name it with --connection, or as ConnectionStrings:UnionPush in the host's configuration.");

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private static IConfigurationRoot Configure(string folder, string? environment, IEnumerable<KeyValuePair<string, string?>> settings)
    {
        environment ??= Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? "Development";
        var builder = new ConfigurationBuilder()
            .SetBasePath(folder)
            .AddJsonFile("appsettings.json", optional: true)
            .AddJsonFile($"appsettings.{environment}.json", optional: true);
        if (UserSecretsId(folder) is { } secrets)
        {
            builder.AddUserSecrets(secrets);
        }

        try
        {
            return builder.AddEnvironmentVariables().AddInMemoryCollection(settings).Build();
        }
        catch (InvalidDataException exception)
        {
            // A line of the file may hold a secret, and the inner exception quotes it.
            throw new ToolException(exception.Message);
        }
    }

    /// <summary>The id under which <c>dotnet user-secrets</c> keeps the host's secrets, from its project file.</summary>
    private static string? UserSecretsId(string folder)
    {
        foreach (var project in Directory.EnumerateFiles(folder, "*.*proj"))
        {
            try
            {
                if (XDocument.Load(project).Descendants("UserSecretsId").FirstOrDefault()?.Value is { Length: > 0 } id)
                {
                    return id;
                }
            }
            catch (XmlException)
            {
                // Not a project file that could be read; the next one may be.
            }
        }

        return null;
    }

    private static string? ConnectionString(IConfiguration configuration, string? connection) =>
        connection is null ? configuration.GetConnectionString("UnionPush")
        : connection.Contains('=', StringComparison.Ordinal) ? connection
        : configuration.GetConnectionString(connection) ?? throw new ToolException($"The configuration has no connection string {connection}.");

    private static bool AddStore(WeChatUnionPushBuilder registration, StoreKind? kind, string? connection)
    {
        if (string.IsNullOrWhiteSpace(connection))
        {
            return kind is null ? false : throw new ToolException("--store needs a connection string: --connection.");
        }

        try
        {
            _ = (kind ?? Guess(connection)) switch
            {
                StoreKind.Sqlite => registration.UseSqlite(connection),
                StoreKind.PostgreSql => registration.UsePostgreSql(connection),
                _ => registration.UseMySql(connection),
            };
            return true;
        }
        catch (ArgumentException)
        {
            // Without the driver's text, which may quote a password.
            throw new ToolException("The connection string cannot be read.");
        }
    }

    private static StoreKind Guess(string connection)
    {
        var parts = new DbConnectionStringBuilder { ConnectionString = connection };
        return parts.ContainsKey("Host") ? StoreKind.PostgreSql
            : parts.ContainsKey("Server") ? StoreKind.MySql
            : parts.ContainsKey("Data Source") ? StoreKind.Sqlite
            : throw new ToolException("The kind of database cannot be told from the connection string. Name it with --store: sqlite, postgresql or mysql.");
    }
}
