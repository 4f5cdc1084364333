using System.Diagnostics;
using System.Globalization;

namespace WeChat.UnionPush.LoadTests;

/// <summary>The stand-in in a separate process, so that its work is not counted as the caller's.</summary>
internal sealed class StandInProcess : IAsyncDisposable
{
    private readonly Process? _process;

    private StandInProcess(Uri address, Process? process)
    {
        Address = address;
        _process = process;
    }

    public Uri Address { get; }

    public static StandInProcess At(Uri address) => new(address, null);

    public static Task<StandInProcess> StartAsync(int followers, int latency) => StartAsync(
        ["serve", "--followers", followers.ToString(CultureInfo.InvariantCulture), "--latency", latency.ToString(CultureInfo.InvariantCulture)]);

    /// <summary>This program again, with other arguments; the first line it prints is its address.</summary>
    public static async Task<StandInProcess> StartAsync(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(StandInProcess).Assembly.Location, .. arguments]) { RedirectStandardOutput = true };
        var process = Process.Start(start) ?? throw new InvalidOperationException("The process did not start.");
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The process ended at once.");
        return new StandInProcess(new Uri(line), process);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }
}
