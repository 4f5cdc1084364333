using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace WeChat.UnionPush.Testing;

/// <summary>One event on its way to a callback, signed when it is first sent and the same in every byte from then on.</summary>
internal sealed class Push(SimulatedApp app, SimulatedCallback callback, string openId, string? eventName, string message, ulong random)
{
    private readonly Gate _gate = new();
    private (string Query, byte[] Body)? _sealed;

    public SimulatedApp App { get; } = app;

    public SimulatedCallback Callback { get; } = callback;

    public string OpenId { get; } = openId;

    public string? EventName { get; } = eventName;

    /// <summary>A number for whoever watches the platform.</summary>
    public long Number { get; set; }

    /// <summary>The text before it is signed and encrypted.</summary>
    public string Message { get; } = message;

    public (string Query, byte[] Body) Seal(DateTimeOffset now)
    {
        lock (_gate)
        {
            return _sealed ??= Make(now);
        }
    }

    public SimulatedDelivery ToDelivery(bool isDuplicate, int attempts, string? failure)
    {
        var (query, body) = _sealed.GetValueOrDefault();
        return new(App.AppId, OpenId, EventName, query, body, isDuplicate, attempts, failure);
    }

    /// <summary>The query of a push: signature, time and nonce.</summary>
    public static string Sign(string token, DateTimeOffset now, ulong random, out string timestamp, out string nonce)
    {
        timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        nonce = ((uint)(random >> 32)).ToString(CultureInfo.InvariantCulture);
        return $"signature={PushCipher.Sign(token, timestamp, nonce)}&timestamp={timestamp}&nonce={nonce}";
    }

    private (string Query, byte[] Body) Make(DateTimeOffset now)
    {
        var query = $"{Sign(Callback.Token, now, random, out var timestamp, out var nonce)}&openid={OpenId}";
        if (Callback.Mode == SimulatedCallbackMode.Plain)
        {
            return (query, Encoding.UTF8.GetBytes(Message));
        }

        Span<byte> salt = stackalloc byte[PushCipher.RandomLength];
        BinaryPrimitives.WriteUInt64LittleEndian(salt, Scrambler.Mix(random));
        BinaryPrimitives.WriteUInt64LittleEndian(salt[sizeof(ulong)..], Scrambler.Mix(random + 1));
        var encrypted = PushCipher.Encrypt(Callback.EncodingAesKey!, salt, Message, App.AppId);
        var end = Callback.UsesJson ? "}" : "</xml>";
        var field = Callback.UsesJson ? $"\"Encrypt\":\"{encrypted}\"" : $"<Encrypt><![CDATA[{encrypted}]]></Encrypt>";
        var isOpen = Callback.Mode == SimulatedCallbackMode.Compatible && Message.EndsWith(end, StringComparison.Ordinal);
        var body = (isOpen, Callback.UsesJson) switch
        {
            (true, true) => $"{Message[..^1]},{field}}}",
            (true, false) => $"{Message[..^end.Length]}{field}{end}",
            (false, true) => $"{{\"ToUserName\":\"{App.OriginalId}\",{field}}}",
            (false, false) => $"<xml><ToUserName><![CDATA[{App.OriginalId}]]></ToUserName>{field}</xml>",
        };
        return ($"{query}&encrypt_type=aes&msg_signature={PushCipher.Sign(Callback.Token, timestamp, nonce, encrypted)}", Encoding.UTF8.GetBytes(body));
    }
}
