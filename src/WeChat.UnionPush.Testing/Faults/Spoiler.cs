using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace WeChat.UnionPush.Testing;

/// <summary>The ways in which the platform's bodies have been wrong. A body that is not a JSON object is not changed.</summary>
internal static partial class Spoiler
{
    private static readonly string[] FreeTexts =
        ["errmsg", "nickname", "city", "province", "country", "remark", "qr_scene_str", "title", "content", "example"];

    public static Answer GatewayPage(HttpStatusCode status)
    {
        var title = string.Create(CultureInfo.InvariantCulture, $"{(int)status} {WordStart().Replace(status.ToString(), " ")}");
        var page = $"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
        return new Answer(Encoding.ASCII.GetBytes(page)) { Status = status, ContentType = "text/html" };
    }

    public static byte[] WithInvalidUtf8(byte[] body) => WithBytesInTexts(body, [0xFF, (byte)'y', 0xE5, 0x95]);

    public static byte[] WithControlCharacters(byte[] body) => WithBytesInTexts(body, [0x00, 0x01, (byte)'\n', (byte)'\t', 0x1F]);

    public static byte[] WithNumbersAsText(byte[] body)
    {
        if (!IsObject(body))
        {
            return body;
        }

        var splicer = new Splicer(body);
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Number)
            {
                splicer.Insert((int)reader.TokenStartIndex, "\""u8);
                splicer.Insert((int)reader.BytesConsumed, "\""u8);
            }
        }

        return splicer.ToArray();
    }

    public static byte[] WithArray(byte[] body, string? field)
    {
        if (field is null || !IsObject(body))
        {
            return "[]"u8.ToArray();
        }

        return Join(Members(body).Select(member => string.Equals(member.Name, field, StringComparison.Ordinal)
            ? Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(member.Name)}\":[]")
            : body[member.Range]));
    }

    public static byte[] WithoutFields(byte[] body, string[] fields) => IsObject(body)
        ? Join(Members(body).Where(member => fields.Length > 0 && !fields.Contains(member.Name, StringComparer.Ordinal)).Select(member => body[member.Range]))
        : body;

    private static byte[] WithBytesInTexts(byte[] body, ReadOnlySpan<byte> bytes)
    {
        if (!IsObject(body))
        {
            return body;
        }

        var splicer = new Splicer(body);
        var reader = new Utf8JsonReader(body);
        var name = "";
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                name = reader.GetString();
            }
            else if (reader.TokenType == JsonTokenType.String && FreeTexts.Contains(name, StringComparer.Ordinal))
            {
                splicer.Insert((int)reader.BytesConsumed - 1, bytes);
            }
        }

        if (splicer.IsUntouched)
        {
            // Only ids and numbers here. The platform adds fields at any time, so a reader must accept one more.
            splicer.Insert(body.Length - 1, body.Length == 2 ? "\"remark\":\""u8 : ",\"remark\":\""u8);
            splicer.Insert(body.Length - 1, bytes);
            splicer.Insert(body.Length - 1, "\""u8);
        }

        return splicer.ToArray();
    }

    private static bool IsObject(byte[] body) => body is [(byte)'{', .., (byte)'}'];

    private static List<(string Name, Range Range)> Members(byte[] body)
    {
        var members = new List<(string, Range)>();
        var reader = new Utf8JsonReader(body);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (name, start) = (reader.GetString()!, (int)reader.TokenStartIndex);
            reader.Read();
            reader.Skip();
            members.Add((name, start..(int)reader.BytesConsumed));
        }

        return members;
    }

    private static byte[] Join(IEnumerable<byte[]> members)
    {
        using var body = new MemoryStream();
        body.WriteByte((byte)'{');
        foreach (var member in members)
        {
            if (body.Length > 1)
            {
                body.WriteByte((byte)',');
            }

            body.Write(member);
        }

        body.WriteByte((byte)'}');
        return body.ToArray();
    }

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WordStart();

    /// <summary>Copies a body from left to right and inserts bytes.</summary>
    private sealed class Splicer(byte[] body)
    {
        private readonly ArrayBufferWriter<byte> _result = new(body.Length + 64);
        private int _copied;

        public bool IsUntouched => _result.WrittenCount == 0;

        public void Insert(int position, ReadOnlySpan<byte> bytes)
        {
            _result.Write(body.AsSpan(_copied..position));
            _result.Write(bytes);
            _copied = position;
        }

        public byte[] ToArray()
        {
            _result.Write(body.AsSpan(_copied..));
            return _result.WrittenSpan.ToArray();
        }
    }
}
