using System.Diagnostics;

namespace WeChat.UnionPush.Tests.Processes;

/// <summary>A process of the test host: the platform, or a host that syncs or sends.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process _process;

    private HostProcess(params string[] arguments)
    {
        var assembly = typeof(HostProcess).Assembly.GetName().Name!;
        var program = Path.Combine(AppContext.BaseDirectory.Replace(assembly, "WeChat.UnionPush.TestHost", StringComparison.Ordinal), "WeChat.UnionPush.TestHost.dll");
        _process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Error = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>What it wrote to standard error, when it has ended.</summary>
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

    public static HostProcess StartSave(string storage, string writer) => new("save", storage, writer);

    public static async Task<(HostProcess Process, HttpClient Http)> StartCallbackAsync(string storage, bool hangs)
    {
        var process = new HostProcess(hangs ? ["callback", storage, "--hangs"] : ["callback", storage]);
        return (process, new HttpClient { BaseAddress = new Uri(await process.ReadLineAsync()) });
    }

    public async Task<string> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"The process ended: {await Error}");

    public async Task WriteLineAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>What it wrote since, when it has ended.</summary>
    public Task<string> ReadToEndAsync() => _process.StandardOutput.ReadToEndAsync();

    /// <summary>SIGKILL: nothing is finished, nothing is released.</summary>
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
}
