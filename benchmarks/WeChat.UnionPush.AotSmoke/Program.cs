using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WeChat.UnionPush;
using WeChat.UnionPush.AotSmoke.WeChatTemplates;
using WeChat.UnionPush.Testing;

// The whole flow as one native program: options bound from configuration, SQLite, the simulated platform, a typed template. Exit code 0 when it held.
var started = Stopwatch.GetTimestamp();
var file = Path.Combine(Path.GetTempPath(), $"unionpush-smoke-{Environment.ProcessId}.db");
const string OpenPlatform = "open";
var platform = new SimulatedPlatform();
var account = platform.AddOfficialAccount("wx0123456789abcdef", "secret", OpenPlatform);
var miniProgram = platform.AddMiniProgram("wxfedcba9876543210", "secret", OpenPlatform);
account.Associate(miniProgram);
account.AddTemplate("订单支付成功通知", "订单编号:{{character_string1.DATA}}\n商品名称:{{thing2.DATA}}\n支付金额:{{amount3.DATA}}\n支付时间:{{time4.DATA}}\n", "", 订单支付成功通知.TemplateId);
var people = platform.AddPeople(12_000);
account.AddFollowers(people);
try
{
    var builder = Host.CreateEmptyApplicationBuilder(null);
    builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["OfficialAccount:AppId"] = account.AppId,
        ["OfficialAccount:AppSecret"] = account.AppSecret,
        ["MiniProgram:AppId"] = miniProgram.AppId,
        ["MiniProgram:AppSecret"] = miniProgram.AppSecret,
        ["TemplateMessages:MaxPerSecond"] = "0",
        ["TemplateMessages:ValidateAgainstCatalog"] = "true",
    });
    builder.Services.AddWeChatUnionPush(builder.Configuration).UseSqlite($"Data Source={file}").UseSimulator(platform);
    using var host = builder.Build();
    await host.StartAsync();
    var push = host.Services.GetRequiredService<IUnionPush>();

    var sync = await push.SyncFollowersAsync();
    var first = await PushAsync(people[0]);
    Console.WriteLine($"first push after {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms, {Environment.WorkingSet >> 20} MB");
    var sent = 0;
    for (var i = 1; i < 500; i++)
    {
        sent += (await PushAsync(people[i])).IsSent ? 1 : 0;
    }

    var coverage = await push.GetCoverageAsync();
    await host.StopAsync();
    var held = sync is { Outcome: FollowerSyncOutcome.Completed, Listed: 12_000, Linked: 12_000 } && first.IsSent && sent == 499 && coverage.Reachable == 500
        && account.DeliveredCount == 500;
    Console.WriteLine($"{sync.Listed} followers, {sent + 1} pushes, {coverage.Reachable} reachable: {(held ? "held" : "FAILED")}");
    return held ? 0 : 1;

    async Task<PushResult> PushAsync(SimulatedPerson person)
    {
        var user = await push.SignInAsync(person.CreateLoginCode(miniProgram));
        return await push.PushAsync(user.OpenId, new 订单支付成功通知 { 订单编号 = $"A{person.Index}", 商品名称 = "咖啡 ☕", 支付金额 = 39.8m, 支付时间 = DateTimeOffset.UtcNow }.ToMessage());
    }
}
finally
{
    foreach (var leftover in Directory.EnumerateFiles(Path.GetTempPath(), Path.GetFileName(file) + "*"))
    {
        File.Delete(leftover);
    }
}
