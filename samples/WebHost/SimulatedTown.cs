using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using WeChat.UnionPush;
using WeChat.UnionPush.Simulator;
using WeChat.UnionPush.Testing;

namespace WebHost;

/// <summary>
/// A made-up business on the simulated platform, whose pushes come to this app's own callback URL, with the simulator's page at <c>/simulator</c>. Used while
/// there are no credentials.
/// </summary>
internal sealed class SimulatedTown
{
    private const string OpenPlatform = "open-platform-account";
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const string Token = "simulated";
    private const string EncodingAesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    // A clock that can be moved on the page: a quota that is used up today is there again tomorrow.
    private readonly SimulatedPlatform _platform = new(new MovableTimeProvider(), seed: 2026);
    private readonly SimulatedOfficialAccount _account;
    private readonly PlatformSimulator _simulator;
    private readonly HttpClient _http = new();

    public SimulatedTown()
    {
        _account = _platform.AddOfficialAccount("wx5a1c0de5f0a2b3c4", Secret, OpenPlatform);
        _account.KeepsMessages = false; // the page keeps the last ten thousand
        var miniProgram = _platform.AddMiniProgram("wx9d8e7f6a5b4c3d2e", Secret, OpenPlatform);
        _account.Associate(miniProgram);
        var visitors = _platform.AddPeople(3);
        _account.AddFollowers(_platform.AddPeople(1_000));
        var template = _account.AddTemplate("订单支付成功通知", "商品名称：{{thing1.DATA}}\n支付金额：{{amount2.DATA}}\n支付时间：{{time3.DATA}}");
        _simulator = new PlatformSimulator(_platform);
        _simulator.Name(_account.AppId, "山茶书店");
        _simulator.Name(miniProgram.AppId, "山茶书店小程序");
        foreach (var (person, name) in visitors.Zip(["李雷", "韩梅梅", "Jim"]))
        {
            _simulator.Name(person, name);
        }

        Settings = new()
        {
            ["WeChat:OfficialAccount:AppId"] = _account.AppId,
            ["WeChat:OfficialAccount:AppSecret"] = Secret,
            ["WeChat:MiniProgram:AppId"] = miniProgram.AppId,
            ["WeChat:MiniProgram:AppSecret"] = Secret,
            ["WeChat:Callback:OfficialAccount:Token"] = Token,
            ["WeChat:Callback:OfficialAccount:EncodingAesKey"] = EncodingAesKey,
            ["OrderTemplateId"] = template.Id,
        };
    }

    public Dictionary<string, string?> Settings { get; }

    public void Use(WeChatUnionPushBuilder registration) => registration.UseSimulator(_platform);

    public void Map(WebApplication app)
    {
        app.MapPlatformSimulator(_simulator, "/simulator").ExcludeFromDescription();
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            // Whatever addresses the app listens on, this machine is one of them.
            var address = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
            var port = BindingAddress.Parse(address).Port;
            _account.Callback = new SimulatedCallback(Token, new Uri($"http://localhost:{port}/wechat/callback"), _http)
            {
                Mode = SimulatedCallbackMode.Safe,
                EncodingAesKey = EncodingAesKey,
            };
        });
    }
}
