using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Testing;
using WeChat.UnionPush.Tests.AccessTokens;
using WeChat.UnionPush.Tests.Architecture;

namespace WeChat.UnionPush.Tests.Diagnostics;

/// <summary>
/// Whole reports of the doctor, line by line, as they stand in DoctorReports.txt: that of a healthy host in full, and of all others what differs from it. Who changes
/// a check or a text writes the file anew with <c>UNIONPUSH_WRITE_REPORTS=1</c>, and reads what changed.
/// </summary>
public sealed partial class DoctorReportsTests
{
    private const string Healthy = "a healthy host";
    private const string Quota = "/cgi-bin/openapi/quota/get";
    private const string Lookup = "/cgi-bin/openapi/rid/get";

    /// <summary>The codes that a token call is answered with here, and those beside a range.</summary>
    private static readonly int[] Codes =
    [
        -1, 40001, 40013, 40014, 40090, 40125, 40164, 40200, 40201, 40229, 40230, 40235, 40240, 40241, 40243, 42001, 45009, 45011, 48001, 50002, 50004, 50005, 50007, 61004,
        89501, 89503, 89506, 89507, 9001002, 268487001, 268487002, 99999,
    ];

    private static readonly Dictionary<string, Action<DoctorScene>> States = All();

    private static readonly Lazy<Dictionary<string, string>> Written = new(Read);

    private static readonly Lazy<Task<List<string>>> WhenHealthy = new(static () => ReportAsync(static _ => { }));

    public static TheoryData<string> Names => [.. States.Keys];

    private static string ReportFile { get; } = Path.Combine(Repository.Root, "tests", "WeChat.UnionPush.Tests", "Diagnostics", "DoctorReports.txt");

    [Theory, MemberData(nameof(Names))]
    public async Task A_report_says_what_is_written_down(string state)
    {
        var healthy = await WhenHealthy.Value;
        var report = state == Healthy ? healthy : Difference(healthy, await ReportAsync(States[state]));
        var text = string.Concat(report.Select(static line => line + "\n"));
        if (Environment.GetEnvironmentVariable("UNIONPUSH_WRITE_REPORTS") == "1")
        {
            Write(state, text);
            return;
        }

        Assert.True(Written.Value.TryGetValue(state, out var written), $"'{state}' is not in DoctorReports.txt.");
        Assert.Equal(written, text);
    }

    [Fact]
    public void Nothing_is_written_down_that_is_not_examined() => Assert.Equal(States.Keys.Order(StringComparer.Ordinal), Written.Value.Keys.Order(StringComparer.Ordinal));

    private static Dictionary<string, Action<DoctorScene>> All()
    {
        var states = new Dictionary<string, Action<DoctorScene>>(StringComparer.Ordinal) { [Healthy] = static _ => { } };
        foreach (var (name, (_, _, breakIt)) in DoctorTests.Broken)
        {
            states.Add(name, breakIt);
        }

        foreach (var code in Codes)
        {
            states.Add($"the token call is answered with {code}", scene => scene.Fault(SimulatedFault.Error(code).On(DoctorTests.Stable).After(1)));
        }

        foreach (var seconds in new[] { 30, 31, 300, 301, -30, -31, -300, -301 })
        {
            states.Add($"the clock is {Math.Abs(seconds)} seconds {(seconds < 0 ? "behind" : "ahead")}", scene => DoctorTests.Clock(scene, TimeSpan.FromSeconds(seconds)));
        }

        foreach (var (name, window) in new[] { ("a minute", TimeSpan.FromMinutes(1)), ("ever", Timeout.InfiniteTimeSpan) })
        {
            foreach (var seconds in new[] { 60, 61, 300 })
            {
                states.Add($"the clock is {seconds} seconds ahead and pushes may be repeated for {name}", scene =>
                {
                    DoctorTests.Clock(scene, TimeSpan.FromSeconds(seconds));
                    scene.Options(options => options.Callback.OfficialAccount.ReplayWindow = window);
                });
            }
        }

        states.Add("a tenth of the messages is left", static scene => DoctorTests.Use(scene, limit: 20, used: 18));
        states.Add("twenty users have a UnionID, and none follows", static scene => DoctorTests.Users(scene, static number => number < 20 ? $"oOther{number}" : null));
        states.Add("nineteen users have a UnionID, and none follows", static scene => DoctorTests.Users(scene, static number => number < 19 ? $"oOther{number}" : null));
        states.Add("nobody has signed in", static scene => scene.Host(builder => builder.UseRepository(_ => new InMemoryUnionIdRepository(scene.Town.Time))));
        states.Add("users are known and followers were never listed", static scene =>
        {
            DoctorTests.Users(scene, static number => $"oOther{number}");
            scene.Host(builder => builder.UseFollowerSyncStore(_ => new InMemoryFollowerSyncStore(scene.Town.Time)));
        });
        states.Add("the last sync is three days old", static scene => DoctorTests.Sync(scene, state => state with { CompletedAt = scene.Town.Time.GetUtcNow().AddDays(-3) }));
        states.Add("one call of the day's syncs is left", static scene => DoctorTests.Sync(scene, static state => state with { Calls = 449 }));
        states.Add("the day's syncs were used up yesterday", static scene =>
            DoctorTests.Sync(scene, static state => state with { Calls = 500, CallsOn = state.CallsOn.AddDays(-1) }));
        states.Add("the store of tokens is away", static scene => scene.Host(builder =>
            builder.UseAccessTokenStore(_ => new MoodyStore(new InMemoryAccessTokenStore(scene.Town.Time))
            {
                Before = static (_, _) => throw new IOException("The cache is away."),
            })));
        states.Add("a call cannot be looked up", static scene => scene.Fault(SimulatedFault.Error(76021).On(Lookup)));
        states.Add("the platform does not tell quotas", static scene => scene.Fault(SimulatedFault.Error(48001).On(Quota).After(1)));
        states.Add("the platform is too busy to tell quotas", static scene => scene.Fault(SimulatedFault.Busy().On(Quota).After(1)));
        states.Add("the address is refused after the token", static scene => scene.Fault(SimulatedFault.Error(40164).On(Quota)));
        states.Add("the list of followers breaks off", static scene => scene.Fault(SimulatedFault.TruncatedBody().On("/cgi-bin/user/get")));
        states.Add("the list of followers is refused", static scene => scene.Fault(SimulatedFault.Error(50002).On("/cgi-bin/user/get")));
        states.Add("templates are not told", static scene => scene.Fault(SimulatedFault.Gateway().On("/cgi-bin/template/get_all_private_template")));
        states.Add("pings reach the callback in part", static scene => scene.Fault(DoctorTests.CallbackCheck(
            """{"dns":[{"ip":"203.0.113.7"}],"ping":[{"ip":"203.0.113.7","package_loss":"100%"},{"ip":"203.0.113.7","package_loss":"0%"}]}""")));
        states.Add("the callback is pinged by nobody", static scene => scene.Fault(DoctorTests.CallbackCheck(
            """{"dns":[{"ip":"203.0.113.7","real_operator":"CAP"}],"ping":[]}""")));
        states.Add("both apps push", static scene => scene.Options(options =>
        {
            options.Callback.MiniProgram.Token = DoctorScene.Token;
            options.Callback.MiniProgram.EncodingAesKey = DoctorScene.AesKey;
        }));
        states.Add("pushes come in plain mode", static scene => scene.Options(options => options.Callback.OfficialAccount.Mode = WeChatCallbackMode.Plain));
        states.Add("only the Mini Program pushes", static scene => scene.Options(options =>
        {
            options.Callback.MiniProgram.Token = DoctorScene.Token;
            options.Callback.MiniProgram.EncodingAesKey = DoctorScene.AesKey;
            (options.Callback.OfficialAccount.Token, options.Callback.OfficialAccount.EncodingAesKey) = ("", null);
        }));
        states.Add("another name of the platform answers", static scene => scene.Options(options => options.FallbackAddresses.Add(new Uri("https://api2.weixin.qq.com"))));
        states.Add("another name of the platform answers with a page", static scene =>
        {
            scene.Options(options => options.FallbackAddresses.Add(new Uri("https://api2.weixin.qq.com")));
            scene.Fault(SimulatedFault.Body(static _ => "[]"u8.ToArray()).After(2).Times(1));
        });
        states.Add("a gateway fails with 500", static scene => scene.Fault(SimulatedFault.Gateway(System.Net.HttpStatusCode.InternalServerError)));
        states.Add("JSON without a code answers", static scene => scene.Fault(SimulatedFault.Body(static _ => "{}"u8.ToArray())));
        states.Add("the stores are not examined", static scene => scene.Questions.ExaminesStores = false);
        foreach (var count in new[] { 99, 100, 101 })
        {
            states.Add($"{count} events were set aside", scene => DoctorTests.Bury(scene, count));
            states.Add($"{count} messages were held back", scene => DoctorTests.Block(scene, count));
        }

        foreach (var seconds in new[] { 0, 1 })
        {
            states.Add($"messages were held back a week and {seconds} seconds ago", scene =>
            {
                DoctorTests.Block(scene);
                scene.Town.Time.Advance(TimeSpan.FromDays(7) + TimeSpan.FromSeconds(seconds));
            });
        }

        states.Add("six hundred users are stored", static scene => DoctorTests.Users(scene, static _ => null, count: 600));
        states.Add("a hundred and fifty more follow", static scene => scene.Account.AddFollowers(scene.Platform.AddPeople(150)));
        states.Add("the database gives no answer", static scene =>
        {
            var store = new BrokenSyncStore(scene.Town.Services.GetRequiredService<IFollowerSyncStore>()) { Hangs = true };
            scene.Host(builder => builder.UseFollowerSyncStore(_ => store));
            scene.Meanwhile = () =>
            {
                if (store.Hanging.IsCompleted)
                {
                    scene.Town.Time.Advance(TimeSpan.FromSeconds(10));
                    scene.Meanwhile = null;
                }
            };
        });
        states.Add("nobody follows the account", static scene =>
        {
            foreach (var user in scene.Town.Repository.ListAsync(Town.MiniProgramAppId).ToBlockingEnumerable())
            {
                scene.Platform.FindPerson(Town.MiniProgramAppId, user.OpenId)!.Unfollow(scene.Account);
            }
        });
        return states;
    }

    private static async Task<List<string>> ReportAsync(Action<DoctorScene> breakIt)
    {
        await using var scene = await DoctorScene.CreateAsync();
        breakIt(scene);
        return [.. (await scene.ExamineAsync()).Select(static finding => RequestId().Replace($"{finding.Problem ?? "-"} {finding}", "rid …"))];
    }

    private static IEnumerable<string> Difference(List<string> healthy, List<string> found)
    {
        // What a healthy host is told, and this one is not.
        string[] gone = [.. healthy.Except(found, StringComparer.Ordinal).Select(static line => line.Split(' ', ':')[2])];
        return [.. found.Except(healthy, StringComparer.Ordinal), .. gone.Length == 0 ? [] : (string[])[$"without {string.Join(", ", gone)}"]];
    }

    private static Dictionary<string, string> Read()
    {
        var reports = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var section in File.ReadAllText(ReportFile).Split("== ", StringSplitOptions.RemoveEmptyEntries))
        {
            var end = section.IndexOf('\n', StringComparison.Ordinal);
            var lines = section[(end + 1)..].TrimEnd('\n');
            reports.Add(section[..end], lines.Length == 0 ? "" : lines + "\n");
        }

        return reports;
    }

    private static void Write(string state, string text)
    {
        lock (States)
        {
            var reports = File.Exists(ReportFile) ? Read() : new(StringComparer.Ordinal);
            reports[state] = text;
            var file = new StringBuilder();
            foreach (var name in States.Keys.Where(reports.ContainsKey))
            {
                file.Append("== ").Append(name).Append('\n').Append(reports[name]).Append('\n');
            }

            File.WriteAllText(ReportFile, file.ToString().TrimEnd('\n') + "\n");
        }
    }

    [GeneratedRegex("rid:? [0-9a-f]{8}-[0-9a-f-]+")]
    private static partial Regex RequestId();
}
