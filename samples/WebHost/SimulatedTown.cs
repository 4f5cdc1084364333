using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using WeChat.UnionPush;
using WeChat.UnionPush.Testing;

namespace WebHost;

/// <summary>A made-up business on the simulated platform, whose pushes come to this app's own callback URL. Used while there are no credentials.</summary>
internal sealed class SimulatedTown
{
    private const string OpenPlatform = "open-platform-account";
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const string Token = "simulated";
    private const string EncodingAesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    private readonly SimulatedPlatform _platform = new(seed: 2026);
    private readonly SimulatedOfficialAccount _account;
    private readonly SimulatedMiniProgram _miniProgram;
    private readonly ConcurrentDictionary<long, SimulatedPerson> _people = new();
    private readonly HttpClient _http = new();

    public SimulatedTown()
    {
        _account = _platform.AddOfficialAccount("wx5a1c0de5f0a2b3c4", Secret, OpenPlatform);
        _miniProgram = _platform.AddMiniProgram("wx9d8e7f6a5b4c3d2e", Secret, OpenPlatform);
        _account.AddFollowers(_platform.AddPeople(1_000));
        var template = _account.AddTemplate("订单支付成功通知", "商品名称:{{thing1.DATA}}\n支付金额:{{amount2.DATA}}\n支付时间:{{time3.DATA}}");
        Settings = new()
        {
            ["WeChat:OfficialAccount:AppId"] = _account.AppId,
            ["WeChat:OfficialAccount:AppSecret"] = Secret,
            ["WeChat:MiniProgram:AppId"] = _miniProgram.AppId,
            ["WeChat:MiniProgram:AppSecret"] = Secret,
            ["WeChat:Callback:OfficialAccount:Token"] = Token,
            ["WeChat:Callback:OfficialAccount:EncodingAesKey"] = EncodingAesKey,
            ["OrderTemplateId"] = template.Id,
        };
    }

    public Dictionary<string, string?> Settings { get; }

    /// <summary>The town begins anew with each start, and so does what is known of it.</summary>
    public static string NewDatabase() => Path.Combine(Directory.CreateTempSubdirectory("webhost-").FullName, "simulated.db");

    public void Use(WeChatUnionPushBuilder registration) => registration.UseSimulator(_platform);

    public void Map(WebApplication app)
    {
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            var address = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
            _account.Callback = new SimulatedCallback(Token, new Uri($"{address}/wechat/callback"), _http)
            {
                Mode = SimulatedCallbackMode.Safe,
                EncodingAesKey = EncodingAesKey,
            };
        });

        // What people do on their phones.
        app.MapPost("/simulated/people", () =>
        {
            var person = _platform.AddPerson();
            _people[person.Index] = person;
            return new { person = person.Index, code = person.CreateLoginCode(_miniProgram) };
        });
        app.MapPost("/simulated/people/{index:long}/follow", (long index) => Do(index, person => person.Follow(_account)));
        app.MapPost("/simulated/people/{index:long}/unfollow", (long index) => Do(index, person => person.Unfollow(_account)));
        app.MapPost("/simulated/people/{index:long}/refuse", (long index) => Do(index, person => person.RefuseMessages(_account)));
        app.MapGet("/simulated/messages", () => _account.Messages.Select(static message => new { person = message.Person.Index, message.Template.Title, message.Text }));
    }

    private IResult Do(long index, Action<SimulatedPerson> act)
    {
        if (!_people.TryGetValue(index, out var person))
        {
            return Results.NotFound();
        }

        act(person);
        return Results.NoContent();
    }
}
