using System.Diagnostics;
using System.Globalization;
using WeChat.UnionPush.Broadcasts;

namespace WeChat.UnionPush.TestHost;

/// <summary>Hosts that take part in a broadcast, or push beside one, against a platform in another process.</summary>
internal static class BroadcastWorkerHost
{
    public const string Name = "everyone";

    /// <summary>Saves who the people are: users who are followers too.</summary>
    public static async Task<int> FillAsync(Uri platform, string storage, long people, CancellationToken stop)
    {
        await using var services = await Worker.BuildAsync(platform, storage, perSecond: 0, TimeSpan.FromMinutes(1), stop);
        using var control = new HttpClient { BaseAddress = platform };
        var repository = services.GetRequiredService<IUnionIdRepository>();
        var now = DateTimeOffset.UtcNow;
        for (var first = 0L; first < people; first += 2_500)
        {
            var batch = new List<WeChatIdentity>();
            foreach (var line in (await control.GetStringAsync($"/control/people/{first}/{Math.Min(2_500, people - first)}", stop)).Split('\n'))
            {
                var ids = line.Split(' ');
                batch.Add(new WeChatIdentity(PlatformServer.MiniProgramAppId, ids[0]) { UnionId = ids[2], ObservedAt = now, DetailsAt = now });
                batch.Add(new WeChatIdentity(PlatformServer.OfficialAccountAppId, ids[1])
                { UnionId = ids[2], FollowState = FollowState.Following, ObservedAt = now, DetailsAt = now });
            }

            await repository.SaveAsync(batch, stop);
        }

        return 0;
    }

    /// <summary>Starts the broadcast, which plans or resumes it, and takes part until it ends; prints its state.</summary>
    public static async Task<int> RunAsync(Uri platform, string storage, int perSecond, double leaseSeconds, long reserve, CancellationToken stop)
    {
        await using var services = await Worker.BuildAsync(platform, storage, perSecond, TimeSpan.FromSeconds(leaseSeconds), stop);
        using var control = new HttpClient { BaseAddress = platform };
        var templateId = await control.GetStringAsync("/control/template", stop);
        var message = TemplateMessage.Create(templateId).Thing("thing1", "春季活动").Build();
        var broadcasts = services.GetRequiredService<IBroadcasts>();
        while (true)
        {
            try
            {
                await broadcasts.StartAsync(new Broadcast(Name, BroadcastAudience.AllUsers(), message) { QuotaReserve = reserve, StopAtFailureShare = 1 }, cancellationToken: stop);
                Console.WriteLine("started");
                var end = await broadcasts.RunAsync(Name, cancellationToken: stop);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"state={end.State} sent={end.Counts.Sent} unknown={end.Counts.Unknown} pending={end.Pending} reason={end.Reason}"));
                return end.State == BroadcastState.Finished ? 0 : 1;
            }
            catch (UnionPushStorageException exception)
            {
                // The database may be restarting.
                await Console.Error.WriteLineAsync(exception.Message);
                await Task.Delay(200, stop);
            }
        }
    }

    /// <summary>Plans a broadcast to so many made-up people, without a platform; prints seconds, peak memory and bytes a recipient.</summary>
    public static async Task<int> PlanAsync(string storage, int people, CancellationToken stop)
    {
        await using var services = await Worker.BuildAsync(new Uri("http://localhost"), storage, perSecond: 60, TimeSpan.FromMinutes(1), stop);
        var repository = services.GetRequiredService<IUnionIdRepository>();
        var now = DateTimeOffset.UtcNow;
        for (var first = 0; first < people; first += 5_000)
        {
            var batch = new List<WeChatIdentity>(10_000);
            for (var i = first; i < Math.Min(first + 5_000, people); i++)
            {
                var unionId = string.Create(CultureInfo.InvariantCulture, $"oUnion{i:D22}");
                var openId = string.Create(CultureInfo.InvariantCulture, $"oMini{i:D23}");
                batch.Add(new WeChatIdentity(PlatformServer.MiniProgramAppId, openId) { UnionId = unionId, ObservedAt = now });
                batch.Add(new WeChatIdentity(PlatformServer.OfficialAccountAppId, string.Create(CultureInfo.InvariantCulture, $"oOffi{i:D23}"))
                { UnionId = unionId, FollowState = FollowState.Following, ObservedAt = now });
            }

            await repository.SaveAsync(batch, stop);
        }

        var message = TemplateMessage.Create("ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY").Thing("thing1", "春季活动").Build();
        var watch = Stopwatch.StartNew();
        var status = await services.GetRequiredService<IBroadcasts>().StartAsync(new Broadcast(Name, BroadcastAudience.AllUsers(), message), cancellationToken: stop);
        Print("plan", status.Recipients, watch.Elapsed);
        return 0;
    }

    /// <summary>Sends to so many people at once as the account may, with the journal or bare; prints seconds and peak memory.</summary>
    public static async Task<int> MeasureAsync(Uri platform, string storage, int people, bool isBare, CancellationToken stop)
    {
        if (!isBare)
        {
            var watch = Stopwatch.StartNew();
            var end = await RunAsync(platform, storage, perSecond: 0, leaseSeconds: 60, reserve: 0, stop);
            Print("journal", people, watch.Elapsed);
            return end;
        }

        await using var services = await Worker.BuildAsync(platform, storage, perSecond: 0, TimeSpan.FromMinutes(1), stop);
        using var control = new HttpClient { BaseAddress = platform };
        var message = TemplateMessage.Create(await control.GetStringAsync("/control/template", stop)).Thing("thing1", "春季活动").Build();
        var push = services.GetRequiredService<IUnionPush>();
        var openIds = new List<string>();
        await foreach (var identity in services.GetRequiredService<IUnionIdRepository>().ListAsync(PlatformServer.MiniProgramAppId, cancellationToken: stop))
        {
            openIds.Add(identity.OpenId);
        }

        var bare = Stopwatch.StartNew();
        await Parallel.ForEachAsync(
            openIds, new ParallelOptions { MaxDegreeOfParallelism = 63, CancellationToken = stop }, async (openId, token) => await push.PushAsync(openId, message, token));
        Print("bare", openIds.Count, bare.Elapsed);
        return 0;
    }

    private static void Print(string what, long count, TimeSpan elapsed)
    {
        var peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split(':')[1].Trim().Split(' ')[0];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"run={what} count={count} seconds={elapsed.TotalSeconds:0.0} per_second={count / elapsed.TotalSeconds:0} " +
            $"peak_mb={long.Parse(peak, CultureInfo.InvariantCulture) / 1024}"));
    }

    /// <summary>Pushes to single persons until it is killed, counted in the account's pace; prints the longest wait of each hundred.</summary>
    public static async Task<int> PushAsync(Uri platform, string storage, int perSecond, int pushesPerSecond, CancellationToken stop)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        Worker.Add(builder.Services, platform, storage, perSecond, TimeSpan.FromMinutes(1)).AddBroadcasts(static options => options.TakesPart = false);
        using var host = builder.Build();
        await host.StartAsync(stop);
        using var control = new HttpClient { BaseAddress = platform };
        var message = TemplateMessage.Create(await control.GetStringAsync("/control/template", stop)).Thing("thing1", "订单").Build();
        var sender = host.Services.GetRequiredService<ITemplateMessageSender>();
        var openId = await control.GetStringAsync("/control/openid/official/0", stop);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / pushesPerSecond));
        for (var i = 1; await timer.WaitForNextTickAsync(stop); i++)
        {
            await sender.SendAsync(openId, message, stop);
            if (i % 100 == 0)
            {
                Console.WriteLine(i);
            }
        }

        return 0;
    }
}
