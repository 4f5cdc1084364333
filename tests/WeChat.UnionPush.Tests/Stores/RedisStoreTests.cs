using System.Diagnostics;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using WeChat.UnionPush.Redis;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Stores;

public sealed class RedisStoreTests(RedisServer server)
{
    private const int PaceIsAlone = 90;
    private const int PaceIsShared = 91;
    private const string Secret = "0123456789abcdef0123456789abcdef";

    public static TheoryData<string> AccessTokenCases => [.. AccessTokenStoreConformance.CaseNames];

    public static TheoryData<string> PaceCases => [.. SharedPaceConformance.CaseNames];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(AccessTokenCases))]
    public async Task Access_tokens_conform(string name)
    {
        await using var databases = new Databases(await server.CreateDatabaseAsync());
        await AccessTokenStoreConformance.RunAsync(name, (clock, _) => new(new RedisAccessTokenStore(databases.Open(), clock)), Cancelled);
    }

    [Theory, MemberData(nameof(PaceCases))]
    public async Task Paces_conform(string name)
    {
        await using var databases = new Databases(await server.CreateDatabaseAsync());
        await SharedPaceConformance.RunAsync(name, (clock, _) => new(Pace(databases.Open(), clock)), Cancelled);
    }

    [Fact]
    public async Task A_lease_ends_by_the_servers_clock()
    {
        await using var databases = new Databases(await server.CreateDatabaseAsync());
        var here = new RedisAccessTokenStore(databases.Open(), TimeProvider.System);
        var there = new RedisAccessTokenStore(databases.Open(), TimeProvider.System);

        // One that outlives the test and one that is soon over, so that nobody has to be quick.
        Assert.NotNull(await here.TryLeaseAsync("long", TimeSpan.FromMinutes(10), Cancelled));
        Assert.NotNull(await here.TryLeaseAsync("short", TimeSpan.FromMilliseconds(200), Cancelled));
        Assert.Null(await there.TryLeaseAsync("long", TimeSpan.FromMinutes(1), Cancelled));
        await Runs.UntilAsync(
            async () => await there.TryLeaseAsync("short", TimeSpan.FromMinutes(1), Cancelled) is not null, "the lease ended by itself", TimeSpan.FromMilliseconds(20));
        Assert.Null(await there.TryLeaseAsync("long", TimeSpan.FromMinutes(1), Cancelled));
    }

    [Fact]
    public async Task Slots_of_the_servers_clock_follow_each_other_for_everybody()
    {
        await using var databases = new Databases(await server.CreateDatabaseAsync());
        var here = Pace(databases.Open(), TimeProvider.System);
        var there = Pace(databases.Open(), TimeProvider.System);

        // Slots of a hundred seconds, so that the second question comes before they are over however slow the first was.
        var request = new PaceRequest("wx") { PerSecond = 1, Count = 100 };
        var watch = Stopwatch.StartNew();
        var first = await here.TakeAsync(request, Cancelled);
        var second = await there.TakeAsync(request, Cancelled);
        Assert.Equal((100, 100, 200L), (first.Count, second.Count, second.UsedToday));

        // Each counts from its answer, so its slots lie later by the time that the answer was under way.
        var way = watch.Elapsed + TimeSpan.FromSeconds(1);
        Assert.InRange(second.From - first.From, TimeSpan.FromSeconds(100) - way, TimeSpan.FromSeconds(100) + way);
    }

    [Fact]
    public async Task A_server_that_comes_back_empty_is_told_the_days_calls()
    {
        await using var own = new RedisServer();
        await using var databases = new Databases(await own.CreateDatabaseAsync());
        var log = new LogBook();
        var pace = Pace(databases.Open(), TimeProvider.System, log);
        var request = new PaceRequest("wx") { PerSecond = 1_000, Count = 10 };
        Assert.Equal(10, (await pace.TakeAsync(request, Cancelled)).UsedToday);
        Assert.Equal(0, log.Count(PaceIsAlone));
        await own.StopAsync();

        // Nobody waits, and nothing is forgotten: the process goes on by what it knows.
        Assert.Equal(20, (await pace.TakeAsync(request, Cancelled)).UsedToday);
        Assert.Equal(1, log.Count(PaceIsAlone));
        Assert.Equal(LogLevel.Warning, log.LevelOf(PaceIsAlone));
        await own.StartAsync();
        await Runs.UntilAsync(
            async () =>
            {
                await pace.TakeAsync(request with { Count = 0 }, Cancelled);
                return log.Count(PaceIsShared) == 1;
            },
            "the server keeps the pace again",
            TimeSpan.FromMilliseconds(20));
        Assert.Equal(30, (await pace.TakeAsync(request, Cancelled)).UsedToday);
        Assert.Equal(1, log.Count(PaceIsAlone));
    }

    [Theory]
    [InlineData("killed")]
    [InlineData("restarted empty")]
    [InlineData("stopped in its tracks")]
    public async Task A_failing_server_costs_a_warning_and_no_push(string fault)
    {
        await using var own = new RedisServer();
        var configuration = await own.CreateDatabaseAsync();
        var platform = new SimulatedPlatform(seed: 7);
        var account = platform.AddOfficialAccount("wx0123456789abcdef", Secret, "brand");
        var templateId = account.AddTemplate("订单进度", "内容:{{thing1.DATA}}").Id;
        var people = platform.AddPeople(60);
        account.AddFollowers(people);
        var log = new LogBook();
        await using var services = new ServiceCollection().AddLogging(logging => logging.AddProvider(log)).AddWeChatUnionPush(options =>
        {
            options.OfficialAccount.AppId = account.AppId;
            options.OfficialAccount.AppSecret = Secret;
            options.MiniProgram.AppId = "wxfedcba9876543210";
            options.MiniProgram.AppSecret = Secret;
            options.TemplateMessages.MaxPerSecond = 100;
        }).UseRedis(configuration).UseStandIn(platform.CreateHandler).Services.BuildServiceProvider();
        var sender = services.GetRequiredService<ITemplateMessageSender>();
        await SendAsync(0, 20);
        switch (fault)
        {
            case "killed":
                await own.StopAsync();
                break;
            case "restarted empty":
                await own.StopAsync();
                await own.StartAsync();
                break;
            default:
                await own.SignalAsync("STOP");
                break;
        }

        try
        {
            await SendAsync(20, 60);
        }
        finally
        {
            if (fault == "stopped in its tracks")
            {
                await own.SignalAsync("CONT");
            }
        }

        Assert.Equal(1, platform.Calls.Count("/cgi-bin/stable_token"));

        Task SendAsync(int from, int to) => Task.WhenAll(Enumerable.Range(from, to - from).Select(async i =>
            Assert.True((await sender.SendAsync(people[i].OpenIdIn(account), TemplateMessage.Create(templateId).Thing("thing1", $"{i}").Build(), Cancelled)).IsSent)));
    }

    [Fact]
    public async Task A_server_that_never_was_there_costs_no_start_and_no_push()
    {
        var platform = new SimulatedPlatform(seed: 7);
        var account = platform.AddOfficialAccount("wx0123456789abcdef", Secret, "brand");
        var templateId = account.AddTemplate("订单进度", "内容:{{thing1.DATA}}").Id;
        var people = platform.AddPeople(1);
        account.AddFollowers(people);
        var log = new LogBook();
        await using var services = new ServiceCollection().AddLogging(logging => logging.AddProvider(log)).AddWeChatUnionPush(options =>
        {
            options.OfficialAccount.AppId = account.AppId;
            options.OfficialAccount.AppSecret = Secret;
            options.MiniProgram.AppId = "wxfedcba9876543210";
            options.MiniProgram.AppSecret = Secret;
        }).UseRedis("127.0.0.1:1,password=not-this-one").UseStandIn(platform.CreateHandler).Services.BuildServiceProvider();
        Assert.True((await services.GetRequiredService<ITemplateMessageSender>()
            .SendAsync(people[0].OpenIdIn(account), TemplateMessage.Create(templateId).Thing("thing1", "1").Build(), Cancelled)).IsSent);
        Assert.Equal(1, log.Count(PaceIsAlone));
        Assert.DoesNotContain(log.All, static line => line.Contains("not-this-one", StringComparison.Ordinal));
    }

    [Fact]
    public void A_configuration_that_says_nothing_is_refused() =>
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddWeChatUnionPush(static _ => { }).UseRedis(" "));

    [Fact]
    public async Task A_host_keeps_the_connection_it_gave()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{await server.CreateDatabaseAsync()},{RedisServer.Patient}");
        await using (var services = new ServiceCollection().AddSingleton<IConnectionMultiplexer>(connection).AddWeChatUnionPush(static _ => { })
            .UseRedis(static services => services.GetRequiredService<IConnectionMultiplexer>()).Services.BuildServiceProvider())
        {
            await services.GetRequiredService<IAccessTokenStore>().SetAsync("wx", new StoredAccessToken { FetchedAt = DateTimeOffset.UnixEpoch }, Cancelled);
        }

        Assert.True(connection.IsConnected);
        Assert.True(await connection.GetDatabase().KeyExistsAsync("unionpush:token:wx"));
    }

    private static RedisSharedPace Pace(RedisDatabase database, TimeProvider clock, LogBook? log = null)
    {
        using var logging = new LoggerFactory([log ?? new LogBook()]);
        return new(database, clock, logging.CreateLogger<RedisSharedPace>(), Runs.Patience);
    }

    /// <summary>Connections to one database, each as another process has it.</summary>
    private sealed class Databases(string configuration) : IAsyncDisposable
    {
        private readonly List<RedisDatabase> _opened = [];

        public RedisDatabase Open()
        {
            var options = RedisDatabase.Read($"{configuration},{RedisServer.Patient}");

            // The driver's own way is to leave a server that is away alone for half of the time that it may take to connect.
            options.ReconnectRetryPolicy = new LinearRetry(2_000);
            var database = new RedisDatabase(options);
            _opened.Add(database);
            return database;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var database in _opened)
            {
                await database.DisposeAsync();
            }
        }
    }
}
