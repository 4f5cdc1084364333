using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush.Testing;

/// <summary>Signs and encrypts pushes as the platform does.</summary>
internal static class PushCipher
{
    public static readonly int RandomLength = PlatformRules.Number("push random prefix");

    private static readonly int BlockSize = PlatformRules.Number("push padding block");

    public static bool IsKey(string encodingAesKey) => encodingAesKey.Length == 43 && encodingAesKey.All(char.IsAsciiLetterOrDigit);

    /// <summary>SHA-1 over the parts in ordinal order, in lower-case hex.</summary>
    public static string Sign(params string[] parts)
    {
        Array.Sort(parts, StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Concat(parts)));
        return Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant();
    }

    /// <summary>AES-256-CBC over random bytes, length, message and app id, padded to blocks of 32 bytes, in base64.</summary>
    public static string Encrypt(string encodingAesKey, ReadOnlySpan<byte> random, string message, string appId)
    {
        var key = Convert.FromBase64String(encodingAesKey + "=");
        var messageLength = Encoding.UTF8.GetByteCount(message);
        var length = RandomLength + sizeof(int) + messageLength + Encoding.UTF8.GetByteCount(appId);
        var padding = BlockSize - (length % BlockSize);
        var plain = new byte[length + padding];
        random.CopyTo(plain);
        BinaryPrimitives.WriteInt32BigEndian(plain.AsSpan(RandomLength), messageLength);
        Encoding.UTF8.GetBytes(message, plain.AsSpan(RandomLength + sizeof(int)));
        Encoding.UTF8.GetBytes(appId, plain.AsSpan(RandomLength + sizeof(int) + messageLength));
        plain.AsSpan(length).Fill((byte)padding);
        using var aes = Aes.Create();
        aes.Key = key;
        return Convert.ToBase64String(aes.EncryptCbc(plain, key.AsSpan(0, 16), PaddingMode.None));
    }
}
