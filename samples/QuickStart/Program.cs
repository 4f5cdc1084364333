using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using QuickStart;
using Spectre.Console;
using WeChat.UnionPush;

var codes = new Option<string[]>("--code") { Description = "A login code of wx.login on the real platform; may be given several times.", AllowMultipleArgumentsPerToken = true };
var template = new Option<string?>("--template") { Description = "Id of the Official Account's template to push on the real platform." };
var data = new Option<string[]>("--data") { Description = "A field of the template as key=value; may be given several times. The classic five fields without it.", AllowMultipleArgumentsPerToken = true };
var database = new Option<string?>("--database") { Description = "The SQLite file; kept, so that a second run shows what a second sync costs." };
var command = new RootCommand("The whole flow: access token, followers, sign-in, push. On a simulated platform unless WeChat:OfficialAccount and WeChat:MiniProgram hold credentials.")
{
    codes, template, data, database,
};
command.SetAction((arguments, cancellationToken) => RunAsync(
    arguments.GetValue(codes) ?? [],
    arguments.GetValue(template),
    arguments.GetValue(data) ?? [],
    arguments.GetValue(database),
    cancellationToken));
return await command.Parse(args).InvokeAsync();

static async Task<int> RunAsync(string[] codes, string? template, string[] data, string? database, CancellationToken cancellationToken)
{
    var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
    builder.Configuration.AddUserSecrets<Program>(optional: true);
    builder.Configuration.AddEnvironmentVariables();
    var settings = builder.Configuration.GetSection("WeChat");
    var simulated = string.IsNullOrEmpty(settings["OfficialAccount:AppId"]) && string.IsNullOrEmpty(settings["MiniProgram:AppId"]);
    var town = simulated ? new SimulatedTown() : null;
    if (town is not null)
    {
        builder.Configuration.AddInMemoryCollection(town.Settings);
    }

    database ??= simulated ? "quickstart-simulated.db" : "quickstart.db";
    var registration = builder.Services
        .AddWeChatUnionPush(builder.Configuration.GetSection("WeChat"))
        .UseSqlite($"Data Source={database}");
    town?.Use(registration);

    using var calls = new CallCounter();
    try
    {
        using var host = builder.Build();
        await host.StartAsync(cancellationToken);
        AnsiConsole.MarkupLine(simulated
            ? "[green]WeChat.UnionPush[/] on the simulated platform. Nothing leaves this machine."
            : $"[green]WeChat.UnionPush[/] on {settings["ApiBaseAddress"] ?? "https://api.weixin.qq.com"}.");
        AnsiConsole.MarkupLineInterpolated($"Identities are kept in [blue]{Path.GetFullPath(database)}[/].");
        AnsiConsole.WriteLine();

        var flow = new Flow(host.Services, calls);
        await flow.FetchTokenAsync(cancellationToken);
        await flow.SyncAsync(cancellationToken);
        if (town is not null)
        {
            await flow.SignInAsync(town.CreateLoginCodes(), cancellationToken);
            town.SomeLeaveAndSomeRefuse();
            await flow.ShowChecksAsync(cancellationToken);
            await flow.PushToAllAsync(cancellationToken);
        }
        else
        {
            await flow.PushToCodesAsync(codes, template, data, cancellationToken);
        }

        await flow.ShowCoverageAsync(cancellationToken);
        await host.StopAsync(cancellationToken);
        return flow.Succeeded ? 0 : 1;
    }
    catch (Exception exception) when (exception is WeChatApiException or OptionsValidationException or ArgumentException)
    {
        AnsiConsole.MarkupLineInterpolated($"[red]{exception.Message}[/]");
        return 1;
    }
}
