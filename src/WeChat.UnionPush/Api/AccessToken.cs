namespace WeChat.UnionPush;

/// <summary>
/// An access token (接口调用凭据) of one Official Account or Mini Program, with the moment the platform stops accepting it.
/// See <see href="https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken"/>.
/// </summary>
/// <remarks>
/// A token is a secret. Neither <see cref="ToString"/> nor a property shows it, so that a logger or serializer that walks through properties does not
/// either.
/// </remarks>
public sealed class AccessToken
{
    private readonly string _text;

    /// <summary>Makes a token from its text and its end.</summary>
    /// <param name="value">The text that goes into the <c>access_token</c> parameter; the platform asks to keep room for at least 512 characters.</param>
    /// <param name="expiresAt">When the platform stops accepting it.</param>
    /// <exception cref="ArgumentException"><paramref name="value"/> is empty or blank.</exception>
    public AccessToken(string value, DateTimeOffset expiresAt)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value);
        _text = value;
        ExpiresAt = expiresAt;
    }

    /// <summary>When the platform stops accepting the token.</summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>The text that goes into the <c>access_token</c> parameter. A secret: for calls and stores, never for a log.</summary>
    public string Reveal() => _text;

    /// <summary>Says when the token ends, and nothing of its text.</summary>
    public override string ToString() => $"access token that expires at {ExpiresAt:O}";
}
