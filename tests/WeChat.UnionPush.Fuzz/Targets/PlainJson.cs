using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace WeChat.UnionPush.Fuzz;

/// <summary>JSON as System.Text.Json reads it, to hold the library's reading against.</summary>
internal static class PlainJson
{
    /// <summary>Parses what is JSON beyond doubt: it is well-formed, and its texts have no halves of surrogate pairs.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> json, int maxDepth, [NotNullWhen(true)] out JsonDocument? document)
    {
        document = null;
        try
        {
            var parsed = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = maxDepth });
            if (IsWhole(json.Span, maxDepth))
            {
                document = parsed;
                return true;
            }

            parsed.Dispose();
            return false;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The same JSON written otherwise: indented, and with escapes where a writer may have them.</summary>
    public static byte[] Rewritten(JsonDocument document)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.Create(), MaxDepth = AnswerReader.MaxDepth }))
        {
            document.RootElement.WriteTo(writer);
        }

        return stream.ToArray();
    }

    /// <summary>An object with one more member at its beginning, which is a hundred arrays in each other.</summary>
    public static byte[] WithDeepMember(ReadOnlySpan<byte> json)
    {
        const int Depth = 100;
        var brace = json.IndexOf((byte)'{') + 1;
        var isEmpty = json[brace..].TrimStart(" \t\r\n"u8)[0] == (byte)'}';
        var member = $"\"a member of tomorrow\":{new string('[', Depth)}{new string(']', Depth)}{(isEmpty ? "" : ",")}";
        return [.. json[..brace], .. Encoding.UTF8.GetBytes(member), .. json[brace..]];
    }

    private static bool IsWhole(ReadOnlySpan<byte> json, int maxDepth)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = maxDepth });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
            {
                // Throws for halves.
                _ = reader.GetString();
            }
        }

        return true;
    }
}
