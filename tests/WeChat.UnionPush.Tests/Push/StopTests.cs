using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WeChat.UnionPush.Sqlite;

namespace WeChat.UnionPush.Tests.Push;

/// <summary>A stop finishes what is under way, turns away what is new, and leaves nobody without an answer.</summary>
public sealed class StopTests
{
    private const string Send = "/cgi-bin/message/template/send";

    public static TheoryData<string> Ends => ["dispose", "dispose asynchronously", "stop the host"];

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task What_is_under_way_is_finished_and_what_is_new_is_turned_away(string how)
    {
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        var openId = person.OpenIdIn(town.MiniProgram);
        using var host = Build(town);
        var work = host.Services.GetRequiredService<WorkUnderWay>();
        var push = host.Services.GetRequiredService<IUnionPush>();
        var sender = host.Services.GetRequiredService<ITemplateMessageSender>();
        var session = host.Services.GetRequiredService<IMiniProgramSession>();
        Assert.True((await push.PushAsync(openId, town.Message("first"))).IsSent);
        using var gate = town.Platform.Hold(Send);
        var underWay = push.PushAsync(openId, town.Message("second"));
        await gate.WaitForCallsAsync(1);

        var end = EndAsync(host, how);
        await Runs.UntilAsync(() => work.IsClosed, "the end has begun");
        Assert.False(end.IsCompleted);
        var code = person.CreateLoginCode(town.MiniProgram);
        var refusals = new[]
        {
            await Assert.ThrowsAnyAsync<InvalidOperationException>(() => push.PushAsync(openId, town.Message("third"))),
            await Assert.ThrowsAnyAsync<InvalidOperationException>(() => push.PushToUnionIdAsync("u", town.Message("third"))),
            await Assert.ThrowsAnyAsync<InvalidOperationException>(() => push.SignInAsync(code)),
            await Assert.ThrowsAnyAsync<InvalidOperationException>(() => sender.SendAsync("o1", town.Message("third"))),
            await Assert.ThrowsAnyAsync<InvalidOperationException>(() => session.SignInAsync(code)),
        };
        Assert.All(refusals, refusal => Assert.Equal(how == "stop the host" ? typeof(UnionPushStoppingException) : typeof(ObjectDisposedException), refusal.GetType()));

        gate.Open();
        Assert.True((await underWay).IsSent);
        await end;

        // The code is not used up: it signs in where the host runs.
        Assert.Equal(person.OpenIdIn(town.MiniProgram), (await town.Push.SignInAsync(code)).OpenId);
        Assert.Equal(2, town.Account.DeliveredCount);
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task What_does_not_end_is_waited_for_no_longer_than_the_limit_and_told(string how)
    {
        var log = new LogBook();
        await using var town = new Town();
        var person = await town.AddReachablePersonAsync();
        var openId = person.OpenIdIn(town.MiniProgram);
        using var host = Build(
            town,
            options =>
            {
                options.StopTimeout = TimeSpan.FromSeconds(5);
                options.TemplateMessages.MaxConcurrent = 1;
            },
            log);
        var push = host.Services.GetRequiredService<IUnionPush>();
        Assert.True((await push.PushAsync(openId, town.Message("first"))).IsSent);
        using var gate = town.Platform.Hold(Send);
        var underWay = push.PushAsync(openId, town.Message("second"));
        await gate.WaitForCallsAsync(1);
        var waiting = push.PushAsync(openId, town.Message("third"));

        var queue = host.Services.GetRequiredService<Accounts>().Get(new WeChatUnionPushOptions().ApiBaseAddress, Town.OfficialAccountAppId)
            .QueueOf(TemplateEndpoints.TemplateSend)!;
        await Runs.UntilAsync(() => queue.Waiting == 1, "the third waits for its turn");
        var timers = town.Time.PendingTimers;

        var end = EndAsync(host, how);
        await town.Time.WaitForTimersAsync(timers + 1);
        town.Time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        Assert.False(end.IsCompleted);
        town.Time.Advance(TimeSpan.FromTicks(1));
        await end;

        // One was never sent and hears it; the other is on its way and ends with its own time.
        var refusal = await Assert.ThrowsAnyAsync<InvalidOperationException>(() => waiting);
        Assert.Equal(how == "stop the host" ? typeof(UnionPushStoppingException) : typeof(ObjectDisposedException), refusal.GetType());
        Assert.Contains("The registration (default) stopped with sends or sign-ins under way that did not end within 5 s", Assert.Single(log.Texts(9)), StringComparison.Ordinal);
        gate.Open();
        Assert.True((await underWay).IsSent);
        Assert.Equal(2, town.Account.DeliveredCount);
    }

    [Fact]
    public async Task The_receipt_of_a_message_that_was_under_way_is_written_before_its_store_closes()
    {
        using var folder = new TemporaryFolder();
        await using var town = new Town();
        var person = town.Platform.AddPerson();
        person.Follow(town.Account);
        var services = new ServiceCollection();
        var builder = services.AddWeChatUnionPush(Town.SetCredentials);
        builder.UseSimulator(town.Platform).UseSqlite($"Data Source={Path.Combine(folder.Path, "unionpush.db")}").AddReceipts();
        var host = services.BuildServiceProvider();
        var sender = host.GetRequiredService<ITemplateMessageSender>();
        var work = host.GetRequiredService<WorkUnderWay>();
        using var gate = town.Platform.Hold(Send, afterwards: true);
        var underWay = sender.SendAsync(person.OpenIdIn(town.Account), town.Message());
        await gate.WaitForCallsAsync(1);
        var end = Task.Run(host.Dispose);
        await Runs.UntilAsync(() => work.IsClosed, "the end has begun");
        gate.Open();
        var result = await underWay;
        await end;

        await using var storage = new SqliteUnionPushStorage($"Data Source={Path.Combine(folder.Path, "unionpush.db")}");
        var receipts = await storage.Receipts.FindAsync(Town.OfficialAccountAppId, [result.MessageId!.Value]);
        Assert.Equal(person.OpenIdIn(town.Account), Assert.Single(receipts).OpenId);
    }

    [Fact]
    public void A_container_with_any_store_can_be_disposed_synchronously()
    {
        using var folder = new TemporaryFolder();
        foreach (var choose in new Action<WeChatUnionPushBuilder>[] { _ => { }, builder => builder.UseSqlite($"Data Source={Path.Combine(folder.Path, "unionpush.db")}"),
            builder => builder.UsePostgreSql("Host=127.0.0.1;Port=1") })
        {
            var services = new ServiceCollection();
            choose(services.AddWeChatUnionPush(Town.SetCredentials).AddReceipts());
            var host = services.BuildServiceProvider();
            host.GetRequiredService<IUnionPush>();
            host.Dispose();
            host.Dispose();
        }
    }

    [Fact]
    public async Task A_send_over_TCP_is_finished_by_a_host_that_stops()
    {
        var (arrived, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var platform = await TcpPlatform.StartAsync(async context =>
        {
            if (context.Request.Path == Send)
            {
                arrived.SetResult();
                await goOn.Task;
            }

            return null;
        });
        var builder = Host.CreateEmptyApplicationBuilder(null);
        platform.Register(builder.Services);
        using var host = builder.Build();
        await host.StartAsync();
        var work = host.Services.GetRequiredService<WorkUnderWay>();
        var sender = host.Services.GetRequiredService<ITemplateMessageSender>();
        var underWay = sender.SendAsync("o1", TemplateMessage.Create("t").Set("keyword1", "x").Build());
        await arrived.Task;
        var stop = host.StopAsync();
        await Runs.UntilAsync(() => work.IsClosed, "the end has begun");
        await Assert.ThrowsAsync<UnionPushStoppingException>(() => sender.SendAsync("o1", TemplateMessage.Create("t").Set("keyword1", "y").Build()));
        Assert.False(stop.IsCompleted);
        goOn.SetResult();
        Assert.Equal(7, (await underWay).MessageId);
        await stop;
    }

    private static IHost Build(Town town, Action<WeChatUnionPushOptions>? configure = null, LogBook? log = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        var registration = builder.Services.AddWeChatUnionPush(options =>
        {
            Town.SetCredentials(options);
            configure?.Invoke(options);
        });
        registration.UseSimulator(town.Platform).UseRepository(_ => town.Repository);
        var host = builder.Build();
        host.Start();
        return host;
    }

    private static Task EndAsync(IHost host, string how) => how switch
    {
        "dispose" => Task.Run(((ServiceProvider)host.Services).Dispose),
        "dispose asynchronously" => Task.Run(async () => await ((ServiceProvider)host.Services).DisposeAsync()),
        _ => host.StopAsync(),
    };
}
