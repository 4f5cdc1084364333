using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush.LoadTests;

/// <summary>The platform's side of a push: a query that is signed and a body, which is encrypted in safe mode.</summary>
internal static class PlatformPush
{
    private const string Nonce = "415670741";

    private static readonly byte[] Key = Convert.FromBase64String(CallbackHost.EncodingAesKey + "=");

    /// <summary>The event that tells what became of a message.</summary>
    public static string Finished(long messageId, int recipient, DateTimeOffset now) => string.Create(
        CultureInfo.InvariantCulture,
        $"<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><FromUserName><![CDATA[oAbCdEfGhIjKlMnOpQr{recipient:d9}]]></FromUserName>" +
        $"<CreateTime>{now.ToUnixTimeSeconds()}</CreateTime>" +
        $"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event><MsgID>{messageId}</MsgID><Status><![CDATA[success]]></Status></xml>");

    /// <summary>What is posted in plain mode, and where.</summary>
    public static (Uri Uri, byte[] Body) Plain(string message, DateTimeOffset now)
    {
        var time = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return (new Uri($"/wechat/callback?signature={Sign(time, Nonce)}&timestamp={time}&nonce={Nonce}", UriKind.Relative), Encoding.UTF8.GetBytes(message));
    }

    /// <summary>What is posted in safe mode, and where.</summary>
    public static (Uri Uri, byte[] Body) Seal(string message, DateTimeOffset now)
    {
        var time = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var encrypted = Encrypt(message);
        var uri = $"/wechat/callback?signature={Sign(time, Nonce)}&timestamp={time}&nonce={Nonce}&encrypt_type=aes&msg_signature={Sign(time, Nonce, encrypted)}";
        return (new Uri(uri, UriKind.Relative),
            Encoding.UTF8.GetBytes($"<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"));
    }

    private static string Sign(params string[] parts) =>
        Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(string.Concat(parts.Append(CallbackHost.Token).Order(StringComparer.Ordinal)))));

    private static string Encrypt(string message)
    {
        var text = Encoding.UTF8.GetBytes(message);
        var length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, text.Length);
        byte[] plain = [.. RandomNumberGenerator.GetBytes(16), .. length, .. text, .. Encoding.UTF8.GetBytes(CallbackHost.AppId)];
        var padding = 32 - (plain.Length % 32);
        using var aes = Aes.Create();
        aes.Key = Key;
        return Convert.ToBase64String(aes.EncryptCbc([.. plain, .. Enumerable.Repeat((byte)padding, padding)], Key.AsSpan(0, 16), PaddingMode.None));
    }
}
