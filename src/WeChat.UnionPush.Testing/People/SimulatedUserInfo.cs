using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace WeChat.UnionPush.Testing;

/// <summary>
/// The data that <c>wx.getUserInfo</c> gives a Mini Program for its server (开放数据).
/// See <see href="https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html"/>.
/// </summary>
public sealed class SimulatedUserInfo
{
    private SimulatedUserInfo(string rawData, string signature, string encryptedData, string iv)
    {
        RawData = rawData;
        Signature = signature;
        EncryptedData = encryptedData;
        Iv = iv;
    }

    /// <summary>The public part of the profile as JSON text, without any id (<c>rawData</c>).</summary>
    public string RawData { get; }

    /// <summary>SHA-1 of <see cref="RawData"/> followed by the session key, in lower-case hex (<c>signature</c>).</summary>
    public string Signature { get; }

    /// <summary>The whole profile with openid, UnionID and watermark, AES-128-CBC under the session key, in base64 (<c>encryptedData</c>).</summary>
    public string EncryptedData { get; }

    /// <summary>The initial vector, 16 bytes in base64 (<c>iv</c>).</summary>
    public string Iv { get; }

    internal static SimulatedUserInfo Create(SimulatedPlatform platform, SimulatedMiniProgram miniProgram, long index)
    {
        var sessionKey = miniProgram.Logins.CurrentSessionKey(index)
            ?? throw new InvalidOperationException($"Person {index} has no session in Mini Program {miniProgram.AppId}: create a login code first.");
        var rawData = Encoding.UTF8.GetString(Write(static (json, _) => { }, (platform, miniProgram, index)));
        var full = Write(
            static (json, state) =>
            {
                var (platform, miniProgram, index) = state;
                json.WriteString("openId", miniProgram.App.Identifiers.Encode(index));
                if (miniProgram.OpenPlatform is { } openPlatform)
                {
                    json.WriteString("unionId", platform.UnionIds(openPlatform).Encode(index));
                }

                json.WriteStartObject("watermark");
                json.WriteNumber("timestamp", platform.Now.ToUnixTimeSeconds());
                json.WriteString("appid", miniProgram.AppId);
                json.WriteEndObject();
            },
            (platform, miniProgram, index));
        return new SimulatedUserInfo(rawData, Sign(rawData, sessionKey), Encrypt(full, sessionKey, platform.NextBytes(16), out var iv), iv);
    }

    internal static string Sign(string rawData, string sessionKey)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.UTF8.GetBytes(rawData + sessionKey));
        return Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant();
    }

    internal static string Encrypt(byte[] plain, string sessionKey, byte[] vector, out string iv)
    {
        using var aes = Aes.Create();
        aes.Key = Convert.FromBase64String(sessionKey);
        iv = Convert.ToBase64String(vector);
        return Convert.ToBase64String(aes.EncryptCbc(plain, vector, PaddingMode.PKCS7));
    }

    private static byte[] Write(
        Action<Utf8JsonWriter, (SimulatedPlatform, SimulatedMiniProgram, long)> writeIds, (SimulatedPlatform, SimulatedMiniProgram, long) state)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("nickName", "微信用户");
            json.WriteNumber("gender", 0);
            json.WriteString("language", "zh_CN");
            json.WriteString("city", "");
            json.WriteString("province", "");
            json.WriteString("country", "");
            json.WriteString("avatarUrl", "https://thirdwx.qlogo.cn/mmopen/vi_32/POgEwh4mIHO4nibH0KlMECNjjGxQUq24ZEaGT4poC6icRiccVGKSyXwibcPq4BWmiaIGuG1icwxaQX6grC9VemZoJ8rg/132");
            writeIds(json, state);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
