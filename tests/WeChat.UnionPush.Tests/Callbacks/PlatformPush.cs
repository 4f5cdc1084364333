using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Web;

namespace WeChat.UnionPush.Tests.Callbacks;

/// <summary>The platform's side of a push, written from its documents and apart from the library's own.</summary>
internal static class PlatformPush
{
    internal const string AppId = "wx0123456789abcdef";
    internal const string OtherAppId = "wxfedcba9876543210";
    internal const string Token = "Zx81Token";
    internal const string Key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    internal const string OtherKey = "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba";
    internal const string Nonce = "415670741";
    internal const long Now = 1_795_312_800;

    internal const string Subscribe =
        "<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><FromUserName><![CDATA[oAbCdEfGhIjKlMnOpQrStUvWxYz0]]></FromUserName>" +
        "<CreateTime>1795312800</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event></xml>";

    internal static TimeProvider Clock { get; } = new FixedClock();

    internal const int MaxBodyLength = 64 * 1024;

    internal static CallbackReader Reader(WeChatCallbackMode mode, string? previousKey = null) => Reader(AppId, new WeChatCallbackAppOptions
    {
        Token = Token,
        EncodingAesKey = mode is WeChatCallbackMode.Plain ? null : Key,
        PreviousEncodingAesKey = previousKey,
        Mode = mode,
    });

    internal static CallbackReader Reader(string appId, WeChatCallbackAppOptions options, TimeProvider? clock = null) =>
        new([App("Callback:OfficialAccount", appId, options, clock)], MaxBodyLength);

    internal static CallbackApp App(string section, string appId, WeChatCallbackAppOptions options, TimeProvider? clock = null) =>
        new(section, appId, options, clock ?? Clock);

    internal static WeChatCallbackQuery PlainQuery(long time = Now, string token = Token) => new()
    {
        Timestamp = $"{time}",
        Nonce = Nonce,
        Signature = Sign(token, $"{time}", Nonce),
    };

    internal static WeChatCallbackQuery SafeQuery(string encrypted, long time = Now, string token = Token) => PlainQuery(time, token) with
    {
        EncryptType = "aes",
        MessageSignature = Sign(token, $"{time}", Nonce, encrypted),
    };

    internal static string Sign(params string[] parts) =>
        string.Concat(SHA1.HashData(Encoding.UTF8.GetBytes(string.Concat(parts.Order(StringComparer.Ordinal)))).Select(value => $"{value:x2}"));

    internal static string Encrypt(string message, string appId = AppId, string key = Key) => Encrypt(Encoding.UTF8.GetBytes(message), appId, key);

    internal static string Encrypt(byte[] message, string appId = AppId, string key = Key)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, message.Length);
        byte[] plain = [.. "0123456789abcdef"u8, .. length, .. message, .. Encoding.UTF8.GetBytes(appId)];
        var padding = 32 - (plain.Length % 32);
        return EncryptRaw([.. plain, .. Enumerable.Repeat((byte)padding, padding)], key);
    }

    internal static string EncryptRaw(byte[] blocks, string key = Key)
    {
        using var aes = Aes.Create();
        aes.Key = Convert.FromBase64String(key + "=");
        return Convert.ToBase64String(aes.EncryptCbc(blocks, aes.Key.AsSpan(0, 16), PaddingMode.None));
    }

    internal static byte[] SafeBody(string encrypted) =>
        Encoding.UTF8.GetBytes($"<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>");

    private sealed class FixedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Now);
    }

    /// <summary>A query as it stands in a URL.</summary>
    internal static WeChatCallbackQuery QueryOf(string text)
    {
        var parameters = HttpUtility.ParseQueryString(text);
        return new WeChatCallbackQuery
        {
            Signature = parameters["signature"],
            Timestamp = parameters["timestamp"],
            Nonce = parameters["nonce"],
            Echo = parameters["echostr"],
            EncryptType = parameters["encrypt_type"],
            MessageSignature = parameters["msg_signature"],
        };
    }
}
