using System.Diagnostics;
using System.Globalization;
using WeChat.UnionPush.Redis;

namespace WeChat.UnionPush.TestHost;

/// <summary>Hosts that use the library as any host does, against a platform in another process.</summary>
internal static class Worker
{
    public static async Task<int> SyncAsync(Uri platform, string storage, CancellationToken stop)
    {
        await using var services = await BuildAsync(platform, storage, stop);
        var push = services.GetRequiredService<IUnionPush>();
        while (true)
        {
            var report = await push.SyncFollowersAsync(cancellationToken: stop);
            Console.WriteLine($"outcome={report.Outcome} listed={report.Listed} detailed={report.Detailed} left={report.Left} resumed={report.Resumed}");
            if (report.Outcome == FollowerSyncOutcome.Completed)
            {
                return 0;
            }

            // Somebody else walks, or died walking and its lease has not ended.
            await Task.Delay(100, stop);
        }
    }

    public static async Task<int> SendAsync(Uri platform, string storage, int sends, CancellationToken stop)
    {
        await using var services = await BuildAsync(platform, storage, stop);
        using var control = new HttpClient { BaseAddress = platform };
        var sender = services.GetRequiredService<ITemplateMessageSender>();
        var templateId = await control.GetStringAsync("/control/template", stop);
        var openIds = new List<string>();
        for (var i = 0; i < sends; i++)
        {
            openIds.Add(await control.GetStringAsync($"/control/openid/official/{i}", stop));
        }

        // Each line names a round, and how many processes take part in it.
        while (await Console.In.ReadLineAsync(stop) is { Length: > 0 } round)
        {
            using var go = await control.PostAsync($"/control/barrier/{round}", null, stop);
            var results = await Task.WhenAll(openIds.Select(async (openId, i) =>
            {
                try
                {
                    return (await sender.SendAsync(openId, TemplateMessage.Create(templateId).Thing("thing1", $"{round.Split('/')[0]} {i}").Build(), stop)).Status.ToString();
                }
                catch (WeChatApiException exception)
                {
                    return exception.Message;
                }
            }));
            Console.WriteLine(string.Join(" | ", results.GroupBy(result => result).Select(group => $"{group.Count()} {group.Key}")));
        }

        return 0;
    }

    public static async Task<int> PaceAsync(Uri platform, string storage, int perSecond, int messages, CancellationToken stop)
    {
        const int lanes = 8;
        await using var services = await BuildAsync(platform, storage, perSecond, TimeSpan.FromMinutes(1), stop);
        using var control = new HttpClient { BaseAddress = platform };
        var sender = services.GetRequiredService<ITemplateMessageSender>();
        var templateId = await control.GetStringAsync("/control/template", stop);
        var openIds = new List<string>();
        for (var i = 0; i < 100; i++)
        {
            openIds.Add(await control.GetStringAsync($"/control/openid/official/{i}", stop));
        }

        // What is slow the first time is over before the clock runs.
        await SendAsync(0);

        // The line names a barrier, and how many processes take part in it.
        using var go = await control.PostAsync($"/control/barrier/{await Console.In.ReadLineAsync(stop)}", null, stop);
        var began = DateTimeOffset.UtcNow;
        var number = 0;
        await Task.WhenAll(Enumerable.Range(0, lanes).Select(async _ =>
        {
            for (var mine = Interlocked.Increment(ref number); mine <= messages; mine = Interlocked.Increment(ref number))
            {
                await SendAsync(mine);
            }
        }));
        Console.WriteLine($"{began:O} {DateTimeOffset.UtcNow:O}");
        return 0;

        async Task SendAsync(int mine)
        {
            var message = TemplateMessage.Create(templateId).Thing("thing1", $"{Environment.ProcessId} {mine}").Build();
            var result = await sender.SendAsync(openIds[mine % openIds.Count], message, stop);
            if (!result.IsSent)
            {
                throw new InvalidOperationException(result.ToString());
            }
        }
    }

    public static async Task<int> SaveAsync(string storage, string writer, CancellationToken stop)
    {
        await using var services = await BuildAsync(new Uri("http://localhost"), storage, stop);
        var repository = services.GetRequiredService<IUnionIdRepository>();
        for (var number = 0; ; number++)
        {
            var batch = Enumerable.Range(0, 1000).Select(i => new WeChatIdentity($"{writer}-{number}", $"o{i}") { UnionId = $"u{writer}-{number}-{i}" });
            await repository.SaveAsync([.. batch], stop);
            Console.WriteLine(number);
        }
    }

    public static async Task<int> MeasureAsync(Uri platform, string storage, long users, bool listOnly, CancellationToken stop)
    {
        await using var services = await BuildAsync(platform, storage, stop);
        using var control = new HttpClient { BaseAddress = platform, Timeout = TimeSpan.FromMinutes(10) };
        if (listOnly)
        {
            await control.PostAsync("/control/clear", null, stop);
            var watch = Stopwatch.StartNew();
            var listed = 0L;
            await foreach (var page in services.GetRequiredService<IFollowerSource>().GetPagesAsync(cancellationToken: stop))
            {
                listed += page.OpenIds.Count;
            }

            await PrintAsync("list", listed, watch);
            return 0;
        }

        if (users > 0)
        {
            var watch = Stopwatch.StartNew();
            var repository = services.GetRequiredService<IUnionIdRepository>();
            var now = DateTimeOffset.UtcNow;
            for (var first = 0L; first < users; first += 5000)
            {
                var batch = new List<WeChatIdentity>(5000);
                for (var i = first; i < Math.Min(users, first + 5000); i++)
                {
                    batch.Add(new WeChatIdentity(PlatformServer.MiniProgramAppId, string.Create(CultureInfo.InvariantCulture, $"oMini{i:D23}"))
                    { UnionId = string.Create(CultureInfo.InvariantCulture, $"oUnion{i:D22}"), ObservedAt = now, DetailsAt = now });
                }

                await repository.SaveAsync(batch, stop);
            }

            await PrintAsync("users", users, watch);
        }

        foreach (var name in new[] { "first", "second" })
        {
            await control.PostAsync("/control/clear", null, stop);
            var watch = Stopwatch.StartNew();
            var report = await services.GetRequiredService<IUnionPush>().SyncFollowersAsync(cancellationToken: stop);
            if (report.Outcome != FollowerSyncOutcome.Completed)
            {
                Console.WriteLine($"outcome={report.Outcome}");
                return 1;
            }

            await PrintAsync(name, report.Listed, watch);
        }

        return 0;

        async Task PrintAsync(string name, long count, Stopwatch watch)
        {
            var calls = (await control.GetStringAsync("/control/calls", stop)).Split('\n').Where(line => line.StartsWith('/'))
                .Select(line => line.Replace("/cgi-bin/", "", StringComparison.Ordinal).Replace(' ', '='));
            var peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split(':')[1].Trim().Split(' ')[0];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"run={name} count={count} seconds={watch.Elapsed.TotalSeconds:0.0} per_second={count / watch.Elapsed.TotalSeconds:0} " +
                $"peak_mb={long.Parse(peak, CultureInfo.InvariantCulture) / 1024} {string.Join(' ', calls)}"));
        }
    }

    public static void Use(WeChatUnionPushBuilder registration, string storage)
    {
        switch (storage.Split(':', 2))
        {
            case ["sqlite", var file]:
                registration.UseSqlite($"Data Source={file}");
                break;
            case ["postgresql", var connection]:
                registration.UsePostgreSql(connection);
                break;
            case ["mysql", var connection]:
                registration.UseMySql(connection);
                break;
            case ["redis", var configuration]:
                // A machine that is busy with other tests must not look like a Redis that is down: then each process keeps a pace of its own.
                registration.UseRedis(configuration).UseSharedPace(static services => new RedisSharedPace(
                    services.GetRequiredService<RedisDatabase>(),
                    services.GetRequiredService<TimeProvider>(),
                    services.GetRequiredService<ILogger<RedisSharedPace>>(),
                    TimeSpan.FromMinutes(1)));
                break;
            default:
                throw new ArgumentException(
                    $"'{storage}' is none of sqlite:FILE, postgresql:CONNECTION-STRING, mysql:CONNECTION-STRING and redis:CONFIGURATION.", nameof(storage));
        }
    }

    public static Task<ServiceProvider> BuildAsync(Uri platform, string storage, CancellationToken stop) =>
        BuildAsync(platform, storage, perSecond: 0, TimeSpan.FromMinutes(1), stop);

    public static async Task<ServiceProvider> BuildAsync(Uri platform, string storage, int perSecond, TimeSpan broadcastLease, CancellationToken stop)
    {
        var services = new ServiceCollection();
        Add(services, platform, storage, perSecond, broadcastLease);
        var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<IUnionPushStorage>().EnsureSchemaAsync(stop);
        return provider;
    }

    public static WeChatUnionPushBuilder Add(IServiceCollection services, Uri platform, string storage, int perSecond, TimeSpan broadcastLease)
    {
        var registration = services.AddWeChatUnionPush(options =>
        {
            options.OfficialAccount.AppId = PlatformServer.OfficialAccountAppId;
            options.OfficialAccount.AppSecret = PlatformServer.Secret;
            options.MiniProgram.AppId = PlatformServer.MiniProgramAppId;
            options.MiniProgram.AppSecret = PlatformServer.Secret;
            options.ApiBaseAddress = platform;
            options.TemplateMessages.MaxPerSecond = perSecond;

            // A machine that is busy with other tests must not look like a store that is down: then each process fetches a token of its own.
            options.AccessToken.StoreTimeout = options.AccessToken.RefreshTimeout = TimeSpan.FromMinutes(1);
            options.Broadcasts.LeaseDuration = broadcastLease;
            options.Broadcasts.PollInterval = TimeSpan.FromMilliseconds(200);
            options.FollowerSync.LeaseDuration = TimeSpan.FromSeconds(2);
            options.FollowerSync.DailyPageCalls = int.MaxValue;
        });
        Use(registration, storage);
        return registration;
    }
}
