using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Xml;

namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// The fields of a push that the library looks at, read from the first level of its XML or JSON. Names are case-sensitive:
/// messages have a <c>MsgId</c>, events a <c>MsgID</c>.
/// </summary>
internal sealed class CallbackFields
{
    private const int MaxDepth = 32;

    // Characters that XML does not allow are replaced: as text before parsing, as references (&#x2;) after it.
    internal static readonly XmlReaderSettings XmlSettings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        CheckCharacters = false,
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
    /// <param name="body">The bytes. The caller must limit their number, because it determines the work.</param>
    /// <param name="fields">Its fields.</param>
    internal static bool TryParse(ReadOnlySpan<byte> body, [NotNullWhen(true)] out CallbackFields? fields)
    {
        fields = null;
        return CallbackText.TryDecode(body, out var text) && TryParse(text, out fields);
    }

    /// <summary>Reads a body as it was kept.</summary>
    /// <param name="body">The text.</param>
    /// <param name="fields">Its fields.</param>
    internal static bool TryParse(string body, [NotNullWhen(true)] out CallbackFields? fields)
    {
        fields = null;
        try
        {
            switch (body.AsSpan().TrimStart())
            {
                case ['<', ..]:
                    fields = new(body, WeChatCallbackFormat.Xml);
                    fields.ReadXml();
                    return true;

                case ['{', ..]:
                    fields = new(body, WeChatCallbackFormat.Json);
                    fields.ReadJson();
                    return true;
            }
        }
        catch (Exception exception) when (exception is XmlException or JsonException)
        {
        }

        fields = null;
        return false;
    }

    private void ReadXml()
    {
        using var source = new StringReader(CallbackText.Mend(Body.TrimStart()));
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
        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(Body.Length));
        try
        {
            var json = buffer.AsSpan(0, Encoding.UTF8.GetBytes(Body, buffer));
            CallbackText.MendJson(json);
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
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
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Set(string name, string value)
    {
        value = CallbackText.Mend(value);
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
