using System.Text.Json;

namespace WeChat.UnionPush.Simulator.Tests;

public sealed class ToolTests
{
    [Fact]
    public async Task The_tool_packs_installs_from_a_local_feed_and_runs()
    {
        var folder = Directory.CreateTempSubdirectory("unionpush-tool-").FullName;
        try
        {
            var feed = Path.Combine(folder, "feed");
            var project = Path.Combine(Programs.Root, "src", "WeChat.UnionPush.Tool");
            var (packed, packing) = await Programs.RunAsync("dotnet", null, "pack", project, "--no-build", "-c", Programs.Configuration, "-o", feed, "-nologo");
            Assert.True(packed == 0, packing);

            // Nothing but the feed: a tool carries what it needs.
            var configuration = Path.Combine(folder, "nuget.config");
            await File.WriteAllTextAsync(
                configuration,
                $"<configuration><packageSources><clear/><add key=\"local\" value=\"{feed}\"/></packageSources></configuration>",
                TestContext.Current.CancellationToken);
            var (installed, installing) = await Programs.RunAsync(
                "dotnet", folder, "tool", "install", "WeChat.UnionPush.Tool", "--tool-path", Path.Combine(folder, "tools"), "--configfile", configuration);
            Assert.True(installed == 0, installing);

            var environment = new Dictionary<string, string>(StringComparer.Ordinal);
            var (tool, address) = await Programs.StartAsync(
                Path.Combine(folder, "tools", "unionpush"), folder, environment, "simulate", "--port", "0", "--callback", "http://127.0.0.1:9/callback");
            try
            {
                using var http = new HttpClient { BaseAddress = new Uri(address) };
                var state = JsonDocument.Parse(await http.GetStringAsync(new Uri("/api/state", UriKind.Relative))).RootElement;
                Assert.Equal("http://127.0.0.1:9/callback", state.GetProperty("apps")[0].GetProperty("callback").GetProperty("url").GetString());
                Assert.Contains("<html", await http.GetStringAsync(new Uri("/", UriKind.Relative)), StringComparison.Ordinal);
            }
            finally
            {
                tool.Kill();
                await tool.WaitForExitAsync();
                tool.Dispose();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("--listen is refused where others could connect", "--allow-remote", "simulate", "--listen", "http://0.0.0.0:0")]
    [InlineData("a seed file that is not there", "nowhere.json", "simulate", "--seed", "nowhere.json")]
    [InlineData("a callback that is no URL", "absolute", "simulate", "--port", "0", "--callback", "localhost")]
    public async Task What_cannot_be_done_is_one_line_and_exit_code_2(string what, string hint, params string[] arguments)
    {
        var (exitCode, output) = await Programs.RunAsync("dotnet", null, [Programs.Tool, .. arguments]);
        Assert.True(exitCode == 2, $"{what}: {exitCode} {output}");
        Assert.Contains(hint, output, StringComparison.Ordinal);
        Assert.Single(output.Trim().Split('\n'));
    }
}
