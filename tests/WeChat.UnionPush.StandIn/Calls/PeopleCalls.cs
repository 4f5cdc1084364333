using System.Text.Json;
using System.Text.Json.Nodes;
using WeChat.UnionPush.StandIn.Wire;

namespace WeChat.UnionPush.StandIn.Calls;

/// <summary>The list of followers, and who they are.</summary>
internal sealed class PeopleCalls(Ledger ledger, Action<string> complain)
{
    private const Mischief NeedsPages =
        Mischief.SmallPages | Mischief.EmptyPageLikeTheEnd | Mischief.EmptyPageWithCursor | Mischief.DoubledListRows | Mischief.ShuffledListRows | Mischief.EmptyRows;

    private static readonly string[] Languages = ["zh_CN", "zh_TW", "en"];

    /// <summary>Where a walk goes on after a cursor: behind the person of this number.</summary>
    private readonly Dictionary<string, int> _cursors = [];

    private int _lists;
    private bool _emptyPageShown;

    public IEnumerable<Call> Calls =>
    [
        new Call("GET", "/cgi-bin/user/get", List) { TokenOf = [Ledger.OfficialAccountAppId], Optional = ["next_openid"] },
        new Call("GET", "/cgi-bin/user/info", Info) { TokenOf = [Ledger.OfficialAccountAppId], Required = ["openid"], Optional = ["lang"] },
        new Call("POST", "/cgi-bin/user/info/batchget", Batch) { TokenOf = [Ledger.OfficialAccountAppId] },
    ];

    private Answer List(Incoming incoming)
    {
        if (++_lists > 500)
        {
            complain("user/get was called more than 500 times.");
            return Answer.Error(45009, "reach max api daily quota limit");
        }

        var after = -1;
        var cursor = incoming["next_openid"];
        if (cursor.Length > 0 && !_cursors.TryGetValue(cursor, out after))
        {
            complain("user/get came with a next_openid that no answer had.");
            return Answer.Error(40003, "invalid openid");
        }

        var followers = ledger.People.Where(person => person.Follows).ToList();
        var total = followers.Count;
        total = incoming.Has(Mischief.TotalTooSmall) ? total / 2 : incoming.Has(Mischief.TotalTooLarge) ? total + 3 : total;
        if (cursor.Length > 0 && !_emptyPageShown && incoming.Has(Mischief.EmptyPageLikeTheEnd | Mischief.EmptyPageWithCursor))
        {
            _emptyPageShown = true;
            return incoming.Has(Mischief.EmptyPageLikeTheEnd)
                ? Page(total, count: 0, rows: null, next: "", incoming)
                : Page(total, count: 0, rows: [], next: cursor, incoming);
        }

        var size = incoming.Has(NeedsPages) ? 17 : 10_000;
        var left = followers.Where(person => person.Number > after).ToList();
        var page = left.Take(size).ToList();
        if (page.Count == 0)
        {
            return Page(total, count: 0, rows: null, incoming.Has(Mischief.EndRepeatsCursor) ? cursor : "", incoming);
        }

        var last = page[^1].Number;
        var rows = page.Select(person => person.OpenId).ToArray();
        if (incoming.Has(Mischief.ShuffledListRows))
        {
            incoming.Random.Shuffle(rows);
        }

        var next = rows[^1];
        _cursors[next] = last;
        if (incoming.Has(Mischief.CursorIsNextRow))
        {
            next = left.Count > page.Count ? left[page.Count].OpenId : "";
            _cursors[next] = last;
        }
        else if (incoming.Has(Mischief.LastPageWithoutCursor) && left.Count == page.Count)
        {
            next = "";
        }

        if (incoming.Has(Mischief.DoubledListRows))
        {
            rows = [.. followers.Where(person => person.Number <= after).TakeLast(1).Select(person => person.OpenId), rows[0], .. rows];
        }

        if (incoming.Has(Mischief.EmptyRows))
        {
            rows = ["", .. rows[..(rows.Length / 2)], "", .. rows[(rows.Length / 2)..]];
        }

        page.ForEach(person => person.Follows &= !person.LeavesWhenListed);
        return Page(total, rows.Length, rows, next, incoming);
    }

    private static Answer Page(int total, int count, string[]? rows, string next, Incoming incoming)
    {
        var body = new JsonObject { ["total"] = total, ["count"] = count };
        if (rows is not null)
        {
            body["data"] = new JsonObject { ["openid"] = Router.ArrayOf(rows.Select(row => (JsonNode?)row)) };
        }
        else if (incoming.Has(Mischief.NullMembers))
        {
            body["data"] = null;
        }

        body["next_openid"] = next.Length == 0 && incoming.Has(Mischief.NullMembers) ? null : next;
        return new Answer(body);
    }

    private Answer Info(Incoming incoming)
    {
        CheckLanguage(incoming["lang"]);
        return ledger.FindByOpenId(incoming["openid"]) is { } person ? new Answer(Row(person, incoming, inBatch: false)) : Answer.Error(40003, "invalid openid");
    }

    private Answer Batch(Incoming incoming)
    {
        if (!BodyReader.Check(incoming.Request, incoming.Body, "the body", complain, ("user_list", JsonValueKind.Array)))
        {
            return Answer.Error(47001, "data format error");
        }

        var asked = new List<Person>();
        var entries = incoming.Body.GetProperty("user_list").EnumerateArray().ToList();
        if (entries.Count is 0 or > 100)
        {
            complain($"batchget asks for {entries.Count} people; 1 to 100 are allowed.");
            return Answer.Error(40032, "invalid openid list size");
        }

        foreach (var entry in entries)
        {
            if (!BodyReader.Check(incoming.Request, entry, "a user of the list", complain, ("openid", JsonValueKind.String), ("lang?", JsonValueKind.String)))
            {
                return Answer.Error(47001, "data format error");
            }

            CheckLanguage(entry.TryGetProperty("lang", out var language) ? language.GetString()! : "");
            if (ledger.FindByOpenId(entry.GetProperty("openid").GetString()!) is not { } person)
            {
                return Answer.Error(40003, "invalid openid");
            }

            if (asked.Contains(person))
            {
                complain("batchget asks for the same person twice.");
            }

            asked.Add(person);
        }

        if (incoming.Has(Mischief.BatchRefusesStrangers) && asked.Exists(person => !person.Follows))
        {
            return Answer.Error(40003, "invalid openid");
        }

        var rows = asked
            .Where(person => !incoming.Has(Mischief.MissingRows) || person.Number % 7 != 3)
            .SelectMany(person => Enumerable.Repeat(person, incoming.Has(Mischief.DoubledRows) && person.Number % 3 == 0 ? 2 : 1))
            .Select(person => Row(person, incoming, inBatch: true)).ToList();
        if (incoming.Has(Mischief.ForeignRows))
        {
            AddForeign(rows, asked);
        }

        var shown = rows.ToArray<JsonNode?>();
        if (incoming.Has(Mischief.ShuffledRows))
        {
            incoming.Random.Shuffle(shown);
        }

        return new Answer(new JsonObject { ["user_info_list"] = Router.ArrayOf(shown) })
        {
            IsBroken = incoming.Has(Mischief.BrokenBatches) && asked.Exists(person => person.Number % 50 == 7),
        };
    }

    /// <summary>Rows of a follower who was not asked for and of nobody at all, with facts that would do harm if they were believed.</summary>
    private void AddForeign(List<JsonObject> rows, List<Person> asked)
    {
        if (ledger.People.FirstOrDefault(person => person.Follows && !asked.Contains(person)) is { } other)
        {
            rows.Insert(0, new JsonObject { ["subscribe"] = 0, ["openid"] = other.OpenId });
        }

        var stranger = new JsonObject
        { ["subscribe"] = 1, ["openid"] = "oNobodyKnowsThisOne000000000", ["unionid"] = asked[0].UnionId, ["subscribe_time"] = ledger.Now.ToUnixTimeSeconds() };
        rows.Add(stranger);
    }

    private JsonObject Row(Person person, Incoming incoming, bool inBatch)
    {
        var row = new JsonObject { ["subscribe"] = person.Follows ? 1 : 0, ["openid"] = person.OpenId };
        if (!person.Follows && inBatch)
        {
            return WithNulls(row, incoming);
        }

        row["nickname"] = "";
        row["sex"] = 0;
        row["language"] = "zh_CN";
        row["city"] = "";
        row["province"] = "";
        row["country"] = "";
        row["headimgurl"] = "";
        if (person.Follows)
        {
            row["subscribe_time"] = person.FollowedAt;
            if (ledger.IsBound && !(inBatch && incoming.Has(Mischief.LateUnionIds) && person.Number % 3 == 1))
            {
                row["unionid"] = incoming.Has(Mischief.BlanksAroundUnionIds) ? $" {person.UnionId} " : person.UnionId;
            }

            row["remark"] = person.Number % 5 == 0 ? "老客户 \"VIP\" \\ 🎉" : "";
            row["groupid"] = 0;
            row["tagid_list"] = Router.ArrayOf(person.Number % 2 == 0 ? [128, 2] : []);
            row["subscribe_scene"] = person.Number % 2 == 0 ? "ADD_SCENE_QR_CODE" : "ADD_SCENEPROFILE LINK";
            row["qr_scene"] = person.Number % 2 == 0 ? 98765 : 0;
            row["qr_scene_str"] = "";
        }
        else
        {
            row["tagid_list"] = new JsonArray();
        }

        return WithNulls(row, incoming);
    }

    private static JsonObject WithNulls(JsonObject row, Incoming incoming)
    {
        if (incoming.Has(Mischief.NullMembers))
        {
            foreach (var name in (string[])["unionid", "subscribe_time", "remark", "groupid", "tagid_list", "subscribe_scene", "qr_scene", "qr_scene_str"])
            {
                row.TryAdd(name, null);
            }
        }

        return row;
    }

    private void CheckLanguage(string language)
    {
        if (language.Length > 0 && !Languages.Contains(language))
        {
            complain($"The platform does not know the language {language}.");
        }
    }
}
