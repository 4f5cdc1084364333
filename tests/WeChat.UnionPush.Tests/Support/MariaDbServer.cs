using System.Globalization;
using MySqlConnector;
using WeChat.UnionPush.MySql;

[assembly: AssemblyFixture(typeof(WeChat.UnionPush.Tests.MariaDbServer))]

namespace WeChat.UnionPush.Tests;

/// <summary>
/// A private MariaDB on a loopback port, started for the first test that needs it and gone with the test run. Its defaults are the worst for ids: the
/// character set latin1 and a collation that ignores case. Without the server's programs such tests are skipped; with <c>UNIONPUSH_REQUIRE_SERVERS=1</c>
/// they fail.
/// </summary>
public sealed class MariaDbServer : IDatabaseServer
{
    private readonly SemaphoreSlim _starting = new(1);
    private readonly PrivateServer _server = new();
    private int _databases;

    /// <summary>Options of the server, after those that every test wants.</summary>
    public string[] Options { get; init; } = [];

    /// <summary>The server itself, without a database.</summary>
    public string AdminConnectionString => ConnectionString("mysql");

    public async ValueTask<StoredData> CreateAsync()
    {
        var connectionString = await CreateDatabaseAsync();
        await using (var storage = new MySqlUnionPushStorage(connectionString))
        {
            await storage.EnsureSchemaAsync();
        }

        return new StoredData(clock => new MySqlUnionPushStorage(connectionString, clock), name: $"mysql:{connectionString}");
    }

    /// <summary>A connection string to an empty database of its own, in a server that is running.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        await StartAsync();
        var database = $"test_{Interlocked.Increment(ref _databases)}";
        await using var admin = new MySqlConnection(AdminConnectionString);
        await admin.OpenAsync();
        await using var command = new MySqlCommand($"create database {database}", admin);
        await command.ExecuteNonQueryAsync();
        return ConnectionString(database);
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

            const string toInstall = "apt-get install mariadb-server-core mariadb-client-core";
            var installer = Path.Combine(PrivateServer.FindPrograms(["/usr/bin"], toInstall, "mariadb-install-db", "my_print_defaults"), "mariadb-install-db");
            var server = Path.Combine(PrivateServer.FindPrograms(["/usr/sbin", "/usr/libexec"], toInstall, "mariadbd"), "mariadbd");
            if (!Directory.Exists(_server.DataFolder))
            {
                await _server.RunAsync(installer, "--no-defaults", $"--datadir={_server.DataFolder}", "--auth-root-authentication-method=normal",
                    "--skip-test-db", "--skip-name-resolve");
            }

            // Nothing here outlives the test run, so nothing is flushed.
            await _server.StartAsync("ready for connections", "TERM", server, port =>
            [
                "--no-defaults", $"--datadir={_server.DataFolder}", $"--socket={_server.DataFolder}/socket", $"--pid-file={_server.DataFolder}/pid",
                $"--port={port.ToString(CultureInfo.InvariantCulture)}",
                "--bind-address=127.0.0.1", "--skip-name-resolve", "--skip-log-bin", "--max-connections=300", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0",
                "--innodb-flush-method=nosync",
                "--character-set-server=latin1", "--collation-server=latin1_swedish_ci",
                .. Options,
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

    private string ConnectionString(string database) => $"Server=127.0.0.1;Port={_server.Port};User ID=root;Database={database};Maximum Pool Size=20;SSL Mode=None";
}
