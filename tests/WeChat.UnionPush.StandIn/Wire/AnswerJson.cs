using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace WeChat.UnionPush.StandIn.Wire;

/// <summary>Writes an answer's JSON by hand, with everything that JSON allows and some that it does not.</summary>
internal sealed class AnswerJson(Mischief mischief, Random random)
{
    private static readonly string[] FreeTexts = ["remark", "qr_scene_str", "nickname", "city", "errmsg"];

    private readonly MemoryStream _bytes = new();

    public static byte[] Write(Answer answer, Mischief mischief, Random random)
    {
        var writer = new AnswerJson(mischief, random);
        var body = (JsonObject)answer.Body.DeepClone();
        if (!body.ContainsKey("errcode"))
        {
            if (mischief.HasFlag(Mischief.NullErrorCode))
            {
                (body["errcode"], body["errmsg"]) = (null, null);
            }
            else if (mischief.HasFlag(Mischief.ZeroErrorCode))
            {
                (body["errcode"], body["errmsg"]) = (0, "ok");
            }
        }

        if (mischief.HasFlag(Mischief.ByteOrderMark))
        {
            writer.Raw("\uFEFF");
        }

        writer.Object(body, depth: 0);
        var bytes = writer._bytes.ToArray();
        return answer.IsBroken ? Break(bytes) : bytes;
    }

    /// <summary>A lone backslash before the end of a text swallows the quote, as in a body that was seen of the platform.</summary>
    private static byte[] Break(byte[] json)
    {
        var text = Encoding.UTF8.GetString(json);
        var end = text.LastIndexOf("\",", StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(text.Insert(end, "\\"));
    }

    private void Node(JsonNode? node, string name, int depth)
    {
        switch (node)
        {
            case null:
                Raw("null");
                break;
            case JsonObject value:
                Object(value, depth);
                break;
            case JsonArray array:
                Raw("[");
                for (var i = 0; i < array.Count; i++)
                {
                    Raw(i > 0 ? "," : "");
                    Node(array[i], name, depth + 1);
                }

                Blank();
                Raw("]");
                break;
            case var value when value.GetValueKind() == JsonValueKind.String:
                Text((string)value!, FreeTexts.Contains(name));
                break;
            case var value when value.GetValueKind() == JsonValueKind.Number:
                var number = value.ToJsonString();
                Blank();
                Raw(mischief.HasFlag(Mischief.NumbersAsText) ? $"\"{number}\"" : mischief.HasFlag(Mischief.NumbersWithFraction) ? $"{number}.0" : number);
                Blank();
                break;
            case var value:
                Raw(value.ToJsonString());
                break;
        }
    }

    private void Object(JsonObject value, int depth)
    {
        var members = value.Select(Action (member) => () => Member(member.Key, () => Node(member.Value, member.Key, depth + 1))).ToList();
        if (mischief.HasFlag(Mischief.ExtraMembers))
        {
            Add("ext", () => Raw("""[1,-2.5e10,1e-7,true,false,null,"\"\\\/\b\f\n\r\t\u5e7f",[],{},{"errcode":40001,"openid":"nobody","data":{"openid":["nobody"]}}]"""));
            Add("", () => Raw("0"));
            Add("ext_info", () =>
                Raw("""{"errcode":45009,"errmsg":"not yours","access_token":"not yours","unionid":"not yours","msgid":7,"subscribe":0,"total":0,"next_openid":"not yours"}"""));
            Add("errcode_", () => Raw("43004"));
            Add("名", () => Raw("\"值\""));
            Add("big", () => Raw("123456789012345678901234567890"));
        }

        // Deep ones on the surface only, for a list of a hundred people would grow to hundreds of kilobytes.
        if (mischief.HasFlag(Mischief.DeepMembers) && depth == 0)
        {
            Add("deep", () => Raw($"{string.Concat(Enumerable.Repeat("{\"a\":[", 100))}1{string.Concat(Enumerable.Repeat("]}", 100))}"));
        }

        if (mischief.HasFlag(Mischief.ShuffledMembers))
        {
            random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(members));
        }

        Raw("{");
        Blank();
        for (var i = 0; i < members.Count; i++)
        {
            Raw(i > 0 ? "," : "");
            members[i]();
        }

        Blank();
        Raw("}");
        Blank();

        void Add(string name, Action write) => members.Insert(random.Next(members.Count + 1), () => Member(name, write));
    }

    private void Member(string name, Action write)
    {
        Blank();
        Text(name, isFree: false);
        Blank();
        Raw(":");
        Blank();
        write();
    }

    private void Text(string text, bool isFree)
    {
        Raw("\"");
        if (mischief.HasFlag(Mischief.EscapedText))
        {
            Raw(string.Concat(text.Select(one => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)one:x4}"))));
        }
        else
        {
            Raw(string.Concat(text.EnumerateRunes().Select(one => one.Value switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{one.Value:x4}"),
                _ => one.ToString(),
            })));
        }

        if (isFree && mischief.HasFlag(Mischief.ControlCharacters))
        {
            _bytes.Write("\u0001 \n\t\u001F"u8);
        }

        if (isFree && mischief.HasFlag(Mischief.InvalidUtf8))
        {
            _bytes.Write([0xFF, 0xC3, 0x28, 0xE4, 0xB8]);
        }

        Raw("\"");
    }

    private void Blank()
    {
        if (mischief.HasFlag(Mischief.Blanks))
        {
            Raw(random.Next(4) switch { 0 => " ", 1 => "\r\n", 2 => "\t\t", _ => "" });
        }
    }

    private void Raw(string text) => _bytes.Write(Encoding.UTF8.GetBytes(text));
}
