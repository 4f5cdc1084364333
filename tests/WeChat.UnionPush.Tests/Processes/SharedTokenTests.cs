using System.Globalization;
using WeChat.UnionPush.PostgreSql;
using WeChat.UnionPush.Tests.Stores;

namespace WeChat.UnionPush.Tests.Processes;

/// <summary>
/// Eight processes share an account's token over one SQLite file and over one PostgreSQL. Each event — a cold start, a token replaced by another
/// instance with and without overlap, expired, refused — costs all of them together at most two token calls.
/// </summary>
public sealed class SharedTokenTests(PostgreSqlServer server)
{
    private const int Processes = 8;
    private const int Sends = 20;

    [Fact]
    public async Task Eight_processes_on_one_SQLite_file_make_at_most_two_token_calls_an_event()
    {
        using var folder = new TemporaryFolder();
        await RunAsync($"sqlite:{folder["shared.db"]}");
    }

    [Fact]
    public async Task Eight_processes_on_one_PostgreSQL_make_at_most_two_token_calls_an_event()
    {
        var connection = await server.CreateDatabaseAsync();
        await using (var storage = new PostgreSqlUnionPushStorage(connection))
        {
            await storage.EnsureSchemaAsync();
        }

        await RunAsync($"postgresql:{connection}");
    }

    private static async Task RunAsync(string storage)
    {
        var (platform, control) = await HostProcess.StartPlatformAsync(Sends);
        await using var _ = platform;
        using var __ = control;
        var hosts = Enumerable.Range(0, Processes).Select(_ => HostProcess.StartSend(control, storage, Sends)).ToList();
        try
        {
            var events = new List<string?> { null, "replace", "replace-with-overlap", "expire" };
            for (var more = 0; more < (Runs.IsFull ? 50 : 2); more++)
            {
                events.Add(new[] { "replace", "replace-with-overlap", "expire" }[more % 3]);
            }

            // Last, since the platform forces twenty a day and one in thirty seconds.
            events.Add("refuse");
            for (var round = 0; round < events.Count; round++)
            {
                if (events[round] is { } what)
                {
                    using var done = await control.PostAsync($"/control/token/{what}", null);
                    done.EnsureSuccessStatusCode();
                }

                var before = await TokenCallsAsync(control);
                foreach (var host in hosts)
                {
                    await host.WriteLineAsync($"round{round}/{Processes}");
                }

                foreach (var host in hosts)
                {
                    Assert.Equal($"{Sends} Sent", await host.ReadLineAsync());
                }

                Assert.True(await TokenCallsAsync(control) - before <= 2, $"{events[round] ?? "cold start"}: {await TokenCallsAsync(control) - before} token calls");
            }
        }
        finally
        {
            foreach (var host in hosts)
            {
                await host.DisposeAsync();
            }
        }
    }

    private static async Task<long> TokenCallsAsync(HttpClient control) =>
        (await control.GetStringAsync("/control/calls")).Split('\n').Where(line => line.StartsWith("/cgi-bin/stable_token ", StringComparison.Ordinal)).Sum(line => long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
}
