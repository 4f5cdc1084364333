using System.Diagnostics;
using System.Globalization;
using WeChat.UnionPush.Sqlite;

namespace WeChat.UnionPush.Tests.Processes;

/// <summary>
/// Broadcasts by processes that are killed, stopped and woken again, on databases that restart. The judge is the platform's own ledger, in a process of its
/// own. A few kills at every run, fifty and 100,000 recipients where <c>UNIONPUSH_FULL</c> is set.
/// </summary>
public sealed class BroadcastProcessTests(PostgreSqlServer postgreSql, MariaDbServer mariaDb)
{
    public static TheoryData<string> Servers => ["PostgreSQL", "MariaDB"];

    private static int Recipients => Runs.IsFull ? 100_000 : 4_000;

    private static int Kills => Runs.IsFull ? 50 : 3;

    [Fact]
    public async Task Killed_again_and_again_on_SQLite_everybody_gets_the_message_once()
    {
        using var folder = new TemporaryFolder();
        await using var storage = new SqliteUnionPushStorage($"Data Source={folder["broadcast.db"]}");
        await RunAsync($"sqlite:{folder["broadcast.db"]}", storage, workers: 1, faults: false);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Three_workers_one_of_which_is_killed_with_faults_send_everybody_once(string kind)
    {
        await using var data = await ServerOf(kind).CreateAsync();
        await RunAsync(data.Name, data.Open(), workers: 3, faults: true);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_worker_that_is_stopped_for_longer_than_its_lease_and_woken_sends_nobody_twice_and_overwrites_nothing(string kind)
    {
        await using var data = await ServerOf(kind).CreateAsync();
        var storage = data.Open();
        await using var town = await StartAsync(data.Name, storage, 3_000);
        var sleeper = town.StartWorker(leaseSeconds: 1);
        await town.SentAsync(200);
        sleeper.Signal("STOP");
        var other = town.StartWorker(leaseSeconds: 1);

        // The other one has taken over what the sleeper held, and is in the middle of the rest when the sleeper wakes.
        await town.SentAsync(1_500);
        sleeper.Signal("CONT");

        await FinishAsync(town, storage, [other, sleeper]);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task A_database_that_restarts_in_the_middle_is_waited_for(string kind)
    {
        await using IDatabaseServer restarting = kind == "MariaDB" ? new MariaDbServer() : new PostgreSqlServer();
        await using var data = await restarting.CreateAsync();
        await using var town = await StartAsync(data.Name, data.Open(), 3_000);
        var workers = new[] { town.StartWorker(leaseSeconds: 2), town.StartWorker(leaseSeconds: 2) };
        await town.SentAsync(500);

        await restarting.StopAsync();
        await restarting.StartAsync();

        await FinishAsync(town, data.Open(), workers);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Three_workers_keep_the_accounts_pace_while_two_hosts_push(string kind)
    {
        const int perSecond = 60;
        var seconds = Runs.IsFull ? 60 : 15;
        await using var data = await ServerOf(kind).CreateAsync();
        await using var town = await StartAsync(data.Name, data.Open(), 60 * (seconds + 10));
        using var keep = await town.Control.PostAsync("/control/keep-messages", null);
        town.StartPusher(pushesPerSecond: 5, perSecond);
        town.StartPusher(pushesPerSecond: 5, perSecond);
        for (var i = 0; i < 3; i++)
        {
            town.StartWorker(leaseSeconds: 10, perSecond);
        }

        await town.SentAsync(perSecond * 3);
        var from = await town.TimesAsync();
        await town.SentAsync(from.Count + (perSecond * seconds));

        // Every message, whoever sent it, by the platform's own clock, between two moments in the middle.
        var times = (await town.TimesAsync()).Skip(from.Count).ToArray();
        var rate = (times.Length - 1) * 1000.0 / (times[^1] - times[0]);
        Assert.InRange(rate, perSecond * 0.95, perSecond * 1.05);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Three_workers_stop_at_the_reserve_while_two_hosts_push(string kind)
    {
        await using var data = await ServerOf(kind).CreateAsync();
        var journal = data.Open().Broadcasts!;
        await using var town = await StartAsync(data.Name, data.Open(), 2_000);
        using var quota = await town.Control.PostAsync("/control/quota/700", null);
        for (var i = 0; i < 3; i++)
        {
            town.StartWorker(leaseSeconds: 10, perSecond: 200, reserve: 200);
        }

        town.StartPusher(pushesPerSecond: 10, perSecond: 200);
        town.StartPusher(pushesPerSecond: 10, perSecond: 200);
        BroadcastRecord? record;
        do
        {
            record = await journal.FindAsync(Town.OfficialAccountAppId, "everyone");
        }
        while (record?.WaitsUntil is null);

        // The first that finds nothing left waits; what the others hold already still goes out, up to 500 in all.
        await town.SentAsync(480);
        Assert.InRange(await town.DeliveredAsync(), 480, 520);
        var sent = (await journal.CountAsync(record.Id, DateTimeOffset.MaxValue)).Counts.Sent;
        await town.SentAsync(600);
        var later = (await journal.CountAsync(record.Id, DateTimeOffset.MaxValue)).Counts.Sent;
        Assert.InRange(later - sent, 0, 75);
        Assert.InRange(later, 1, 500);
    }

    private IDatabaseServer ServerOf(string kind) => kind == "MariaDB" ? mariaDb : postgreSql;

    private static async Task RunAsync(string storageName, IUnionPushStorage storage, int workers, bool faults)
    {
        var random = new Random(20261126);
        await using var town = await StartAsync(storageName, storage, Recipients);
        if (faults)
        {
            using var on = await town.Control.PostAsync("/control/faults/true", null);
        }

        var running = Enumerable.Range(0, workers).Select(_ => town.StartWorker(leaseSeconds: 2)).ToArray();
        var every = Recipients / (Kills + 2);
        for (var kill = 1; kill <= Kills; kill++)
        {
            // A moment is a number of messages that the platform has accepted, so that the machine's speed does not decide where a kill falls.
            await town.SentAsync(((kill - 1) * every) + random.Next(every));
            var victim = random.Next(workers);
            await running[victim].KillAsync();
            running[victim] = town.StartWorker(leaseSeconds: 2);
        }

        await FinishAsync(town, storage, running);
    }

    private static async Task FinishAsync(BroadcastProcesses town, IUnionPushStorage storage, HostProcess[] workers)
    {
        foreach (var worker in workers)
        {
            Assert.True(await worker.WaitAsync() == 0, await worker.Error);
        }

        var record = (await storage.Broadcasts!.FindAsync(Town.OfficialAccountAppId, "everyone"))!;
        var progress = await storage.Broadcasts.CountAsync(record.Id, DateTimeOffset.MaxValue);
        Assert.Equal(BroadcastState.Finished, record.State);
        Assert.Equal((town.People, 0), (progress.Recipients, progress.OpenBatches));
        Assert.Equal(town.People, progress.Counts.Settled);

        // Ten minutes have passed for nobody.
        Assert.Equal(new BroadcastCounts { Sent = town.People }, progress.Counts);

        // Nobody missed, nobody twice: the ledger counts people by the messages they got.
        Assert.Equal($"0 {town.People} 0 0", await town.Control.GetStringAsync("/control/ledger"));
    }

    private static async Task<BroadcastProcesses> StartAsync(string storageName, IUnionPushStorage storage, int people)
    {
        await storage.EnsureSchemaAsync();
        var (platform, control) = await HostProcess.StartPlatformAsync(people);
        var town = new BroadcastProcesses(platform, control, storageName, people);
        using var keep = await control.PostAsync("/control/keep-messages", null);
        using var quota = await control.PostAsync("/control/quota/100000000", null);
        var fill = HostProcess.StartFill(control, storageName, people);
        await using var _ = fill;
        Assert.True(await fill.WaitAsync() == 0, await fill.Error);
        return town;
    }

    /// <summary>The platform, and the hosts that work on it. All of them end with the test, however it ends.</summary>
    private sealed class BroadcastProcesses(HostProcess platform, HttpClient control, string storage, int people) : IAsyncDisposable
    {
        private readonly List<HostProcess> _hosts = [];

        public HttpClient Control => control;

        public long People => people;

        public HostProcess StartWorker(double leaseSeconds, int perSecond = 0, int reserve = 0) =>
            Kept(HostProcess.StartBroadcast(control, storage, perSecond, leaseSeconds, reserve));

        public HostProcess StartPusher(int pushesPerSecond, int perSecond) => Kept(HostProcess.StartPush(control, storage, pushesPerSecond, perSecond));

        /// <summary>Waits until the platform has accepted so many messages.</summary>
        public async Task SentAsync(long count)
        {
            var watch = Stopwatch.StartNew();
            while (await DeliveredAsync() < Math.Min(count, people))
            {
                Assert.True(watch.Elapsed < Runs.Patience * 5, $"The platform accepted {await DeliveredAsync()} messages of {count}.");
                await Task.Yield();
            }
        }

        public async Task<List<long>> TimesAsync() =>
            [.. (await control.GetStringAsync("/control/send-times")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(time => long.Parse(time, CultureInfo.InvariantCulture))];

        public async ValueTask DisposeAsync()
        {
            foreach (var host in _hosts)
            {
                await host.DisposeAsync();
            }

            control.Dispose();
            await platform.DisposeAsync();
        }

        public async Task<long> DeliveredAsync() => long.Parse(
            (await control.GetStringAsync("/control/calls")).Split('\n').Single(line => line.StartsWith("delivered ", StringComparison.Ordinal)).Split(' ')[1],
            CultureInfo.InvariantCulture);

        private HostProcess Kept(HostProcess host)
        {
            _hosts.Add(host);
            return host;
        }
    }
}
