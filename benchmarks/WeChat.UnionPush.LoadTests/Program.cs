using System.CommandLine;
using WeChat.UnionPush.Bare;
using WeChat.UnionPush.LoadTests;

var operations = new Argument<int>("operations") { Description = "How many sends, pushes or followers." };
var concurrency = new Argument<int>("concurrency") { Description = "How many of them at the same time (of a sync: batches)." };
var store = new Option<Store>("--store") { Description = "Where identities are kept.", DefaultValueFactory = _ => Store.Memory };
var server = new Option<string?>("--server") { Description = "A stand-in that runs already; without it one is started, and ended afterwards." };
var followers = new Option<int>("--followers") { Description = "How many followers the stand-in has.", DefaultValueFactory = _ => 0 };
var latency = new Option<int>("--latency") { Description = "Milliseconds that the stand-in takes for each answer.", DefaultValueFactory = _ => 0 };
var lines = new Argument<FileInfo>("lines") { Description = "A file with the lines that the runs printed." };

var serve = new Command("serve", "Runs the stand-in of the platform until it is killed.") { followers, latency };
serve.SetAction((parsed, stop) => StandIn.RunAsync(parsed.GetValue(followers), parsed.GetValue(latency), stop));

var report = new Command("report", "Turns printed lines into a Markdown table with medians and ratios.") { lines };
report.SetAction(parsed => Report.Write(parsed.GetValue(lines)!, Console.Out));

var postgreSql = new Option<string?>("--postgresql") { Description = "Connection string; keeps events and receipts in PostgreSQL." };
var callbackHost = new Command("callback-host", "Runs a host that takes pushes until it is killed.") { store, postgreSql };
callbackHost.SetAction((parsed, stop) => CallbackHost.RunAsync(parsed.GetValue(store), parsed.GetValue(postgreSql), stop));

var rate = new Argument<int>("rate") { Description = "How many events a second." };
var seconds = new Argument<int>("seconds") { Description = "For how long." };
var receipts = new Command("receipts", "Pushes the events of a send run to a host in a process of its own.") { rate, seconds, store, postgreSql };
receipts.SetAction(async parsed =>
{
    var (where, connection) = (parsed.GetValue(store), parsed.GetValue(postgreSql));
    await using var host = await StandInProcess.StartAsync(connection is null ? ["callback-host", "--store", $"{where}"] : ["callback-host", "--postgresql", connection]);
    await new ReceiptRun(parsed.GetValue(rate), parsed.GetValue(seconds), host.Address, connection is null ? $"{where}" : "PostgreSql").RunAsync();
});

var root = new RootCommand("Whole runs against a stand-in of the platform on loopback. Each prints one line of name=value pairs.")
{
    serve,
    Run("send", "Messages to Official Account openids.", static run => run.SendAsync()),
    Run("bare-send", "The same through a bare HttpClient.", static run => run.BareSendAsync()),
    Run("push", "Messages to Mini Program openids, the join included.", static run => run.PushAsync()),
    Run("sync", "The first sync of all followers.", static run => run.SyncAsync()),
    Run("bare-sync", "The same through a bare HttpClient and into a store by hand.", static run => run.BareSyncAsync()),
    Run("startup", "From nothing to the first message sent, and further ones as told.", static run => run.StartUpAsync()),
    Run("bare-startup", "The same through a bare HttpClient.", static run => run.BareStartUpAsync()),
    receipts,
    callbackHost,
    report,
};
return await root.Parse(args).InvokeAsync();

Command Run(string verb, string description, Func<WholeRun, Task> run)
{
    var command = new Command(verb, description) { operations, concurrency, store, server, latency };
    command.SetAction(async parsed =>
    {
        var (count, width) = (parsed.GetValue(operations), parsed.GetValue(concurrency));
        var delay = parsed.GetValue(latency);
        await using var standIn = parsed.GetValue(server) is { } address
            ? StandInProcess.At(new Uri(address))
            : await StandInProcess.StartAsync(verb.EndsWith("sync", StringComparison.Ordinal) ? count : 0, delay);
        await run(new WholeRun(verb, count, width, parsed.GetValue(store), delay, standIn.Address));
    });
    return command;
}
