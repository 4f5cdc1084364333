using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace WeChat.UnionPush.Callbacks;

/// <summary>
/// Reads the requests that the platform makes to one URL, for any of its apps. A request that is not a genuine push is refused with a reason, never
/// with an exception. Thread-safe.
/// </summary>
/// <remarks>
/// The platform tries a push three times when it is not answered within five seconds, with the time and nonce of the first try. The reader
/// accepts all three; <see cref="WeChatCallback.DeduplicationKey"/> tells that they are one.
/// </remarks>
/// <param name="apps">The apps, at least one.</param>
/// <param name="maxBodyLength">The longest body that is read, in bytes.</param>
internal sealed class CallbackReader(IReadOnlyList<CallbackApp> apps, int maxBodyLength)
{
    /// <summary>The longest body that is read, in bytes.</summary>
    public int MaxBodyLength => maxBodyLength;

    /// <summary>
    /// Reads the request (a GET) by which the platform verifies the URL. The echo is not signed: answer it as plain text and nothing else.
    /// </summary>
    /// <param name="query">The query parameters.</param>
    /// <param name="echo">What the answer has to be.</param>
    public bool TryReadEcho(WeChatCallbackQuery query, [NotNullWhen(true)] out string? echo)
    {
        echo = Signed(query) is null ? null : query.Echo;
        return echo is not null;
    }

    /// <summary>What the query alone tells. It costs one hash for each app, whatever the request contains.</summary>
    /// <param name="query">The query parameters.</param>
    public CallbackRefusal CheckQuery(WeChatCallbackQuery query)
    {
        var refusal = CallbackRefusal.Signature;
        foreach (var app in apps)
        {
            // Of two refusals, the one from the app whose signature matches tells more.
            switch (app.CheckQuery(query))
            {
                case CallbackRefusal.None:
                    return CallbackRefusal.None;

                case not CallbackRefusal.Signature and var other:
                    refusal = other;
                    break;
            }
        }

        return refusal;
    }

    /// <summary>Reads a push (a POST).</summary>
    /// <param name="query">The query parameters.</param>
    /// <param name="body">The body.</param>
    /// <param name="read">The event.</param>
    /// <param name="refusal">Why it was not accepted.</param>
    public bool TryRead(WeChatCallbackQuery query, ReadOnlySpan<byte> body, [NotNullWhen(true)] out IWeChatEvent? read, out CallbackRefusal refusal)
    {
        read = null;
        refusal = CheckQuery(query);
        if (refusal is not CallbackRefusal.None)
        {
            return false;
        }

        if (body.Length > maxBodyLength || body.IsEmpty)
        {
            refusal = body.IsEmpty ? CallbackRefusal.Empty : CallbackRefusal.TooLarge;
            return false;
        }

        // Once for all apps.
        if (!CallbackFields.TryParse(body, out var fields))
        {
            refusal = CallbackRefusal.Malformed;
            return false;
        }

        foreach (var app in apps)
        {
            if (app.CheckQuery(query) is not CallbackRefusal.None)
            {
                continue;
            }

            if (app.TryRead(query, fields, out read, out var reason))
            {
                refusal = CallbackRefusal.None;
                return true;
            }

            refusal = refusal is CallbackRefusal.None ? reason : refusal;
        }

        return false;
    }

    /// <summary>
    /// After a URL verification, tells that this machine's clock differs from the platform's; <see langword="null"/> when it does not. The console sends the time at which
    /// its button was pressed.
    /// </summary>
    /// <param name="query">The query parameters, which are signed.</param>
    public string? ExplainClock(WeChatCallbackQuery query) =>
        Signed(query) is { } app && app.ReplayWindow != Timeout.InfiniteTimeSpan
            && app.ClockAhead(query) is { } ahead && (ahead.Duration() > app.ReplayWindow || ahead.Duration() > TimeSpan.FromMinutes(1))
            ? $"{Clock(ahead)}. Pushes that lie more than {app.ReplayWindow} away are refused ({app.Section}:ReplayWindow): synchronise the clock of this machine (NTP)"
            : null;

    /// <summary>Explains what is wrong with a refused request and what to do. It quotes nothing of the request that is not signed.</summary>
    /// <param name="refusal">Why it was refused.</param>
    /// <param name="query">The query parameters.</param>
    public string Explain(CallbackRefusal refusal, WeChatCallbackQuery query)
    {
        var app = Signed(query);
        var section = app?.Section ?? string.Join(" or ", apps.Select(static one => one.Section));
        return refusal switch
        {
            CallbackRefusal.Signature when query.Signature is null =>
                "it has no signature, so it does not come from WeChat. When WeChat's pushes end here, something in front of the app drops the query",
            CallbackRefusal.Signature =>
                $"its signature is wrong: it does not come from WeChat, or {section}:Token is not the Token that the console shows under 消息推送 (message push)",
            CallbackRefusal.MessageSignature =>
                "its msg_signature does not fit its body: something between WeChat and here changes the body or drops a part of the query, or somebody replays a signed query",
            CallbackRefusal.Expired when app?.ClockAhead(query) is { } ahead =>
                $"it is too old or too new: {Clock(ahead)}, and {app.Section}:ReplayWindow is {app.ReplayWindow}. Synchronise the clock of this machine (NTP), "
                    + "unless somebody replays old pushes",
            CallbackRefusal.Expired => "its timestamp is not one",
            CallbackRefusal.Mode when app is { Mode: WeChatCallbackMode.Plain } =>
                $"it is encrypted, and {app.Section}:Mode is Plain. Choose 明文模式 (plain) in the console, or better set the Mode to Safe with the EncodingAESKey of the console",
            CallbackRefusal.Mode when app is not null && !CallbackApp.IsEncrypted(query) =>
                $"it is not encrypted, and {app.Section}:Mode is {app.Mode}. Choose {ConsoleName(app.Mode)} in the console, or set the Mode to Plain",
            CallbackRefusal.Mode when app is { Mode: WeChatCallbackMode.Safe } =>
                $"it holds plain fields, and {app.Section}:Mode is Safe. Choose 安全模式 (safe) in the console, or set the Mode to Compatible",
            CallbackRefusal.Mode when app is not null =>
                $"it is not made as {app.Section}:Mode {app.Mode} has it. Choose {ConsoleName(app.Mode)} in the console, or set the Mode to what the console shows",
            CallbackRefusal.TooLarge => string.Create(
                CultureInfo.InvariantCulture, $"its body has more than {maxBodyLength} bytes. WeChat's have a few kilobytes; if yours have more, raise Callback:MaxBodyLength"),
            CallbackRefusal.Interrupted => "its body did not come to its end: the connection broke or was too slow",
            CallbackRefusal.Empty =>
                "its body is empty. When WeChat's pushes end here, a middleware reads the body first: map the callback before it, or let it call EnableBuffering",
            CallbackRefusal.Malformed => "its body cannot be read as a push: it is not UTF-8, neither XML nor JSON, or lacks sender, time or type",
            CallbackRefusal.Encryption =>
                $"its body cannot be decrypted: {section}:EncodingAesKey is not the EncodingAESKey that the console shows. "
                    + "After a change of the key keep the old one as PreviousEncodingAesKey for a day",
            CallbackRefusal.WrongApp => $"it was made to another app than {app?.AppId}: see that the AppId and the callback's section belong to the same app in the console",
            _ => refusal.ToString(),
        };
    }

    private CallbackApp? Signed(WeChatCallbackQuery query) => apps.FirstOrDefault(app => app.IsSigned(query));

    private static string Clock(TimeSpan ahead) =>
        "by its timestamp this machine's clock is "
            + $"{(ahead.Duration() >= TimeSpan.FromDays(1) ? $"{ahead.Duration():d\\.hh\\:mm\\:ss}" : $"{ahead.Duration():hh\\:mm\\:ss}")} "
            + $"{(ahead < TimeSpan.Zero ? "behind" : "ahead of")} WeChat's";

    private static string ConsoleName(WeChatCallbackMode mode) => mode is WeChatCallbackMode.Compatible ? "兼容模式 (compatible)" : "安全模式 (safe)";
}
