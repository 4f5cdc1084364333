namespace WeChat.UnionPush.Simulator.Tests;

public sealed class NodeTests
{
    [Fact]
    public async Task A_host_in_another_language_drives_everything_and_gets_its_callbacks_signed()
    {
        var node = Programs.Find("nodejs", "node", "nodejs");
        await using var server = await SimulatorServer.StartAsync();
        var (exitCode, output) = await Programs.RunAsync(node, null, Path.Combine(AppContext.BaseDirectory, "host.mjs"), server.Address);
        Assert.True(exitCode == 0, output);
        Assert.StartsWith("held:", output, StringComparison.Ordinal);
    }
}
