using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Bare;
using WeChat.UnionPush.MySql;

namespace WeChat.UnionPush.LoadTests;

/// <summary>The runs, each with its hand-written counterpart.</summary>
internal sealed class WholeRun(string verb, int operations, int concurrency, Store store, int latency, Uri address)
{
    private const int People = 10_000;


    private readonly string[] _followers = Samples.FollowerOpenIds(People);

    // Code that runs once per page reaches its final JIT tier after about sixty pages, or later on a busy machine.
    private int WarmUps => store == Store.Memory ? 12 : 4;

    public async Task SendAsync()
    {
        using var metrics = Metrics.Listen();
        await using var database = await TemporaryDatabase.CreateAsync(store);
        await using var services = await HostAsync(database);
        var sender = services.GetRequiredService<ITemplateMessageSender>();
        var message = Samples.Message();
        await MeasureAsync(i => sender.SendAsync(_followers[i % People], message), static result => result.Status == PushStatus.Sent);
    }

    public async Task BareSendAsync()
    {
        using var client = BareClient.CreateHttpClient(concurrency);
        var bare = await BareAsync(client);
        var message = Samples.BareMessage();
        await MeasureAsync(i => bare.SendAsync(_followers[i % People], message), static answer => answer.MessageId != 0);
    }

    public async Task PushAsync()
    {
        using var metrics = Metrics.Listen();
        await using var database = await TemporaryDatabase.CreateAsync(store);
        await using var services = await HostAsync(database);
        await Population.SaveAsync(services.GetRequiredService<IUnionIdRepository>(), People);
        var push = services.GetRequiredService<IUnionPush>();
        var users = Enumerable.Range(0, People).Select(i => Samples.UserOpenId(i)).ToArray();
        var message = Samples.Message();
        await MeasureAsync(i => push.PushAsync(users[i % People], message), static result => result.Status == PushStatus.Sent);
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

    public async Task StartUpAsync()
    {
        var measurement = Measurement.Start();
        using var metrics = Metrics.Listen();
        await using var database = await TemporaryDatabase.CreateAsync(store);
        await using var services = await HostAsync(database);
        await Population.SaveAsync(services.GetRequiredService<IUnionIdRepository>(), 1);
        var push = services.GetRequiredService<IUnionPush>();
        for (var i = 0; i < operations; i++)
        {
            Require((await push.PushAsync(Samples.UserOpenId(0), Samples.Message())).Status == PushStatus.Sent);
        }

        Print(measurement.End(operations));
    }

    public async Task BareStartUpAsync()
    {
        var measurement = Measurement.Start();
        using var client = BareClient.CreateHttpClient(concurrency);
        var bare = await BareAsync(client);
        for (var i = 0; i < operations; i++)
        {
            Require((await bare.SendAsync(Samples.FollowerOpenId(0), Samples.BareMessage())).MessageId != 0);
        }

        Print(measurement.End(operations));
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

    /// <summary>Warms up, then runs all operations on the given number of concurrent loops.</summary>
    private async Task MeasureAsync<T>(Func<int, Task<T>> operation, Func<T, bool> succeeded)
    {
        await RunAsync(operation, succeeded, latency > 0 ? concurrency * 10 : operations);
        var measurement = Measurement.Start();
        await RunAsync(operation, succeeded, operations);
        Print(measurement.End(operations));
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

    private void Print(Measurement.Outcome outcome)
    {
        Console.WriteLine(FormattableString.Invariant(
            $"verb={verb} store={store} operations={operations} concurrency={concurrency} latency={latency} {outcome}"));
    }

    private static void Require(bool fact)
    {
        if (!fact)
        {
            throw new UnreachableException("The run did not do what it was to measure.");
        }
    }
}
