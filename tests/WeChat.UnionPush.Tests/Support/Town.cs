using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.Testing;

namespace WeChat.UnionPush.Tests;

/// <summary>A simulated platform with one Official Account and one Mini Program on it, and a host that uses them through the public API.</summary>
internal sealed class Town : IAsyncDisposable
{
    public const string OpenPlatform = "open-1";
    public const string OfficialAccountAppId = "wx0123456789abcdef";
    public const string MiniProgramAppId = "wxfedcba9876543210";

    private ServiceProvider? _services;

    public Town(
        DateTimeOffset? start = null, int seed = 1, Action<WeChatUnionPushOptions>? configure = null, Action<WeChatUnionPushBuilder>? choose = null,
        Action<IServiceCollection>? services = null, TimeProvider? time = null)
    {
        Time = new ManualTimeProvider(start ?? new DateTimeOffset(2026, 11, 22, 4, 0, 0, TimeSpan.Zero));
        Platform = new SimulatedPlatform(time ?? Time, seed);
        Account = Platform.AddOfficialAccount(OfficialAccountAppId, Secrets.OfficialAccount, OpenPlatform);
        MiniProgram = Platform.AddMiniProgram(MiniProgramAppId, Secrets.MiniProgram, OpenPlatform);
        Account.Associate(MiniProgram);
        Template = Account.AddTemplate("订单支付成功通知", "商品名称:{{thing1.DATA}}\n支付金额:{{amount2.DATA}}\n支付时间:{{time3.DATA}}\n");
        Classic = Account.AddTemplate("购买成功通知", "{{first.DATA}}\n商品:{{keyword1.DATA}}\n价格:{{keyword2.DATA}}\n时间:{{keyword3.DATA}}\n{{remark.DATA}}");
        Configure = configure;
        Choose = choose;
        ConfigureServices = services;
    }

    public ManualTimeProvider Time { get; }

    public SimulatedPlatform Platform { get; }

    public SimulatedOfficialAccount Account { get; }

    public SimulatedMiniProgram MiniProgram { get; }

    public SimulatedTemplate Template { get; }

    public SimulatedTemplate Classic { get; }

    /// <summary>Ends of follower walks that a test has seen.</summary>
    public HashSet<DateTimeOffset> Walks { get; } = [];

    public ServiceProvider Services => _services ??= Build();

    public IUnionPush Push => Services.GetRequiredService<IUnionPush>();

    public IUnionIdRepository Repository => Services.GetRequiredService<IUnionIdRepository>();

    private Action<WeChatUnionPushOptions>? Configure { get; }

    private Action<WeChatUnionPushBuilder>? Choose { get; }

    private Action<IServiceCollection>? ConfigureServices { get; }

    public static void SetCredentials(WeChatUnionPushOptions options)
    {
        options.OfficialAccount.AppId = OfficialAccountAppId;
        options.OfficialAccount.AppSecret = Secrets.OfficialAccount;
        options.MiniProgram.AppId = MiniProgramAppId;
        options.MiniProgram.AppSecret = Secrets.MiniProgram;
        options.TemplateMessages.MaxPerSecond = 0;
    }

    public TemplateMessage Message(string thing = "巧克力") => TemplateMessage.Create(Template.Id)
        .Thing("thing1", thing)
        .Amount("amount2", 39.80m)
        .Time("time3", Time.GetUtcNow())
        .Build();

    public async Task<MiniProgramUser> SignInAsync(SimulatedPerson person)
    {
        var user = await Push.SignInAsync(person.CreateLoginCode(MiniProgram));
        SecretsGuard.Note(user.SessionKey.Reveal(), "session key");
        return user;
    }

    /// <summary>Somebody who follows, is synced and has signed in.</summary>
    public async Task<SimulatedPerson> AddReachablePersonAsync()
    {
        var person = Platform.AddPerson();
        person.Follow(Account);
        await Push.SyncFollowersAsync();
        await SignInAsync(person);
        return person;
    }

    /// <summary>A further host on the same platform, such as another process would be.</summary>
    public ServiceProvider Build(Action<WeChatUnionPushBuilder>? choose = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Captured.Provider));
        ConfigureServices?.Invoke(services);
        var builder = services.AddWeChatUnionPush(options =>
        {
            SetCredentials(options);
            Configure?.Invoke(options);
        });
        builder.UseSimulator(Platform);
        Choose?.Invoke(builder);
        choose?.Invoke(builder);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }

    /// <summary>Lets the pauses between the attempts of a call pass. A time limit is longer than any of them, so that none ends because a thread was slow.
    /// Not for calls that set one short timer after the other while somebody else works, such as those with a shared pace: these would run to the end of a time limit.</summary>
    public async Task<T> PassPausesAsync<T>(Task<T> call)
    {
        await Runs.UntilAsync(
            () =>
            {
                if (Time.NextTimerDue is { } due && due - Time.GetUtcNow() < TimeSpan.FromSeconds(5))
                {
                    Time.AdvanceToNextTimer();
                }

                return call.IsCompleted;
            },
            "the call is over");
        return await call;
    }

    public async ValueTask DisposeAsync()
    {
        SecretsGuard.Note(Platform);
        if (_services is null)
        {
            return;
        }

        // A test that failed may leave calls under way, whose end is waited for by a clock that nobody moves any more.
        var end = _services.DisposeAsync().AsTask();
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!end.IsCompleted)
        {
            if (late.IsCancellationRequested)
            {
                Time.Advance(TimeSpan.FromSeconds(1));
            }

            await Task.Yield();
        }

        await end;
    }
}
