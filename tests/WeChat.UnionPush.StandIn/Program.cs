using System.Globalization;
using WeChat.UnionPush.StandIn;

// Serves until its input ends or says quit. Each line of input is a command; each answer is a line that begins with ok or error,
// and lists are lines up to a single dot.
var arguments = args.Chunk(2).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0], pair => pair[1]);
if (args.Length % 2 != 0 || arguments.Keys.Except(["--followers", "--mischief", "--seed", "--port"]).Any())
{
    Console.Error.WriteLine("Usage: WeChat.UnionPush.StandIn [--followers N] [--mischief NAME,NAME] [--seed N] [--port N]");
    return 2;
}

int Number(string name, int fallback) => arguments.TryGetValue(name, out var text) ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : fallback;
var mischief = arguments.TryGetValue("--mischief", out var names) ? Enum.Parse<Mischief>(names, ignoreCase: true) : Mischief.None;
await using var platform = StandInPlatform.Start(mischief, Number("--seed", 1), port: Number("--port", 0));
for (var i = Number("--followers", 0); i > 0; i--)
{
    platform.Ledger.AddPerson();
}

Console.WriteLine($"listening {platform.Address}");
await ControlLine.RunAsync(platform, Console.In, Console.Out);
return 0;
