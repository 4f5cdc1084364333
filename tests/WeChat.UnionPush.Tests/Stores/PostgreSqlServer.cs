using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

[assembly: AssemblyFixture(typeof(WeChat.UnionPush.Tests.Stores.PostgreSqlServer))]

namespace WeChat.UnionPush.Tests.Stores;

/// <summary>
/// A private PostgreSQL on a loopback port, started for the first test that needs it and gone with the test run. Without the server's programs such
/// tests are skipped; with <c>UNIONPUSH_REQUIRE_SERVERS=1</c> they fail.
/// </summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    /// <summary>
    /// The server ends when this shell's standard input does: when it is closed here, and also when the test run is killed and can close nothing. The
    /// shell ends with the server, which may do so by itself. Neither holds the test run's own pipes, whose reader would otherwise wait for them.
    /// </summary>
    private const string Guard = """
        exec 3<&0
        "$@" </dev/null 3<&- &
        server=$!
        (read -r end <&3; kill -INT $server) &
        watch=$!
        exec 3<&-
        wait $server
        kill $watch 2>/dev/null
        """;

    private readonly SemaphoreSlim _starting = new(1);
    private readonly List<string> _log = [];
    private readonly TemporaryFolder _folder = new();
    private Process? _server;
    private int _port;
    private int _databases;

    private string DataFolder => _folder["data"];

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
            if (_server is null)
            {
                var programs = FindPrograms();
                if (!Directory.Exists(DataFolder))
                {
                    await InitializeAsync(programs);
                }

                await StartAsync(programs);
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Stops the server as an administrator would, breaking all connections.</summary>
    public async Task StopAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            server.StandardInput.Close();
            await server.WaitForExitAsync();
            server.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    private static string FindPrograms()
    {
        var versions = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(path => path.Length).ThenByDescending(path => path, StringComparer.Ordinal) : Enumerable.Empty<string>();
        var folder = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Concat(versions.Select(version => Path.Combine(version, "bin")))
            .FirstOrDefault(path => File.Exists(Path.Combine(path, "postgres")) && File.Exists(Path.Combine(path, "initdb")));
        if (folder is null)
        {
            const string reason = "PostgreSQL's server programs (postgres, initdb) are not on this machine: apt-get install postgresql";
            Assert.SkipUnless(Environment.GetEnvironmentVariable("UNIONPUSH_REQUIRE_SERVERS") == "1", reason);
            Assert.Fail(reason);
        }

        return folder!;
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{program} failed: {await error}");
    }

    /// <summary>PostgreSQL refuses to run as root, so root runs it as somebody who may do nothing else.</summary>
    private static async Task<string[]> AsUnprivilegedAsync(string program, params string[] arguments) => Environment.UserName == "root"
        ? ["setpriv", "--reuid=nobody", $"--regid={(await RunAsync("id", "-g", "nobody")).Trim()}", "--clear-groups", program, .. arguments]
        : [program, .. arguments];

    private async Task InitializeAsync(string programs)
    {
        if (Environment.UserName == "root")
        {
            await RunAsync("chown", "nobody", _folder.Path);
        }

        var command = await AsUnprivilegedAsync(Path.Combine(programs, "initdb"), "-D", DataFolder, "-U", "unionpush", "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-sync");
        await RunAsync(command[0], command[1..]);
    }

    private async Task StartAsync(string programs)
    {
        using (var listener = new TcpListener(IPAddress.Loopback, _port))
        {
            listener.Start();
            _port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        // Nothing here outlives the test run, so nothing is flushed.
        var command = await AsUnprivilegedAsync(
            Path.Combine(programs, "postgres"), "-D", DataFolder, "-p", _port.ToString(CultureInfo.InvariantCulture),
            "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={DataFolder}", "-c", "max_connections=300", "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "deadlock_timeout=50ms");
        var server = new Process
        {
            StartInfo = new ProcessStartInfo("sh", ["-c", Guard, "sh", .. command])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = _folder.Path,
            },
        };
        var ready = new TaskCompletionSource();
        server.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
            {
                _log.Add(line.Data ?? "(end of log)");
                if (line.Data is null)
                {
                    ready.TrySetException(new InvalidOperationException($"PostgreSQL ended: {string.Join('\n', _log)}"));
                }
                else if (line.Data.Contains("ready to accept connections", StringComparison.Ordinal))
                {
                    ready.TrySetResult();
                }
            }
        };
        server.Start();
        server.BeginErrorReadLine();
        server.BeginOutputReadLine();
        await ready.Task;
        _server = server;
    }

    private string ConnectionString(string schema) => $"Host=127.0.0.1;Port={_port};Username=unionpush;Database=postgres;Search Path={schema};Maximum Pool Size=20";
}
