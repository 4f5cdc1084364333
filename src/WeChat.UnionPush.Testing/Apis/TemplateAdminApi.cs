using System.Globalization;
using System.Text.Json;

namespace WeChat.UnionPush.Testing;

/// <summary>The templates and industries of an Official Account.</summary>
internal static class TemplateAdminApi
{
    public static Answer List(Call call) => call.Write(call.OfficialAccount.TemplateBook.All, static (json, templates) =>
    {
        json.WriteStartArray("template_list");
        foreach (var template in templates)
        {
            json.WriteStartObject();
            json.WriteString("template_id", template.Id);
            json.WriteString("title", template.Title);
            json.WriteString("primary_industry", Industries.Get(template.PrimaryIndustry).First);
            json.WriteString("deputy_industry", Industries.Get(template.PrimaryIndustry).Second);
            json.WriteString("content", template.Content);
            json.WriteString("example", template.Example);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static Answer Add(Call call)
    {
        if (call.ReadJson(out var body) is { } refusal)
        {
            return refusal;
        }

        if (Call.Text(body, "template_id_short") is not { Length: > 0 } shortId)
        {
            return call.Refuse(40037);
        }

        var keywords = new List<string>();
        if (body.TryGetProperty("keyword_name_list", out var list))
        {
            if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
            {
                return call.Refuse(40246);
            }

            keywords.AddRange(list.EnumerateArray().Select(item => item.GetString()!));
        }

        var (id, errorCode) = call.OfficialAccount.TemplateBook.AddFromLibrary(shortId, keywords);
        return errorCode != 0
            ? call.Refuse(errorCode)
            : call.WriteOk(id!, static (json, id) => json.WriteString("template_id", id));
    }

    public static Answer Delete(Call call)
    {
        if (call.ReadJson(out var body) is { } refusal)
        {
            return refusal;
        }

        return Call.Text(body, "template_id") is { } id && call.OfficialAccount.TemplateBook.Remove(id) ? Answer.Ok : call.Refuse(40037);
    }

    public static Answer GetIndustry(Call call) => call.Write(call.OfficialAccount.Industry, static (json, industry) =>
    {
        WriteIndustry(json, "primary_industry", industry.Primary);
        WriteIndustry(json, "secondary_industry", industry.Secondary);
    });

    public static Answer SetIndustry(Call call)
    {
        if (call.ReadJson(out var body) is { } refusal)
        {
            return refusal;
        }

        if (!TryReadIndustry(body, "industry_id1", out var primary) || !TryReadIndustry(body, "industry_id2", out var secondary))
        {
            return call.Refuse(40097, "invalid args");
        }

        return call.OfficialAccount.TemplateBook.TrySetIndustry(primary, secondary, call.Now) ? Answer.Ok : call.Refuse(43100);
    }

    public static Answer ListBlocked(Call call)
    {
        if (call.ReadJson(out var body) is { } refusal)
        {
            return refusal;
        }

        if (Call.Text(body, "tmpl_msg_id") is not { } templateId || call.OfficialAccount.TemplateBook.Find(templateId) is null)
        {
            return call.Refuse(40037);
        }

        var after = body.TryGetProperty("largest_id", out var largest) && largest.TryGetInt64(out var id) ? id : 0;
        var limit = body.TryGetProperty("limit", out var most) && most.TryGetInt32(out var count) ? Math.Clamp(count, 1, 100) : 100;

        // The real answer occurs as an object, as an array and as an empty array, with ids as numbers and as texts. This one produces all of them.
        return call.WriteOk(call.OfficialAccount.Outbox.BlockedMessages(templateId, after, limit), static (json, messages) =>
        {
            json.WritePropertyName("msginfo");
            if (messages.Count == 1)
            {
                Write(json, messages[0], idAsText: false);
                return;
            }

            json.WriteStartArray();
            foreach (var message in messages)
            {
                Write(json, message, idAsText: true);
            }

            json.WriteEndArray();
        });
    }

    private static void Write(Utf8JsonWriter json, Outbox.BlockedMessage message, bool idAsText)
    {
        json.WriteStartObject();
        if (idAsText)
        {
            json.WriteString("id", message.Id.ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            json.WriteNumber("id", message.Id);
        }

        json.WriteString("tmpl_msg_id", message.Template.Id);
        json.WriteString("title", message.Template.Title);
        json.WriteString("content", message.Content);
        json.WriteNumber("send_timestamp", message.At.ToUnixTimeSeconds());
        json.WriteString("openid", message.OpenId);
        json.WriteEndObject();
    }

    private static void WriteIndustry(Utf8JsonWriter json, string name, int number)
    {
        var (first, second) = Industries.Get(number);
        json.WriteStartObject(name);
        json.WriteString("first_class", first);
        json.WriteString("second_class", second);
        json.WriteEndObject();
    }

    private static bool TryReadIndustry(JsonElement body, string name, out int number) =>
        int.TryParse(Call.Text(body, name), NumberStyles.None, CultureInfo.InvariantCulture, out number) && Industries.Exists(number);
}
