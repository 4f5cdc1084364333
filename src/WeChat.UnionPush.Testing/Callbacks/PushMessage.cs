using System.Buffers;
using System.Globalization;
using System.Security;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace WeChat.UnionPush.Testing;

/// <summary>The text of one event before it is signed and encrypted.</summary>
internal static class PushMessage
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(bool asJson, IReadOnlyList<(string Name, string Value)> fields) => asJson ? WriteJson(fields) : WriteXml(fields);

    private static string WriteXml(IReadOnlyList<(string Name, string Value)> fields)
    {
        var xml = new StringBuilder("<xml>");
        foreach (var (name, value) in fields)
        {
            if (IsNumber(name))
            {
                xml.Append(CultureInfo.InvariantCulture, $"<{name}>{SecurityElement.Escape(value)}</{name}>");
            }
            else
            {
                xml.Append(CultureInfo.InvariantCulture, $"<{name}><![CDATA[{value.Replace("]]>", "]]]]><![CDATA[>", StringComparison.Ordinal)}]]></{name}>");
            }
        }

        return xml.Append("</xml>").ToString();
    }

    private static string WriteJson(IReadOnlyList<(string Name, string Value)> fields)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            foreach (var (name, value) in fields)
            {
                if (IsNumber(name) && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
                {
                    json.WriteNumber(name, number);
                }
                else
                {
                    json.WriteString(name, value);
                }
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static bool IsNumber(string name) => name is "CreateTime" or "MsgID" or "MsgId";
}
