using System.Diagnostics;

namespace WeChat.UnionPush.Simulator.Tests;

/// <summary><c>unionpush simulate</c> and the sample host that is pointed at it, each a process of its own.</summary>
public sealed class TwoHosts : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("unionpush-page-").FullName;
    private Process? _tool;
    private Process? _host;

    public string Simulator { get; private set; } = "";

    public string Host { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var none = new Dictionary<string, string>(StringComparer.Ordinal);
        (_tool, Simulator) = await Programs.StartAsync("dotnet", _folder, none, Programs.Tool, "simulate", "--port", "0");
        (_host, Host) = await Programs.StartAsync("dotnet", _folder, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Urls"] = "http://127.0.0.1:0",
            ["Logging__LogLevel__Microsoft.Hosting.Lifetime"] = "Information",
            ["WeChat__ApiBaseAddress"] = Simulator,
            ["WeChat__OfficialAccount__AppId"] = SimulatorServer.Account,
            ["WeChat__OfficialAccount__AppSecret"] = SimulatorServer.Secret,
            ["WeChat__MiniProgram__AppId"] = SimulatorServer.MiniProgram,
            ["WeChat__MiniProgram__AppSecret"] = SimulatorServer.Secret,
            ["WeChat__Callback__OfficialAccount__Token"] = "simulated",
            ["WeChat__Callback__OfficialAccount__EncodingAesKey"] = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
            ["OrderTemplateId"] = SimulatorServer.Template,
        }, Programs.WebHost);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in new[] { _host, _tool }.OfType<Process>())
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
