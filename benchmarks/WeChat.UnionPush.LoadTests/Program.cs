using System.CommandLine;
using WeChat.UnionPush.Bare;
using WeChat.UnionPush.Callbacks;
using WeChat.UnionPush.LoadTests;

var operations = new Argument<int>("operations") { Description = "How many sends, pushes or followers." };
var concurrency = new Argument<int>("concurrency") { Description = "How many of them at the same time (of a sync: batches)." };
var store = new Option<Store>("--store") { Description = "Where identities are kept.", DefaultValueFactory = _ => Store.Memory };
var server = new Option<string?>("--server") { Description = "A stand-in that runs already; without it one is started, and ended afterwards." };
var followers = new Option<int>("--followers") { Description = "How many followers the stand-in has.", DefaultValueFactory = _ => 0 };
var latency = new Option<int>("--latency") { Description = "Milliseconds that the stand-in takes for each answer.", DefaultValueFactory = _ => 0 };
var telemetry = new Option<Telemetry>("--telemetry") { Description = "Who listens to the library.", DefaultValueFactory = _ => Telemetry.Metrics };
var faults = new Option<bool>("--faults") { Description = "Lets the stand-in have a bad day." };
var lines = new Argument<FileInfo>("lines") { Description = "A file with the lines that the runs printed." };

var serve = new Command("serve", "Runs the stand-in of the platform until it is killed.") { followers, latency, faults };
serve.SetAction((parsed, stop) => StandIn.RunAsync(parsed.GetValue(followers), parsed.GetValue(latency), parsed.GetValue(faults), stop));

var report = new Command("report", "Turns printed lines into a Markdown table with medians and ratios.") { lines };
report.SetAction(parsed => Report.Write(parsed.GetValue(lines)!, Console.Out));

var postgreSql = new Option<string?>("--postgresql") { Description = "Connection string; keeps events and receipts in PostgreSQL." };
var mode = new Option<WeChatCallbackMode>("--mode") { Description = "The mode of the callback.", DefaultValueFactory = _ => WeChatCallbackMode.Safe };
var callbackHost = new Command("callback-host", "Runs a host that takes pushes until it is killed.") { store, postgreSql, mode };
callbackHost.SetAction((parsed, stop) => CallbackHost.RunAsync(parsed.GetValue(store), parsed.GetValue(postgreSql), parsed.GetValue(mode), stop));

var rate = new Argument<int>("rate") { Description = "How many events a second." };
var seconds = new Argument<int>("seconds") { Description = "For how long." };
var receipts = new Command("receipts", "Pushes the events of a send run to a host in a process of its own.") { rate, seconds, store, postgreSql };
receipts.SetAction(async parsed =>
{
    var (where, connection) = (parsed.GetValue(store), parsed.GetValue(postgreSql));
    await using var host = await StandInProcess.StartAsync(connection is null ? ["callback-host", "--store", $"{where}"] : ["callback-host", "--postgresql", connection]);
    await new ReceiptRun(parsed.GetValue(rate), parsed.GetValue(seconds), host.Address, connection is null ? $"{where}" : "PostgreSql").RunAsync();
});

var pace = new Argument<int>("pace") { Description = "TemplateMessages:MaxPerSecond." };
var times = new Argument<double>("times") { Description = "How many times the pace is offered." };
var deadline = new Argument<int>("deadline") { Description = "Milliseconds after which a caller gives up." };
var overload = new Command("overload", "Offers more messages than the pace lets out, and then one alone.") { pace, times, deadline, seconds, latency };
overload.SetAction(async parsed =>
{
    await using var standIn = await StandInProcess.StartAsync(0, parsed.GetValue(latency));
    await new OverloadRun(parsed.GetValue(pace), parsed.GetValue(times), parsed.GetValue(deadline), parsed.GetValue(seconds), standIn.Address).RunAsync();
});

var minutes = new Argument<int>("minutes") { Description = "For how long." };
var soak = new Command("soak", "Pushes at a steady rate to a platform with faults, and says every minute what the process holds. Ends with 1 when it grew.")
{
    minutes, rate, store,
};
soak.SetAction(async parsed =>
{
    await using var standIn = await StandInProcess.StartAsync(["serve", "--latency", "20", "--faults"]);
    return await new SoakRun(parsed.GetValue(minutes), parsed.GetValue(rate), parsed.GetValue(store), standIn.Address).RunAsync() ? 0 : 1;
});

var attack = new Argument<CallbackAttack>("attack") { Description = "What the stranger sends." };
var callbacks = new Command("callbacks", "Attacks the callback of a host in a process of its own while genuine pushes come.") { attack, rate, seconds, mode };
callbacks.SetAction(async parsed =>
{
    await using var host = await StandInProcess.StartAsync(["callback-host", "--mode", $"{parsed.GetValue(mode)}"]);
    await new CallbackRun(parsed.GetValue(attack), parsed.GetValue(rate), parsed.GetValue(seconds), parsed.GetValue(mode), host.Address).RunAsync();
});

var identities = new Option<long>("--identities") { Description = "How many people.", DefaultValueFactory = _ => 100_000_000 };
var partitions = new Option<int>("--partitions") { Description = "Into how many parts they go.", DefaultValueFactory = _ => 256 };
var nodes = new Option<int>("--nodes") { Description = "On how many nodes of the database.", DefaultValueFactory = _ => 8 };
var sends = new Option<long>("--sends") { Description = "How many messages in the day.", DefaultValueFactory = _ => 10_000_000 };
var accounts = new Option<int>("--accounts") { Description = "Of how many accounts.", DefaultValueFactory = _ => 200 };
var workers = new Option<int>("--workers") { Description = "By how many processes.", DefaultValueFactory = _ => 6 };
var scale = new Command("scale", "Simulates where many identities lie and how a day of many sends goes; nothing is sent.")
{
    identities, partitions, nodes, sends, accounts, workers,
};
scale.SetAction(parsed => new ScaleRun(
    parsed.GetValue(identities), parsed.GetValue(partitions), parsed.GetValue(nodes), parsed.GetValue(sends), parsed.GetValue(accounts), parsed.GetValue(workers)).Run());

var root = new RootCommand("Whole runs against a stand-in of the platform on loopback. Each prints one line of name=value pairs.")
{
    serve,
    Run("send", "Messages to Official Account openids.", static run => run.SendAsync()),
    Run("bare-send", "The same through a bare HttpClient.", static run => run.BareSendAsync()),
    Run("raw-send", "The same bytes over sockets, with nothing in between.", static run => run.RawSendAsync()),
    Run("push", "Messages to Mini Program openids, the join included.", static run => run.PushAsync()),
    Run("sync", "The first sync of all followers.", static run => run.SyncAsync()),
    Run("bare-sync", "The same through a bare HttpClient and into a store by hand.", static run => run.BareSyncAsync()),
    receipts,
    callbacks,
    callbackHost,
    overload,
    soak,
    scale,
    report,
};
return await root.Parse(args).InvokeAsync();

Command Run(string verb, string description, Func<WholeRun, Task> run)
{
    var command = new Command(verb, description) { operations, concurrency, store, server, latency, telemetry };
    command.SetAction(async parsed =>
    {
        var (count, width) = (parsed.GetValue(operations), parsed.GetValue(concurrency));
        var delay = parsed.GetValue(latency);
        await using var standIn = parsed.GetValue(server) is { } address
            ? StandInProcess.At(new Uri(address))
            : await StandInProcess.StartAsync(verb.EndsWith("sync", StringComparison.Ordinal) ? count : 0, delay);
        await run(new WholeRun(verb, count, width, parsed.GetValue(store), delay, parsed.GetValue(telemetry), standIn.Address));
    });
    return command;
}
