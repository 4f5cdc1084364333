using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using WeChat.UnionPush.Callbacks;
using WeChat.UnionPush.Storage;

namespace WeChat.UnionPush.Simulator.Tests;

/// <summary>The commands of the tool that work with a host, as processes in a pipe, on a simulator and a SQLite file.</summary>
public sealed class HostCommandTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("unionpush-host-").FullName;
    private SimulatorServer? _server;

    private SimulatorServer Server => _server!;

    private string Database => $"Data Source={Path.Combine(_folder, "host.db")}";

    public async ValueTask InitializeAsync()
    {
        _server = await SimulatorServer.StartAsync();
        await ConfigureAsync(SimulatorServer.Secret);
    }

    [Fact]
    public async Task A_host_is_examined_from_its_own_configuration()
    {
        // Nothing was synced yet: something to look at, and nothing to mend.
        var (looked, text) = await RunAsync("doctor");
        Assert.Equal(1, looked);
        Assert.Contains("! sync [never]", text, StringComparison.Ordinal);
        Assert.Contains("✓ official_account.credentials", text, StringComparison.Ordinal);

        Assert.Equal(0, (await RunAsync("sync")).ExitCode);
        Assert.Equal(0, (await RunAsync("doctor")).ExitCode);

        // A secret that was reset in the console: the first thing that is named, in the text and in JSON.
        await ConfigureAsync("ffffffffffffffffffffffffffffffff");
        var (broken, json) = await RunAsync("doctor", "--json");
        Assert.Equal(2, broken);
        var report = JsonDocument.Parse(json).RootElement;
        Assert.Equal(("secret_wrong", 2), (report.GetProperty("first").GetString(), report.GetProperty("exitCode").GetInt32()));
        Assert.Contains(report.GetProperty("findings").EnumerateArray(), static finding =>
            finding.GetProperty("check").GetString() == "official_account.credentials" && finding.GetProperty("verdict").GetString() == "Failed"
            && finding.GetProperty("page").GetString()!.Contains("developers.weixin.qq.com", StringComparison.Ordinal));
        Assert.DoesNotContain("ffffffff", json, StringComparison.Ordinal);

        // Another one, given over the environment's or the command line's way.
        Assert.Equal(0, (await RunAsync("doctor", "--set", $"WeChat:OfficialAccount:AppSecret={SimulatorServer.Secret}")).ExitCode);

        // The tool itself disturbs nobody on the classic channel, and says that others would.
        Assert.Contains("[classic_channel]", (await RunAsync("doctor", "--set", "WeChat:AccessToken:Channel=Classic")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Server.GetAsync("api/calls?path=/cgi-bin/token")).GetProperty("total").GetInt32());

        // What is missing altogether.
        Assert.Equal(2, (await RunAsync("doctor", "--set", "WeChat:MiniProgram:AppId=")).ExitCode);
        var (exitCode, output) = await RunAsync("doctor", "--section", "Nothing");
        Assert.Equal(2, exitCode);
        Assert.Single(output.Trim().Split('\n'));
    }

    [Fact]
    public async Task Followers_are_synced_and_a_person_is_found_and_pushed_to()
    {
        var person = await Server.PostAsync("api/people", expected: System.Net.HttpStatusCode.Created);
        var id = person.GetProperty("id").GetInt64();
        await Server.PostAsync($"api/people/{id}/follow");
        var (synced, report) = await RunAsync("sync");
        Assert.Equal(0, synced);
        Assert.Contains("outcome\tcompleted", report, StringComparison.Ordinal);

        // Signed in by the host.
        await using var services = Services();
        var code = (await Server.PostAsync($"api/people/{id}/enter")).GetProperty("code").GetString()!;
        var user = await services.GetRequiredService<IUnionPush>().SignInAsync(code, cancellationToken: TestContext.Current.CancellationToken);

        var (counted, coverage) = await RunAsync("coverage");
        Assert.Equal(0, counted);
        Assert.Contains("reachable\t1\t100.0 %", coverage, StringComparison.Ordinal);
        foreach (var name in new[] { user.OpenId, user.UnionId!, await Server.OpenIdAsync(id) })
        {
            var (known, who) = await RunAsync("who", name);
            Assert.Equal(0, known);
            Assert.Contains(user.UnionId!, who, StringComparison.Ordinal);
            Assert.Contains("WeChat says: follows", who, StringComparison.Ordinal);
            Assert.Contains("A push now: Sent", who, StringComparison.Ordinal);
        }

        string[] message = ["push", "--to", user.OpenId, "--template", SimulatorServer.Template, "--data", "thing1=茶", "amount2=9元", "time3=15:01"];
        var (tried, preview) = await RunAsync([.. message, "--dry-run"]);
        Assert.True(tried == 0, preview);
        Assert.Contains("商品名称：茶", preview, StringComparison.Ordinal);
        Assert.Equal(0, (await Server.GetAsync("api/messages?kind=template")).GetProperty("total").GetInt32());
        Assert.Equal(0, (await RunAsync(message)).ExitCode);
        Assert.Equal(1, (await Server.GetAsync("api/messages?kind=template")).GetProperty("total").GetInt32());
        Assert.Equal(2, (await RunAsync([.. message[..6], "amount2=many", "--dry-run"])).ExitCode);

        await Server.PostAsync($"api/people/{id}/leave");
        await RunAsync("sync");
        var (left, gone) = await RunAsync("who", user.OpenId, "--offline");
        Assert.Equal(1, left);
        Assert.Contains("A push now: NotFollowing", gone, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("who", "oNobody")).ExitCode);
    }

    [Fact]
    public async Task A_broadcast_reaches_everybody_once_and_its_name_again_sends_nothing()
    {
        await using (var services = Services())
        {
            for (var i = 0; i < 3; i++)
            {
                var id = (await Server.PostAsync("api/people", expected: System.Net.HttpStatusCode.Created)).GetProperty("id").GetInt64();
                var code = (await Server.PostAsync($"api/people/{id}/enter")).GetProperty("code").GetString()!;
                await services.GetRequiredService<IUnionPush>().SignInAsync(code, cancellationToken: TestContext.Current.CancellationToken);
                if (i > 0)
                {
                    await Server.PostAsync($"api/people/{id}/follow");
                }
            }
        }

        await RunAsync("sync");
        string[] start = ["broadcast", "start", "spring", "--template", SimulatorServer.Template, "--data", "thing1=茶", "amount2=9元", "time3=15:01"];
        var (tried, forecast) = await RunAsync([.. start, "--dry-run"]);
        Assert.True(tried == 0, forecast);
        Assert.Contains("can be reached\t2", forecast, StringComparison.Ordinal);
        Assert.Equal(0, (await Server.GetAsync("api/messages?kind=template")).GetProperty("total").GetInt32());

        for (var run = 0; run < 2; run++)
        {
            var (sent, status) = await RunAsync(start);
            Assert.True(sent == 0, status);
            Assert.Contains("state\tFinished", status, StringComparison.Ordinal);
            Assert.Contains("sent\t2", status, StringComparison.Ordinal);
            Assert.Equal(2, (await Server.GetAsync("api/messages?kind=template")).GetProperty("total").GetInt32());
        }

        Assert.Contains("spring\tFinished\t3\t2\t0", (await RunAsync("broadcast", "list")).Output, StringComparison.Ordinal);
        Assert.Contains("\"sent\":2", (await RunAsync("broadcast", "report", "spring", "--json")).Output.Replace(" ",
            "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(2, (await RunAsync("broadcast", "show", "autumn")).ExitCode);
    }

    [Fact]
    public async Task Templates_are_exported_and_quotas_and_calls_are_shown()
    {
        var file = Path.Combine(_folder, "templates.json");
        Assert.Equal(0, (await RunAsync("templates", "export", "--output", file)).ExitCode);
        var exported = JsonDocument.Parse(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)).RootElement.GetProperty("template_list");
        Assert.Equal(SimulatorServer.Template, exported[0].GetProperty("template_id").GetString());
        var (_, standard) = await RunAsync("templates", "export");
        Assert.Equal(exported.GetArrayLength(), JsonDocument.Parse(standard).RootElement.GetProperty("template_list").GetArrayLength());

        // The doctor finds the file, and a key of it that the account's template has no more.
        Assert.DoesNotContain("[keys_changed]", (await RunAsync("doctor")).Output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Replace("thing1",
            "thing7", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var (exitCode, text) = await RunAsync("doctor");
        Assert.Equal(2, exitCode);
        Assert.Contains("thing7 is gone, thing1 is new", text, StringComparison.Ordinal);

        var (left, quota) = await RunAsync("quota", "/cgi-bin/message/template/send");
        Assert.Equal(0, left);
        Assert.Contains("/cgi-bin/message/template/send\t0\t100000\t100000", quota, StringComparison.Ordinal);

        var refused = await Server.PushAsync("oNobody");
        var rid = refused.GetProperty("errmsg").GetString()!.Split("rid: ")[1].Trim();
        var (found, call) = await RunAsync("rid", rid);
        Assert.Equal(0, found);
        Assert.Contains("oNobody", call, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("rid", "nonsense")).ExitCode);
    }

    [Fact]
    public async Task Events_that_were_set_aside_are_listed_and_queued_again()
    {
        Assert.Equal(0, (await RunAsync("events", "list")).ExitCode);
        await using (var services = Services())
        {
            var inbox = services.GetRequiredService<IWeChatEventInbox>();
            await inbox.TryAddAsync([.. new[] { "k1", "k2", "k3" }.Select(static key => new WeChatCallback
            {
                AppId = SimulatorServer.Account,
                ToUserName = "gh_1",
                OpenId = "o" + key,
                CreatedAt = DateTimeOffset.UtcNow,
                MessageType = "text",
                EventName = null,
                DeduplicationKey = key,
                Body = "<xml>secret of a user</xml>",
                Format = WeChatCallbackFormat.Xml,
            })], TestContext.Current.CancellationToken);
            var taken = await inbox.TakeAsync([SimulatorServer.Account], 10, TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
            await inbox.BuryAsync(taken, TestContext.Current.CancellationToken);
        }

        var (any, list) = await RunAsync("events", "list");
        Assert.Equal(1, any);
        Assert.All(new[] { "k1", "k2", "k3" }, key => Assert.Contains($"\t{key}\t", list, StringComparison.Ordinal));
        Assert.DoesNotContain("secret of a user", list, StringComparison.Ordinal);
        Assert.Contains("[buried]", (await RunAsync("doctor")).Output, StringComparison.Ordinal);
        Assert.Contains("1 events wait again", (await RunAsync("events", "requeue", "k2")).Output, StringComparison.Ordinal);
        Assert.Contains("2 events wait again", (await RunAsync("events", "requeue", "--all")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("events", "list")).ExitCode);
        Assert.Equal(2, (await RunAsync("events", "requeue")).ExitCode);
    }

    [Theory]
    [InlineData("a folder that is not there", "doctor", "--folder", "nowhere")]
    [InlineData("a connection string of no kind", "sync", "--connection", "Pwd=hunter2-of-mine")]
    [InlineData("a connection string that is not configured", "sync", "--connection", "Other")]
    [InlineData("a setting without a value", "sync", "--set", "hunter2-of-mine")]
    [InlineData("a wrong secret", "quota", "--set", "WeChat:OfficialAccount:AppSecret=hunter2-of-mine")]
    [InlineData("an option that is wrong", "sync", "--set", "WeChat:Http:MaxRetries=-1")]
    [InlineData("a relative callback URL", "doctor", "--callback-url", "callback")]
    public async Task What_cannot_be_done_is_one_line_and_says_no_secret(string what, params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(arguments);
        Assert.True(exitCode == 2, $"{what}: {exitCode} {output}");
        Assert.True(output.Trim().Split('\n').Length == 1, $"{what}: {output}");
        Assert.DoesNotContain("hunter2", output, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>In a pipe there are no escapes, and no secret anywhere.</summary>
    private async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var (exitCode, output) = await Programs.RunAsync("dotnet", _folder, [Programs.Tool, .. arguments]);
        Assert.DoesNotContain('\u001b', output);
        Assert.DoesNotContain(SimulatorServer.Secret, output, StringComparison.Ordinal);
        return (exitCode, output);
    }

    private Task ConfigureAsync(string secret) => File.WriteAllTextAsync(Path.Combine(_folder, "appsettings.json"), JsonSerializer.Serialize(new
    {
        WeChat = new
        {
            ApiBaseAddress = Server.Address,
            OfficialAccount = new { AppId = SimulatorServer.Account, AppSecret = secret },
            MiniProgram = new { AppId = SimulatorServer.MiniProgram, AppSecret = SimulatorServer.Secret },
        },
        ConnectionStrings = new { UnionPush = Database },
    }));

    private ServiceProvider Services()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddWeChatUnionPush(options =>
        {
            options.ApiBaseAddress = new Uri(Server.Address);
            (options.OfficialAccount.AppId, options.OfficialAccount.AppSecret) = (SimulatorServer.Account, SimulatorServer.Secret);
            (options.MiniProgram.AppId, options.MiniProgram.AppSecret) = (SimulatorServer.MiniProgram, SimulatorServer.Secret);
        }).UseSqlite(Database);
        return services.BuildServiceProvider();
    }
}
