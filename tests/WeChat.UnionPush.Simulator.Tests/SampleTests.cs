namespace WeChat.UnionPush.Simulator.Tests;

/// <summary>The samples that end by themselves, each a process of its own that says what it did.</summary>
public sealed class SampleTests
{
    [Fact]
    public async Task OpenTelemetry_gets_the_metrics_and_traces_of_every_push()
    {
        var output = await RunAsync("Observability");
        Assert.Contains("observability: 10 of 12 messages were sent", output, StringComparison.Ordinal);
        Assert.Equal(12, Count(output, "Activity.DisplayName:        wechat.push\n"));
        Assert.Equal(10, Count(output, "Activity.DisplayName:        /cgi-bin/message/template/send\n"));
        Assert.All(
            new[] { "wechat.api.duration", "wechat.pushes", "wechat.sign_ins", "wechat.sync.listed", "wechat.token.requests" },
            metric => Assert.Contains($"Metric Name: {metric},", output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("hangfire")]
    [InlineData("quartz")]
    public async Task A_scheduler_syncs_the_followers_and_runs_the_broadcast(string scheduler)
    {
        var output = await RunAsync("Schedules", scheduler, "--once");
        Assert.Contains("Followers: Completed, 200 listed.", output, StringComparison.Ordinal);
        Assert.Contains(": 250 recipients.", output, StringComparison.Ordinal);
        Assert.Contains($"schedules: {scheduler} synced the followers and ran the broadcast; 200 of 250 users have the message.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Aspire_runs_a_shop_beside_the_simulated_platform()
    {
        var output = await RunAsync("AppHost", "--once");
        Assert.Contains("apphost: the order was paid, and the phone shows: 订单支付成功通知", output, StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(string sample, params string[] arguments)
    {
        var (exitCode, output) = await Programs.RunAsync("dotnet", null, [Programs.Sample(sample), .. arguments]);
        Assert.True(exitCode == 0, output);
        return output;
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
