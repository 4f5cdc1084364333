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

    /// <summary>Between two questions, so that the machine is left to the processes that they wait for.</summary>
    private static TimeSpan Pause { get; } = TimeSpan.FromMilliseconds(20);

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

        // Slow enough that neither is through before the other has begun, and that the stop falls into the middle.
        using var slow = await town.Control.PostAsync("/control/latency/500", null);
        var workers = new[] { town.StartWorker(leaseSeconds: 2), town.StartWorker(leaseSeconds: 2) };
        foreach (var worker in workers)
        {
            // Before it says so it builds its host, which waits for no database.
            Assert.Equal("started", await worker.ReadLineAsync());
        }

        using var faster = await town.Control.PostAsync("/control/latency/100", null);
        await town.SentAsync(500);

        await restarting.StopAsync();
        await restarting.StartAsync();

        await FinishAsync(town, data.Open(), workers);
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Three_workers_keep_the_accounts_pace_while_two_hosts_push(string kind)
    {
        const int perSecond = 60;
        var seconds = Runs.IsFull ? 60 : 20;
        await using var data = await ServerOf(kind).CreateAsync();
        var storage = data.Open();
        await using var town = await StartAsync(data.Name, storage, 60 * (seconds + 10));
        using var keep = await town.Control.PostAsync("/control/keep-messages", null);
        town.StartPusher(pushesPerSecond: 5, perSecond);
        town.StartPusher(pushesPerSecond: 5, perSecond);
        for (var i = 0; i < 3; i++)
        {
            town.StartWorker(leaseSeconds: 10, perSecond);
        }

        await town.SentAsync(perSecond * 3);
        var from = (await town.TimesAsync()).Count;
        await town.SentAsync(from + (perSecond * seconds));

        // Every message, whoever sent it, by the platform's own clock. From the beginning: a slow process uses a slot after its moment, so that between two moments
        // in the middle there may be more. The beginning earns one second's worth, and half a second's worth is for pushes that were made and not told of yet.
        // How much longer it takes is the machine's affair.
        var times = (await town.TimesAsync()).Order().ToArray();
        var begun = (await storage.Broadcasts!.FindAsync(Town.OfficialAccountAppId, "everyone"))!.StartedAt!.Value.ToUnixTimeMilliseconds();
        var elapsed = (times[^1] - begun) / 1000.0;
        var count = times.Count(time => time >= begun);
        TestContext.Current.TestOutputHelper?.WriteLine($"{count} messages in {elapsed:0.0} s");
        Assert.True(count <= perSecond * (elapsed + 1.5), $"{count} messages in {elapsed:0.0} s");
        if (Runs.IsFull)
        {
            var middle = times[from..];
            var rate = (middle.Length - 1) * 1000.0 / (middle[^1] - middle[0]);
            Assert.True(rate >= perSecond * 0.95, $"{rate:0.0} messages a second");
        }
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Three_workers_stop_at_the_reserve_while_two_hosts_push(string kind)
    {
        const int forBroadcasts = 800;
        const int pushedBefore = 50;
        await using var data = await ServerOf(kind).CreateAsync();
        var storage = data.Open();
        var journal = storage.Broadcasts!;
        await using var town = await StartAsync(data.Name, storage, 2_000);
        using var quota = await town.Control.PostAsync("/control/quota/2000", null);

        // Of these pushes it is certain that the workers know of them, however slow the machine is: they were told of before.
        town.StartPusher(pushesPerSecond: 10, perSecond: 200);
        town.StartPusher(pushesPerSecond: 10, perSecond: 200);
        await Runs.UntilAsync(
            async () => (await storage.Pace!.TakeAsync(new PaceRequest(Town.OfficialAccountAppId) { PerSecond = 200 })).UsedToday >= pushedBefore,
            "pushes are told of",
            Pause);
        for (var i = 0; i < 3; i++)
        {
            town.StartWorker(leaseSeconds: 10, perSecond: 200, reserve: 2_000 - forBroadcasts);
        }

        // The first that finds nothing left waits; what the others hold already still goes out.
        BroadcastRecord? record = null;
        await Runs.UntilAsync(
            async () => (record = await journal.FindAsync(Town.OfficialAccountAppId, "everyone")) is { WaitsUntil: not null }, "the broadcast waits for the next day", Pause);
        await Runs.UntilAsync(async () => (await CountAsync()).ClaimedBatches == 0, "nothing of it is under way", Pause);
        var sent = (await CountAsync()).Counts.Sent;
        var delivered = await town.DeliveredAsync();

        // All that may be used is, but for what is under way and what a slow process gave back. Pushes go on, and the broadcast does not.
        Assert.True(delivered >= forBroadcasts - 50, $"{delivered} messages");
        await town.SentAsync(delivered + 100);
        Assert.Equal(sent, (await CountAsync()).Counts.Sent);
        Assert.InRange(sent, 1, forBroadcasts - pushedBefore);

        ValueTask<BroadcastProgress> CountAsync() => journal.CountAsync(record!.Id, DateTimeOffset.MaxValue);
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
                await Task.Delay(Pause);
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
