using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace WeChat.UnionPush;

/// <summary>
/// Reads the requests that the platform makes to an app's callback URL: verifies, decrypts and parses them, for a server of any kind.
/// Whatever is not a genuine push is refused with a reason, never with an exception. Can be used by many threads at once.
/// </summary>
/// <remarks>
/// The platform tries a push three times when it is not answered within five seconds, with the time and nonce of the first try. The reader
/// accepts all three; <see cref="WeChatCallback.DeduplicationKey"/> tells that they are one.
/// </remarks>
public sealed class WeChatCallbackReader
{
    /// <summary>The longest body that is read, in bytes: 1 MiB. The platform's own are a few kilobytes.</summary>
    public const int MaxBodyLength = 1 << 20;

    private readonly WeChatCallbackCrypto _crypto;
    private readonly WeChatCallbackMode _mode;
    private readonly TimeSpan _replayWindow;
    private readonly TimeProvider _timeProvider;

    /// <summary>Takes what the console shows.</summary>
    /// <param name="appId">App id of the Official Account or Mini Program whose pushes are read.</param>
    /// <param name="options">Token, keys and mode, as the console shows them.</param>
    /// <param name="timeProvider">The clock; the system's by default.</param>
    /// <exception cref="ArgumentException">The app id or the Token is empty, a key that the mode needs is missing or not one, or the replay window
    /// is not positive.</exception>
    public WeChatCallbackReader(string appId, WeChatCallbackOptions options, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Mode is not WeChatCallbackMode.Plain && options.EncodingAesKey is null)
        {
            throw new ArgumentException($"The mode {options.Mode} needs an EncodingAESKey.", nameof(options));
        }

        if (options.ReplayWindow <= TimeSpan.Zero && options.ReplayWindow != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentException($"The ReplayWindow {options.ReplayWindow} accepts nothing: give a positive time, or Timeout.InfiniteTimeSpan.", nameof(options));
        }

        _crypto = new(appId, options.Token, options.EncodingAesKey, options.PreviousEncodingAesKey);
        _mode = options.Mode;
        _replayWindow = options.ReplayWindow;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <summary>
    /// Reads the request (a GET) by which the platform verifies the URL. The echo is not signed: answer it as plain text and nothing else.
    /// </summary>
    /// <param name="query">The query parameters.</param>
    /// <param name="echo">What the answer has to be.</param>
    public bool TryReadEcho(WeChatCallbackQuery query, [NotNullWhen(true)] out string? echo)
    {
        ArgumentNullException.ThrowIfNull(query);
        echo = _crypto.VerifySignature(query.Signature, query.Timestamp, query.Nonce) ? query.Echo : null;
        return echo is not null;
    }

    /// <summary>Reads a push (a POST).</summary>
    /// <param name="query">The query parameters.</param>
    /// <param name="body">The body.</param>
    /// <param name="event">The event.</param>
    /// <param name="refusal">Why it was not accepted.</param>
    public bool TryRead(
        WeChatCallbackQuery query, ReadOnlySpan<byte> body, [NotNullWhen(true)] out IWeChatEvent? @event, out WeChatCallbackRefusal refusal)
    {
        ArgumentNullException.ThrowIfNull(query);
        @event = null;
        refusal = Refuse(query, body, out var fields);
        if (refusal is WeChatCallbackRefusal.None && !WeChatEventParser.TryRead(_crypto.AppId, fields!, out @event))
        {
            refusal = WeChatCallbackRefusal.Malformed;
        }

        return @event is not null;
    }

    private WeChatCallbackRefusal Refuse(WeChatCallbackQuery query, ReadOnlySpan<byte> body, out CallbackFields? fields)
    {
        fields = null;
        var isEncrypted = query.EncryptType is not (null or "" or "raw");
        if (isEncrypted == (_mode is WeChatCallbackMode.Plain))
        {
            return WeChatCallbackRefusal.Mode;
        }

        if (!isEncrypted && !_crypto.VerifySignature(query.Signature, query.Timestamp, query.Nonce))
        {
            return WeChatCallbackRefusal.Signature;
        }

        if (!IsFresh(query.Timestamp))
        {
            return WeChatCallbackRefusal.Expired;
        }

        if (body.Length > MaxBodyLength)
        {
            return WeChatCallbackRefusal.TooLarge;
        }

        if (!CallbackFields.TryParse(body, out fields))
        {
            return WeChatCallbackRefusal.Malformed;
        }

        // Safe mode has the encrypted half alone, compatible mode both, plain mode the other.
        var (hasEncrypted, hasPlain) = (fields.Encrypt is not null, fields.MessageType is not null);
        if (hasEncrypted != isEncrypted || hasPlain != (_mode is not WeChatCallbackMode.Safe))
        {
            return !hasEncrypted && !hasPlain ? WeChatCallbackRefusal.Malformed : WeChatCallbackRefusal.Mode;
        }

        return isEncrypted ? Decrypt(query, ref fields) : WeChatCallbackRefusal.None;
    }

    private WeChatCallbackRefusal Decrypt(WeChatCallbackQuery query, ref CallbackFields? fields)
    {
        var encrypted = fields!.Encrypt;
        if (!_crypto.VerifyMessageSignature(query.MessageSignature, query.Timestamp, query.Nonce, encrypted))
        {
            return WeChatCallbackRefusal.Signature;
        }

        if (!_crypto.TryDecrypt(encrypted, out var message, out var refusal))
        {
            return refusal;
        }

        return CallbackFields.TryParse(message, out fields) ? WeChatCallbackRefusal.None : WeChatCallbackRefusal.Malformed;
    }

    private bool IsFresh(string? timestamp) =>
        _replayWindow == Timeout.InfiniteTimeSpan
        || (long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && Math.Abs(_timeProvider.GetUtcNow().ToUnixTimeSeconds() - seconds) <= _replayWindow.TotalSeconds);
}
