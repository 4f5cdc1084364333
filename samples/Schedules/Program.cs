using Hangfire;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;
using SchedulesSample;

// By Hangfire:   dotnet run --project samples/Schedules -- hangfire
// By Quartz:     dotnet run --project samples/Schedules -- quartz
//
// The followers are synced each night at three and everybody gets the week's news on Mondays at ten. With --once both run now, and the program ends.
if (args is not (["hangfire" or "quartz"] or ["hangfire" or "quartz", "--once"]))
{
    Console.Error.WriteLine("schedules: say hangfire or quartz, and --once to run everything now and end");
    return 2;
}

var (byHangfire, once) = (args[0] == "hangfire", args.Length == 2);
var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);

var shop = new NewsShop();
shop.Register(builder.Services);
builder.Services.AddTransient<NightlySync>();
builder.Services.AddTransient<WeeklyNews>();
if (byHangfire)
{
    builder.Services.AddHangfireSchedule();
}
else
{
    builder.Services.AddQuartzSchedule();
}

using var host = builder.Build();
await shop.SignEverybodyInAsync(host.Services);
if (byHangfire)
{
    HangfireSchedule.Plan(host.Services.GetRequiredService<IRecurringJobManager>());
}

await host.StartAsync();
if (!once)
{
    Console.WriteLine("schedules: waiting for three at night and Monday at ten. Ctrl-C ends it.");
    await host.WaitForShutdownAsync();
    return 0;
}

if (byHangfire)
{
    await HangfireSchedule.RunNowAsync(host.Services);
}
else
{
    await QuartzSchedule.RunNowAsync(await host.Services.GetRequiredService<ISchedulerFactory>().GetScheduler());
}

var sent = await shop.WaitForNewsAsync(host.Services);
await host.StopAsync();
Console.WriteLine($"schedules: {args[0]} synced the followers and ran the broadcast; {sent} of {NewsShop.Users} users have the message.");
return 0;
