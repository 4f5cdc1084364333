using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Bare;
using WeChat.UnionPush.MySql;

namespace WeChat.UnionPush.LoadTests;

/// <summary>The runs, each with its hand-written counterpart.</summary>
internal sealed class WholeRun(string verb, int operations, int concurrency, Store store, int latency, Telemetry telemetry, Uri address)
{
    private const int People = 10_000;

    // How many sends a young process has behind it, and how many one whose code has all reached its final JIT tier.
    private const int Young = 1_000;
    private const int Grown = 80_000;

    private readonly string[] _followers = Samples.FollowerOpenIds(People);
    private readonly string[] _users = [.. Enumerable.Range(0, People).Select(static i => Samples.UserOpenId(i))];

    // Code that runs once per page reaches its final JIT tier after about sixty pages, or later on a busy machine.
    private int WarmUps => store == Store.Memory ? 12 : 4;

    public async Task SendAsync()
    {
        var start = Measurement.Start();
        using var listening = Listeners.Start(telemetry);
        await using var database = await TemporaryDatabase.CreateAsync(store);
        await using var services = await HostAsync(database);
        var sender = services.GetRequiredService<ITemplateMessageSender>();
        await MeasureAgesAsync(start, i => sender.SendAsync(_followers[i % People], Samples.Message()), static result => result.Status == PushStatus.Sent);
    }

    public async Task BareSendAsync()
    {
        var start = Measurement.Start();
        using var client = BareClient.CreateHttpClient(concurrency);
        var bare = await BareAsync(client);
        await MeasureAgesAsync(start, i => bare.SendAsync(_followers[i % People], Samples.BareMessage()), static answer => answer.MessageId != 0);
    }

    /// <summary>Bytes over sockets: as little as a send can cost on this machine.</summary>
    public async Task RawSendAsync()
    {
        var start = Measurement.Start();
        using var raw = new RawClient(address);
        await MeasureAgesAsync(start, i => raw.SendAsync(_followers[i % People]), static done => done);
    }

    public async Task PushAsync()
    {
        var start = Measurement.Start();
        using var listening = Listeners.Start(telemetry);
        await using var database = await TemporaryDatabase.CreateAsync(store);
        await using var services = await HostAsync(database);
        await Population.SaveAsync(services.GetRequiredService<IUnionIdRepository>(), 1);
        var push = services.GetRequiredService<IUnionPush>();
        await MeasureAgesAsync(
            start,
            i => push.PushAsync(_users[i % People], Samples.Message()),
            static result => result.Status == PushStatus.Sent,
            afterFirst: () => Population.SaveAsync(services.GetRequiredService<IUnionIdRepository>(), People));
    }

    public async Task SyncAsync()
    {
        using var metrics = Metrics.Listen();
        for (var warmUp = 0; warmUp < WarmUps; warmUp++)
        {
            await SyncOnceAsync();
        }

        Print(await SyncOnceAsync());
    }

    public async Task BareSyncAsync()
    {
        using var client = BareClient.CreateHttpClient(concurrency);
        var bare = await BareAsync(client);
        for (var warmUp = 0; warmUp < WarmUps; warmUp++)
        {
            await BareSyncOnceAsync(bare);
        }

        Print(await BareSyncOnceAsync(bare));
    }

    private async Task<ServiceProvider> HostAsync(TemporaryDatabase database)
    {
        var services = new ServiceCollection();
        var builder = services.AddWeChatUnionPush(options =>
        {
            Samples.Configure(options);
            options.ApiBaseAddress = address;
            options.FollowerSync.ConcurrentBatches = concurrency;
        });
        database.ChooseFor(builder, store);
        var host = services.BuildServiceProvider();
        if (store is Store.PostgreSql or Store.MySql)
        {
            await host.GetRequiredService<IUnionPushStorage>().EnsureSchemaAsync();
        }

        return host;
    }

    private async Task<BareClient> BareAsync(HttpClient client) =>
        new(client, address, await BareClient.GetTokenAsync(client, address, Samples.OfficialAccountAppId, "secret"));

    /// <summary>A first sync: each has its own host and an empty store. The warm-up run leaves nothing behind.</summary>
    private async Task<Measurement.Outcome> SyncOnceAsync()
    {
        await using var database = await TemporaryDatabase.CreateAsync(store);
        await using var services = await HostAsync(database);
        var push = services.GetRequiredService<IUnionPush>();
        Settle();
        var measurement = Measurement.Start();
        var report = await push.SyncFollowersAsync();
        var outcome = measurement.End(operations);
        Require(report.Outcome == FollowerSyncOutcome.Completed && report.Listed == operations && report.Linked == operations && report.Added == operations);
        return outcome;
    }

    private async Task<Measurement.Outcome> BareSyncOnceAsync(BareClient bare)
    {
        await using var database = await TemporaryDatabase.CreateAsync(store);
        IBareIdentities identities = store switch
        {
            Store.Sqlite => new BareSqliteIdentities(database.File),
            Store.MySql => new BareMySqlIdentities(database.MySql!.Source),
            Store.PostgreSql => throw new NotSupportedException("Nobody has written it by hand."),
            _ => new BareIdentities(),
        };
        if (database.MySql is { } server)
        {
            await using var storage = new MySqlUnionPushStorage(server.Source);
            await storage.EnsureSchemaAsync();
        }

        using var closing = identities as IDisposable;
        Settle();
        var measurement = Measurement.Start();
        for (var page = await bare.GetPageAsync(""); page.Data is not null; page = await bare.GetPageAsync(page.NextOpenId))
        {
            await Parallel.ForEachAsync(
                page.Data.OpenIds.Chunk(100),
                new ParallelOptions { MaxDegreeOfParallelism = concurrency },
                async (openIds, _) => identities.Save(await bare.GetBatchAsync(openIds)));
        }

        identities.End();
        var outcome = measurement.End(operations);
        Require(identities.CountLinked() == operations);
        return outcome;
    }

    private static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    /// <summary>
    /// Three ages of a process: from nothing to its first operation, the further ones up to its thousandth, and as many as told when it is grown up. At a
    /// latency only the last.
    /// </summary>
    private async Task MeasureAgesAsync<T>(Measurement start, Func<int, Task<T>> operation, Func<T, bool> succeeded, Func<Task>? afterFirst = null)
    {
        Require(succeeded(await operation(0)));
        var first = start.End(1);
        if (afterFirst is not null)
        {
            await afterFirst();
        }

        if (latency == 0)
        {
            Print(first, "first");
            var youth = Measurement.Start();
            await RunAsync(operation, succeeded, Young - 1);
            Print(youth.End(Young - 1), "young");
        }

        await RunAsync(operation, succeeded, latency > 0 ? concurrency * 10 : Grown);
        Settle();
        var measurement = Measurement.Start();
        await RunAsync(operation, succeeded, operations);
        Print(measurement.End(operations), "grown");
    }

    private async Task RunAsync<T>(Func<int, Task<T>> operation, Func<T, bool> succeeded, int count)
    {
        var taken = -1;
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Run(async () =>
        {
            for (var i = Interlocked.Increment(ref taken); i < count; i = Interlocked.Increment(ref taken))
            {
                Require(succeeded(await operation(i)));
            }
        })));
    }

    private void Print(Measurement.Outcome outcome, string age = "grown") => Console.WriteLine(FormattableString.Invariant(
        $"verb={verb} store={store} telemetry={telemetry} age={age} operations={operations} concurrency={concurrency} latency={latency} {outcome}"));

    private static void Require(bool fact)
    {
        if (!fact)
        {
            throw new UnreachableException("The run did not do what it was to measure.");
        }
    }
}
