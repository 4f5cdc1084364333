using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace WeChat.UnionPush;

/// <summary>
/// Signatures and encryption of the platform's pushes, for a server of any kind. Hostile input is answered with <see langword="false"/>,
/// never with an exception. Can be used by many threads at once.
/// See <see href="https://developers.weixin.qq.com/doc/service/guide/dev/push/encryption"/>.
/// </summary>
public sealed class WeChatCallbackCrypto
{
    private const int KeyLength = 32;
    private const int CipherBlockLength = 16;
    private const int PaddingBlockLength = 32;
    private const int RandomLength = 16;
    private const int HeadLength = RandomLength + sizeof(int);
    private const int SignatureLength = 2 * SHA1.HashSizeInBytes;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private readonly string _token;
    private readonly byte[] _appId;
    private readonly byte[][] _keys;

    /// <summary>Takes what the console shows.</summary>
    /// <param name="appId">App id that encrypted pushes must be made to.</param>
    /// <param name="token">The Token.</param>
    /// <param name="encodingAesKey">The EncodingAESKey, 43 characters; <see langword="null"/> in plain mode.</param>
    /// <param name="previousEncodingAesKey">The EncodingAESKey before it, which is tried second; or <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">An argument is empty, or a key is not 43 characters of base64.</exception>
    public WeChatCallbackCrypto(string appId, string token, string? encodingAesKey = null, string? previousEncodingAesKey = null)
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
        timestamp is not null && nonce is not null && IsHashOf([_token, timestamp, nonce], signature);

    /// <summary>Checks the <c>msg_signature</c> of an encrypted push.</summary>
    /// <param name="messageSignature">The <c>msg_signature</c> parameter.</param>
    /// <param name="timestamp">The <c>timestamp</c> parameter.</param>
    /// <param name="nonce">The <c>nonce</c> parameter.</param>
    /// <param name="encrypted">The <c>Encrypt</c> field of the body.</param>
    public bool VerifyMessageSignature(string? messageSignature, string? timestamp, string? nonce, string? encrypted) =>
        timestamp is not null && nonce is not null && encrypted is not null && IsHashOf([_token, timestamp, nonce, encrypted], messageSignature);

    /// <summary>Decrypts an <c>Encrypt</c> field, with the current key and then with the previous one. Check its signature first.</summary>
    /// <param name="encrypted">The <c>Encrypt</c> field of the body.</param>
    /// <param name="message">The message, XML or JSON in UTF-8.</param>
    /// <param name="refusal"><see cref="WeChatCallbackRefusal.Encryption"/> or <see cref="WeChatCallbackRefusal.WrongApp"/> when it is refused.</param>
    public bool TryDecrypt(string? encrypted, [NotNullWhen(true)] out byte[]? message, out WeChatCallbackRefusal refusal)
    {
        message = null;
        refusal = WeChatCallbackRefusal.Encryption;
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
                    refusal = WeChatCallbackRefusal.WrongApp;
                    continue;
                }

                message = content.ToArray();
                refusal = WeChatCallbackRefusal.None;
                return true;
            }

            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <summary>Encrypts and signs a reply. <c>success</c> and the empty reply are sent as they are, without this.</summary>
    /// <param name="reply">The reply, in the format of the push.</param>
    /// <param name="format">How the encrypted reply is written.</param>
    /// <param name="timestamp">The time of the reply.</param>
    /// <param name="nonce">A number or word of your own choice; that of the request will do.</param>
    /// <returns>The body of the answer.</returns>
    /// <exception cref="InvalidOperationException">There is no EncodingAESKey.</exception>
    public string EncryptReply(string reply, WeChatCallbackFormat format, DateTimeOffset timestamp, string nonce) =>
        EncryptReply(reply, format, timestamp, nonce, RandomNumberGenerator.GetBytes(RandomLength));

    internal string EncryptReply(string reply, WeChatCallbackFormat format, DateTimeOffset timestamp, string nonce, ReadOnlySpan<byte> random)
    {
        ArgumentNullException.ThrowIfNull(reply);
        ArgumentNullException.ThrowIfNull(nonce);
        var seconds = timestamp.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var encrypted = Encrypt(reply, random);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        Hash([_token, seconds, nonce, encrypted], hash);
        var signature = Convert.ToHexString(hash).ToLowerInvariant();
        return format is WeChatCallbackFormat.Json
            ? $$"""{"Encrypt":"{{encrypted}}","MsgSignature":"{{signature}}","TimeStamp":{{seconds}},"Nonce":"{{JsonEncodedText.Encode(nonce)}}"}"""
            : $"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>" +
              $"<TimeStamp>{seconds}</TimeStamp><Nonce>{SecurityElement.Escape(nonce)}</Nonce></xml>";
    }

    private string Encrypt(string message, ReadOnlySpan<byte> random)
    {
        if (_keys.Length == 0)
        {
            throw new InvalidOperationException("A reply can only be encrypted with an EncodingAESKey; in plain mode send it as it is.");
        }

        var messageLength = Encoding.UTF8.GetByteCount(message);
        var length = HeadLength + messageLength + _appId.Length;
        var padding = PaddingBlockLength - (length % PaddingBlockLength);
        var plain = new byte[length + padding];
        random.CopyTo(plain);
        BinaryPrimitives.WriteInt32BigEndian(plain.AsSpan(RandomLength), messageLength);
        Encoding.UTF8.GetBytes(message, plain.AsSpan(HeadLength));
        _appId.CopyTo(plain, HeadLength + messageLength);
        plain.AsSpan(length).Fill((byte)padding);

        using var aes = Aes.Create();
        aes.Key = _keys[0];
        return Convert.ToBase64String(aes.EncryptCbc(plain, _keys[0].AsSpan(0, RandomLength), PaddingMode.None));
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
        var text = string.Concat(parts);
        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        SHA1.HashData(buffer.AsSpan(0, Encoding.UTF8.GetBytes(text, buffer)), hash);
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
    }
}
