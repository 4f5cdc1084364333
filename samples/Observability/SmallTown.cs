using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush;
using WeChat.UnionPush.Testing;

namespace ObservabilitySample;

/// <summary>A made-up shop on the simulated platform, so that there is something to observe without credentials.</summary>
internal sealed class SmallTown
{
    public const int Users = 12;

    private const string OpenPlatform = "open-platform-account";
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const int Followers = 10;

    private readonly SimulatedPlatform _platform = new(seed: 2026);
    private readonly SimulatedOfficialAccount _account;
    private readonly SimulatedMiniProgram _miniProgram;
    private readonly SimulatedPopulation _people;
    private readonly string _templateId;

    public SmallTown()
    {
        _account = _platform.AddOfficialAccount("wx5a1c0de5f0a2b3c4", Secret, OpenPlatform);
        _miniProgram = _platform.AddMiniProgram("wx9d8e7f6a5b4c3d2e", Secret, OpenPlatform);
        _templateId = _account.AddTemplate("订单支付成功通知", "商品名称:{{thing1.DATA}}\n支付金额:{{amount2.DATA}}").Id;
        _people = _platform.AddPeople(Users);
        _account.AddFollowers(_people.Slice(0, Followers));
    }

    public void Register(IServiceCollection services) =>
        services.AddWeChatUnionPush(options =>
        {
            options.OfficialAccount.AppId = _account.AppId;
            options.OfficialAccount.AppSecret = Secret;
            options.MiniProgram.AppId = _miniProgram.AppId;
            options.MiniProgram.AppSecret = Secret;
        }).UseSimulator(_platform);

    /// <summary>Everybody signs in and buys something. Two of them do not follow, so their messages are counted under another outcome.</summary>
    /// <returns>How many messages were sent.</returns>
    public async Task<int> LiveAsync(IUnionPush push)
    {
        await push.SyncFollowersAsync();
        var sent = 0;
        foreach (var person in _people)
        {
            var user = await push.SignInAsync(person.CreateLoginCode(_miniProgram));
            var message = TemplateMessage.Create(_templateId).Thing("thing1", "云南小粒咖啡").Amount("amount2", 39.8m).Build();
            var result = await push.PushAsync(user.OpenId, message);
            sent += result.IsSent ? 1 : 0;
        }

        return sent;
    }
}
