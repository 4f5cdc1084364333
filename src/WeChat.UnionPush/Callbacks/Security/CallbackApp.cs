using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace WeChat.UnionPush.Callbacks;

/// <summary>One app whose pushes arrive at a URL: verifies that a request is one of them, and decrypts it.</summary>
internal sealed class CallbackApp
{
    private readonly CallbackCrypto _crypto;
    private readonly TimeProvider _time;

    /// <summary>Makes it from the values that the console shows.</summary>
    /// <param name="section">Where the options are, such as <c>Callback:OfficialAccount</c>, for messages.</param>
    /// <param name="appId">App id of the Official Account or Mini Program.</param>
    /// <param name="options">Token, keys and mode.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">The app id or the Token is empty, or a key that the mode needs is missing or not one.</exception>
    public CallbackApp(string section, string appId, WeChatCallbackAppOptions options, TimeProvider time)
    {
        if (options.Mode is not WeChatCallbackMode.Plain && options.EncodingAesKey is null)
        {
            throw new ArgumentException($"The mode {options.Mode} needs an EncodingAESKey.", nameof(options));
        }

        Section = section;
        Mode = options.Mode;
        ReplayWindow = options.ReplayWindow;
        _crypto = new CallbackCrypto(appId, options.Token, options.EncodingAesKey, options.PreviousEncodingAesKey);
        _time = time;
    }

    public string Section { get; }

    public string AppId => _crypto.AppId;

    public WeChatCallbackMode Mode { get; }

    public TimeSpan ReplayWindow { get; }

    /// <summary>Whether the query was signed with this app's Token. The signature does not cover the body.</summary>
    public bool IsSigned(WeChatCallbackQuery query) => _crypto.VerifySignature(query.Signature, query.Timestamp, query.Nonce);

    /// <summary>How far this machine's clock is ahead of the query's; <see langword="null"/> when the query has no time.</summary>
    public TimeSpan? ClockAhead(WeChatCallbackQuery query) =>
        long.TryParse(query.Timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? TimeSpan.FromSeconds(_time.GetUtcNow().ToUnixTimeSeconds() - seconds)
            : null;

    /// <summary>What the query alone tells, before any byte of the body is read.</summary>
    public CallbackRefusal CheckQuery(WeChatCallbackQuery query)
    {
        if (!IsSigned(query))
        {
            return CallbackRefusal.Signature;
        }

        if (IsEncrypted(query) == (Mode is WeChatCallbackMode.Plain))
        {
            return CallbackRefusal.Mode;
        }

        return ReplayWindow == Timeout.InfiniteTimeSpan || ClockAhead(query)?.Duration() <= ReplayWindow ? CallbackRefusal.None : CallbackRefusal.Expired;
    }

    /// <summary>Reads a push whose query was checked.</summary>
    /// <param name="query">The query.</param>
    /// <param name="outer">The fields of the body.</param>
    /// <param name="read">The event.</param>
    /// <param name="refusal">Why there is none.</param>
    public bool TryRead(WeChatCallbackQuery query, CallbackFields outer, [NotNullWhen(true)] out IWeChatEvent? read, out CallbackRefusal refusal)
    {
        read = null;
        refusal = TryOpen(query, outer, out var fields);
        if (refusal is CallbackRefusal.None && !WeChatEventParser.TryRead(AppId, fields!, out read))
        {
            refusal = CallbackRefusal.Malformed;
        }

        return read is not null;
    }

    public static bool IsEncrypted(WeChatCallbackQuery query) => query.EncryptType is not (null or "" or "raw");

    private CallbackRefusal TryOpen(WeChatCallbackQuery query, CallbackFields outer, out CallbackFields? fields)
    {
        fields = outer;

        // Safe mode has only the encrypted half, compatible mode has both, plain mode has only the plain half.
        var (hasEncrypted, hasPlain) = (outer.Encrypt is not null, outer.MessageType is not null);
        if (hasEncrypted != IsEncrypted(query) || hasPlain != (Mode is not WeChatCallbackMode.Safe))
        {
            return !hasEncrypted && !hasPlain ? CallbackRefusal.Malformed : CallbackRefusal.Mode;
        }

        if (!hasEncrypted)
        {
            return CallbackRefusal.None;
        }

        if (!_crypto.VerifyMessageSignature(query.MessageSignature, query.Timestamp, query.Nonce, outer.Encrypt))
        {
            return CallbackRefusal.MessageSignature;
        }

        if (!_crypto.TryDecrypt(outer.Encrypt, out var message, out var refusal))
        {
            return refusal;
        }

        return CallbackFields.TryParse(message, out fields) ? CallbackRefusal.None : CallbackRefusal.Malformed;
    }
}
