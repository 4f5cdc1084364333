using System.Globalization;

namespace WeChat.UnionPush.StandIn;

/// <summary>Steers a stand-in by lines of text, for programs that start it as a process.</summary>
public static class ControlLine
{
    public const string Help =
        "mischief NAMES | credentials | person [follows|stranger] | follow N | unfollow N | bound true|false | code N | followers | templates | messages | calls " +
        "PATH | violations | quit";

    public static async Task RunAsync(StandInPlatform platform, TextReader input, TextWriter output, CancellationToken cancellationToken = default)
    {
        while (await input.ReadLineAsync(cancellationToken) is { } line && line.Trim() != "quit")
        {
            string answer;
            try
            {
                answer = Answer(platform, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
            catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
            {
                answer = $"error {exception.Message.ReplaceLineEndings(" ")}";
            }

            await output.WriteLineAsync(answer.AsMemory(), cancellationToken);
            await output.FlushAsync(cancellationToken);
        }
    }

    private static string Answer(StandInPlatform platform, string[] words)
    {
        var ledger = platform.Ledger;
        switch (words)
        {
            case ["mischief", .. var names]:
                platform.Mischief = names.Length == 0 ? Mischief.None : Enum.Parse<Mischief>(string.Join(',', names), ignoreCase: true);
                return $"ok {platform.Mischief}";
            case ["credentials"]:
                return List([$"account {Ledger.OfficialAccountAppId} {ledger.OfficialAccountSecret}", $"program {Ledger.MiniProgramAppId} {ledger.MiniProgramSecret}"]);
            case ["person"] or ["person", "follows"]:
                return Describe(ledger.AddPerson());
            case ["person", "stranger"]:
                return Describe(ledger.AddPerson(follows: false));
            case ["follow", var number]:
                ledger.Follow(Find(number));
                return "ok";
            case ["unfollow", var number]:
                ledger.Unfollow(Find(number));
                return "ok";
            case ["bound", var value]:
                ledger.IsBound = bool.Parse(value);
                return "ok";
            case ["code", var number]:
                return $"ok {ledger.CreateLoginCode(Find(number))}";
            case ["followers"]:
                return List(ledger.Followers.Select(person => $"{person.Number} {person.OpenId} {person.UnionId}"));
            case ["templates"]:
                return List(ledger.TemplateIds);
            case ["messages"]:
                return List(ledger.Messages.Select(message => $"{message.Id} {message.ToUser} {message.TemplateId} {message.ClientMessageId} {message.Requests}"));
            case ["calls", var path]:
                return $"ok {ledger.CallsOf(path)}";
            case ["violations"]:
                return List(platform.Violations.Select(sentence => sentence.ReplaceLineEndings(" ")));
            default:
                return $"error Known are: {Help}";
        }

        Person Find(string number) => int.Parse(number, NumberStyles.None, CultureInfo.InvariantCulture) is var index && index < ledger.People.Count
            ? ledger.People[index]
            : throw new ArgumentException($"There is no person {number}.");

        static string Describe(Person person) => $"ok {person.Number} {person.OpenId} {person.MiniProgramOpenId} {person.UnionId}";

        static string List(IEnumerable<string> lines)
        {
            var all = lines.ToList();
            return string.Join('\n', [$"ok {all.Count}", .. all, "."]);
        }
    }
}
