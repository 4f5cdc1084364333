using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush;
using WeChat.UnionPush.Broadcasts;
using WeChat.UnionPush.Storage;
using WeChat.UnionPush.Testing;

namespace SchedulesSample;

/// <summary>A made-up book shop on the simulated platform, so that the schedules have something to do without credentials.</summary>
internal sealed class NewsShop
{
    public const int Users = 250;
    public const string TemplateId = "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpB027izEYtY";

    private const string OpenPlatform = "open-platform-account";
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const int Followers = 200;

    private readonly SimulatedPlatform _platform = new(seed: 2026);
    private readonly SimulatedOfficialAccount _account;
    private readonly SimulatedMiniProgram _miniProgram;
    private readonly SimulatedPopulation _people;

    public NewsShop()
    {
        _account = _platform.AddOfficialAccount("wx5a1c0de5f0a2b3c4", Secret, OpenPlatform);
        _miniProgram = _platform.AddMiniProgram("wx9d8e7f6a5b4c3d2e", Secret, OpenPlatform);
        _account.AddTemplate("新书上架通知", "书名:{{thing1.DATA}}\n门店:{{thing2.DATA}}", templateId: TemplateId);
        _people = _platform.AddPeople(Users);
        _account.AddFollowers(_people.Slice(0, Followers));
    }

    /// <summary>With real credentials this is all that a host registers, and a store such as UseSqlite that keeps what it learns.</summary>
    public void Register(IServiceCollection services) =>
        services.AddWeChatUnionPush(options =>
        {
            options.OfficialAccount.AppId = _account.AppId;
            options.OfficialAccount.AppSecret = Secret;
            options.MiniProgram.AppId = _miniProgram.AppId;
            options.MiniProgram.AppSecret = Secret;
        })
        .AddBroadcasts()
        .UseSimulator(_platform);

    public async Task SignEverybodyInAsync(IServiceProvider services)
    {
        var push = services.GetRequiredService<IUnionPush>();
        foreach (var person in _people)
        {
            await push.SignInAsync(person.CreateLoginCode(_miniProgram));
        }
    }

    /// <summary>Waits until the broadcast is over.</summary>
    /// <returns>How many people have the message, as the platform counts.</returns>
    public async Task<long> WaitForNewsAsync(IServiceProvider services)
    {
        var broadcasts = services.GetRequiredService<IBroadcasts>();
        await foreach (var status in broadcasts.WatchAsync(WeeklyNews.NameOf(_platform.TimeProvider.GetUtcNow())))
        {
            if (status.State == BroadcastState.Finished)
            {
                break;
            }

            if (status.State == BroadcastState.Stopped)
            {
                throw new InvalidOperationException(status.Reason);
            }
        }

        return _account.AcceptedCount;
    }
}
