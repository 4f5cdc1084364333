using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace WeChat.UnionPush.Tests;

/// <summary>A server's program that a test run starts for itself, in a folder of its own on a loopback port.</summary>
internal sealed class PrivateServer : IDisposable
{
    /// <summary>
    /// The server ends when this shell's standard input does: when it is closed here, and also when the test run is killed and can close nothing. The
    /// shell ends with the server, which may do so by itself. Neither holds the test run's own pipes, whose reader would otherwise wait for them.
    /// </summary>
    private const string Guard = """
        signal=$1
        shift
        exec 3<&0
        "$@" </dev/null 3<&- &
        server=$!
        (read -r end <&3; kill "-$signal" $server) &
        watch=$!
        exec 3<&-
        wait $server
        kill $watch 2>/dev/null
        """;

    private readonly List<string> _log = [];
    private readonly TemporaryFolder _folder = new();
    private Process? _server;

    public bool IsRunning => _server is not null;

    public string DataFolder => _folder["data"];

    /// <summary>The same at every start.</summary>
    public int Port { get; private set; }

    /// <summary>The folder that holds all of the programs, among those of the path and others. Without it the test is skipped, or fails where servers are required.</summary>
    public static string FindPrograms(IEnumerable<string> otherFolders, string toInstall, params string[] programs)
    {
        var folder = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(otherFolders)
            .FirstOrDefault(path => programs.All(program => File.Exists(Path.Combine(path, program))));
        if (folder is null)
        {
            var reason = $"The server programs {string.Join(", ", programs)} are not on this machine: {toInstall}";
            Assert.SkipUnless(Runs.IsWhole, reason);
            Assert.Fail(reason);
        }

        return folder!;
    }

    /// <summary>Runs a program to its end as the user that the server runs as: root runs it as somebody who may do nothing else, as such servers want it.</summary>
    public async Task RunAsync(string program, params string[] arguments)
    {
        if (Environment.UserName == "root")
        {
            await OutputAsync("chown", "nobody", _folder.Path);
        }

        await ReadAsync(program, arguments);
    }

    /// <summary>The same in the folder as it is, for what it writes to standard output.</summary>
    public async Task<string> ReadAsync(string program, params string[] arguments)
    {
        var command = await AsUnprivilegedAsync(program, arguments);
        return await OutputAsync(command[0], command[1..]);
    }

    /// <summary>Starts the server and waits until its log says that it is ready.</summary>
    /// <param name="ready">What the log says then.</param>
    /// <param name="signal">What ends it in good order.</param>
    /// <param name="program">The server.</param>
    /// <param name="arguments">Gives its arguments for a port that is free.</param>
    public async Task StartAsync(string ready, string signal, string program, Func<int, string[]> arguments)
    {
        var isNew = Port == 0;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await StartOnceAsync(ready, signal, program, arguments);
                return;
            }
            catch (InvalidOperationException) when (isNew)
            {
                // Somebody else may take a port between its being found free and the server's listening. Another is tried, for no client knows this one.
                Port = 0;
                if (attempt == 3 || !IsPortTaken())
                {
                    throw;
                }
            }
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

    public void Dispose() => _folder.Dispose();

    private async Task StartOnceAsync(string ready, string signal, string program, Func<int, string[]> arguments)
    {
        lock (_log)
        {
            _log.Clear();
        }

        using (var listener = new TcpListener(IPAddress.Loopback, Port))
        {
            listener.Start();
            Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        var command = await AsUnprivilegedAsync(program, arguments(Port));
        var server = new Process
        {
            StartInfo = new ProcessStartInfo("sh", ["-c", Guard, "sh", signal, .. command])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = _folder.Path,
            },
        };
        var isReady = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
            {
                _log.Add(line.Data ?? "(end of log)");
                if (line.Data is null)
                {
                    isReady.TrySetException(new InvalidOperationException($"The server ended: {string.Join('\n', _log)}"));
                }
                else if (line.Data.Contains(ready, StringComparison.Ordinal))
                {
                    isReady.TrySetResult();
                }
            }
        };
        server.Start();
        server.BeginErrorReadLine();
        server.BeginOutputReadLine();
        try
        {
            await isReady.Task;
        }
        catch (InvalidOperationException)
        {
            // Its log is over, and so is it.
            await server.WaitForExitAsync();
            server.Dispose();
            throw;
        }

        _server = server;
    }

    /// <summary>Whether the log says so: PostgreSQL, MariaDB and Redis in the system's words, RabbitMQ also in its own.</summary>
    private bool IsPortTaken()
    {
        lock (_log)
        {
            return _log.Exists(static line => line.Contains("in use", StringComparison.OrdinalIgnoreCase) || line.Contains("eaddrinuse", StringComparison.Ordinal));
        }
    }

    private static async Task<string[]> AsUnprivilegedAsync(string program, params string[] arguments) => Environment.UserName == "root"
        ? ["setpriv", "--reuid=nobody", $"--regid={(await OutputAsync("id", "-g", "nobody")).Trim()}", "--clear-groups", program, .. arguments]
        : [program, .. arguments];

    private static async Task<string> OutputAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{program} failed: {await error}{await output}");
    }
}
