using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush;
using WeChat.UnionPush.Callbacks;
using WeChat.UnionPush.Testing;

namespace QuickStart;

/// <summary>
/// A made-up business on the simulated platform: 25,000 followers and 2,000 Mini Program users, some of whom never linked, never followed, left or
/// refuse messages. The people are the same in every run, so the SQLite file of the previous run knows them.
/// </summary>
internal sealed class SimulatedTown
{
    private const int Followers = 25_000;
    private const int Users = 2_000;
    private const int NeverFollowed = 300;
    private const int WithoutUnionId = 120;
    private const int Leavers = 150;
    private const int Refusers = 80;
    private const string OpenPlatform = "open-platform-account";
    private const string OfficialAccountAppId = "wx5a1c0de5f0a2b3c4";
    private const string MiniProgramAppId = "wx9d8e7f6a5b4c3d2e";
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const string CallbackToken = "QuickStartToken";
    private const string EncodingAesKey = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    private readonly SimulatedPlatform _platform = new(seed: 2026);
    private readonly SimulatedOfficialAccount _account;
    private readonly SimulatedMiniProgram _miniProgram;
    private readonly SimulatedPopulation _people;
    private readonly SimulatedTemplate _subscription;

    /// <param name="isKnown">Whether a run before has seen it: who left then has not come back.</param>
    public SimulatedTown(bool isKnown)
    {
        _account = _platform.AddOfficialAccount(OfficialAccountAppId, Secret, OpenPlatform);
        _miniProgram = _platform.AddMiniProgram(MiniProgramAppId, Secret, OpenPlatform);
        _account.Associate(_miniProgram);
        _account.KeepsMessages = false; // the page keeps the last ten thousand
        _people = _platform.AddPeople(Followers + NeverFollowed);

        // Persons 0 … 24,999 follow; the Mini Program's users are the last 1,700 of them and the 300 after them, who never followed.
        _account.AddFollowers(_people.Slice(0, Followers));
        _miniProgram.WithholdsUnionIdFrom = person => person.Index >= FirstUser && person.Index < FirstUser + WithoutUnionId;
        if (isKnown)
        {
            LeaveSome();
        }

        _subscription = _miniProgram.AddSubscriptionTemplate("订单支付成功通知", "商品名称:{{thing1.DATA}}\n支付金额:{{amount2.DATA}}");

        // The same file from which the generator made the typed template.
        using var templates = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "templates.json")));
        foreach (var template in templates.RootElement.GetProperty("template_list").EnumerateArray())
        {
            _account.AddTemplate(
                template.GetProperty("title").GetString()!,
                template.GetProperty("content").GetString()!,
                template.GetProperty("example").GetString()!,
                template.GetProperty("template_id").GetString());
        }
    }

    public SimulatedPlatform Platform => _platform;

    /// <summary>How many template messages have arrived.</summary>
    public long Arrived => _account.DeliveredCount;

    /// <summary>Id of the Mini Program's subscription template.</summary>
    public string SubscriptionTemplateId => _subscription.Id;

    public Dictionary<string, string?> Settings { get; } = new()
    {
        ["WeChat:OfficialAccount:AppId"] = OfficialAccountAppId,
        ["WeChat:OfficialAccount:AppSecret"] = Secret,
        ["WeChat:MiniProgram:AppId"] = MiniProgramAppId,
        ["WeChat:MiniProgram:AppSecret"] = Secret,
        ["WeChat:Callback:OfficialAccount:Token"] = CallbackToken,
        ["WeChat:Callback:OfficialAccount:EncodingAesKey"] = EncodingAesKey,

        // The simulated platform accepts bursts. The real one does not, so the default limits the rate.
        ["WeChat:TemplateMessages:MaxPerSecond"] = "0",

        // So long the next run waits after this one was killed. A minute by default, for syncs on real machines.
        ["WeChat:FollowerSync:LeaseDuration"] = "00:00:10",
    };

    private static int FirstUser => Followers + NeverFollowed - Users;

    /// <summary>Replaces the real platform with the simulated one. Its tokens end with this process, so the SQLite file need not keep them.</summary>
    public void Use(WeChatUnionPushBuilder registration) => registration.UseSimulator(_platform).UseInMemoryAccessTokens().AddCallback()
        .AddReach(reach => reach.SubscribeMessage().Fallback<TextMessages>()).AddFollowLinks();

    /// <summary>Connects the account's events, which the real platform posts to a URL, with the library.</summary>
    public void PushEventsTo(IWeChatCallbackReceiver receiver) => _account.Callback = new SimulatedCallback(CallbackToken, async (query, body, stop) =>
    {
        var values = QueryHelpers.ParseQuery(query);
        var signed = new WeChatCallbackQuery
        {
            Signature = values["signature"],
            Timestamp = values["timestamp"],
            Nonce = values["nonce"],
            EncryptType = values["encrypt_type"],
            MessageSignature = values["msg_signature"],
        };
        var answer = await receiver.ReceiveAsync(signed, body, stop);
        return (answer.StatusCode, answer.Body);
    })
    {
        Mode = SimulatedCallbackMode.Safe,
        EncodingAesKey = EncodingAesKey,
    };

    public IReadOnlyList<string> CreateLoginCodes() =>
        [.. _people.Slice(FirstUser, Users).Select(person => person.CreateLoginCode(_miniProgram))];

    /// <summary>What happens between a sync and a push.</summary>
    public void SomeLeaveAndSomeRefuse()
    {
        LeaveSome();
        foreach (var person in _people.Slice(FirstUser + WithoutUnionId + Leavers, Refusers))
        {
            person.RefuseMessages(_account);
        }
    }

    /// <summary>Every second of these users taps "allow" once.</summary>
    /// <returns>Their openids, as the Mini Program reports them.</returns>
    public IReadOnlyList<string> TapSome(IReadOnlySet<string> openIds)
    {
        var tapped = new List<string>();
        foreach (var person in _people.Slice(FirstUser, Users).Where(person => person.Index % 2 == 0))
        {
            if (person.OpenIdIn(_miniProgram) is var openId && openIds.Contains(openId))
            {
                person.AnswerSubscription(_miniProgram, _subscription);
                tapped.Add(openId);
            }
        }

        return tapped;
    }

    /// <summary>Every third of these users who do not follow the Official Account, and would scan its code.</summary>
    public IReadOnlyList<string> WhoWouldScan(IReadOnlySet<string> openIds) =>
        [.. _people.Slice(FirstUser, Users).Where(person => person.Index % 3 == 0 && !person.IsFollowing(_account)).Select(person => person.OpenIdIn(_miniProgram))
            .Where(openIds.Contains)];

    /// <summary>A user scans a code, and follows by it.</summary>
    public void Scan(string openId, string url)
    {
        var person = _people.Slice(FirstUser, Users).Single(person => person.OpenIdIn(_miniProgram) == openId);
        person.Scan(_account, _account.QrCodes.Single(code => code.Url == url));
    }

    private void LeaveSome()
    {
        foreach (var person in _people.Slice(FirstUser + WithoutUnionId, Leavers))
        {
            person.Unfollow(_account);
        }
    }
}
