using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using QuickStart;
using WeChat.UnionPush;
using WeChat.UnionPush.Callbacks;
using WeChat.UnionPush.Storage;

var codes = new Option<string[]>("--code") { Description = "A login code of wx.login on the real platform; may be given several times.", AllowMultipleArgumentsPerToken = true };
var template = new Option<string?>("--template") { Description = "Id of the Official Account's template to push on the real platform." };
var data = new Option<string[]>("--data")
{ Description = "A field of the template as key=value; may be given several times. The classic five fields without it.", AllowMultipleArgumentsPerToken = true };
var database = new Option<string?>("--database") { Description = "The SQLite file; kept, so that a second run shows what a second sync costs." };
var store = new Option<string?>("--store")
{ Description = "Where everything is kept, in place of --database: sqlite:FILE, mysql://user:password@host:3306/database or postgres://user:password@host:5432/database." };
var inbox = new Option<bool>("--inbox") { Description = "Shows the simulated town in the browser, and goes on until Ctrl-C." };
var command = new RootCommand(
    "The whole flow: access token, followers, sign-in, push. On a simulated platform unless WeChat:OfficialAccount and WeChat:MiniProgram hold credentials.")
{
    codes, template, data, database, store, inbox,
};
command.SetAction((arguments, cancellationToken) => RunAsync(
    arguments.GetValue(codes) ?? [],
    arguments.GetValue(template),
    arguments.GetValue(data) ?? [],
    arguments.GetValue(database),
    arguments.GetValue(store),
    arguments.GetValue(inbox),
    cancellationToken));

// Ctrl-C lets what is being written be written to its end, which takes a slow machine longer than the default of two seconds.
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });

static async Task<int> RunAsync(
    string[] codes, string? template, string[] data, string? database, string? store, bool showsInbox, CancellationToken cancellationToken)
{
    var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
    builder.Configuration.AddUserSecrets<Program>(optional: true);
    builder.Configuration.AddEnvironmentVariables();
    var settings = builder.Configuration.GetSection("WeChat");
    var simulated = string.IsNullOrEmpty(settings["OfficialAccount:AppId"]) && string.IsNullOrEmpty(settings["MiniProgram:AppId"]);
    database ??= simulated ? "quickstart-simulated.db" : "quickstart.db";
    var town = simulated ? new SimulatedTown(isKnown: File.Exists(store is null ? database : store.Replace("sqlite:", "", StringComparison.OrdinalIgnoreCase))) : null;
    if (town is not null)
    {
        builder.Configuration.AddInMemoryCollection(town.Settings);
    }

    // What keeps the host from starting is told below, in one line.
    builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
    var registration = builder.Services.AddWeChatUnionPush(builder.Configuration.GetSection("WeChat"));
    string where;
    try
    {
        where = StoreAddress.Use(registration, store ?? $"sqlite:{database}");
    }
    catch (FormatException exception)
    {
        Screen.Problem(exception.Message);
        return 1;
    }

    town?.Use(registration);

    using var calls = new CallCounter();
    try
    {
        await using var inbox = showsInbox && town is not null ? await Inbox.OpenAsync(town, cancellationToken) : null;
        using var host = builder.Build();
        await host.Services.GetRequiredService<IUnionPushStorage>().EnsureSchemaAsync(cancellationToken);
        await host.StartAsync(cancellationToken);
        town?.PushEventsTo(host.Services.GetRequiredService<IWeChatCallbackReceiver>());
        Screen.Line(simulated
            ? "WeChat.UnionPush on the simulated platform. Nothing leaves this machine."
            : $"WeChat.UnionPush on {settings["ApiBaseAddress"] ?? "https://api.weixin.qq.com"}.");
        Screen.Line($"Identities are kept in {where}.");
        Screen.Line(inbox is null ? "" : $"The phones are at {inbox.Address}.");

        var flow = new Flow(host.Services, calls);
        await flow.FetchTokenAsync(cancellationToken);
        await flow.SyncAsync(cancellationToken);
        if (town is not null)
        {
            await flow.SignInAsync(town.CreateLoginCodes(), cancellationToken);
            await flow.FollowOneAsync(cancellationToken);
            town.SomeLeaveAndSomeRefuse();
            await flow.ShowChecksAsync(cancellationToken);
            await flow.PushToAllAsync(cancellationToken);
            await flow.ReachTheOthersAsync(town, cancellationToken);
        }
        else
        {
            await flow.PushToCodesAsync(codes, template, data, cancellationToken);
        }

        await flow.ShowCoverageAsync(cancellationToken);
        flow.DrawMoral();
        if (inbox is not null)
        {
            Screen.Line($"Look at {inbox.Address}; Ctrl-C ends it.");
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await host.StopAsync(CancellationToken.None);
        return flow.Succeeded ? 0 : 1;
    }
    catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
    {
        Screen.Problem("stopped. What was saved stays, and the next run goes on from there.");
        return 130;
    }
    catch (Exception exception)
    {
        // A sample's user wants the reason, and not the way to it.
        Screen.Problem(exception.Message);
        return 1;
    }
}
