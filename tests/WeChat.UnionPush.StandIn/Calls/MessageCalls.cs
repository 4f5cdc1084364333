using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using WeChat.UnionPush.StandIn.Wire;

namespace WeChat.UnionPush.StandIn.Calls;

/// <summary>Takes template messages.</summary>
internal sealed partial class MessageCalls(Ledger ledger, Action<string> complain)
{
    public IEnumerable<Call> Calls => [new Call("POST", "/cgi-bin/message/template/send", Send) { TokenOf = [Ledger.OfficialAccountAppId] }];

    private Answer Send(Incoming incoming)
    {
        var (request, body) = (incoming.Request, incoming.Body);
        if (!BodyReader.Check(
            request,
            body,
            "the message",
            complain,
            ("touser", JsonValueKind.String),
            ("template_id", JsonValueKind.String),
            ("url?", JsonValueKind.String),
            ("miniprogram?", JsonValueKind.Object),
            ("client_msg_id", JsonValueKind.String),
            ("data", JsonValueKind.Object)))
        {
            return Answer.Error(47001, "data format error");
        }

        var clientId = incoming.Text("client_msg_id");
        if (!ClientId().IsMatch(clientId))
        {
            complain($"The client_msg_id \"{clientId}\" is not 1 to 32 of A-Z, a-z, 0-9, _ and -.");
        }

        var program = body.TryGetProperty("miniprogram", out var member) ? member : default;
        if (program.ValueKind == JsonValueKind.Object
            && !BodyReader.Check(request, program, "miniprogram", complain, ("appid", JsonValueKind.String), ("pagepath?", JsonValueKind.String)))
        {
            return Answer.Error(40166, "invalid weapp appid");
        }

        var values = new Dictionary<string, string>();
        foreach (var field in body.GetProperty("data").EnumerateObject())
        {
            if (!BodyReader.Check(request, field.Value, $"data.{field.Name}", complain, ("value", JsonValueKind.String), ("color?", JsonValueKind.String)))
            {
                return Answer.Error(47003, $"argument invalid! data.{field.Name}.value invalid");
            }

            if (field.Value.TryGetProperty("color", out var color) && !Color().IsMatch(color.GetString()!))
            {
                complain($"data.{field.Name} has the colour \"{color.GetString()}\".");
            }

            values[field.Name] = field.Value.GetProperty("value").GetString()!;
        }

        if (values.Count == 0)
        {
            complain("A message came without data.");
        }

        return Refuse(incoming, values, program) ?? Accept(incoming, clientId, values, program);
    }

    private Answer? Refuse(Incoming incoming, Dictionary<string, string> values, JsonElement program)
    {
        if (ledger.FindByOpenId(incoming.Text("touser")) is not { } person)
        {
            return Answer.Error(40003, "invalid openid");
        }

        if (ledger.Templates.Find(template => template.Id == incoming.Text("template_id")) is not { } template)
        {
            return Answer.Error(40037, "invalid template_id");
        }

        if (program.ValueKind == JsonValueKind.Object && program.GetProperty("appid").GetString() != Ledger.MiniProgramAppId)
        {
            return Answer.Error(40013, "invalid appid");
        }

        foreach (Match match in Field().Matches(template.Content))
        {
            var (name, type) = (match.Groups["name"].Value, match.Groups["type"].Value);
            if (Rule(type) is { } fits)
            {
                var value = values.GetValueOrDefault(name) ?? "";
                if (value.Length == 0)
                {
                    return Answer.Error(47003, $"argument invalid! data.{name}.value is emtpy");
                }

                if (!fits.IsMatch(value))
                {
                    return Answer.Error(47003, $"argument invalid! data.{name}.value i");
                }
            }
        }

        return person.Follows ? null : Answer.Error(43004, "require subscribe");
    }

    private Answer Accept(Incoming incoming, string clientId, Dictionary<string, string> values, JsonElement program)
    {
        var toUser = incoming.Text("touser");
        var former = ledger.Accepted.Find(message => message.ToUser == toUser && message.ClientMessageId == clientId);
        if (former is not null)
        {
            former.Requests++;
            if (!incoming.Request.Body.AsSpan().SequenceEqual(former.Body))
            {
                complain("A client_msg_id came again to the same receiver with another message.");
            }

            return incoming.Has(Mischief.RepeatsAreErrors) ? Answer.Error(44007, "repeated msg id") : Accepted(former.Id, incoming);
        }

        var message = new AcceptedMessage(3717005636572528642 + (ledger.Accepted.Count * 7919), toUser, incoming.Text("template_id"), clientId)
        {
            Url = incoming.Body.TryGetProperty("url", out var url) ? url.GetString() : null,
            MiniProgramAppId = program.ValueKind == JsonValueKind.Object ? program.GetProperty("appid").GetString() : null,
            PagePath = program.ValueKind == JsonValueKind.Object && program.TryGetProperty("pagepath", out var page) ? page.GetString() : null,
            Values = values,
            Requests = 1,
            Body = incoming.Request.Body,
        };
        ledger.Accepted.Add(message);
        return Accepted(message.Id, incoming);
    }

    private static Answer Accepted(long id, Incoming incoming)
    {
        var answer = Answer.Ok;
        if (!incoming.Has(Mischief.NoMessageId))
        {
            answer.Body["msgid"] = id;
        }
        else if (incoming.Random.Next(5) is var kind and > 0)
        {
            answer.Body["msgid"] = kind switch { 1 => null, 2 => "", 3 => "abc", _ => new JsonObject() };
        }

        return answer;
    }

    /// <summary>What a value of the type looks like; null for types that are not enforced.</summary>
    private static Regex? Rule(string type) => type switch
    {
        "thing" or "const" => Thing(),
        "character_string" => CharacterString(),
        "amount" => Amount(),
        "phone_number" => PhoneNumber(),
        "phrase" => Phrase(),
        "time" => Time(),
        _ => null,
    };

    [GeneratedRegex("^[A-Za-z0-9_-]{1,32}$")]
    private static partial Regex ClientId();

    [GeneratedRegex("^#[0-9A-Fa-f]{6}$")]
    private static partial Regex Color();

    [GeneratedRegex(@"\{\s*\{\s*(?<name>(?<type>[A-Za-z_]+?)\d*)\.DATA\s*\}\s*\}")]
    private static partial Regex Field();

    [GeneratedRegex(@"^(?:[\uD800-\uDBFF][\uDC00-\uDFFF]|[^\p{Cc}\uD800-\uDFFF]){1,20}$")]
    private static partial Regex Thing();

    [GeneratedRegex(@"^[!-~ ]{1,32}$")]
    private static partial Regex CharacterString();

    [GeneratedRegex(@"^[^\d\p{L}]?\d{1,10}(\.\d+)?元?$")]
    private static partial Regex Amount();

    [GeneratedRegex(@"^[\d+\-() ]{1,17}$")]
    private static partial Regex PhoneNumber();

    [GeneratedRegex(@"^\p{IsCJKUnifiedIdeographs}{1,5}$")]
    private static partial Regex Phrase();

    [GeneratedRegex(@"^[\d年月日:/ \-~时分秒.]*\d{1,2}:\d{2}[\d年月日:/ \-~时分秒.]*$")]
    private static partial Regex Time();
}
