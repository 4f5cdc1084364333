using System.Globalization;
using WeChat.UnionPush.MySql;
using WeChat.UnionPush.PostgreSql;
using WeChat.UnionPush.Sqlite;

namespace WeChat.UnionPush.Tests.Processes;

/// <summary>
/// Two processes compete for a sync and are killed at random moments, with restarts: three kills at every run, fifty where <c>UNIONPUSH_FULL</c> is set.
/// </summary>
public sealed class KilledSyncTests(PostgreSqlServer server, MariaDbServer mariaDb)
{
    private const int Followers = 45_000;

    [Fact]
    public async Task A_sync_into_SQLite_that_is_killed_again_and_again_ends_as_an_undisturbed_one()
    {
        using var folder = new TemporaryFolder();
        await using var storage = new SqliteUnionPushStorage($"Data Source={folder["killed.db"]}");
        await RunAsync($"sqlite:{folder["killed.db"]}", storage.Identities, storage.FollowerSyncs, storage.EnsureSchemaAsync);
    }

    [Fact]
    public async Task A_sync_into_PostgreSQL_that_is_killed_again_and_again_ends_as_an_undisturbed_one()
    {
        var connection = await server.CreateDatabaseAsync();
        await using var storage = new PostgreSqlUnionPushStorage(connection);
        await RunAsync($"postgresql:{connection}", storage.Identities, storage.FollowerSyncs, storage.EnsureSchemaAsync);
    }

    [Fact]
    public async Task A_sync_into_MariaDB_that_is_killed_again_and_again_ends_as_an_undisturbed_one()
    {
        var connection = await mariaDb.CreateDatabaseAsync();
        await using var storage = new MySqlUnionPushStorage(connection);
        await RunAsync($"mysql:{connection}", storage.Identities, storage.FollowerSyncs, storage.EnsureSchemaAsync);
    }

    private static async Task RunAsync(string storage, IUnionIdRepository identities, IFollowerSyncStore syncs, Func<CancellationToken, ValueTask> ensureSchema)
    {
        await ensureSchema(default);
        var kills = Runs.IsFull ? 50 : 3;
        var random = new Random(20261122);
        var (platform, control) = await HostProcess.StartPlatformAsync(Followers);
        await using var _ = platform;
        using var __ = control;
        var hosts = new[] { HostProcess.StartSync(control, storage), HostProcess.StartSync(control, storage) };
        var walks = 0;
        try
        {
            for (var kill = 0; kill < kills; kill++)
            {
                // A moment is a number of calls that the platform has had, so the machine's speed does not decide where a kill falls. A first walk has
                // 455 of them; a later one 6, most of whose time passes in the store.
                var before = await CallsAsync(control);
                var after = random.Next(1, 120);
                while (await CallsAsync(control) - before < after && hosts.Any(host => !host.HasExited))
                {
                    // Short, for the calls that are made meanwhile move the kill.
                    await Task.Delay(5);
                }

                var victim = random.Next(2);
                await hosts[victim].KillAsync();
                await hosts[victim].DisposeAsync();
                hosts[victim] = HostProcess.StartSync(control, storage);
                var other = 1 - victim;
                if (hosts[other].HasExited)
                {
                    Assert.Equal(0, await hosts[other].WaitAsync());
                    walks++;
                    await hosts[other].DisposeAsync();
                    hosts[other] = HostProcess.StartSync(control, storage);
                }
            }

            foreach (var host in hosts)
            {
                Assert.True(await host.WaitAsync() == 0, await host.Error);
                walks++;
            }

            var counts = await CountsAsync(control);
            var state = (await syncs.GetAsync(Town.OfficialAccountAppId))!;
            Assert.False(state.InProgress);
            Assert.Equal(Followers, state.Listed);

            // Each complete walk asks for five pages and the empty one behind them. A kill costs at most the page that was in flight.
            Assert.InRange(counts["/cgi-bin/user/get"], 6, (6 * (walks + kills)) + kills);
            Assert.InRange(counts["repeats"], 0, (6 * (walks + kills - 1)) + kills);

            // Whoever was saved before a kill is not asked for again: at most what was in flight, which is a page's rest of unsaved batches.
            Assert.InRange(counts["/cgi-bin/user/info/batchget"], Followers / 100, (Followers / 100) + (kills * 110));

            var seen = 0;
            await foreach (var identity in identities.ListAsync(Town.OfficialAccountAppId))
            {
                Assert.Equal(FollowState.Following, identity.FollowState);
                Assert.NotNull(identity.UnionId);
                Assert.NotNull(identity.DetailsAt);
                seen++;
            }

            Assert.Equal(Followers, seen);
            for (var i = 0; i < Followers; i += 4999)
            {
                var openId = await control.GetStringAsync($"/control/openid/official/{i}");
                var unionId = await control.GetStringAsync($"/control/unionid/{i}");
                Assert.Equal(unionId, Assert.Single(await identities.FindAsync(Town.OfficialAccountAppId, [openId])).UnionId);
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

    private static async Task<long> CallsAsync(HttpClient control) =>
        (await CountsAsync(control)).Where(count => count.Key.StartsWith('/')).Sum(count => count.Value);

    private static async Task<Dictionary<string, long>> CountsAsync(HttpClient control) =>
        (await control.GetStringAsync("/control/calls")).Split('\n').Select(line => line.Split(' '))
            .ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture));
}
