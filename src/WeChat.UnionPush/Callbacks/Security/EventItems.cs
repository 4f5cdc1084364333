using System.Text;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;

namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// The fields of each <c>List</c> of an event about subscribe messages, at the first level of the body or in an element of it. There is one item or many, in
/// JSON as an object or an array, and numbers come as text or not.
/// </summary>
internal static class EventItems
{
    private const string List = "List";

    /// <summary>The items in their order; none where the body has no list.</summary>
    /// <param name="fields">A body that was read already, so it is well-formed.</param>
    public static List<Dictionary<string, string>> Read(CallbackFields fields) => fields.Format == WeChatCallbackFormat.Xml ? ReadXml(fields.Body) : ReadJson(fields.Body);

    private static List<Dictionary<string, string>> ReadXml(string body)
    {
        using var source = new StringReader(CallbackText.Mend(body.TrimStart()));
        using var reader = XmlReader.Create(source, CallbackFields.XmlSettings);
        var root = XElement.Load(reader);
        var items = new List<Dictionary<string, string>>();
        foreach (var list in root.Elements(List).Concat(root.Elements().Elements(List)))
        {
            var item = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var field in list.Elements())
            {
                item[field.Name.LocalName] = CallbackText.Mend(field.Value);
            }

            items.Add(item);
        }

        return items;
    }

    private static List<Dictionary<string, string>> ReadJson(string body)
    {
        var json = Encoding.UTF8.GetBytes(body);
        CallbackText.MendJson(json);
        using var document = JsonDocument.Parse(json);
        var items = new List<Dictionary<string, string>>();
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (property.NameEquals(List))
            {
                Add(items, property.Value);
            }
            else if (property.Value.ValueKind == JsonValueKind.Object && property.Value.TryGetProperty(List, out var list))
            {
                Add(items, list);
            }
        }

        return items;
    }

    private static void Add(List<Dictionary<string, string>> items, JsonElement list)
    {
        if (list.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in list.EnumerateArray())
            {
                AddItem(items, item);
            }
        }
        else
        {
            AddItem(items, list);
        }
    }

    private static void AddItem(List<Dictionary<string, string>> items, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        var item = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in element.EnumerateObject())
        {
            if (field.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
            {
                item[field.Name] = CallbackText.Mend(field.Value.ToString());
            }
        }

        items.Add(item);
    }
}
