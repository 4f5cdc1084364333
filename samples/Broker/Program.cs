using BrokerSample;
using WeChat.UnionPush;
using WeChat.UnionPush.Storage;

// A host that carries out commands from RabbitMQ, through MassTransit or CAP:
//   dotnet run --project samples/Broker -- masstransit
//   dotnet run --project samples/Broker -- cap
// Commands for it, each sent twice; a line of standard input is one: its id, the openid in the Mini Program, and a text.
//   echo "order-42 oMiniProgramOpenId 订单已发货" | dotnet run --project samples/Broker -- masstransit send 2
//
// Run as many hosts as you like, stop them, kill them, send commands again: each is one message. Commands are remembered by the library in the database that
// all hosts share. Settings are in appsettings.json, and in the environment: WeChat__OfficialAccount__AppId and so on.
if (args is not ["masstransit" or "cap", ..])
{
    Console.Error.WriteLine("Say masstransit or cap.");
    return 1;
}

var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
var rabbit = builder.Configuration["Broker:RabbitMq"]!;
var retryAfter = builder.Configuration.GetValue("Broker:RetryAfterSeconds", 30);
var database = builder.Configuration.GetConnectionString("UnionPush")!;
if (args is [_, "send", .. var times])
{
    var commands = new List<PushCommand>();
    while (Console.ReadLine() is { } line)
    {
        var parts = line.Split(' ', 3);
        commands.Add(new PushCommand(parts[0], parts[1], parts[2]));
    }

    var count = times is [var text] ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 1;
    await (args[0] == "cap" ? CapBroker.SendAsync(rabbit, database, retryAfter, commands, count) : MassTransitBroker.SendAsync(rabbit, commands, count));
    return 0;
}

builder.Services.AddWeChatUnionPush(builder.Configuration.GetSection("WeChat")).UsePostgreSql(database);
builder.Services.AddSingleton<PushDesk>();
if (args[0] == "cap")
{
    CapBroker.AddConsumer(builder.Services, rabbit, database, retryAfter);
}
else
{
    MassTransitBroker.AddConsumer(builder.Services, rabbit);
}

var host = builder.Build();
await host.Services.GetRequiredService<IUnionPushStorage>().EnsureSchemaAsync();
if (args[0] == "cap")
{
    await CapBroker.CreateTablesAsync(host.Services, database);
}

await host.RunAsync();
return 0;
