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

var save = new Command("save", "Saves batch after batch of 1,000 identities until it is killed; prints the number of each when it is saved.") { storage, writer };
save.SetAction((parsed, stop) => Worker.SaveAsync(parsed.GetValue(storage)!, parsed.GetValue(writer)!, stop));

var measure = new Command("measure", "Syncs twice and prints seconds, calls and peak memory of each.") { platform, storage, users, listOnly };
measure.SetAction((parsed, stop) => Worker.MeasureAsync(new Uri(parsed.GetValue(platform)!), parsed.GetValue(storage)!, parsed.GetValue(users), parsed.GetValue(listOnly), stop));

var hangs = new Option<bool>("--hangs") { Description = "No event is ever handled." };
var callback = new Command("callback", "Takes pushes until it is killed; prints its address, and the key of each event that it has handled.") { storage, hangs };
callback.SetAction((parsed, stop) => CallbackServer.RunAsync(parsed.GetValue(storage)!, parsed.GetValue(hangs), stop));

return await new RootCommand("Processes for tests and whole runs.") { serve, sync, send, save, measure, callback }.Parse(args).InvokeAsync();
