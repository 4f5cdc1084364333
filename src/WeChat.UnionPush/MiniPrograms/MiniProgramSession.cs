using System.Security.Cryptography;
using System.Text;

namespace WeChat.UnionPush;

/// <summary>Sign-in over <c>jscode2session</c>, and what a session key is good for.</summary>
internal sealed class MiniProgramSession(ApiTransport transport, AccountApi api, WorkUnderWay work, Func<WeChatAppOptions> credentials) : IMiniProgramSession
{
    public async Task<MiniProgramUser> SignInAsync(string code, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(code);
        using var piece = work.Begin();
        var app = credentials();
        var query = $"appid={Uri.EscapeDataString(app.AppId)}&secret={Uri.EscapeDataString(app.AppSecret)}&js_code={Uri.EscapeDataString(code)}&grant_type=authorization_code";
        var answer = await transport.SendAsync(SessionEndpoints.CodeToSession, token: null, query, body: default, cancellationToken).ConfigureAwait(false);
        return answer.ErrorCode == 0
            ? Read(answer, SessionEndpoints.CodeToSession.Path, openId: null)
            : throw WeChatApiErrors.Create(SessionEndpoints.CodeToSession.Path, answer.ErrorCode, answer.ErrorMessage);
    }

    public async Task<bool> CheckAsync(string openId, SecretText sessionKey, CancellationToken cancellationToken = default)
    {
        var answer = await api.CallAsync(SessionEndpoints.CheckSession, SignedQuery(openId, sessionKey), cancellationToken).ConfigureAwait(false);
        return answer.ErrorCode switch
        {
            0 => true,
            WeChatErrorCodes.SessionKeyExpired or WeChatErrorCodes.InvalidSignature => false,
            _ => throw WeChatApiErrors.Create(SessionEndpoints.CheckSession.Path, answer.ErrorCode, answer.ErrorMessage),
        };
    }

    public async Task<MiniProgramUser> ResetAsync(string openId, SecretText sessionKey, CancellationToken cancellationToken = default)
    {
        var answer = await api.CallOrThrowAsync(SessionEndpoints.ResetSession, SignedQuery(openId, sessionKey), cancellationToken).ConfigureAwait(false);
        return Read(answer, SessionEndpoints.ResetSession.Path, openId);
    }

    public OpenData Decrypt(SecretText sessionKey, EncryptedOpenData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.RawData is { } rawData && !VerifySignature(sessionKey, rawData, data.Signature ?? ""))
        {
            throw new OpenDataException(
                "The signature of rawData does not fit this session key. The user has signed in again since, or the data was changed: call wx.login, then ask for the data again.");
        }

        var plain = DecryptBytes(sessionKey, data);
        if (AnswerReader.Parse(SessionJson.Default.OpenDataWire, plain) is not { Watermark: { AppId: { } appId } watermark } wire)
        {
            throw new OpenDataException("The decrypted data has no watermark.");
        }

        if (!string.Equals(appId, api.AppId, StringComparison.Ordinal))
        {
            throw new OpenDataException($"The watermark of the data names another app than {api.AppId}: it was not made for this Mini Program.");
        }

        var unionId = wire.UnionId?.Trim();
        var createdAt = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(watermark.Timestamp, 0, 253402300799));
        return new OpenData(wire.OpenId, string.IsNullOrEmpty(unionId) ? null : unionId, createdAt, Encoding.UTF8.GetString(plain));
    }

    public bool VerifySignature(SecretText sessionKey, string rawData, string signature)
    {
        ArgumentNullException.ThrowIfNull(rawData);
        ArgumentNullException.ThrowIfNull(signature);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // the platform signs with SHA-1
        SHA1.HashData(Encoding.UTF8.GetBytes(rawData + sessionKey.Reveal()), hash);
#pragma warning restore CA5350
        return CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(Convert.ToHexString(hash)),
            Encoding.UTF8.GetBytes(signature.ToUpperInvariant()));
    }

    private static MiniProgramUser Read(SessionAnswer answer, string path, string? openId)
    {
        openId = string.IsNullOrWhiteSpace(answer.OpenId) ? openId : answer.OpenId;
        var unionId = answer.UnionId?.Trim();
        return openId is null || !PlatformId.Fits(openId) || string.IsNullOrWhiteSpace(answer.SessionKey)
            ? throw WeChatApiErrors.Incomplete(path, "openid and session_key")
            : new MiniProgramUser(openId, unionId is not null && PlatformId.Fits(unionId) ? unionId : null, answer.SessionKey);
    }

    private static string SignedQuery(string openId, SecretText sessionKey)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(openId);
        ArgumentException.ThrowIfNullOrWhiteSpace(sessionKey.Reveal(), nameof(sessionKey));

        // The key is the text as it came, not the bytes it encodes; the message is empty.
        var signature = Convert.ToHexString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(sessionKey.Reveal()), ReadOnlySpan<byte>.Empty)).ToLowerInvariant();
        return $"openid={Uri.EscapeDataString(openId)}&signature={signature}&sig_method=hmac_sha256";
    }

    private static byte[] DecryptBytes(SecretText sessionKey, EncryptedOpenData data)
    {
        var key = FromBase64(sessionKey.Reveal(), 16, nameof(sessionKey));
        var iv = FromBase64(data.Iv, 16, nameof(data.Iv));
        var cipher = FromBase64(data.EncryptedData, 0, nameof(data.EncryptedData));
        try
        {
            using var aes = Aes.Create();
            aes.Key = key;
            return aes.DecryptCbc(cipher, iv);
        }
        catch (CryptographicException exception)
        {
            throw new OpenDataException(
                "The data does not decrypt with this session key. The user has signed in again since: call wx.login, then ask for the data again.", exception);
        }
    }

    private static byte[] FromBase64(string? text, int length, string name)
    {
        var bytes = new byte[((text?.Length ?? 0) / 4 * 3) + 3];
        if (string.IsNullOrWhiteSpace(text) || !Convert.TryFromBase64String(text, bytes, out var count) || (length > 0 ? count != length : count == 0 || count % 16 != 0))
        {
            throw new ArgumentException(length > 0 ? $"{name} is not the base64 of {length} bytes." : $"{name} is not the base64 of whole 16-byte blocks.", name);
        }

        return bytes.AsSpan(0, count).ToArray();
    }
}
