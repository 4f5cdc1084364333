using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests.Broadcasts;

/// <summary>A simulated platform full of followers who are users too, and any number of hosts on one storage. Time goes on when everybody waits.</summary>
internal sealed class BroadcastTown : IAsyncDisposable
{
    public const string Send = "/cgi-bin/message/template/send";

    private readonly List<ServiceProvider> _hosts = [];
    private readonly Action<WeChatUnionPushOptions>? _configure;

    private BroadcastTown(int people, Action<WeChatUnionPushOptions>? configure)
    {
        _configure = configure;

        // Noon in China.
        Clock = new ManualTimeProvider(new DateTimeOffset(2026, 11, 22, 4, 0, 0, TimeSpan.Zero));
        Time = new LivingTime(Clock, new WeChatHttpOptions().AttemptTimeout);
        Storage = new InMemoryUnionPushStorage(Time.Host);
        Platform = new SimulatedPlatform(Time.Platform, seed: 3);
        Account = Platform.AddOfficialAccount(Town.OfficialAccountAppId, Secrets.OfficialAccount, Town.OpenPlatform);
        MiniProgram = Platform.AddMiniProgram(Town.MiniProgramAppId, Secrets.MiniProgram, Town.OpenPlatform);
        Template = Account.AddTemplate("活动通知", "内容:{{thing1.DATA}}");
        People = Platform.AddPeople(people);
        Account.AddFollowers(People);
    }

    public ManualTimeProvider Clock { get; }

    public LivingTime Time { get; }

    public InMemoryUnionPushStorage Storage { get; }

    public SimulatedPlatform Platform { get; }

    public SimulatedOfficialAccount Account { get; }

    public SimulatedMiniProgram MiniProgram { get; }

    public SimulatedTemplate Template { get; }

    public SimulatedPopulation People { get; }

    public IBroadcasts Broadcasts => _hosts[0].GetRequiredService<IBroadcasts>();

    public IUnionPush Push => _hosts[0].GetRequiredService<IUnionPush>();

    public ServiceProvider Host => _hosts[0];

    public TemplateMessage Message => MessageOf("春季活动");

    public static async Task<BroadcastTown> CreateAsync(
        int people, Action<WeChatUnionPushOptions>? configure = null, Action<WeChatUnionPushBuilder>? choose = null)
    {
        var town = new BroadcastTown(people, configure);
        await town.Storage.Identities.SaveAsync([.. town.People.SelectMany(person => new[]
        {
            town.Identity(person, Town.MiniProgramAppId, FollowState.Unknown), town.Identity(person, Town.OfficialAccountAppId, FollowState.Following),
        })]);
        town.AddHost(choose);
        return town;
    }

    public TemplateMessage MessageOf(string thing) => TemplateMessage.Create(Template.Id).Thing("thing1", thing).Build();

    public WeChatIdentity Identity(SimulatedPerson person, string appId, FollowState state) =>
        new(appId, appId == Town.OfficialAccountAppId ? person.OpenIdIn(Account) : person.OpenIdIn(MiniProgram))
        { UnionId = person.UnionIdUnder(Town.OpenPlatform), FollowState = state, ObservedAt = Clock.GetUtcNow(), DetailsAt = Clock.GetUtcNow() };

    /// <summary>A further host, such as another process would be.</summary>
    public ServiceProvider AddHost(Action<WeChatUnionPushBuilder>? choose = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Captured.Provider));
        var builder = services.AddWeChatUnionPush(options =>
        {
            Town.SetCredentials(options);

            // One batch at a time, so that nobody else waits for the clock while it is worked on.
            options.TemplateMessages.MaxConcurrent = 25;
            _configure?.Invoke(options);
        });
        builder.UseSimulator(Platform).UseStorage(_ => Storage).AddReceipts();
        services.Replace(ServiceDescriptor.Singleton(Time.Host));
        choose?.Invoke(builder);
        var host = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
        _hosts.Add(host);
        return host;
    }

    public Broadcast ToAll(string name = "spring") => new(name, BroadcastAudience.AllUsers(), Message) { QuotaReserve = 0 };

    /// <summary>Starts a broadcast and takes part until it ends, stops or pauses.</summary>
    public async Task<BroadcastReport> RunAsync(Broadcast broadcast)
    {
        await Time.RunAsync(Broadcasts.StartAsync(broadcast));
        await Time.RunAsync(Broadcasts.RunAsync(broadcast.Name));
        return await Broadcasts.GetReportAsync(broadcast.Name);
    }

    /// <summary>How many messages each person was sent, the platform's own count.</summary>
    public int[] Received() => [.. People.Select(person => Account.MessagesTo(person).Count)];

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await Time.DisposeHostAsync(host);
        }
    }
}
