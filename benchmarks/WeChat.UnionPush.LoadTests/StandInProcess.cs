using System.Diagnostics;
using System.Globalization;

namespace WeChat.UnionPush.LoadTests;

/// <summary>The stand-in in a process of its own, so that its work is not counted as the caller's.</summary>
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

    public static async Task<StandInProcess> StartAsync(int followers, int latency)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                typeof(StandInProcess).Assembly.Location,
                "serve",
                "--followers",
                followers.ToString(CultureInfo.InvariantCulture),
                "--latency",
                latency.ToString(CultureInfo.InvariantCulture),
            },
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException("The stand-in did not start.");
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The stand-in ended at once.");
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
