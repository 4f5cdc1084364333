using WeChat.UnionPush;
using WeChat.UnionPush.Simulator;
using WeChat.UnionPush.Sqlite;
using WeChat.UnionPush.Storage;
using WeChat.UnionPush.Testing;

namespace BroadcastSample;

/// <summary>A made-up book shop on a simulated platform, which runs in a process of its own, as the real one does.</summary>
internal static class BookShop
{
    public const string TemplateId = "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY";

    private const string Address = "http://localhost:5199";
    private const string OfficialAccountAppId = "wx5a1c0de5f0a2b3c4";
    private const string MiniProgramAppId = "wx9d8e7f6a5b4c3d2e";
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const int Followers = 6_000;
    private const int Users = 8_000;

    /// <summary>Where the workers of this machine keep who people are, and how far the broadcast is.</summary>
    public static string DatabaseFile { get; } = Path.Combine(Path.GetTempPath(), "unionpush-broadcast-sample.db");

    public static void Configure(WeChatUnionPushOptions options)
    {
        options.ApiBaseAddress = new Uri(Address);
        options.OfficialAccount.AppId = OfficialAccountAppId;
        options.OfficialAccount.AppSecret = Secret;
        options.MiniProgram.AppId = MiniProgramAppId;
        options.MiniProgram.AppSecret = Secret;
    }

    /// <summary>Runs the platform until it is stopped. It begins anew each time, and so does what is known of it.</summary>
    public static async Task RunPlatformAsync()
    {
        var platform = new SimulatedPlatform(seed: 2026) { Latency = TimeSpan.FromMilliseconds(50) };
        var account = platform.AddOfficialAccount(OfficialAccountAppId, Secret, "open-platform-account");
        var miniProgram = platform.AddMiniProgram(MiniProgramAppId, Secret, "open-platform-account");
        account.Associate(miniProgram);
        account.AddTemplate("新书上架通知", "书名:{{thing1.DATA}}\n门店:{{thing2.DATA}}", templateId: TemplateId);
        var people = platform.AddPeople(Users);
        account.AddFollowers(people.Slice(0, Followers));
        await SaveUsersAsync(people, miniProgram);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Address);
        var app = builder.Build();
        var simulator = new PlatformSimulator(platform);
        simulator.Name(account.AppId, "山茶书店");
        app.MapPlatformSimulator(simulator);
        await app.StartAsync();
        Console.WriteLine($"The platform is at {Address}, and so is its page. {Followers} of {Users} users follow. Ctrl-C ends it.");
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2));
        for (var told = -1L; !app.Lifetime.ApplicationStopping.IsCancellationRequested && await timer.WaitForNextTickAsync();)
        {
            if (account.AcceptedCount != told)
            {
                told = account.AcceptedCount;
                var most = account.Messages.GroupBy(static message => message.Person.Index).Select(static messages => messages.Count()).DefaultIfEmpty().Max();
                Console.WriteLine($"{told} people have the message; the most that anybody has is {most}.");
            }
        }

        await app.StopAsync();
    }

    /// <summary>As if all of them had signed in.</summary>
    private static async Task SaveUsersAsync(SimulatedPopulation people, SimulatedMiniProgram miniProgram)
    {
        foreach (var file in new[] { DatabaseFile, $"{DatabaseFile}-wal", $"{DatabaseFile}-shm" })
        {
            File.Delete(file);
        }

        await using var storage = new SqliteUnionPushStorage($"Data Source={DatabaseFile}");
        await storage.Identities.SaveAsync([.. people.Select(person => new WeChatIdentity(miniProgram.AppId, person.OpenIdIn(miniProgram))
        {
            UnionId = person.UnionIdUnder("open-platform-account"),
            ObservedAt = DateTimeOffset.UtcNow,
            DetailsAt = DateTimeOffset.UtcNow,
        })]);
    }
}
