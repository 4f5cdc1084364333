using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using WeChat.UnionPush.StandIn.Wire;

namespace WeChat.UnionPush.StandIn.Calls;

/// <summary>The account's own templates, its industries, and what was blocked.</summary>
internal sealed partial class TemplateCalls(Ledger ledger, Action<string> complain)
{
    private static readonly string[] Account = [Ledger.OfficialAccountAppId];

    public IEnumerable<Call> Calls =>
    [
        new Call("GET", "/cgi-bin/template/get_all_private_template", List) { TokenOf = Account },
        new Call("GET", "/cgi-bin/template/get_industry", GetIndustry) { TokenOf = Account },
        new Call("POST", "/cgi-bin/template/api_set_industry", SetIndustry) { TokenOf = Account },
        new Call("POST", "/cgi-bin/template/api_add_template", Add) { TokenOf = Account },
        new Call("POST", "/cgi-bin/template/del_private_template", Delete) { TokenOf = Account },
        new Call("POST", "/wxa/sec/queryblocktmplmsg", QueryBlocked) { TokenOf = Account },
    ];

    private Answer List(Incoming incoming) => new(new JsonObject
    {
        ["template_list"] = Router.ArrayOf(ledger.Templates.Select(template => new JsonObject
        {
            ["template_id"] = template.Id,
            ["title"] = template.Title,
            ["primary_industry"] = "IT科技",
            ["deputy_industry"] = incoming.Has(Mischief.NullMembers) ? null : "互联网|电子商务",
            ["content"] = template.Content,
            ["example"] = incoming.Has(Mischief.NullMembers) ? null : "商品名称:巧克力\n支付金额:¥39.80",
        })),
    });

    private Answer GetIndustry(Incoming incoming) => new(new JsonObject
    {
        ["primary_industry"] = Industry(ledger.Industries.Primary),
        ["secondary_industry"] = Industry(ledger.Industries.Secondary),
    });

    private static JsonObject Industry(int number) => new() { ["first_class"] = "行业", ["second_class"] = Router.Invariant(number) };

    private Answer SetIndustry(Incoming incoming)
    {
        BodyReader.Check(incoming.Request, incoming.Body, "the body", complain, ("industry_id1", JsonValueKind.String), ("industry_id2", JsonValueKind.String));
        if (!int.TryParse(incoming.Text("industry_id1"), out var one) || !int.TryParse(incoming.Text("industry_id2"), out var two) || one is < 1 or > 41 || two is < 1 or > 41)
        {
            complain("api_set_industry came with numbers that are not \"1\" to \"41\".");
            return Answer.Error(40097, "invalid args");
        }

        ledger.Industries = (one, two);
        return Answer.Ok;
    }

    private Answer Add(Incoming incoming)
    {
        BodyReader.Check(incoming.Request, incoming.Body, "the body", complain, ("template_id_short", JsonValueKind.String), ("keyword_name_list?", JsonValueKind.Array));
        if (!LibraryId().IsMatch(incoming.Text("template_id_short")))
        {
            return Answer.Error(40037, "invalid template_id");
        }

        var keywords = incoming.Body.TryGetProperty("keyword_name_list", out var list) ? list.EnumerateArray().ToList() : [];
        if (keywords.Exists(keyword => keyword.ValueKind != JsonValueKind.String || keyword.GetString() is ""))
        {
            complain("keyword_name_list holds something else than texts.");
            return Answer.Error(40246, "invalid keyword_name_list");
        }

        if (ledger.Templates.Count >= 25)
        {
            return Answer.Error(45026, "template num exceeds limit");
        }

        var content = string.Concat(keywords.Select((keyword, i) => $"{keyword.GetString()}:{{{{thing{i + 1}.DATA}}}}\n"));
        var template = new OwnedTemplate(ledger.Text("added template", ledger.Templates.Count, 43), incoming.Text("template_id_short"), content);
        ledger.Templates.Add(template);
        var answer = Answer.Ok;
        answer.Body["template_id"] = template.Id;
        return answer;
    }

    private Answer Delete(Incoming incoming)
    {
        BodyReader.Check(incoming.Request, incoming.Body, "the body", complain, ("template_id", JsonValueKind.String));
        return ledger.Templates.RemoveAll(template => template.Id == incoming.Text("template_id")) > 0 ? Answer.Ok : Answer.Error(40037, "invalid template_id");
    }

    private Answer QueryBlocked(Incoming incoming)
    {
        if (!BodyReader.Check(
            incoming.Request, incoming.Body, "the body", complain, ("tmpl_msg_id", JsonValueKind.String), ("largest_id", JsonValueKind.Number), ("limit", JsonValueKind.Number)))
        {
            return Answer.Error(47001, "data format error");
        }

        var (largest, limit) = (incoming.Body.GetProperty("largest_id").GetInt64(), incoming.Body.GetProperty("limit").GetInt32());
        if (limit is < 1 or > 100)
        {
            complain($"queryblocktmplmsg asks for {limit} messages.");
        }

        var found = ledger.Blocked.Where(message => message.TemplateId == incoming.Text("tmpl_msg_id") && message.Id > largest).OrderBy(message => message.Id).Take(limit)
            .Select(message => (JsonNode)new JsonObject
            {
                // Both were seen.
                ["id"] = message.Id % 2 == 0 ? message.Id : Router.Invariant(message.Id),
                ["tmpl_msg_id"] = message.TemplateId,
                ["title"] = message.Title,
                ["content"] = message.Content,
                ["send_timestamp"] = message.SentAt,
                ["openid"] = message.OpenId,
            }).ToList();

        // One message stands there as an object, several as a list, and none as an empty list.
        var answer = Answer.Ok;
        answer.Body["msginfo"] = found.Count == 1 ? found[0] : Router.ArrayOf(found);
        return answer;
    }

    [GeneratedRegex(@"^(TM|OPENTM)?\d{1,12}$")]
    private static partial Regex LibraryId();
}
