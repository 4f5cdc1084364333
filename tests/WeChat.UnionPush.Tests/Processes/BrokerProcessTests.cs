using System.Globalization;
using Npgsql;
using WeChat.UnionPush.PostgreSql;

namespace WeChat.UnionPush.Tests.Processes;

/// <summary>
/// The sample host that takes commands from RabbitMQ, as two processes one of which is killed: every command was sent twice and some are delivered again, and
/// the platform's own ledger shows one message for each.
/// </summary>
public sealed class BrokerProcessTests(PostgreSqlServer postgreSql, RabbitMqServer rabbitMq)
{
    private const int People = 120;

    /// <summary>Between two questions, so that the machine is left to the processes that they wait for.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>The same where a program is started for each question.</summary>
    private static readonly TimeSpan LongPause = TimeSpan.FromMilliseconds(500);

    [Theory]
    [InlineData("masstransit")]
    [InlineData("cap")]
    public async Task A_command_that_is_delivered_again_or_to_two_consumers_at_once_sends_once(string broker)
    {
        var address = await rabbitMq.CreateVirtualHostAsync();
        var connection = await postgreSql.CreateDatabaseAsync();
        await using var storage = new PostgreSqlUnionPushStorage(connection);
        await storage.EnsureSchemaAsync();
        var (platform, control) = await HostProcess.StartPlatformAsync(People);
        await using var _ = platform;
        using var __ = control;
        using var keep = await control.PostAsync("/control/keep-messages", null);
        using var latency = await control.PostAsync("/control/latency/100", null);
        await using (var fill = HostProcess.StartFill(control, $"postgresql:{connection}", People))
        {
            Assert.True(await fill.WaitAsync() == 0, await fill.Error);
        }

        var settings = await SettingsAsync(control, address, connection);
        await using var consumers = new Consumers(() => HostProcess.StartBroker(settings, broker));
        await using (var sender = HostProcess.StartBroker(settings, broker, "send", "2"))
        {
            foreach (var (openId, number) in (await control.GetStringAsync($"/control/people/0/{People}")).Split('\n').Select(static (line, i) => (line.Split(' ')[0], i)))
            {
                await sender.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"order-{number} {openId} 订单已发货"));
            }

            sender.CloseInput();
            Assert.True(await sender.WaitAsync() == 0, await sender.Error);
        }

        // With commands in its hands, some of them carried out and not confirmed.
        await Runs.UntilAsync(async () => await DeliveredAsync(control) >= People / 3, "a third was sent", Pause);
        await consumers.KillOneAndStartAnotherAsync();

        await Runs.UntilAsync(async () => await DeliveredAsync(control) >= People, "everybody was sent to", Pause);
        await Runs.UntilAsync(async () => (await rabbitMq.CountMessagesAsync(address)).Values.Sum() == 0, "all commands were carried out", LongPause);
        if (broker == "cap")
        {
            // CAP confirms a command when it is in its table, and carries it out from there.
            await Runs.UntilAsync(async () => await CountAsync(connection, "published") == 0, "all commands were taken by a queue", Pause);
            await Runs.UntilAsync(async () => await CountAsync(connection, "received") == 0, "all received commands were carried out", Pause);
        }

        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"0 {People} 0 0"), await control.GetStringAsync("/control/ledger"));
        consumers.AssertRunning();
    }

    private static async Task<Dictionary<string, string>> SettingsAsync(HttpClient control, string address, string connection) => new(StringComparer.Ordinal)
    {
        ["Broker__RabbitMq"] = address,
        ["Broker__RetryAfterSeconds"] = "5",
        ["Broker__TemplateId"] = await control.GetStringAsync("/control/template"),
        ["ConnectionStrings__UnionPush"] = connection,
        ["WeChat__ApiBaseAddress"] = control.BaseAddress!.ToString(),
        ["WeChat__OfficialAccount__AppId"] = Town.OfficialAccountAppId,
        ["WeChat__OfficialAccount__AppSecret"] = "0123456789abcdef0123456789abcdef",
        ["WeChat__MiniProgram__AppId"] = Town.MiniProgramAppId,
        ["WeChat__MiniProgram__AppSecret"] = "0123456789abcdef0123456789abcdef",

        // Nobody reads what the processes write.
        ["Logging__LogLevel__Default"] = "Error",
    };

    private static async Task<long> CountAsync(string connection, string table)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var count = source.CreateCommand($"select count(*) from cap.{table} where \"StatusName\" <> 'Succeeded'");
        return (long)(await count.ExecuteScalarAsync())!;
    }

    private static async Task<long> DeliveredAsync(HttpClient control) => long.Parse(
        (await control.GetStringAsync("/control/calls")).Split('\n').Single(line => line.StartsWith("delivered ", StringComparison.Ordinal)).Split(' ')[1],
        CultureInfo.InvariantCulture);

    /// <summary>Two processes, which end with the test, also where it fails.</summary>
    private sealed class Consumers(Func<HostProcess> start) : IAsyncDisposable
    {
        private readonly HostProcess[] _running = [start(), start()];

        public async Task KillOneAndStartAnotherAsync()
        {
            await _running[0].DisposeAsync();
            _running[0] = start();
        }

        public void AssertRunning() => Assert.All(_running, static process => Assert.False(process.HasExited));

        public async ValueTask DisposeAsync()
        {
            foreach (var process in _running)
            {
                await process.DisposeAsync();
            }
        }
    }
}
