using System.Text.Json;

namespace WeChat.UnionPush.Testing;

/// <summary>Customer service messages.</summary>
internal static class CustomerMessageApi
{
    private static readonly string[] Types =
        ["text", "image", "voice", "video", "music", "news", "mpnews", "mpnewsarticle", "msgmenu", "wxcard", "miniprogrampage", "link"];

    public static Answer Send(Call call)
    {
        if (call.ReadJson(out var body) is { } refusal)
        {
            return refusal;
        }

        var app = call.App!;
        if (!app.TryFindPerson(Call.Text(body, "touser"), out var person))
        {
            return call.Refuse(40003);
        }

        if (Call.Text(body, "msgtype") is not { } type || !Types.Contains(type, StringComparer.Ordinal))
        {
            return call.Refuse(40008);
        }

        if (!body.TryGetProperty(type, out var content) || content.ValueKind != JsonValueKind.Object)
        {
            return call.Refuse(47001);
        }

        var text = type is "text" ? Call.Text(content, "content") : content.GetRawText();
        if (string.IsNullOrEmpty(text))
        {
            return call.Refuse(44004);
        }

        if (app.OfficialAccount is { } account)
        {
            var follower = account.Followers.Find(person);
            if (!follower.Following)
            {
                return call.Refuse(45015);
            }

            if (follower.Refuses)
            {
                return call.Refuse(48002);
            }
        }

        if (app.CustomerWindows.TryUse(person, call.Now) is not 0 and var closed)
        {
            return call.Refuse(closed);
        }

        var message = new SimulatedCustomerMessage(new SimulatedPerson(call.Platform, person), type, text, call.Now);
        app.CustomerWindows.Keep(message);
        call.Platform.Observer?.Accepted(app, message);
        return Answer.Ok;
    }
}
