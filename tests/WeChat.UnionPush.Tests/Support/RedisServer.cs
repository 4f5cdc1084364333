using System.Diagnostics;
using System.Globalization;
using StackExchange.Redis;

[assembly: AssemblyFixture(typeof(WeChat.UnionPush.Tests.RedisServer))]

namespace WeChat.UnionPush.Tests;

/// <summary>
/// A private Redis on a loopback port, started for the first test that needs it and gone with the test run. It keeps nothing on disk, so it comes back
/// empty. Without the server's program such tests are skipped; with <c>UNIONPUSH_REQUIRE_SERVERS=1</c> they fail.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    /// <summary>Limits of the driver that no busy machine reaches, to be added to a configuration.</summary>
    public const string Patient = "connectTimeout=60000,asyncTimeout=60000,syncTimeout=60000";

    private readonly SemaphoreSlim _starting = new(1);
    private readonly PrivateServer _server = new();
    private int _databases;
    private string _process = "";

    /// <summary>A configuration that names an empty database of its own, in a server that is running.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        await StartAsync();
        return string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_server.Port},defaultDatabase={Interlocked.Increment(ref _databases)}");
    }

    public async Task StartAsync()
    {
        await _starting.WaitAsync();
        try
        {
            if (!_server.IsRunning)
            {
                await StartProgramAsync();
            }

            // Asked again where it was not told, so that a server that does not answer fails every test that wants it.
            if (_process.Length == 0)
            {
                await using var connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_server.Port},allowAdmin=true,{Patient}");
                var about = (string)(await connection.GetDatabase().ExecuteAsync("INFO", "server"))!;
                _process = about.Split("process_id:")[1].Split('\r')[0];
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Stops the server. What it kept is gone.</summary>
    public Task StopAsync()
    {
        _process = "";
        return _server.StopAsync();
    }

    /// <summary>Sends a signal to the server, such as <c>STOP</c>, which leaves it running and answering nothing, and <c>CONT</c>.</summary>
    public async Task SignalAsync(string signal)
    {
        using var process = Process.Start("kill", [$"-{signal}", _process]);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _server.Dispose();
    }

    private async Task StartProgramAsync()
    {
        var program = Path.Combine(PrivateServer.FindPrograms(["/usr/bin"], "apt-get install redis-server", "redis-server"), "redis-server");

        // The folder becomes that of the user the server runs as.
        await _server.RunAsync("/bin/true");

        // Its log goes to standard output.
        await _server.StartAsync("eady to accept connections", "TERM", "/bin/sh", port =>
        [
            "-c", "exec \"$@\" >&2", "sh", program, "--port", port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
            "--databases", "1000",
        ]);
    }
}
