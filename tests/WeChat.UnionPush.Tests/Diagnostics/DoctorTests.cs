using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.Stores;

namespace WeChat.UnionPush.Tests.Diagnostics;

/// <summary>Breaks one thing after the other; the doctor's first complaint names exactly that thing, and nothing it says holds a secret.</summary>
public sealed class DoctorTests
{
    internal const string Stable = "/cgi-bin/stable_token";

    private const string Send = "/cgi-bin/message/template/send";

    internal static readonly Dictionary<string, (string Check, string Problem, Action<DoctorScene> Break)> Broken = new(StringComparer.Ordinal)
    {
        // Options.
        ["the app id of the Official Account is missing"] = ("options", "invalid", scene => scene.Options(options => options.OfficialAccount.AppId = "")),
        ["the secret of the Official Account is missing"] = ("options", "invalid", scene => scene.Options(options => options.OfficialAccount.AppSecret = " ")),
        ["the app id of the Mini Program is missing"] = ("options", "invalid", scene => scene.Options(options => options.MiniProgram.AppId = "")),
        ["the secret of the Mini Program holds a blank"] = ("options", "invalid", scene => scene.Options(options => options.MiniProgram.AppSecret = "5ecre7 cut")),
        ["the original id stands for the app id"] = ("options", "invalid", scene => scene.Options(options => options.OfficialAccount.AppId = "gh_0123456789ab")),
        ["both apps have one app id"] = ("options", "invalid", scene => scene.Options(options => options.MiniProgram.AppId = Town.OfficialAccountAppId)),
        ["the platform's address is not https"] = ("options", "invalid", scene => scene.Options(options => options.ApiBaseAddress = new Uri("http://api.weixin.qq.com"))),
        ["the callback's Token is malformed"] = ("options", "invalid", scene => scene.Options(options => options.Callback.OfficialAccount.Token = "a-b")),
        ["the EncodingAESKey is cut"] = ("options", "invalid", scene => scene.Options(options => options.Callback.OfficialAccount.EncodingAesKey = "5ecre7")),
        ["a time limit is negative"] = ("options", "invalid", scene => scene.Options(options => options.Http.TotalTimeout = -TimeSpan.FromMinutes(1))),

        // Stores.
        ["the database does not answer"] = ("store", "unreachable", scene => Syncs(scene, new UnionPushStorageException("The database cannot be reached.", isTransient: true))),
        ["the tables are missing"] = ("store", "unusable", scene => Syncs(scene, new UnionPushStorageException("The table unionpush_identity is missing.", isTransient: false))),
        ["the store ignores case"] = ("store", "collation", scene => scene.Host(builder =>
        {
            builder.UseRepository(_ => new DictionaryRepository());
            builder.UseFollowerSyncStore(_ => new BrokenSyncStore(scene.Town.Services.GetRequiredService<IFollowerSyncStore>()) { IgnoresCase = true });
        })),

        // Network and clock.
        ["the name is not resolved"] = ("network", "name_not_resolved", scene => scene.Fault(SimulatedFault.NameNotResolved())),
        ["the connection is refused"] = ("network", "connection_refused", scene => scene.Fault(SimulatedFault.ConnectionRefused())),
        ["the connection is reset"] = ("network", "connection_broken", scene => scene.Fault(SimulatedFault.ConnectionReset())),
        ["TLS fails"] = ("network", "tls", scene => scene.Handler(_ => throw DoctorScene.Network(HttpRequestError.SecureConnectionError))),
        ["the proxy lets no connection through"] = ("network", "proxy_refuses", scene => scene.Handler(_ => throw DoctorScene.Network(HttpRequestError.ProxyTunnelError))),
        ["the proxy wants a password"] = ("network", "proxy_refuses", scene => scene.Fault(SimulatedFault.Gateway(HttpStatusCode.ProxyAuthenticationRequired))),
        ["no answer comes"] = ("network", "timeout", scene =>
        {
            // The clock moves once, and when the question has arrived, whose limit is set by then.
            var arrived = new TaskCompletionSource();
            scene.Fault(SimulatedFault.NoAnswer().When(_ =>
            {
                arrived.TrySetResult();
                return true;
            }));
            scene.Meanwhile = () =>
            {
                if (arrived.Task.IsCompleted)
                {
                    scene.Town.Time.Advance(TimeSpan.FromSeconds(10));
                    scene.Meanwhile = null;
                }
            };
        }
        ),
        ["a gateway is broken"] = ("network", "gateway", scene => scene.Fault(SimulatedFault.Gateway())),
        ["the address is wrong"] = ("network", "address_wrong", scene => scene.Fault(SimulatedFault.Gateway(HttpStatusCode.NotFound))),
        ["a sign-in page of the network answers"] = ("network", "answer_unreadable", scene => scene.Fault(SimulatedFault.Body(_ => "<html>Sign in</html>"u8.ToArray()))),
        ["answers are empty"] = ("network", "answer_unreadable", scene => scene.Fault(SimulatedFault.EmptyBody())),
        ["bodies are sent in chunks"] = ("network", "length_removed", scene => scene.Handler(request =>
        {
            request.Content?.Headers.ContentLength = null;
            request.Headers.TransferEncodingChunked = request.Content is not null;
            return request;
        })),
        ["another name of the platform is out of reach"] = ("network.fallback", "name_not_resolved", scene =>
        {
            scene.Options(options => options.FallbackAddresses.Add(new Uri("https://api2.weixin.qq.com")));
            scene.Handler(request => request.RequestUri!.Host is "api2.weixin.qq.com" ? throw DoctorScene.Network(HttpRequestError.NameResolutionError) : request);
        }
        ),
        ["the clock is ten minutes ahead"] = ("clock", "clock_wrong", scene => Clock(scene, TimeSpan.FromMinutes(10))),
        ["the clock is a minute behind"] = ("clock", "clock_wrong", scene => Clock(scene, -TimeSpan.FromMinutes(1))),

        // Credentials of the Official Account.
        ["the app id of the Official Account is unknown"] = ("official_account.credentials",
            "app_id_wrong", scene => scene.Options(options => options.OfficialAccount.AppId = "wx00000000000000ff")),
        ["the secret of the Official Account is wrong"] = ("official_account.credentials", "secret_wrong", scene => scene.Account.AppSecret = Secrets.Marker + "other"),
        ["the secret of the Official Account is frozen"] = ("official_account.credentials", "secret_frozen", scene => scene.Account.AccessTokens.AppSecretFrozen = true),
        ["the address is not on the Official Account's list"] = ("official_account.credentials", "address_not_listed", scene => scene.Account.IpWhitelist = ["198.51.100.1"]),
        ["the address is refused with 61004"] = ("official_account.credentials", "address_not_listed", scene =>
        {
            scene.Account.IpWhitelist = ["198.51.100.1"];
            scene.Account.RefusesAddressesAs61004 = true;
        }
        ),
        ["the account is barred from tokens"] = ("official_account.credentials", "account_barred", scene => scene.Fault(SimulatedFault.Error(50004).On(Stable).After(1))),
        ["the administrator has to confirm"] = ("official_account.credentials", "confirmation_wanted", scene => scene.Fault(SimulatedFault.Error(89503).On(Stable).After(1))),
        ["the administrator rejected the address"] = ("official_account.credentials", "address_rejected", scene => scene.Fault(SimulatedFault.Error(89507).On(Stable).After(1))),
        ["the day's token calls are used up"] = ("official_account.credentials", "quota_used_up", scene => scene.Account.Quotas.SetDailyLimit(Stable, 0)),
        ["the platform is busy"] = ("official_account.credentials", "platform_busy", scene => scene.Fault(SimulatedFault.Busy().On(Stable).After(1))),

        // Credentials of the Mini Program.
        ["the app id of the Mini Program is unknown"] = ("mini_program.credentials",
            "app_id_wrong", scene => scene.Options(options => options.MiniProgram.AppId = "wx00000000000000ee")),
        ["the secret of the Mini Program is wrong"] = ("mini_program.credentials", "secret_wrong", scene => scene.MiniProgram.AppSecret = Secrets.Marker + "other"),
        ["the secret of the Mini Program is frozen"] = ("mini_program.credentials", "secret_frozen", scene => scene.MiniProgram.AccessTokens.AppSecretFrozen = true),
        ["the address is not on the Mini Program's list"] = ("mini_program.credentials", "address_not_listed", scene => scene.MiniProgram.IpWhitelist = ["198.51.100.1"]),
        ["the two apps are exchanged"] = ("official_account.kind", "is_mini_program", scene => scene.Options(options =>
        {
            (options.OfficialAccount.AppId, options.MiniProgram.AppId) = (options.MiniProgram.AppId, options.OfficialAccount.AppId);
            (options.OfficialAccount.AppSecret, options.MiniProgram.AppSecret) = (options.MiniProgram.AppSecret, options.OfficialAccount.AppSecret);
        })),
        ["another Official Account stands for the Mini Program"] = ("mini_program.kind", "is_no_mini_program", scene =>
        {
            scene.Platform.AddOfficialAccount("wx00000000000000dd", Secrets.MiniProgram, Town.OpenPlatform);
            scene.Options(options => options.MiniProgram.AppId = "wx00000000000000dd");
        }
        ),

        // Tokens.
        ["every token is refused"] = ("official_account.token", "token_refused", scene => scene.Account.AccessTokens.RefuseAllWith = 40001),
        ["another program has replaced the token"] = ("official_account.token", "second_owner", scene => scene.Account.AccessTokens.Replace()),
        ["another program replaces the token meanwhile"] = ("official_account.token", "second_owner", scene =>
            scene.Fault(SimulatedFault.TokensTaken(scene.Account.AccessTokens).On("/cgi-bin/callback/check").Times(1))),
        ["classic tokens are not shared"] = ("official_account.token", "classic_unshared", scene => scene.Host(builder => builder
            .UseInMemoryAccessTokens().Configure(options => options.AccessToken.Channel = AccessTokenChannel.Classic))),
        ["the host's own token provider fails"] = ("official_account.token", "provider_failed", scene => scene.Host(builder =>
            builder.UseAccessTokenProvider((_, _, _, _) => throw new TimeoutException("The token service is away.")))),
        ["the host's own token provider gives old tokens"] = ("official_account.token", "token_refused", scene => scene.Host(builder =>
            builder.UseAccessTokenProvider((_, _, _, _) => new(new AccessToken("84_" + Secrets.Marker + new string('x', 100), DateTimeOffset.MaxValue))))),

        // What lies between.
        ["bodies are encoded again on the way"] = ("network.bodies", "bodies_changed", scene => scene.Handler(Escape)),

        // The account.
        ["the account is not verified"] = ("official_account.verification", "not_verified", scene => scene.Account.IsVerified = false),
        ["the day's messages are used up"] = ("quota.messages", "quota_used_up", scene => scene.Account.Quotas.SetDailyLimit(Send, 0)),
        ["few messages are left"] = ("quota.messages", "quota_low", scene => Use(scene, limit: 20, used: 19)),
        ["the day's follower pages are used up"] = ("quota.follower_list",
            "quota_used_up", scene => scene.Account.Quotas.SetDailyLimit("/cgi-bin/user/get", scene.Account.Quotas.GetUsedToday("/cgi-bin/user/get") + 1)),

        // Templates.
        ["the account has no template"] = ("templates", "none", scene => scene.Fault(SimulatedFault
            .Body(_ => "{\"template_list\":[]}"u8.ToArray()).On("/cgi-bin/template/get_all_private_template"))),
        ["a typed record's template is gone"] = ("templates", "missing", scene => scene.Questions.ExpectedTemplates = [new MessageTemplate(new string('T', 43), "旧模板",
            "{{thing1.DATA}}")]),
        ["a template has other keys than its typed record"] = ("templates", "keys_changed", scene =>
            scene.Questions.ExpectedTemplates = [new MessageTemplate(scene.Town.Template.Id, "订单", "商品:{{thing1.DATA}}\n数量:{{number4.DATA}}")]),
        ["messages were held back"] = ("templates", "blocked", scene => Block(scene)),

        // The Open Platform account.
        ["the Official Account is not bound"] = ("open_platform", "official_account_not_bound", scene => scene.Account.OpenPlatform = null),
        ["the Mini Program is not bound"] = ("open_platform", "mini_program_not_bound", scene => Users(scene, _ => null)),
        ["the apps are bound to different Open Platform accounts"] = ("open_platform", "different_accounts", scene => Users(scene, number => $"oOther{number}")),

        // The callback.
        ["the console has no callback URL"] = ("callback", "url_not_set", scene => scene.Fault(SimulatedFault.Error(40201).On("/cgi-bin/callback/check"))),
        ["the callback's name is not resolved"] = ("callback", "name_not_resolved", scene => scene.Fault(CallbackCheck("""{"dns":[],"ping":[]}"""))),
        ["no ping reaches the callback"] = ("callback", "not_pinged", scene => scene.Fault(CallbackCheck(
            """{"dns":[{"ip":"203.0.113.7","real_operator":"CAP"}],"ping":[{"ip":"203.0.113.7","from_operator":"CAP","package_loss":"100%","time":""}]}"""))),
        ["nothing listens at the callback URL"] = ("callback.url",
            "url_unreachable", scene => scene.Questions.CallbackUrl = new Uri($"http://127.0.0.1:9/wechat?key={Secrets.Marker}")),

        // The sync and its leases.
        ["the followers were never synced"] = ("sync", "never", scene => scene.Host(builder => builder.UseFollowerSyncStore(_ => new InMemoryFollowerSyncStore(scene.Town.Time)))),
        ["the last sync is old"] = ("sync", "old", scene => Sync(scene, state => state with { CompletedAt = scene.Town.Time.GetUtcNow().AddDays(-4) })),
        ["the last sync was doubted"] = ("sync", "doubted", scene => Sync(scene, state => state with { DoubtedAt = scene.Town.Time.GetUtcNow(), Doubted = 12 })),
        ["a sync was interrupted"] = ("sync.lease", "interrupted", scene => Sync(scene, state => state with { InProgress = true, Listed = 10 })),
        ["the day's syncs are used up"] = ("sync", "budget_used_up", scene => Sync(scene, state => state with { Calls = 500 })),
    };

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    public static TheoryData<string> States => [.. Broken.Keys];

    [Fact]
    public async Task A_healthy_host_has_no_complaint()
    {
        await using var scene = await DoctorScene.CreateAsync();
        var findings = await scene.ExamineAsync();
        Assert.DoesNotContain(findings, static finding => finding.Verdict is DoctorVerdict.Warning or DoctorVerdict.Failed);
        var fine = findings.Where(static finding => finding.Verdict == DoctorVerdict.Ok).Select(static finding => finding.Check).ToHashSet(StringComparer.Ordinal);
        Assert.Superset(
            new HashSet<string>(
                [
                    "options", "store", "clock", "network", "official_account.credentials", "mini_program.credentials", "mini_program.kind", "official_account.token",
                    "network.bodies", "network.address", "official_account.verification", "quota.messages", "templates", "open_platform", "callback", "sync", "events",
                ],
                StringComparer.Ordinal),
            fine);
        Says(findings, scene);
    }

    [Theory]
    [MemberData(nameof(States))]
    public async Task The_first_complaint_names_the_broken_thing(string state)
    {
        var (check, problem, breakIt) = Broken[state];
        await using var scene = await DoctorScene.CreateAsync();
        breakIt(scene);
        var findings = await scene.ExamineAsync();
        var first = findings.FirstOrDefault(static finding => finding.Verdict is DoctorVerdict.Warning or DoctorVerdict.Failed);
        Assert.True(first is not null, $"{state}: no complaint");
        Assert.True((first.Check, first.Problem) == (check, problem), $"{state}: {first.Problem} of {first}");
        Assert.True(first.Advice is { Length: > 10 }, $"{state}: no advice in {first}");
        Says(findings, scene);
    }

    [Fact]
    public void More_than_forty_states_are_tried() => Assert.InRange(Broken.Count, 60, int.MaxValue);

    [Fact]
    public async Task Buried_events_are_counted_and_a_running_sync_is_no_complaint()
    {
        await using var scene = await DoctorScene.CreateAsync();
        Bury(scene);
        scene.Host(builder => builder.UseFollowerSyncStore(_ => new BrokenSyncStore(scene.Town.Services.GetRequiredService<IFollowerSyncStore>()) { IsLeased = true }));
        var findings = await scene.ExamineAsync();
        var complaint = Assert.Single(findings, static finding => finding.Verdict is DoctorVerdict.Warning or DoctorVerdict.Failed);
        Assert.Equal(("events", "buried"), (complaint.Check, complaint.Problem));
        Assert.Contains("1 events", complaint.Message, StringComparison.Ordinal);
        Assert.Contains(findings, static finding => finding is { Check: "sync.lease", Verdict: DoctorVerdict.Ok });
        Assert.DoesNotContain(findings, static finding => finding.ToString().Contains("what a user wrote", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/echo", null)]
    [InlineData("/nowhere", "url_not_mapped")]
    [InlineData("/moved", "url_redirects")]
    [InlineData("/guarded", "token_differs")]
    [InlineData("/broken", "url_fails")]
    [InlineData("/page", "not_echoed")]
    public async Task The_callback_url_is_asked_for_an_echo(string path, string? problem)
    {
        var web = WebApplication.CreateSlimBuilder();
        web.Logging.ClearProviders();
        await using var app = web.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapGet("/echo", (string echostr, string signature, string timestamp, string nonce) =>
            PushInbox.Sha1(DoctorScene.Token, timestamp, nonce) == signature ? Results.Text(echostr) : Results.StatusCode(403));
        app.MapGet("/moved", () => Results.Redirect("/echo"));
        app.MapGet("/guarded", () => Results.StatusCode(403));
        app.MapGet("/broken", () => Results.StatusCode(500));
        app.MapGet("/page", () => "hello");
        await app.StartAsync(TestContext.Current.CancellationToken);

        await using var scene = await DoctorScene.CreateAsync();
        scene.Questions.CallbackUrl = new Uri($"{app.Urls.First()}{path}?from={Secrets.Marker}");
        var findings = await scene.ExamineAsync();
        Assert.Equal(problem, findings.Single(static finding => finding.Check == "callback.url").Problem);
        Says(findings, scene);
    }

    [Fact]
    public async Task Keys_of_the_configuration_that_are_no_options_are_told_and_the_doctor_is_there_for_every_registration()
    {
        await using var scene = await DoctorScene.CreateAsync();
        var services = new ServiceCollection();
        services.AddLogging();
        var section = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["WeChat:OfficialAccount:AppId"] = Town.OfficialAccountAppId,
            ["WeChat:OfficialAccount:AppSecret"] = Secrets.OfficialAccount,
            ["WeChat:MiniProgram:AppId"] = Town.MiniProgramAppId,
            ["WeChat:MiniProgram:AppSecret"] = Secrets.MiniProgram,
            ["WeChat:Favourite"] = Secrets.Marker,
        }).Build();
        services.AddWeChatUnionPush("shop", section.GetSection("WeChat")).UseSimulator(scene.Platform);
        services.AddWeChatUnionPush("broken", static options => options.OfficialAccount.AppId = "gh_1").UseSimulator(scene.Platform);
        await using var provider = services.BuildServiceProvider();
        var shop = await DoctorScene.CollectAsync(provider.GetRequiredKeyedService<IUnionPushDoctor>("shop"));
        Assert.DoesNotContain(shop, static finding => finding.Verdict == DoctorVerdict.Failed);
        Assert.Contains("Favourite", Assert.Single(shop, static finding => finding.Problem == "key_unknown").Message, StringComparison.Ordinal);
        Says(shop, scene);
        var broken = await DoctorScene.CollectAsync(provider.GetRequiredKeyedService<IUnionPushDoctor>("broken"));
        Assert.All(broken, static finding => Assert.Equal(("options", "invalid", DoctorVerdict.Failed), (finding.Check, finding.Problem, finding.Verdict)));
        Assert.Contains(broken, static finding => finding.Message.Contains("OfficialAccount:AppId", StringComparison.Ordinal));
        Assert.Contains(broken, static finding => finding.Message.Contains("MiniProgram:AppSecret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_examination_sends_no_message_and_takes_nothing_from_the_other_hosts()
    {
        await using var scene = await DoctorScene.CreateAsync();
        var tokens = scene.Town.Services.GetRequiredService<IAccessTokenProvider>();
        var before = await tokens.GetAsync(Town.OfficialAccountAppId, TestContext.Current.CancellationToken);
        await scene.ExamineAsync();
        Assert.Equal(0, scene.Account.AcceptedCount);
        Assert.Equal(before.Reveal(), (await tokens.GetAsync(Town.OfficialAccountAppId, TestContext.Current.CancellationToken)).Reveal());
        Assert.True((await scene.Town.Push.SyncFollowersAsync(cancellationToken: TestContext.Current.CancellationToken)).Outcome == FollowerSyncOutcome.Completed);
    }

    private static void Says(List<DoctorFinding> findings, DoctorScene scene)
    {
        var token = scene.Town.Services.GetRequiredService<IAccessTokenProvider>().GetAsync(Town.OfficialAccountAppId);
        foreach (var finding in findings)
        {
            var text = $"{finding} {finding.Problem} {finding.Advice}";
            Assert.DoesNotContain(Secrets.Marker, text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("access_token=", text, StringComparison.OrdinalIgnoreCase);
            if (token.IsCompletedSuccessfully)
            {
                Assert.DoesNotContain(token.Result.Reveal(), text, StringComparison.Ordinal);
            }
        }
    }

    internal static SimulatedFault CallbackCheck(string answer) => SimulatedFault.Body(_ => Encoding.UTF8.GetBytes(answer)).On("/cgi-bin/callback/check");

    internal static void Syncs(DoctorScene scene, Exception failure) =>
        scene.Host(builder => builder.UseFollowerSyncStore(_ => new BrokenSyncStore(scene.Town.Services.GetRequiredService<IFollowerSyncStore>()) { Failure = failure }));

    internal static void Sync(DoctorScene scene, Func<FollowerSyncState, FollowerSyncState> rewrite) =>
        scene.Host(builder => builder.UseFollowerSyncStore(_ => new BrokenSyncStore(scene.Town.Services.GetRequiredService<IFollowerSyncStore>()) { Rewrite = rewrite }));

    internal static void Clock(DoctorScene scene, TimeSpan ahead) => scene.Host(builder =>
        builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(new ManualTimeProvider(scene.Town.Time.GetUtcNow() + ahead))));

    internal static void Bury(DoctorScene scene, int count = 1)
    {
        var inbox = scene.Town.Services.GetRequiredService<IWeChatEventInbox>();
        inbox.TryAddAsync([.. Enumerable.Range(0, count).Select(number => new WeChatCallback
        {
            AppId = Town.OfficialAccountAppId,
            ToUserName = "gh_1",
            OpenId = "o1",
            CreatedAt = scene.Town.Time.GetUtcNow(),
            MessageType = "text",
            EventName = null,
            DeduplicationKey = $"k{number}",
            Body = "<xml>what a user wrote</xml>",
            Format = WeChatCallbackFormat.Xml,
        })]).AsTask().GetAwaiter().GetResult();
        inbox.BuryAsync(inbox.TakeAsync([Town.OfficialAccountAppId], count, Minute).AsTask().GetAwaiter().GetResult()).AsTask().GetAwaiter().GetResult();
    }

    internal static void Users(DoctorScene scene, Func<int, string?> unionId, int count = 25) => scene.Host(builder => builder.UseRepository(_ =>
    {
        var repository = new InMemoryUnionIdRepository(scene.Town.Time);
        var now = scene.Town.Time.GetUtcNow();
        repository.SaveAsync([.. Enumerable.Range(0, count).Select(number => new WeChatIdentity(Town.MiniProgramAppId,
            $"m{number}") { UnionId = unionId(number), ObservedAt = now, DetailsAt = now })])
            .AsTask().GetAwaiter().GetResult();
        return repository;
    }));

    internal static void Use(DoctorScene scene, int limit, int used)
    {
        scene.Account.Quotas.SetDailyLimit(Send, limit);
        for (var i = 0; i < used; i++)
        {
            PushAsync(scene, $"{i}").GetAwaiter().GetResult();
        }
    }

    internal static void Block(DoctorScene scene, int count = 1)
    {
        scene.Town.Template.State = SimulatedTemplateState.ContentBlocked;
        for (var i = 0; i < count; i++)
        {
            Assert.Throws<WeChatApiException>(() => PushAsync(scene, $"x{i}").GetAwaiter().GetResult());
        }
    }

    private static Task<PushResult> PushAsync(DoctorScene scene, string thing) =>
        scene.Town.Push.PushAsync(scene.Platform.FindPerson(Town.MiniProgramAppId, First(scene))!.OpenIdIn(scene.MiniProgram), scene.Town.Message(thing));

    private static string First(DoctorScene scene) => scene.Town.Repository.ListAsync(Town.MiniProgramAppId).ToBlockingEnumerable().First().OpenId;

    private static HttpRequestMessage Escape(HttpRequestMessage request)
    {
        if (request.Content is not { } content)
        {
            return request;
        }

        using var body = new MemoryStream();
        content.CopyTo(body, context: null, CancellationToken.None);
        var text = new StringBuilder();
        foreach (var character in Encoding.UTF8.GetString(body.ToArray()))
        {
            text.Append(character < 128 ? character.ToString() : $"\\u{(int)character:x4}");
        }

        request.Content = new ByteArrayContent(Encoding.ASCII.GetBytes(text.ToString()));
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        return request;
    }
}
