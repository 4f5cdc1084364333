using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;

namespace WeChat.UnionPush.Fuzz;

/// <summary>Pushes of the platform, plain and encrypted, and events as the inbox gives them back.</summary>
internal static class CallbackTargets
{
    private const string AppId = "wx1234567890abcdef";
    private const string Token = "token";
    private const string Key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    private const string PreviousKey = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba";
    private const int MaxBody = 1024 * 1024;
    private const int LongestKey = 420;

    private static readonly string[] Pushes =
    [
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName><CreateTime>1723280000</CreateTime><MsgType><![CDATA[event]]></MsgType>"
            + "<Event><![CDATA[subscribe]]></Event><EventKey><![CDATA[qrscene_unionpush-abc]]></EventKey><Ticket><![CDATA[t]]></Ticket></xml>",
        "<xml><FromUserName>o1</FromUserName><CreateTime>1723280000</CreateTime><MsgType>event</MsgType><Event>SCAN</Event><EventKey>unionpush-abc</EventKey>"
            + "<Ticket>TICKET</Ticket></xml>",
        "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1723280000</CreateTime><MsgType>event</MsgType>"
            + "<Event>TEMPLATESENDJOBFINISH</Event><MsgID>3717005636572528642</MsgID><Status>failed:user block</Status></xml>",
        "<xml><FromUserName>o1</FromUserName><CreateTime>1723280000</CreateTime><MsgType>text</MsgType><Content>你好</Content><MsgId>1</MsgId></xml>",
        "<xml><FromUserName>o1</FromUserName><CreateTime>1723280000</CreateTime><MsgType>event</MsgType><Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent>"
            + "<List><TemplateId>t</TemplateId><SubscribeStatusString>accept</SubscribeStatusString><PopupScene>2</PopupScene></List></SubscribeMsgPopupEvent></xml>",
        """{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1723280000,"MsgType":"event","Event":"subscribe_msg_sent_event","""
            + """ "List":[{"TemplateId":"t","MsgID":"1","ErrorCode":"0","ErrorStatus":"success"}]}""",
        """{"FromUserName":"o1","CreateTime":"1723280000","MsgType":"event","Event":"subscribe_msg_change_event","List":{"TemplateId":"t","SubscribeStatusString":"reject"}}""",
        """{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1723280000,"MsgType":"event","Event":"user_authorization_revoke","OpenID":"o2","AppID":"wx2","RevokeInfo":"1"}""",
    ];

    private static readonly string[] Names =
    [
        "subscribe", "unsubscribe", "SCAN", "TEMPLATESENDJOBFINISH", "user_authorization_revoke", "user_authorization_cancellation",
        "user_info_modified", "subscribe_msg_popup_event",
        "subscribe_msg_change_event", "subscribe_msg_sent_event", "event", "MsgId", "MsgID", "Encrypt", "List", "qrscene_", "success", "failed:user block", "failed: system failed",
        "failed:freq limit", "253402300799", "253402300800", "-1",
    ];

    private static readonly string[] AllWords =
        [.. Words.Json, .. Words.Xml, .. Words.Quoted(Pushes), .. Words.Elements(Pushes), .. Names, .. Names.Select(static name => $"\"{name}\"")];

    private static readonly byte[][] Bodies = [.. Pushes.Select(Encoding.UTF8.GetBytes)];

    private static readonly CallbackReader Plain = Reader(WeChatCallbackMode.Plain);
    private static readonly CallbackReader Safe = Reader(WeChatCallbackMode.Safe);

    public static IEnumerable<FuzzTarget> All() =>
    [
        new("callback-plain", static input => () => Read(Plain, Query(null), input), CheckPlain, Bodies, AllWords),
        new("callback-encrypted", Encrypted, CheckEncrypted, [.. Modes().SelectMany(static mode => Bodies.Select(body => (byte[])[mode, .. body]))], AllWords),
        new("callback-kept", static input => () => Kept(Encoding.UTF8.GetString(input)), static (_, _) => { }, Bodies, AllWords),
    ];

    private static IEnumerable<byte> Modes() => Enumerable.Range(0, 8).Select(static mode => (byte)mode);

    private static CallbackReader Reader(WeChatCallbackMode mode) => new(
        [
            new CallbackApp("Callback:OfficialAccount", AppId, new WeChatCallbackAppOptions
            {
                Token = Token,
                EncodingAesKey = mode == WeChatCallbackMode.Plain ? null : Key,
                PreviousEncodingAesKey = mode == WeChatCallbackMode.Plain ? null : PreviousKey,
                Mode = mode,
                ReplayWindow = Timeout.InfiniteTimeSpan,
            }, TimeProvider.System),
        ],
        MaxBody);

    private static Came Read(CallbackReader reader, WeChatCallbackQuery query, byte[] body)
    {
        reader.TryRead(query, body, out var read, out var refusal);
        return new Came(read, refusal);
    }

    private static IWeChatEvent? Kept(string body) => WeChatEventParser.TryParse(AppId, "key", body, out var read) ? read : null;

    private static void CheckPlain(byte[] input, object? outcome)
    {
        var came = (Came)outcome!;
        CheckCame(came);
        Promise.Holds(
            came.Refusal is CallbackRefusal.None or CallbackRefusal.Malformed or CallbackRefusal.Mode or CallbackRefusal.Empty or CallbackRefusal.TooLarge,
            $"a plain push was refused as {came.Refusal}");
        if (Fields(input) is { } expected)
        {
            Promise.Holds(CallbackFields.TryParse(input, out var fields), "a body that System.Text.Json or System.Xml.Linq reads is not read");
            Promise.Equal(Dump.Of(expected), Dump.Of(Seen(fields!)), "the reader by hand and System.Text.Json's or System.Xml.Linq's own reading");
        }
    }

    private static void CheckCame(Came came)
    {
        Promise.Holds(came.Event is null == came.Refusal is not CallbackRefusal.None, "an event and a refusal, or neither");
        if (came.Event is not { } read)
        {
            return;
        }

        var callback = read.Callback;
        Promise.Holds(callback.DeduplicationKey.Length <= LongestKey, "the deduplication key is longer than stores are told");
        Promise.Holds(WeChatEventParser.TryParse(AppId, callback.DeduplicationKey, callback.Body, out var again), "the event cannot be read from the body that the inbox keeps");
        Promise.Equal(Dump.Of(read), Dump.Of(again), "the event that is read from the body that the inbox keeps");
    }

    /// <summary>The first byte says how the rest is packed.</summary>
    private static Func<object?> Encrypted(byte[] input)
    {
        var inner = input.AsSpan(Math.Min(1, input.Length)).ToArray();
        var encrypted = Mode(input) switch
        {
            0 or 1 => Encrypt(Key, Wrap(inner, AppId)),
            2 => Encrypt(PreviousKey, Wrap(inner, AppId)),
            3 => Encrypt(Key, Wrap(inner, "wx2")),
            4 => Encrypt(Key, [.. inner, .. new byte[inner.Length < 32 ? 32 - inner.Length : (16 - (inner.Length % 16)) % 16]]),
            5 => Convert.ToBase64String(inner),
            6 => Encrypt(Key, Wrap(inner, AppId, inner.Length + 1)),
            _ => null,
        };
        var body = encrypted is null ? inner : Encoding.UTF8.GetBytes(Mode(input) == 1
            ? $$"""{"ToUserName":"gh_1","Encrypt":"{{encrypted}}"}"""
            : $"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>");
        var query = Query(encrypted ?? (CallbackFields.TryParse(inner, out var outer) && outer.Encrypt is { } given ? given : ""));
        return () => Read(Safe, query, body);
    }

    private static void CheckEncrypted(byte[] input, object? outcome)
    {
        var came = (Came)outcome!;
        CheckCame(came);
        var inner = input.AsSpan(Math.Min(1, input.Length));
        switch (Mode(input))
        {
            case 0 or 1 or 2:
                // What arrives encrypted is what was packed.
                var expected = CallbackFields.TryParse(inner, out var fields) && WeChatEventParser.TryRead(AppId, fields, out var read) ? read : null;
                Promise.Equal(Dump.Of(expected), Dump.Of(came.Event), "the event that was encrypted");
                break;
            case 3:
                Promise.Holds(came.Refusal == CallbackRefusal.WrongApp, "a push to another app was not refused as such");
                break;
            case 6:
                Promise.Holds(came.Event is null, "a push was read with a length that takes in the app id");
                break;
        }
    }

    private static int Mode(byte[] input) => input.Length == 0 ? 7 : input[0] % 8;

    private static WeChatCallbackQuery Query(string? encrypted) => new()
    {
        Signature = Sign(Token, "1723280000", "nonce"),
        Timestamp = "1723280000",
        Nonce = "nonce",
        EncryptType = encrypted is null ? null : "aes",
        MessageSignature = encrypted is null ? null : Sign(Token, "1723280000", "nonce", encrypted),
    };

    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "The platform signs with SHA-1.")]
    private static string Sign(params string[] parts) =>
        Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(string.Concat(parts.Order(StringComparer.Ordinal))))).ToLowerInvariant();

    private static byte[] Wrap(byte[] message, string appId, int? length = null)
    {
        var head = new byte[20];
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(16), length ?? message.Length);
        byte[] plain = [.. head, .. message, .. Encoding.UTF8.GetBytes(appId)];
        var padding = 32 - (plain.Length % 32);
        return [.. plain, .. Enumerable.Repeat((byte)padding, padding)];
    }

    [SuppressMessage("Security", "CA5401:Do not use CreateEncryptor with non-default IV", Justification = "The platform takes a part of the key.")]
    private static string Encrypt(string encodingAesKey, byte[] plain)
    {
        using var aes = Aes.Create();
        aes.Key = Convert.FromBase64String(encodingAesKey + "=");
        return Convert.ToBase64String(aes.EncryptCbc(plain, aes.Key.AsSpan(0, 16), PaddingMode.None));
    }

    private static Dictionary<string, string?> Seen(CallbackFields fields) => new(StringComparer.Ordinal)
    {
        ["ToUserName"] = fields.ToUserName,
        ["FromUserName"] = fields.FromUserName,
        ["CreateTime"] = fields.CreateTime,
        ["MsgType"] = fields.MessageType,
        ["Event"] = fields.Event,
        ["EventKey"] = fields.EventKey,
        ["Ticket"] = fields.Ticket,
        ["MsgId"] = fields.MessageId,
        ["MsgID"] = fields.EventMessageId,
        ["Status"] = fields.Status,
        ["OpenID"] = fields.OpenId,
        ["AppID"] = fields.AppId,
        ["RevokeInfo"] = fields.RevokeInfo,
        ["Encrypt"] = fields.Encrypt,
    };

    /// <summary>The fields as the platform's own readers find them, where the body is well-formed beyond doubt.</summary>
    private static Dictionary<string, string?>? Fields(byte[] body)
    {
        // Those characters are replaced, which is a promise of its own.
        var text = Encoding.UTF8.GetString(body);
        if (text.Any(static character => character is < ' ' or '\ufffd' or '\ufffe' or '\uffff'))
        {
            return null;
        }

        var found = Seen(CallbackFields.TryParse("{}", out var none) ? none : throw new InvalidOperationException("An empty object cannot be read."));
        return JsonFields(body, found) || XmlFields(text, found) ? found : null;
    }

    private static bool JsonFields(byte[] body, Dictionary<string, string?> found)
    {
        if (!PlainJson.TryParse(body, 32, out var document))
        {
            return false;
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (found.ContainsKey(member.Name) && member.Value.ValueKind is (JsonValueKind.String or JsonValueKind.Number))
                {
                    found[member.Name] = CallbackText.Mend(member.Value.ToString());
                }
            }
        }

        return true;
    }

    private static bool XmlFields(string text, Dictionary<string, string?> found)
    {
        XElement root;
        try
        {
            root = XElement.Parse(text.TrimStart('\uFEFF').TrimStart());
        }
        catch (XmlException)
        {
            return false;
        }

        // Names with prefixes, blanks that are kept on purpose, and what is too deep are read in this library's own way.
        if (text.Contains("xml:space", StringComparison.Ordinal) || text.Contains("<!DOCTYPE", StringComparison.Ordinal)
            || root.DescendantsAndSelf().Any(static element => element.Name.Namespace != XNamespace.None || element.Ancestors().Take(32).Count() == 32))
        {
            return false;
        }

        foreach (var element in root.Elements().Where(element => !element.IsEmpty && found.ContainsKey(element.Name.LocalName)))
        {
            found[element.Name.LocalName] = CallbackText.Mend(string.Concat(element.Nodes().OfType<XText>().Select(static node => node.Value)));
        }

        return true;
    }

    private sealed record Came(IWeChatEvent? Event, CallbackRefusal Refusal);
}
