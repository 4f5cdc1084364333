using System.Diagnostics;

namespace WeChat.UnionPush.Simulator.Tests;

/// <summary>Finds the programs that tests start, and starts them.</summary>
internal static class Programs
{
#if DEBUG
    public const string Configuration = "Debug";
#else
    public const string Configuration = "Release";
#endif

    public static readonly string Root = FindRoot();

    public static string Tool => Path.Combine(Root, "src", "WeChat.UnionPush.Tool", "bin", Configuration, "net10.0", "WeChat.UnionPush.Tool.dll");

    public static string WebHost => Sample("WebHost");

    public static string QuickStart => Sample("QuickStart");

    public static string Artifacts => Directory.CreateDirectory(Path.Combine(Root, "artifacts", "screenshots")).FullName;

    public static string Sample(string name) => Path.Combine(Root, "samples", name, "bin", Configuration, "net10.0", $"{name}.dll");

    /// <summary>A program of the machine; skips the test, or fails it where everything must be there, when it is missing.</summary>
    public static string Find(string package, params string[] names)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var found = names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        if (found is null)
        {
            var reason = $"{names[0]} is not on this machine: apt-get install {package}";
            Assert.SkipUnless(Environment.GetEnvironmentVariable("UNIONPUSH_REQUIRE_SERVERS") == "1", reason);
            Assert.Fail(reason);
        }

        return found!;
    }

    /// <summary>Starts a program that says in its first line of output where it listens.</summary>
    public static async Task<(Process Process, string Address)> StartAsync(
        string program, string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        _ = process.StandardError.ReadToEndAsync();
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(3)) is { } line)
        {
            if (line.IndexOf("http://", StringComparison.Ordinal) is >= 0 and var at)
            {
                _ = process.StandardOutput.ReadToEndAsync();
                return (process, line[at..].Trim());
            }
        }

        throw new InvalidOperationException($"{program} ended before it listened.");
    }

    public static async Task<(int ExitCode, string Output)> RunAsync(string program, string? folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? Root };
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "WeChat.UnionPush.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run outside of the repository.");
        }

        return folder;
    }
}
