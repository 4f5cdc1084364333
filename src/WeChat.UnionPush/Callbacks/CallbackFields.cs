using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Xml;

namespace WeChat.UnionPush;

/// <summary>
/// The fields of a push that the library looks at, read from the first level of its XML or JSON. Names are told apart by case:
/// messages have a <c>MsgId</c>, events a <c>MsgID</c>.
/// </summary>
internal sealed class CallbackFields
{
    private const int MaxDepth = 32;

    // Strict, so that what is not UTF-8 is refused instead of being read as something else.
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly XmlReaderSettings XmlSettings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        MaxCharactersInDocument = WeChatCallbackReader.MaxBodyLength,
    };

    private CallbackFields(string body, WeChatCallbackFormat format)
    {
        Body = body;
        Format = format;
    }

    internal string Body { get; }

    internal WeChatCallbackFormat Format { get; }

    internal string? ToUserName { get; private set; }

    internal string? FromUserName { get; private set; }

    internal string? CreateTime { get; private set; }

    internal string? MessageType { get; private set; }

    internal string? Event { get; private set; }

    internal string? EventKey { get; private set; }

    internal string? Ticket { get; private set; }

    internal string? MessageId { get; private set; }

    internal string? EventMessageId { get; private set; }

    internal string? Status { get; private set; }

    internal string? OpenId { get; private set; }

    internal string? AppId { get; private set; }

    internal string? RevokeInfo { get; private set; }

    internal string? Encrypt { get; private set; }

    /// <summary>Reads a body of any origin.</summary>
    /// <param name="body">The bytes, at most <see cref="WeChatCallbackReader.MaxBodyLength"/>.</param>
    /// <param name="fields">Its fields.</param>
    internal static bool TryParse(ReadOnlySpan<byte> body, [NotNullWhen(true)] out CallbackFields? fields)
    {
        fields = null;
        try
        {
            var text = Utf8.GetString(body.StartsWith(Encoding.UTF8.Preamble) ? body[Encoding.UTF8.Preamble.Length..] : body);
            switch (text.AsSpan().TrimStart())
            {
                case ['<', ..]:
                    fields = new(text, WeChatCallbackFormat.Xml);
                    fields.ReadXml();
                    return true;

                case ['{', ..]:
                    fields = new(text, WeChatCallbackFormat.Json);
                    fields.ReadJson();
                    return true;
            }
        }
        catch (Exception exception) when (exception is XmlException or JsonException or DecoderFallbackException or InvalidOperationException)
        {
            // InvalidOperationException is what the JSON reader throws for half a surrogate pair.
        }

        fields = null;
        return false;
    }

    private void ReadXml()
    {
        using var source = new StringReader(WithoutControlCharacters(Body.TrimStart(), keep: "\t\n\r"));
        using var reader = XmlReader.Create(source, XmlSettings);
        var name = "";
        var value = new StringBuilder();
        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Element when reader.Depth >= MaxDepth:
                    throw new XmlException($"Elements are nested deeper than {MaxDepth}.");

                case XmlNodeType.Element when reader.Depth == 1:
                    name = reader.Name;
                    value.Clear();
                    break;

                case XmlNodeType.Text or XmlNodeType.CDATA when reader.Depth == 2:
                    value.Append(reader.Value);
                    break;

                case XmlNodeType.EndElement when reader.Depth == 1:
                    Set(name, value.ToString());
                    break;
            }
        }
    }

    private void ReadJson()
    {
        var reader = new Utf8JsonReader(Utf8.GetBytes(WithoutControlCharacters(Body, keep: "")), new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.String:
                    Set(name, reader.GetString()!);
                    break;

                case JsonTokenType.Number:
                    Set(name, Encoding.UTF8.GetString(reader.ValueSpan));
                    break;

                default:
                    reader.Skip();
                    break;
            }
        }

        // Throws when anything follows the object.
        reader.Read();
    }

    /// <summary>What users wrote may hold control characters, which neither XML nor JSON allows; elsewhere a blank does as well.</summary>
    private static string WithoutControlCharacters(string text, string keep) => string.Create(text.Length, (text, keep), static (target, source) =>
    {
        for (var i = 0; i < target.Length; i++)
        {
            var character = source.text[i];
            target[i] = character < ' ' && !source.keep.Contains(character, StringComparison.Ordinal) ? ' ' : character;
        }
    });

    private void Set(string name, string value)
    {
        switch (name)
        {
            case "ToUserName": ToUserName = value; break;
            case "FromUserName": FromUserName = value; break;
            case "CreateTime": CreateTime = value; break;
            case "MsgType": MessageType = value; break;
            case "Event": Event = value; break;
            case "EventKey": EventKey = value; break;
            case "Ticket": Ticket = value; break;
            case "MsgId": MessageId = value; break;
            case "MsgID": EventMessageId = value; break;
            case "Status": Status = value; break;
            case "OpenID": OpenId = value; break;
            case "AppID": AppId = value; break;
            case "RevokeInfo": RevokeInfo = value; break;
            case "Encrypt": Encrypt = value; break;
        }
    }
}
