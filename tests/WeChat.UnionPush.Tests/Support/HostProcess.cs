using System.Diagnostics;

namespace WeChat.UnionPush.Tests;

/// <summary>A process of the test host: the platform, or a host that syncs or sends.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;

    private HostProcess(params string[] arguments)
        : this("tests/WeChat.UnionPush.TestHost", "WeChat.UnionPush.TestHost.dll", arguments, environment: [])
    {
    }

    private HostProcess(string project, string program, string[] arguments, IEnumerable<KeyValuePair<string, string>> environment)
    {
        var folder = AppContext.BaseDirectory.Replace($"tests/{typeof(HostProcess).Assembly.GetName().Name}", project, StringComparison.Ordinal);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(folder, program), .. arguments])
        { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        Error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>What it wrote to standard error, after it has ended.</summary>
    public Task<string> Error { get; }

    public bool HasExited => _process.HasExited;

    public static async Task<(HostProcess Process, HttpClient Control)> StartPlatformAsync(long followers)
    {
        var process = new HostProcess("platform", followers.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return (process, new HttpClient { BaseAddress = new Uri(await process.ReadLineAsync()) });
    }

    public static HostProcess StartSync(HttpClient platform, string storage) => new("sync", platform.BaseAddress!.ToString(), storage);

    public static HostProcess StartSend(HttpClient platform, string storage, int sends) =>
        new("send", platform.BaseAddress!.ToString(), storage, sends.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public static HostProcess StartFill(HttpClient platform, string storage, int people) => new("fill", platform.BaseAddress!.ToString(), storage, Text(people));

    public static HostProcess StartBroadcast(HttpClient platform, string storage, int perSecond, double leaseSeconds, int reserve) =>
        new("broadcast", platform.BaseAddress!.ToString(), storage, "--per-second", Text(perSecond), "--lease", Text(leaseSeconds), "--reserve", Text(reserve));

    public static HostProcess StartPush(HttpClient platform, string storage, int pushesPerSecond, int perSecond) =>
        new("push", platform.BaseAddress!.ToString(), storage, Text(pushesPerSecond), "--per-second", Text(perSecond));

    public static HostProcess StartPace(HttpClient platform, string storage, int perSecond, int messages) =>
        new("pace", platform.BaseAddress!.ToString(), storage, Text(perSecond), Text(messages));

    /// <summary>The sample that takes commands from a broker, or sends them.</summary>
    public static HostProcess StartBroker(IEnumerable<KeyValuePair<string, string>> settings, params string[] arguments) =>
        new("samples/Broker", "Broker.dll", arguments, settings);

    public static HostProcess StartSave(string storage, string writer) => new("save", storage, writer);

    public static async Task<(HostProcess Process, HttpClient Http)> StartCallbackAsync(string storage, bool hangs)
    {
        var process = new HostProcess(hangs ? ["callback", storage, "--hangs"] : ["callback", storage]);
        return (process, new HttpClient { BaseAddress = new Uri(await process.ReadLineAsync()) });
    }

    public async Task<string> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"The process ended: {await TryReadLineAsync()}");

    /// <summary>The next line, or how it ended.</summary>
    public async Task<string> TryReadLineAsync()
    {
        if (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            return line;
        }

        await _process.WaitForExitAsync();
        return $"It ended with {_process.ExitCode}: {await Error}";
    }

    public async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Ends its standard input.</summary>
    public void CloseInput() => _process.StandardInput.Close();

    /// <summary>What it has written since then, after it has ended.</summary>
    public Task<string> ReadToEndAsync() => _process.StandardOutput.ReadToEndAsync();

    /// <summary>Sends a signal, such as <c>STOP</c> and <c>CONT</c>.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", Text(_process.Id)]);
        kill.WaitForExit();
    }

    /// <summary>Kills the process (SIGKILL), so nothing is finished or released.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task<int> WaitAsync()
    {
        var output = _process.StandardOutput.ReadToEndAsync();
        await _process.WaitForExitAsync();
        await output;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private static string Text(IFormattable number) => number.ToString(format: null, System.Globalization.CultureInfo.InvariantCulture);
}
