using System.Globalization;
using Npgsql;
using WeChat.UnionPush.PostgreSql;

[assembly: AssemblyFixture(typeof(WeChat.UnionPush.Tests.PostgreSqlServer))]

namespace WeChat.UnionPush.Tests;

/// <summary>
/// A private PostgreSQL on a loopback port, started for the first test that needs it and gone with the test run. Without the server's programs such
/// tests are skipped; with <c>UNIONPUSH_REQUIRE_SERVERS=1</c> they fail.
/// </summary>
public sealed class PostgreSqlServer : IDatabaseServer
{
    private readonly SemaphoreSlim _starting = new(1);
    private readonly PrivateServer _server = new();
    private int _databases;

    public async ValueTask<StoredData> CreateAsync()
    {
        var connectionString = await CreateDatabaseAsync();
        await using (var storage = new PostgreSqlUnionPushStorage(connectionString))
        {
            await storage.EnsureSchemaAsync();
        }

        return new StoredData(clock => new PostgreSqlUnionPushStorage(connectionString, clock), name: $"postgresql:{connectionString}");
    }

    /// <summary>A connection string to an empty schema of its own, in a server that is running.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        await StartAsync();
        var schema = $"test_{Interlocked.Increment(ref _databases)}";
        await using var admin = NpgsqlDataSource.Create(ConnectionString("public"));
        await using var command = admin.CreateCommand($"create schema {schema}");
        await command.ExecuteNonQueryAsync();
        return ConnectionString(schema);
    }

    public async Task StartAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (_server.IsRunning)
            {
                return;
            }

            var versions = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(path => path.Length)
                .ThenByDescending(path => path, StringComparer.Ordinal) : Enumerable.Empty<string>();
            var programs = PrivateServer.FindPrograms(versions.Select(version => Path.Combine(version, "bin")), "apt-get install postgresql", "postgres", "initdb");
            if (!Directory.Exists(_server.DataFolder))
            {
                await _server.RunAsync(Path.Combine(programs, "initdb"), "-D", _server.DataFolder, "-U", "unionpush", "-E", "UTF8", "--locale=C.UTF-8",
                    "--auth=trust", "--no-sync");
            }

            // Nothing here outlives the test run, so nothing is flushed.
            await _server.StartAsync("ready to accept connections", "INT", Path.Combine(programs, "postgres"), port =>
            [
                "-D", _server.DataFolder, "-p", port.ToString(CultureInfo.InvariantCulture),
                "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={_server.DataFolder}", "-c", "max_connections=600", "-c", "fsync=off", "-c",
                "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "deadlock_timeout=50ms",
            ]);
        }
        finally
        {
            _starting.Release();
        }
    }

    public Task StopAsync() => _server.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _server.Dispose();
    }

    private string ConnectionString(string schema) => $"Host=127.0.0.1;Port={_server.Port};Username=unionpush;Database=postgres;Search Path={schema};Maximum Pool Size=20";
}
