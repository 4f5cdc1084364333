using System.CommandLine;
using WeChat.UnionPush.TestHost;

var followers = new Argument<long>("followers") { Description = "How many people follow the Official Account, made up as they are asked for." };
var platform = new Argument<string>("platform") { Description = "Address that the platform printed." };
var storage = new Argument<string>("storage") { Description = "sqlite:FILE, or postgresql:CONNECTION-STRING." };
var sends = new Argument<int>("sends") { Description = "How many messages, all at once." };
var users = new Option<long>("--users") { Description = "How many Mini Program users are saved before the sync.", DefaultValueFactory = _ => 0 };
var writer = new Argument<string>("writer") { Description = "Name of this process, which is part of what it saves." };
var listOnly = new Option<bool>("--list-only") { Description = "Followers are listed and their details not asked for." };

var serve = new Command("platform", "Runs the simulated platform on loopback until it is killed; prints its address.") { followers };
serve.SetAction((parsed, stop) => PlatformServer.RunAsync(parsed.GetValue(followers), stop));

var sync = new Command("sync", "Syncs until a walk is complete, waiting while another process walks.") { platform, storage };
sync.SetAction((parsed, stop) => Worker.SyncAsync(new Uri(parsed.GetValue(platform)!), parsed.GetValue(storage)!, stop));

var send = new Command("send", "Waits for the others, then sends to followers all at once, twice where the platform says so.") { platform, storage, sends };
send.SetAction((parsed, stop) => Worker.SendAsync(new Uri(parsed.GetValue(platform)!), parsed.GetValue(storage)!, parsed.GetValue(sends), stop));

var limit = new Argument<int>("limit") { Description = "How many messages a second the account may send." };
var messages = new Argument<int>("messages") { Description = "How many messages." };
var pace = new Command("pace", "Waits for a line, then sends as fast as the pace allows; prints when it began and ended.") { platform, storage, limit, messages };
pace.SetAction((parsed, stop) =>
    Worker.PaceAsync(new Uri(parsed.GetValue(platform)!), parsed.GetValue(storage)!, parsed.GetValue(limit), parsed.GetValue(messages), stop));

var save = new Command("save", "Saves batch after batch of 1,000 identities until it is killed; prints the number of each when it is saved.") { storage, writer };
save.SetAction((parsed, stop) => Worker.SaveAsync(parsed.GetValue(storage)!, parsed.GetValue(writer)!, stop));

var measure = new Command("measure", "Syncs twice and prints seconds, calls and peak memory of each.") { platform, storage, users, listOnly };
measure.SetAction((parsed, stop) => Worker.MeasureAsync(new Uri(parsed.GetValue(platform)!), parsed.GetValue(storage)!, parsed.GetValue(users), parsed.GetValue(listOnly), stop));

var hangs = new Option<bool>("--hangs") { Description = "No event is ever handled." };
var callback = new Command("callback", "Takes pushes until it is killed; prints its address, and the key of each event that it has handled.") { storage, hangs };
callback.SetAction((parsed, stop) => CallbackServer.RunAsync(parsed.GetValue(storage)!, parsed.GetValue(hangs), stop));

var people = new Argument<long>("people") { Description = "How many users, who are followers too." };
var fill = new Command("fill", "Saves who people are.") { platform, storage, people };
fill.SetAction((parsed, stop) => BroadcastWorkerHost.FillAsync(new Uri(parsed.GetValue(platform)!), parsed.GetValue(storage)!, parsed.GetValue(people), stop));

var perSecond = new Option<int>("--per-second") { Description = "The account's pace; 0 for none." };
var lease = new Option<double>("--lease") { Description = "Seconds that a claim lasts.", DefaultValueFactory = _ => 60 };
var reserve = new Option<long>("--reserve") { Description = "Calls of the day that are left to single pushes." };
var broadcast = new Command("broadcast", "Starts the broadcast, or resumes it, and takes part until it ends.") { platform, storage, perSecond, lease, reserve };
broadcast.SetAction((parsed, stop) => BroadcastWorkerHost.RunAsync(
    new Uri(parsed.GetValue(platform)!), parsed.GetValue(storage)!, parsed.GetValue(perSecond), parsed.GetValue(lease), parsed.GetValue(reserve), stop));

var pushes = new Argument<int>("pushes") { Description = "How many pushes a second." };
var push = new Command("push", "Pushes to a single person until it is killed, counted in the account's pace.") { platform, storage, pushes, perSecond };
push.SetAction((parsed, stop) => BroadcastWorkerHost.PushAsync(
    new Uri(parsed.GetValue(platform)!), parsed.GetValue(storage)!, parsed.GetValue(perSecond), parsed.GetValue(pushes), stop));

var many = new Argument<int>("people") { Description = "How many people." };
var plan = new Command("plan", "Plans a broadcast to made-up people, without a platform; prints seconds and peak memory.") { storage, many };
plan.SetAction((parsed, stop) => BroadcastWorkerHost.PlanAsync(parsed.GetValue(storage)!, parsed.GetValue(many), stop));

var bare = new Option<bool>("--bare") { Description = "Sends without a journal." };
var measureBroadcast = new Command("measure-broadcast", "Sends to everybody who was filled in; prints seconds and peak memory.") { platform, storage, many, bare };
measureBroadcast.SetAction((parsed, stop) => BroadcastWorkerHost.MeasureAsync(
    new Uri(parsed.GetValue(platform)!), parsed.GetValue(storage)!, parsed.GetValue(many), parsed.GetValue(bare), stop));

return await new RootCommand("Processes for tests and whole runs.")
{
    serve, sync, send, save, measure, callback, fill, broadcast, push, plan, measureBroadcast, pace,
}.Parse(args).InvokeAsync();
