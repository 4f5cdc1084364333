using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// Signatures and encryption of the platform's pushes. Hostile input returns <see langword="false"/> and never throws. Thread-safe.
/// See <see href="https://developers.weixin.qq.com/doc/service/guide/dev/push/encryption"/>.
/// </summary>
internal sealed class CallbackCrypto
{
    private const int KeyLength = 32;
    private const int CipherBlockLength = 16;
    private const int PaddingBlockLength = 32;
    private const int RandomLength = 16;
    private const int HeadLength = RandomLength + sizeof(int);
    private const int SignatureLength = 2 * SHA1.HashSizeInBytes;

    // The platform's timestamps have 10 digits. Longer ones are refused before hashing.
    private const int MaxQueryLength = 128;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private readonly string _token;
    private readonly byte[] _appId;
    private readonly byte[][] _keys;

    /// <summary>Makes it from the values that the console shows.</summary>
    /// <param name="appId">App id that encrypted pushes must be made to.</param>
    /// <param name="token">The Token.</param>
    /// <param name="encodingAesKey">The EncodingAESKey, 43 characters; <see langword="null"/> in plain mode.</param>
    /// <param name="previousEncodingAesKey">The previous EncodingAESKey, which is tried second, or <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">An argument is empty, or a key is not 43 characters of base64.</exception>
    public CallbackCrypto(string appId, string token, string? encodingAesKey = null, string? previousEncodingAesKey = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(appId);
        ArgumentException.ThrowIfNullOrWhiteSpace(token);
        AppId = appId;
        _token = token;
        _appId = Encoding.UTF8.GetBytes(appId);
        _keys = (encodingAesKey, previousEncodingAesKey) switch
        {
            (null, null) => [],
            (not null, null) => [DecodeKey(encodingAesKey, nameof(encodingAesKey))],
            (not null, not null) => [DecodeKey(encodingAesKey, nameof(encodingAesKey)), DecodeKey(previousEncodingAesKey, nameof(previousEncodingAesKey))],
            _ => throw new ArgumentException("A previous EncodingAESKey needs a current one.", nameof(encodingAesKey)),
        };
    }

    /// <summary>App id that encrypted pushes must be made to.</summary>
    public string AppId { get; }

    /// <summary>Checks the <c>signature</c> of a request. It does not cover the body.</summary>
    /// <param name="signature">The <c>signature</c> parameter.</param>
    /// <param name="timestamp">The <c>timestamp</c> parameter.</param>
    /// <param name="nonce">The <c>nonce</c> parameter.</param>
    public bool VerifySignature(string? signature, string? timestamp, string? nonce) =>
        timestamp is { Length: <= MaxQueryLength } && nonce is { Length: <= MaxQueryLength } && IsHashOf([_token, timestamp, nonce], signature);

    /// <summary>Checks the <c>msg_signature</c> of an encrypted push.</summary>
    /// <param name="messageSignature">The <c>msg_signature</c> parameter.</param>
    /// <param name="timestamp">The <c>timestamp</c> parameter.</param>
    /// <param name="nonce">The <c>nonce</c> parameter.</param>
    /// <param name="encrypted">The <c>Encrypt</c> field of the body.</param>
    public bool VerifyMessageSignature(string? messageSignature, string? timestamp, string? nonce, string? encrypted) =>
        timestamp is { Length: <= MaxQueryLength } && nonce is { Length: <= MaxQueryLength } && encrypted is not null
        && IsHashOf([_token, timestamp, nonce, encrypted], messageSignature);

    /// <summary>Decrypts an <c>Encrypt</c> field, with the current key and then with the previous one. Check its signature first.</summary>
    /// <param name="encrypted">The <c>Encrypt</c> field of the body.</param>
    /// <param name="message">The message, XML or JSON in UTF-8.</param>
    /// <param name="refusal"><see cref="CallbackRefusal.Encryption"/> or <see cref="CallbackRefusal.WrongApp"/> when it is refused.</param>
    public bool TryDecrypt(string? encrypted, [NotNullWhen(true)] out byte[]? message, out CallbackRefusal refusal)
    {
        message = null;
        refusal = CallbackRefusal.Encryption;
        if (encrypted is null)
        {
            return false;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(2 * ((encrypted.Length / 4 * 3) + 3));
        try
        {
            if (!Convert.TryFromBase64String(encrypted, buffer, out var length) || length < PaddingBlockLength || length % CipherBlockLength != 0)
            {
                return false;
            }

            var cipher = buffer.AsSpan(0, length);
            var plain = buffer.AsSpan(length, length);
            foreach (var key in _keys)
            {
                using var aes = Aes.Create();
                aes.Key = key;
                aes.DecryptCbc(cipher, key.AsSpan(0, RandomLength), plain, PaddingMode.None);
                if (!TryUnwrap(plain, out var content, out var appId))
                {
                    continue;
                }

                if (!CryptographicOperations.FixedTimeEquals(appId, _appId))
                {
                    refusal = CallbackRefusal.WrongApp;
                    continue;
                }

                message = content.ToArray();
                refusal = CallbackRefusal.None;
                return true;
            }

            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private static byte[] DecodeKey(string encodingAesKey, string parameter)
    {
        var key = new byte[KeyLength];
        // The 43rd character has two spare bits that the platform fills at random; Convert ignores them, stricter decoders do not.
        return encodingAesKey.Length == 43 && Convert.TryFromBase64String(encodingAesKey + "=", key, out var length) && length == key.Length
            ? key
            : throw new ArgumentException("An EncodingAESKey has 43 letters and digits, as the console shows it.", parameter);
    }

    /// <summary>random(16) ‖ length(4, big-endian) ‖ message ‖ app id ‖ padding to 32 bytes, which is more than .NET's PKCS#7 allows.</summary>
    private static bool TryUnwrap(ReadOnlySpan<byte> plain, out ReadOnlySpan<byte> message, out ReadOnlySpan<byte> appId)
    {
        message = default;
        appId = default;
        var padding = plain[^1];
        if (padding is 0 or > PaddingBlockLength || plain[^padding..].ContainsAnyExcept(padding) || plain.Length - padding < HeadLength)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(plain[RandomLength..]);
        var content = plain[HeadLength..^padding];
        if (length < 0 || length > content.Length)
        {
            return false;
        }

        message = content[..length];
        appId = content[length..];
        return true;
    }

    private static bool IsHashOf(string[] parts, string? signature)
    {
        if (signature is not { Length: SignatureLength } || signature.AsSpan().ContainsAnyExcept(HexDigits))
        {
            return false;
        }

        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        Hash(parts, hash);
        return CryptographicOperations.FixedTimeEquals(hash, Convert.FromHexString(signature));
    }

    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "The platform signs with SHA-1 and nothing else.")]
    private static void Hash(string[] parts, Span<byte> hash)
    {
        Array.Sort(parts, StringComparer.Ordinal);
        var length = 0;
        foreach (var part in parts)
        {
            length += Encoding.UTF8.GetMaxByteCount(part.Length);
        }

        var buffer = ArrayPool<byte>.Shared.Rent(length);
        length = 0;
        foreach (var part in parts)
        {
            length += Encoding.UTF8.GetBytes(part, buffer.AsSpan(length));
        }

        SHA1.HashData(buffer.AsSpan(0, length), hash);
        CryptographicOperations.ZeroMemory(buffer.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
