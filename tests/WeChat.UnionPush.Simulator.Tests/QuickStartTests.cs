using System.Diagnostics;

namespace WeChat.UnionPush.Simulator.Tests;

/// <summary>The sample that a newcomer runs first, as a process in a pipe.</summary>
public sealed class QuickStartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("unionpush-quickstart-").FullName;

    private string Database => Path.Combine(_folder, "town.db");

    [Fact]
    public async Task The_first_run_asks_for_all_details_and_the_second_for_none()
    {
        var (first, output) = await RunAsync();
        Assert.True(first == 0, output);
        Assert.Contains("25,000 listed, details of 25,000 fetched", output, StringComparison.Ordinal);
        Assert.Contains("250 calls for details this time", output, StringComparison.Ordinal);
        Assert.Contains("openid in the Official Account", output, StringComparison.Ordinal);
        Assert.Contains("(Sent)", output, StringComparison.Ordinal);
        AssertResult(output);

        var (second, again) = await RunAsync();
        Assert.True(second == 0, again);
        Assert.Contains("No call for details", again, StringComparison.Ordinal);
        AssertResult(again);
        Assert.All(new[] { output, again }, static text => Assert.DoesNotContain('\u001b', text));
    }

    [Fact]
    public async Task A_run_that_was_killed_is_gone_on_with()
    {
        using (var killed = Start())
        {
            await ReadToAsync(killed, "Access token");
            killed.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var (exitCode, output) = await RunAsync();
        Assert.True(exitCode == 0, output);
        AssertResult(output);
    }

    [Fact]
    public async Task Ctrl_C_says_that_the_next_run_goes_on_and_it_does()
    {
        // A run that ends before the signal reaches it is made again.
        var (ended, error) = (0, "");
        for (var i = 0; i < 10 && ended == 0; i++)
        {
            File.Delete(Database);
            (ended, error) = await StopAsync();
        }

        Assert.Equal(130, ended);
        Assert.Contains("the next run goes on", error, StringComparison.Ordinal);

        var (exitCode, output) = await RunAsync();
        Assert.True(exitCode == 0, output);
        AssertResult(output);
    }

    [Fact]
    public async Task What_goes_wrong_is_one_line()
    {
        var (exitCode, output) = await Programs.RunAsync("dotnet", _folder, Programs.QuickStart, "--database", Path.Combine(_folder, "no", "such", "folder", "x.db"));
        Assert.Equal(1, exitCode);
        Assert.Contains("quickstart: ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Single(output.Trim().Split('\n'));
    }

    [Fact]
    public async Task The_town_is_handed_to_the_page()
    {
        using var run = Start("--inbox");
        try
        {
            var line = await ReadToAsync(run, "The phones are at ");
            using var http = new HttpClient { BaseAddress = new Uri(line["The phones are at ".Length..].Trim().TrimEnd('.')) };
            await ReadToAsync(run, "Look at ");
            Assert.Contains("<html", await http.GetStringAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken), StringComparison.Ordinal);
            var messages = await http.GetStringAsync(new Uri("/api/messages?kind=template&limit=1", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Contains("云南小粒咖啡", messages, StringComparison.Ordinal);
        }
        finally
        {
            run.Kill();
            await run.WaitForExitAsync(CancellationToken.None);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The same people at every run: 1,350 of 2,000 are reached.</summary>
    private static void AssertResult(string output)
    {
        Assert.Contains("NotLinked\t120\t", output, StringComparison.Ordinal);
        Assert.Contains("Refused\t80\t", output, StringComparison.Ordinal);
        Assert.Contains("Total\t2,000\t", output, StringComparison.Ordinal);
        Assert.Contains("Template message\t1,350\t", output, StringComparison.Ordinal);
        Assert.Contains("Subscribe message\t325\t", output, StringComparison.Ordinal);
        Assert.Matches(@"\nSMS\t[1-9][0-9]*\t", output);
        Assert.Matches(@"\nQR code\t[1-9][0-9]*\t", output);
    }

    private Task<(int ExitCode, string Output)> RunAsync() => Programs.RunAsync("dotnet", _folder, Programs.QuickStart, "--database", Database);

    /// <summary>Starts a run and stops it when it has its token.</summary>
    private async Task<(int ExitCode, string Error)> StopAsync()
    {
        using var stopped = Start();
        await ReadToAsync(stopped, "Access token");
        var error = stopped.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        _ = stopped.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        using var signal = Process.Start("kill", ["-INT", stopped.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await signal.WaitForExitAsync(TestContext.Current.CancellationToken);
        await stopped.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (stopped.ExitCode, await error);
    }

    private Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo("dotnet", [Programs.QuickStart, "--database", Database, .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = _folder,
    })!;

    private static async Task<string> ReadToAsync(Process process, string start)
    {
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith(start, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException($"It ended before it said \"{start}\".");
    }
}
